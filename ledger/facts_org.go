package ledger

import "kexin"

// OrgCreated: a merchant was set up.
type OrgCreated struct{ Size kexin.Size }

// SettingsChanged: a setting of the merchant has another value. What it was
// and is stands in the body.
type SettingsChanged struct {
	Setting Setting
	Version int64
}

// A Setting names what can be set.
type Setting string

var settings = []Setting{"name", "size", "matrix", "schema", "retention", "hours", "caps", "witness", "outbound", "budgets", "positions", "alerts", "backup", "notice", "purposes", "card", "counter", "codes", "own_address"}

// LogEpoch: the log starts again after a restore or a move to another engine.
// It is leaf 0 of the new log and says where the old one ended.
type LogEpoch struct {
	OldOrigin Origin
	OldRoot   Hash
	OldSize   int64
	Seen      int64 // the largest size of the old log that anybody had seen
	Why       Why
}

// LogKeyed: another key signs the log from here on. Sig is the old key's
// signature over KeyStatement.
type LogKeyed struct {
	New Hash // Ed25519 public key
	Old Hash
	Sig Signature
}

// Heads: the daily commitment to every person's last entry. Size says over
// which leaves: those with index < Size.
type Heads struct {
	Count int64
	Day   kexin.Day
	Root  Hash
	Size  int64
}

// LineSent: the day's line of the log went to mailboxes outside. Size is the
// line's.
type LineSent struct {
	Count int64 // of mailboxes
	Day   kexin.Day
	Size  int64
}

// KeysRotated: a key of the merchant was made, accepted, retired or destroyed.
type KeysRotated struct {
	State KeyState
	Use   KeyUse
	Ver   int64
}

// A KeyUse and a KeyState are the codes of package vault.
type (
	KeyUse   string
	KeyState string
)

var (
	keyUses   = []KeyUse{"wrap", "index", "token", "org", "suppress", "log", "msg", "receipt", "master"}
	keyStates = []KeyState{"accept", "active", "retired", "destroyed"}
)

// BackupMade: a backup was written. Data and keyring are two files (A3).
type BackupMade struct {
	Keyring bool
	Leaves  int64 // size of the log inside
	Records int64
}

// RestoreMade: a backup was restored.
type RestoreMade struct {
	Erasures bool // erasures since the keyring were accepted as lost
	Keyring  bool // the keys alone, into a database that had lost its own
	Leaves   int64
	Second   kexin.ID      // who agreed besides whoever runs the server
	Taken    kexin.Instant // when the backup was made
}

// The types of these events.
func (*OrgCreated) Type() Type      { return "org.created" }
func (*SettingsChanged) Type() Type { return "settings.changed" }
func (*LogEpoch) Type() Type        { return "log.epoch" }
func (*LogKeyed) Type() Type        { return "log.key" }
func (*Heads) Type() Type           { return "heads" }
func (*LineSent) Type() Type        { return "line.sent" }
func (*KeysRotated) Type() Type     { return "keys.rotated" }
func (*BackupMade) Type() Type      { return "backup.made" }
func (*RestoreMade) Type() Type     { return "restore.made" }

func (x *OrgCreated) walk(f *facts) { enum(f, "size", &x.Size, sizes) }

func (x *SettingsChanged) walk(f *facts) {
	enum(f, "setting", &x.Setting, settings)
	f.count("version", &x.Version)
}

func (x *LogEpoch) walk(f *facts) {
	f.origin("old_origin", &x.OldOrigin)
	f.digest("old_root", &x.OldRoot)
	f.count("old_size", &x.OldSize)
	f.count("seen", &x.Seen)
	enum(f, "why", &x.Why, []Why{"restore", "engine", "move"})
}

func (x *LogKeyed) walk(f *facts) {
	f.digest("new", &x.New)
	f.digest("old", &x.Old)
	f.signature("sig", &x.Sig)
}

func (x *Heads) walk(f *facts) {
	f.count("count", &x.Count)
	f.day("day", &x.Day)
	f.digest("root", &x.Root)
	f.count("size", &x.Size)
}

func (x *LineSent) walk(f *facts) {
	f.count("count", &x.Count)
	f.day("day", &x.Day)
	f.count("size", &x.Size)
}

func (x *KeysRotated) walk(f *facts) {
	enum(f, "state", &x.State, keyStates)
	enum(f, "use", &x.Use, keyUses)
	f.count("ver", &x.Ver)
}

func (x *BackupMade) walk(f *facts) {
	f.flag("keyring", &x.Keyring)
	f.count("leaves", &x.Leaves)
	f.count("records", &x.Records)
}

func (x *RestoreMade) walk(f *facts) {
	f.flag("erasures", &x.Erasures)
	f.flag("keyring", &x.Keyring)
	f.count("leaves", &x.Leaves)
	f.id("second", &x.Second)
	f.instant("taken", &x.Taken)
}
