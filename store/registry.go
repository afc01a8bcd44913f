package store

// A TableClass says who a table's rows belong to (scale.md).
type TableClass string

// The classes.
const (
	Tenant TableClass = "tenant" // org_id first in every key, index and statement
	Global TableClass = "global" // found before a merchant is known
)

// A Table is one line of the registry.
type Table struct {
	Name  string
	Class TableClass
	Keys  bool // goes into the keyring file of a backup, never into the data file
	Local bool // about this machine: not in a backup
}

// Registry is every table, parents before children, so that it is also the
// order of restoring. A test holds it against both catalogs.
var Registry = []Table{
	{Name: "server", Class: Global},
	{Name: "node", Class: Global, Local: true},
	{Name: "lease", Class: Global, Local: true},
	{Name: "keeper", Class: Global, Keys: true},
	{Name: "org", Class: Global},
	{Name: "login", Class: Global},
	{Name: "session", Class: Global, Local: true},
	{Name: "api_token", Class: Global},
	{Name: "link", Class: Global, Local: true},
	{Name: "throttle", Class: Global, Local: true},
	{Name: "shown", Class: Global},
	{Name: "card", Class: Global},
	{Name: "alliance", Class: Global},
	{Name: "membership", Class: Global},
	{Name: "portal_link", Class: Global},
	{Name: "portal_session", Class: Global, Local: true},
	{Name: "tally", Class: Global, Local: true},
	{Name: "org_key", Class: Tenant, Keys: true},
	{Name: "subject_key", Class: Tenant, Keys: true},
	{Name: "dept", Class: Tenant},
	{Name: "member", Class: Tenant},
	{Name: "totp", Class: Tenant},
	{Name: "recovery_code", Class: Tenant},
	{Name: "device", Class: Tenant},
	{Name: "spent", Class: Tenant},
	{Name: "touched", Class: Tenant},
	{Name: "asked", Class: Tenant},
	{Name: "once", Class: Tenant, Local: true},
	{Name: "alert", Class: Tenant},
	{Name: "frozen", Class: Tenant},
	{Name: "subject", Class: Tenant},
	{Name: "subject_head", Class: Tenant},
	{Name: "tombstone", Class: Tenant, Keys: true},
	{Name: "customer", Class: Tenant},
	{Name: "contact", Class: Tenant},
	{Name: "sale_order", Class: Tenant},
	{Name: "order_line", Class: Tenant},
	{Name: "deal", Class: Tenant},
	{Name: "visit", Class: Tenant},
	{Name: "task", Class: Tenant},
	{Name: "origin", Class: Tenant},
	{Name: "record_key", Class: Tenant},
	{Name: "name_token", Class: Tenant},
	{Name: "notice", Class: Tenant},
	{Name: "consent", Class: Tenant},
	{Name: "consent_state", Class: Tenant},
	{Name: "suppression", Class: Tenant},
	{Name: "import_batch", Class: Tenant},
	{Name: "import_row", Class: Tenant},
	{Name: "importing", Class: Tenant, Local: true},
	{Name: "ledger_entry", Class: Tenant},
	{Name: "ledger_tile", Class: Tenant},
	{Name: "checkpoint", Class: Tenant},
	{Name: "cosignature", Class: Tenant},
	{Name: "member_address", Class: Tenant},
	{Name: "ask", Class: Tenant},
	{Name: "referral", Class: Tenant},
	{Name: "outbox", Class: Tenant},
	{Name: "inbox", Class: Tenant},
	{Name: "challenge", Class: Tenant},
	{Name: "sending", Class: Tenant},
	{Name: "voucher", Class: Tenant},
	{Name: "credit", Class: Tenant},
	{Name: "receipt", Class: Tenant},
	{Name: "job", Class: Tenant},
	{Name: "job_schedule", Class: Tenant},
}

// Untenanted lists the statements of this package that look over all
// merchants, with the reason. A test prints it and refuses others.
var Untenanted = map[string]string{
	keepersUnused: "a master key is retired when it wraps nothing; no row of a person is read",
	keepersNeeded: "the start asks which master keys are needed; no row of a person is read",
	"SELECT org_id,MIN(at) FROM ledger_entry WHERE idx IS NULL GROUP BY org_id": "the sealer asks which merchants have waiting entries; no row of a person is read",
	staffBrowser: "her page asks whether the browser is some member of staff's; only a count is read",
	referralsDue: "the clock asks which merchants have referrals whose time is over; no row of a person is read",
	outboxWaits:  "the postman asks which merchants have messages to deliver; no row of a person is read",
	portalOrgs:   "an alarm about guessed links asks which merchants have links out; no row of a person is read",
	sendingWaits: "the sender asks which merchants have messages to send; no row of a person is read",
}
