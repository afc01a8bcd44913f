package api

import "kexin"

// Invite asks for an invitation link.
type Invite struct {
	Name     string   `json:"name" minLength:"1" maxLength:"40"`
	Position string   `json:"position"`
	Dept     kexin.ID `json:"dept,omitempty"`
	Ends     string   `json:"ends,omitempty" doc:"an auditor's last day, YYYY-MM-DD; 30 days from now where nothing is said"`
}

// Invited is the link; it is shown once.
type Invited struct {
	ID      kexin.ID `json:"id"`
	URL     string   `json:"url"`
	QR      string   `json:"qr" doc:"PNG as a data URL"`
	Expires int64    `json:"expires"`
}

// OpenInvite is an invitation not used yet.
type OpenInvite struct {
	ID       kexin.ID `json:"id"`
	Name     string   `json:"name"`
	Position string   `json:"position"`
	Expires  int64    `json:"expires"`
}

// People is the staff page.
type People struct {
	Members []Member     `json:"members" nullable:"false"`
	Depts   []Dept       `json:"depts" nullable:"false"`
	Invites []OpenInvite `json:"invites" nullable:"false"`
}

// MemberChange changes a member of staff. Active false ends every session and
// token at once.
type MemberChange struct {
	Name     *string   `json:"name,omitempty"`
	Position *string   `json:"position,omitempty"`
	Dept     *kexin.ID `json:"dept,omitempty"`
	Active   *bool     `json:"active,omitempty"`
	Leaving  *string   `json:"leaving,omitempty"`
	Ends     *string   `json:"ends,omitempty" doc:"an auditor's last day, YYYY-MM-DD"`
	MoveTo   kexin.ID  `json:"moveTo,omitempty" doc:"who takes over the customers of a leaver"`
}

// DeptChange makes or changes a department.
type DeptChange struct {
	Name   string   `json:"name" minLength:"1" maxLength:"40"`
	Parent kexin.ID `json:"parent,omitempty"`
}

// Device is one signed-in browser.
type Device struct {
	ID      kexin.ID `json:"id"`
	Label   string   `json:"label" doc:"browser and system, as it said itself"`
	Member  string   `json:"member"`
	Created int64    `json:"created"`
	Seen    int64    `json:"seen"`
	Trusted int64    `json:"trusted,omitempty" doc:"no second factor asked until"`
	Current bool     `json:"current"`
}

// Devices are the browsers of one person, or of all for an admin.
type Devices struct {
	Devices []Device `json:"devices" nullable:"false"`
}

// StepUp shows the second factor again.
type StepUp struct {
	Code string `json:"code" minLength:"6" maxLength:"24" doc:"six digits, or a recovery code"`
}

// TOTPStart is the beginning of setting up the second factor.
type TOTPStart struct {
	Secret string `json:"secret" doc:"base32, to type by hand"`
	QR     string `json:"qr" doc:"PNG as a data URL"`
}

// RecoveryCodes are shown once, to be printed.
type RecoveryCodes struct {
	Codes []string `json:"codes" nullable:"false"`
}

// Token is an API token without its secret.
type Token struct {
	ID      kexin.ID `json:"id"`
	Name    string   `json:"name"`
	Purpose string   `json:"purpose"`
	Acts    []string `json:"acts" nullable:"false"`
	Created int64    `json:"created"`
	Expires int64    `json:"expires"`
	Used    int64    `json:"used,omitempty"`
}

// Tokens are one person's tokens.
type Tokens struct {
	Tokens []Token `json:"tokens" nullable:"false"`
}

// TokenAsk makes a token.
type TokenAsk struct {
	Name    string   `json:"name" minLength:"1" maxLength:"40"`
	Purpose string   `json:"purpose"`
	Acts    []string `json:"acts" nullable:"false" minItems:"1"`
	Days    int      `json:"days" minimum:"1" maximum:"365"`
}

// TokenMade holds the secret; it is shown once.
type TokenMade struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret"`
}

// OrgChange changes the merchant's settings.
type OrgChange struct {
	Size    *string `json:"size,omitempty" enum:"shop,company,mall"`
	Contact *string `json:"contact,omitempty"`
	Address *string `json:"address,omitempty"`
	Mutual  *bool   `json:"mutual,omitempty"`
	PIO     *string `json:"pio,omitempty" doc:"contact of the protection officer"`
}

// Notice is the published notice, or the ready draft.
type Notice struct {
	Version   int      `json:"version" doc:"0 = not published"`
	Published int64    `json:"published,omitempty"`
	Hash      string   `json:"hash,omitempty"`
	URL       string   `json:"url,omitempty" doc:"public page"`
	Paras     []string `json:"paragraphs" nullable:"false"`
	Missing   []string `json:"missing" nullable:"false" doc:"what must be filled before it may be published"`
	Seconds   int      `json:"seconds" doc:"reading time"`
	Changed   bool     `json:"changed" doc:"settings changed since it was published"`
}

// LedgerEntry is one line of the log as an officer reads it.
type LedgerEntry struct {
	ID       kexin.ID          `json:"id"`
	Index    int64             `json:"index" doc:"-1 = not sealed yet"`
	At       int64             `json:"at"`
	Type     string            `json:"type"`
	Text     string            `json:"text"`
	Actor    string            `json:"actor"`
	Position string            `json:"position"`
	Facts    map[string]string `json:"facts,omitempty"`
	Hash     string            `json:"hash"`
}

// Ledger is a page of the log with its state.
type Ledger struct {
	Entries    []LedgerEntry `json:"entries" nullable:"false"`
	Next       string        `json:"next,omitempty"`
	Size       int64         `json:"size"`
	Checkpoint string        `json:"checkpoint" doc:"signed line of the newest checkpoint"`
	Origin     string        `json:"origin"`
	Witnesses  int           `json:"witnesses"`
	Lag        int           `json:"lag" doc:"seconds the oldest entry waits to be sealed"`
	Grade      string        `json:"grade" enum:"none,own,members"`
	Key        string        `json:"key" doc:"the log's public key, for witnesses and whoever checks"`
	Stopped    bool          `json:"stopped,omitempty" doc:"a witness has seen more than is here: nothing more is sealed"`
}

// KeyState is one row of keys status.
type KeyState struct {
	Use     string `json:"use"`
	Version int    `json:"version"`
	State   string `json:"state"`
	Rows    int64  `json:"rows" doc:"rows that need it; -1 = not counted"`
	Age     int    `json:"age" doc:"days"`
}

// Keys is the state of the keyring.
type Keys struct {
	Keeper   string     `json:"keeper"`
	OK       bool       `json:"ok" doc:"a test unwrap worked"`
	Keys     []KeyState `json:"keys" nullable:"false"`
	Backup   int64      `json:"backup" doc:"newest keyring file, ms"`
	Rotating bool       `json:"rotating"`
	Done     int64      `json:"done"`
	Total    int64      `json:"total"`
}

// CountAsk asks how many, without ids.
type CountAsk struct {
	Scene string `json:"scene,omitempty"`
	Where []Cond `json:"where,omitempty" nullable:"false"`
	Group string `json:"group,omitempty" doc:"one choice field"`
}

// CountCell is one group and its number.
type CountCell struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	N     int    `json:"n"`
}

// Counts answers a count.
type Counts struct {
	Cells   []CountCell `json:"cells" nullable:"false"`
	Total   int         `json:"total"`
	Rounded bool        `json:"rounded" doc:"rounded to 5, cells below 20 hidden"`
}
