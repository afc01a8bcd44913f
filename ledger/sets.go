package ledger

import "kexin"

// The closed lists of the vocabulary, for facts. A test compares them with
// the constants of package kexin.
var (
	sizes     = []kexin.Size{kexin.Shop, kexin.Company, kexin.Mall, kexin.Union}
	positions = kexin.Positions[:]
	vias      = []kexin.Via{kexin.ViaSession, kexin.ViaToken, kexin.ViaCLI}
	channels  = []kexin.Channel{kexin.ByCall, kexin.BySMS, kexin.ByWeChat, kexin.ByEmail, kexin.ByVisit}
	scenes    = []kexin.Scene{kexin.Mine, kexin.Dept, kexin.Subtree, kexin.All}
	codes     = []kexin.Code{kexin.Invalid, kexin.Conflict, kexin.NotFound, kexin.Withheld, kexin.Forbidden, kexin.Unauthorized, kexin.RateLimited, kexin.Unavailable, kexin.Internal}
	sources   = []kexin.SourceKind{kexin.FromPOS, kexin.FromForm, kexin.FromVisit, kexin.FromWeChat, kexin.FromMigration, kexin.FromReferral, kexin.FromPublic}
	acts      = []kexin.Act{
		kexin.ActList, kexin.ActGet, kexin.ActCount, kexin.ActReveal, kexin.ActContact, kexin.ActLookup, kexin.ActCreate, kexin.ActEdit,
		kexin.ActMove, kexin.ActImport, kexin.ActExport, kexin.ActSend, kexin.ActAdmin, kexin.ActKeys, kexin.ActLedger, kexin.ActReopen,
	}
)

// A Why is a reason of the ledger's own: each type of event has its list.
type Why string

// A Way is how a person or a member did something.
type Way string

// The ways of a customer's act on a consent 办理方式; carried is a mark of her
// number that was met again.
var ways = []Way{"link", "sms", "page", "call", "counter", "paper", "tablet", "form", "qr", "carried"}

// The second factors of a sign-in.
var factors = []Way{"password", "totp", "passkey", "recovery", "setup", "invite"}

// A Grade says how strong the evidence of a consent is (A8).
type Grade string

// The grades.
const (
	Paper   Grade = "E0"  // scan and a second witness
	Tablet  Grade = "E1"  // signed on glass, registered device
	Handed  Grade = "E2"  // through a link that staff copied or showed
	Linked  Grade = "E2+" // through a link that the server sent
	Coded   Grade = "E3"  // and a one-time code
	Coded2  Grade = "E4"  // and a second, independent code
	Passkey Grade = "E5"  // signed by her own device
)

// Grades are all grades, the weakest first.
var Grades = []Grade{Paper, Tablet, Handed, Linked, Coded, Coded2, Passkey}
