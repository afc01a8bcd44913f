package consent

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"

	"kexin"
	"kexin/ledger"
)

// A Word is one purpose on a receipt: what she said about it, by which act.
type Word struct {
	Purpose kexin.PurposeCode
	DPV     string // term of the W3C Data Privacy Vocabulary
	Channel kexin.Channel
	State   State
	Grade   Grade
	Until   kexin.Instant
	Terms   Terms
}

// A Party is a merchant as the receipt names it.
type Party struct{ Name, USCC, Contact, Address string }

// A Stopped is what she stopped 叫停 last, and when; Lifted is when she let this
// merchant contact her again about what she asks here, 0 where she did not.
type Stopped struct {
	Scope      string // shop, all, contact: everything at this merchant; ads: offers; "" = nothing
	At, Lifted kexin.Instant
}

// A Slip is the receipt that she keeps 回执: who has what, for what, until when, how to
// stop it, and where the merchant's log speaks of it (CON-11, STD-01; ISO/IEC
// TS 27560). Signed with the merchant's receipt key; whoever holds it can check
// it without this server.
type Slip struct {
	ID         kexin.ID
	Time       kexin.Instant
	Language   string
	Controller Party
	Through    string   // who recommended; "" where nobody did
	Subject    [16]byte // her tag in the merchant's log
	Words      []Word
	Data       []string // names of the fields, never values
	Notice     int
	NoticeHash Hash
	NoticeURL  string
	Retention  kexin.Retention
	Withdrawal string // address of her page; "" where it must not be told
	GPC        bool   // her browser asked not to be sold or shared (STD-04)
	Stop       Stopped
	Origin     string // of the log
	Leaf       [32]byte
	Size       int64    // of the log's last day line, 0 before the first one; the entry itself follows within a minute
	Root       [32]byte // of the log at that size
}

const (
	receiptForm   = "kexin-receipt/1"
	receiptPrefix = receiptForm + "\n"
)

var (
	errReceiptForm = errors.New("not a receipt of this form")
	errReceiptSig  = errors.New("signature does not fit")
)

// Sign writes the receipt as canonical JSON (RFC 8785) with its signature:
// Ed25519 over "kexin-receipt/1\n" and the document. Errors: invalid.
func (r Slip) Sign(key ed25519.PrivateKey) ([]byte, error) {
	doc := r.value()
	body, err := ledger.JCS(doc)
	if err != nil {
		return nil, err
	}
	pub := key.Public().(ed25519.PublicKey)
	return ledger.JCS(ledger.Object(
		ledger.Member{Key: "form", Val: ledger.Text(receiptForm)},
		ledger.Member{Key: "doc", Val: doc},
		ledger.Member{Key: "key", Val: b64(pub)},
		ledger.Member{Key: "sig", Val: b64(ed25519.Sign(key, append([]byte(receiptPrefix), body...)))},
	))
}

func b64(b []byte) ledger.Value { return ledger.Text(base64.RawURLEncoding.EncodeToString(b)) }

func text(key, s string) ledger.Member { return ledger.Member{Key: key, Val: ledger.Text(s)} }
func number(key string, n int64) ledger.Member {
	return ledger.Member{Key: key, Val: ledger.Int(n)}
}

// value is the document. The names of its members are those of ISO/IEC TS
// 27560 where it has one.
func (r Slip) value() ledger.Value {
	words := make([]ledger.Value, len(r.Words))
	for i, w := range r.Words {
		words[i] = ledger.Object(text("purpose", string(w.Purpose)), text("purpose_type", w.DPV), text("channel", string(w.Channel)), text("state", string(w.State)),
			text("grade", w.Grade.String()), number("until", int64(w.Until)), text("about", w.Terms.About), number("max_per_month", int64(w.Terms.MaxPerMonth)))
	}
	data := make([]ledger.Value, len(r.Data))
	for i, d := range r.Data {
		data[i] = ledger.Text(d)
	}
	return ledger.Object(
		text("schema_version", receiptForm), text("record_id", r.ID.String()), number("time", int64(r.Time)), text("language", r.Language),
		text("jurisdiction", "CN"), text("storage_location", "CN"), ledger.Member{Key: "pii_principal_id", Val: b64(r.Subject[:])},
		ledger.Member{Key: "pii_controller", Val: ledger.Object(text("name", r.Controller.Name), text("uscc", r.Controller.USCC), text("contact", r.Controller.Contact), text("address", r.Controller.Address))},
		text("through", r.Through), ledger.Member{Key: "purposes", Val: ledger.List(words...)}, ledger.Member{Key: "pii_information", Val: ledger.List(data...)},
		ledger.Member{Key: "recipient_third_parties", Val: ledger.List()},
		ledger.Member{Key: "privacy_notice", Val: ledger.Object(number("version", int64(r.Notice)), text("hash", r.NoticeHash.String()), text("url", r.NoticeURL))},
		text("retention", string(r.Retention)), text("withdrawal_method", r.Withdrawal), ledger.Member{Key: "gpc", Val: ledger.Bool(r.GPC)},
		ledger.Member{Key: "stop", Val: ledger.Object(text("scope", r.Stop.Scope), number("at", int64(r.Stop.At)), number("lifted", int64(r.Stop.Lifted)))},
		ledger.Member{Key: "log", Val: ledger.Object(text("origin", r.Origin), ledger.Member{Key: "leaf", Val: b64(r.Leaf[:])}, number("size", r.Size), ledger.Member{Key: "root", Val: r.root()})},
	)
}

// root is the tree's hash in the base64 of checkpoint lines, "" before the
// first.
func (r Slip) root() ledger.Value {
	if r.Size == 0 {
		return ledger.Text("")
	}
	return ledger.Text(base64.StdEncoding.EncodeToString(r.Root[:]))
}

// receiptParts are the members that every receipt has (STD-01).
var receiptParts = []string{"schema_version", "record_id", "time", "language", "jurisdiction", "storage_location", "pii_principal_id", "pii_controller",
	"purposes", "pii_information", "recipient_third_parties", "privacy_notice", "retention", "withdrawal_method", "gpc", "log"}

// A Checked receipt is one whose signature fits.
type Checked struct {
	Doc ledger.Value
	Key ed25519.PublicKey // who it belongs to is for the reader to compare
}

// CheckReceipt reads a receipt file and checks its parts and its signature,
// against the key inside or, where one is given, against that. Errors: invalid
// with E_RCPT_SIG.
func CheckReceipt(file []byte, key ed25519.PublicKey) (Checked, error) {
	c, err := checkReceipt(file, key)
	if err != nil {
		e := refuse("E_RCPT_SIG")
		e.Err = err
		return Checked{}, e
	}
	return c, nil
}

func checkReceipt(file []byte, key ed25519.PublicKey) (Checked, error) {
	v, err := ledger.ParseJCS(file)
	if err != nil {
		return Checked{}, err
	}
	form, _ := v.Get("form")
	doc, ok := v.Get("doc")
	pub, err1 := member64(v, "key")
	sig, err2 := member64(v, "sig")
	if form.Str() != receiptForm || !ok || len(v.Members()) != 4 || err1 != nil || err2 != nil || len(pub) != ed25519.PublicKeySize {
		return Checked{}, errReceiptForm
	}
	for _, name := range receiptParts {
		if _, ok := doc.Get(name); !ok {
			return Checked{}, errReceiptForm
		}
	}
	body, err := ledger.JCS(doc)
	if err != nil {
		return Checked{}, err
	}
	c := Checked{doc, ed25519.PublicKey(pub)}
	if key != nil && !key.Equal(c.Key) || !ed25519.Verify(c.Key, append([]byte(receiptPrefix), body...), sig) {
		return Checked{}, errReceiptSig
	}
	return c, nil
}

func member64(v ledger.Value, key string) ([]byte, error) {
	m, ok := v.Get(key)
	if !ok {
		return nil, errReceiptForm
	}
	return base64.RawURLEncoding.Strict().DecodeString(m.Str())
}

// Stop is what the receipt says that she stopped.
func (c Checked) Stop() Stopped {
	s, _ := c.Doc.Get("stop") // absent in one of an earlier version
	scope, _ := s.Get("scope")
	at, _ := s.Get("at")
	lifted, _ := s.Get("lifted")
	return Stopped{scope.Str(), kexin.Instant(at.Num()), kexin.Instant(lifted.Num())}
}

// Log is what the receipt says about the merchant's log, for kexin verify.
func (c Checked) Log() (origin string, leaf [32]byte, size int64) {
	l, _ := c.Doc.Get("log")
	o, _ := l.Get("origin")
	n, _ := l.Get("size")
	if b, err := member64(l, "leaf"); err == nil {
		copy(leaf[:], b)
	}
	return o.Str(), leaf, n.Num()
}
