package ledger

import "kexin"

// MemberInvited: a member of staff was invited 邀请.
type MemberInvited struct {
	Member   kexin.ID
	Position kexin.Position
}

// MemberJoined: the invitation was taken up.
type MemberJoined struct {
	Member   kexin.ID
	Position kexin.Position
}

// MemberDisabled: a member's way in was closed 停用.
type MemberDisabled struct {
	Member kexin.ID
	Why    Why
}

// MemberPosition: a member has another position or department.
type MemberPosition struct {
	Dept   kexin.ID
	From   kexin.Position
	Member kexin.ID
	To     kexin.Position
}

// MemberRecovery: a way back in for somebody who lost his 找回: a link for a new
// password was made, a password was set by it, or the second factor was taken
// away.
type MemberRecovery struct {
	Member   kexin.ID
	Position kexin.Position
	Why      Why
}

// DeptChanged: a department was made, renamed, moved or closed.
type DeptChanged struct {
	Change Why
	Dept   kexin.ID
	Parent kexin.ID
}

// AlertClosed: an alert was marked as dealt with, and what it had shut is open
// again where it opens. Member is who it was about, 0 for nobody.
type AlertClosed struct {
	Alert  kexin.ID
	Code   Why
	Member kexin.ID
	Opens  bool
}

// The alerts that there are; a test holds them against their sentences.
var alerts = []Why{"cell_forged", "contact_breaker", "factor_reset", "figures_mended", "import_made_up", "import_tries", "import_unjudged", "links_guessed", "list_reopened", "log_cut",
	"lookup_frozen", "number_disputed", "own_address_gave", "password_link", "referral_device_reuse", "referral_shared_number", "referral_staff_number", "row_forged", "stop_unproved", "user_recovered", "withdrawal_overdue", "withdrawal_undelivered"}

// SessionOpened: somebody signed in.
type SessionOpened struct {
	Factor Way
	Via    kexin.Via
}

// SessionClosed: a session ended.
type SessionClosed struct{ Why Why }

// SessionRefused: a sign-in was refused. Member is 0 for an unknown account.
type SessionRefused struct {
	Member kexin.ID
	Why    Why
}

// StepUp: the second factor was shown again.
type StepUp struct{ Factor Way }

// TokenMade: a token for a program was made.
type TokenMade struct {
	Acts  []kexin.Act
	Token kexin.ID
	Until kexin.Instant
}

// TokenRevoked: a token ended before its time.
type TokenRevoked struct {
	Token kexin.ID
	Why   Why
}

// The types of these events.
func (*MemberInvited) Type() Type  { return "member.invited" }
func (*MemberJoined) Type() Type   { return "member.joined" }
func (*MemberDisabled) Type() Type { return "member.disabled" }
func (*MemberPosition) Type() Type { return "member.position" }
func (*MemberRecovery) Type() Type { return "member.recovery" }
func (*DeptChanged) Type() Type    { return "dept.changed" }
func (*AlertClosed) Type() Type    { return "alert.closed" }
func (*SessionOpened) Type() Type  { return "session.opened" }
func (*SessionClosed) Type() Type  { return "session.closed" }
func (*SessionRefused) Type() Type { return "session.refused" }
func (*StepUp) Type() Type         { return "stepup" }
func (*TokenMade) Type() Type      { return "token.made" }
func (*TokenRevoked) Type() Type   { return "token.revoked" }

func (x *MemberInvited) walk(f *facts) {
	f.id("member", &x.Member)
	enum(f, "position", &x.Position, positions)
}

func (x *MemberJoined) walk(f *facts) {
	f.id("member", &x.Member)
	enum(f, "position", &x.Position, positions)
}

func (x *MemberDisabled) walk(f *facts) {
	f.id("member", &x.Member)
	enum(f, "why", &x.Why, []Why{"left", "leave", "abuse", "unused", "mistake"})
}

func (x *MemberPosition) walk(f *facts) {
	f.id("dept", &x.Dept)
	enum(f, "from", &x.From, positions)
	f.id("member", &x.Member)
	enum(f, "to", &x.To, positions)
}

func (x *MemberRecovery) walk(f *facts) {
	f.id("member", &x.Member)
	enum(f, "position", &x.Position, positions)
	enum(f, "why", &x.Why, []Why{"new_link", "new_password", "factor_reset"})
}

func (x *DeptChanged) walk(f *facts) {
	enum(f, "change", &x.Change, []Why{"made", "renamed", "moved", "closed"})
	f.id("dept", &x.Dept)
	f.id("parent", &x.Parent)
}

func (x *AlertClosed) walk(f *facts) {
	f.id("alert", &x.Alert)
	enum(f, "code", &x.Code, alerts)
	f.id("member", &x.Member)
	f.flag("opens", &x.Opens)
}

func (x *SessionOpened) walk(f *facts) {
	enum(f, "factor", &x.Factor, factors)
	enum(f, "via", &x.Via, vias)
}

func (x *SessionClosed) walk(f *facts) {
	enum(f, "why", &x.Why, []Why{"logout", "idle", "age", "disabled", "position", "password", "elsewhere"})
}

func (x *SessionRefused) walk(f *facts) {
	f.id("member", &x.Member)
	enum(f, "why", &x.Why, []Why{"credentials", "factor", "disabled", "throttle", "link"})
}

func (x *StepUp) walk(f *facts) { enum(f, "factor", &x.Factor, factors) }

func (x *TokenMade) walk(f *facts) {
	enums(f, "acts", &x.Acts, acts)
	f.id("token", &x.Token)
	f.instant("until", &x.Until)
}

func (x *TokenRevoked) walk(f *facts) {
	f.id("token", &x.Token)
	enum(f, "why", &x.Why, []Why{"asked", "disabled", "leak", "unused"})
}
