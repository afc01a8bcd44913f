package law

import "time"

// A Term is how long something may take: calendar time, working days, or
// both (working days first). The zero Term means at once.
type Term struct {
	D        time.Duration
	Period   Period
	WorkDays int
}

// From is the moment the term ends when it starts at t, counted in t's zone.
func (m Term) From(t time.Time, c Calendar) time.Time {
	return m.Period.From(c.Add(t, m.WorkDays)).Add(m.D)
}

// A ClockCode names a row of Clocks.
type ClockCode string

// The clocks.
const (
	ClockWithdraw      ClockCode = "withdraw"
	ClockFanOut        ClockCode = "fan_out"
	ClockFanOutAck     ClockCode = "fan_out_ack"
	ClockFanOutOutcome ClockCode = "fan_out_outcome"
	ClockRightsAck     ClockCode = "rights_ack"
	ClockRights        ClockCode = "rights"
	ClockCorrect       ClockCode = "rights_correct_delete"
	ClockIdentity      ClockCode = "rights_identity"
	ClockClose         ClockCode = "account_close"
	ClockComplaint     ClockCode = "complaint"
	ClockBreachCAC     ClockCode = "breach_authority"
	ClockBreachLarge   ClockCode = "breach_authority_large"
	ClockBreachPerson  ClockCode = "breach_persons"
	ClockFlaw          ClockCode = "safety_flaw"
	ClockFilePIO       ClockCode = "pio_filing"
	ClockAudit         ClockCode = "audit"
	ClockAuditLarge    ClockCode = "audit_large"
	ClockPIA           ClockCode = "pia_review"
	ClockReask         ClockCode = "reask"
	ClockAsk           ClockCode = "ask_life"
	ClockDispute       ClockCode = "dispute"
	ClockReferral      ClockCode = "referral_token"
	ClockRelease       ClockCode = "release_window"
	ClockMemberExit    ClockCode = "member_exit"
	ClockGrant         ClockCode = "temporary_grant"
	ClockDrill         ClockCode = "drill"
	ClockTraining      ClockCode = "training"
	ClockReview        ClockCode = "access_review"
)

// A Clock is a deadline: when the product means to be done and when it must
// be. Both are counted from one start that no later state resets (law.md
// 8.6); an overdue clock is a flag that staff cannot clear (I12).
type Clock struct {
	Code         ClockCode
	Target, Hard Term
	Ref          string // requirement and source
}

const (
	minute = time.Minute
	hour   = time.Hour
)

// Clocks is the clock table.
var Clocks = []Clock{
	{Code: ClockWithdraw, Hard: Term{D: time.Second}, Ref: "WDR-01; 消保条例 24"},
	{Code: ClockFanOut, Target: Term{D: 5 * minute}, Hard: Term{D: 5 * minute}, Ref: "WDR-02"},
	{Code: ClockFanOutAck, Target: Term{D: 24 * hour}, Hard: Term{D: 24 * hour}, Ref: "WDR-02"},
	{Code: ClockFanOutOutcome, Target: Term{D: 72 * hour}, Hard: Term{Period: days(15)}, Ref: "WDR-02, WDR-05"},
	{Code: ClockRightsAck, Target: Term{D: 24 * hour}, Hard: Term{D: 24 * hour}, Ref: "DSR-01"},
	{Code: ClockRights, Target: Term{Period: days(15)}, Hard: Term{Period: days(30)}, Ref: "DSR-03; GB/T 35273 8.7"},
	{Code: ClockCorrect, Target: Term{Period: days(15)}, Hard: Term{WorkDays: 15}, Ref: "DSR-03; App认定方法 六.3"},
	{Code: ClockIdentity, Target: Term{Period: days(5)}, Hard: Term{Period: days(15)}, Ref: "DSR-03; 8.3"},
	{Code: ClockClose, Target: Term{Period: days(10)}, Hard: Term{WorkDays: 15}, Ref: "电商法 24; GB/T 35273 8.5"},
	{Code: ClockComplaint, Target: Term{WorkDays: 15}, Hard: Term{WorkDays: 15}, Ref: "GOV-05; 网数条例 20"},
	{Code: ClockBreachCAC, Target: Term{D: 24 * hour}, Hard: Term{D: 24 * hour}, Ref: "INC-04; PIPL 57"},
	{Code: ClockBreachLarge, Target: Term{D: 4 * hour}, Hard: Term{D: 4 * hour}, Ref: "INC-04: from 较大 on"},
	{Code: ClockBreachPerson, Target: Term{D: 72 * hour}, Hard: Term{D: 72 * hour}, Ref: "INC-04; PIPL 57"},
	{Code: ClockFlaw, Target: Term{D: 24 * hour}, Hard: Term{D: 24 * hour}, Ref: "网数条例 10"},
	{Code: ClockFilePIO, Target: Term{WorkDays: 30}, Hard: Term{WorkDays: 30}, Ref: "GOV-02"},
	{Code: ClockAudit, Target: Term{Period: years(1)}, Hard: Term{Period: years(1)}, Ref: "GOV-01; minors: 未成年人条例 37"},
	{Code: ClockAuditLarge, Target: Term{Period: years(1)}, Hard: Term{Period: years(2)}, Ref: "GOV-01: above 10,000,000 persons"},
	{Code: ClockPIA, Target: Term{Period: months(12)}, Hard: Term{Period: months(12)}, Ref: "PIA-02, ADM-04"},
	{Code: ClockReask, Target: Term{Period: days(AskAgainDays)}, Hard: Term{Period: days(AskAgainDays)}, Ref: "CON-05; 网数条例 22(5)"},
	{Code: ClockAsk, Target: Term{Period: days(14)}, Hard: Term{Period: days(14)}, Ref: "CON-06"},
	{Code: ClockDispute, Target: Term{Period: days(15)}, Hard: Term{Period: days(15)}, Ref: "8.1"},
	{Code: ClockReferral, Target: Term{Period: days(14)}, Hard: Term{Period: days(14)}, Ref: "SHR-04"},
	{Code: ClockRelease, Target: Term{Period: days(90)}, Hard: Term{Period: days(90)}, Ref: "CON-10"},
	{Code: ClockMemberExit, Target: Term{Period: days(15)}, Hard: Term{Period: days(15)}, Ref: "AGR-06"},
	{Code: ClockGrant, Target: Term{D: 8 * hour}, Hard: Term{Period: days(7)}, Ref: "ACC-02"},
	{Code: ClockDrill, Target: Term{Period: years(1)}, Hard: Term{Period: years(1)}, Ref: "INC-08"},
	{Code: ClockTraining, Target: Term{Period: years(1)}, Hard: Term{Period: years(1)}, Ref: "GOV-03"},
	{Code: ClockReview, Target: Term{Period: months(3)}, Hard: Term{Period: Period{Months: 3, Days: 15}}, Ref: "ACC-08"},
}

// ClockOf finds a clock; ok is false where there is none.
func ClockOf(code ClockCode) (c Clock, ok bool) {
	for _, c := range Clocks {
		if c.Code == code {
			return c, true
		}
	}
	return Clock{}, false
}

// Due is when a clock that starts at t should and must be done, the day
// counted in t's zone. A target never comes after the hard end, whatever the
// holidays make of the working days.
func (c Clock) Due(t time.Time, cal Calendar) (target, hard time.Time) {
	target, hard = c.Target.From(t, cal), c.Hard.From(t, cal)
	if target.After(hard) {
		target = hard
	}
	return target, hard
}
