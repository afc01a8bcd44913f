package law

import (
	"strings"

	"kexin"
)

// The retention rows beside those that package kexin names.
const (
	KeepMarketing     kexin.Retention = "marketing"
	KeepProfile       kexin.Retention = "profile"
	KeepReferred      kexin.Retention = "referred"
	KeepRelease       kexin.Retention = "release"
	KeepCampaign      kexin.Retention = "campaign"
	KeepOverlap       kexin.Retention = "overlap"
	KeepDisclosure    kexin.Retention = "disclosure"
	KeepShortest      kexin.Retention = "shortest"
	KeepAside         kexin.Retention = "aside"
	KeepAsideForeign  kexin.Retention = "aside_foreign"
	KeepCopyPackage   kexin.Retention = "copy_package"
	KeepKinship       kexin.Retention = "kinship_proof"
	KeepRecording     kexin.Retention = "call_recording"
	KeepConsentProof  kexin.Retention = "consent_proof"
	KeepContactProof  kexin.Retention = "contact_proof"
	KeepProvision     kexin.Retention = "provision"
	KeepPIA           kexin.Retention = "pia"
	KeepSecurityLog   kexin.Retention = "security_log"
	KeepMessageLog    kexin.Retention = "message_log"
	KeepPlatformOrder kexin.Retention = "platform_order"
	KeepImportProof   kexin.Retention = "import_proof"
	KeepRightsRecord  kexin.Retention = "rights_record"
	KeepIncident      kexin.Retention = "incident"
	KeepSuppression   kexin.Retention = "suppression"
)

// A Start is the event a period is counted from.
type Start string

// The starts.
const (
	AtMade        Start = "made"         // the row or file was made
	AtLastContact Start = "last_contact" // the last visit, call, message or order of the person; not what the shop did by itself
	AtWarrantyEnd Start = "warranty_end" // the order is done and its warranty over
	AtPurposeEnd  Start = "purpose_end"  // the use it belongs to ended
	AtConsent     Start = "consent"      // the consent was given
	AtLost        Start = "lost"         // the referral came to nothing
	AtEventEnd    Start = "event_end"    // the campaign, run or matter ended
	AtDone        Start = "done"         // the transaction or request was completed
)

// An Expiry is what happens when a period is over.
type Expiry string

// The expiries.
const (
	Delete  Expiry = "delete"  // deleted, or made anonymous (PIPL 47)
	Lapse   Expiry = "lapse"   // stops to have effect; its proof has a row of its own
	Forever Expiry = "forever" // has no end by itself
)

// A Retention is one row: how long something is kept, from when, and what
// ends it 保存到 (PIPL 19, RET-01). Personal data has a ceiling, evidence a
// floor; a row may have neither.
type Retention struct {
	Code     kexin.Retention
	Period   Period // the default; zero with Forever
	Start    Start
	Expiry   Expiry
	Evidence bool   // proof, kept apart from customer data and after its erasure
	Floor    Period // no merchant may set less
	Ceiling  Period // no merchant may set more
	Ref      string
}

// Key is the catalogue key of the row as one sentence.
func (r Retention) Key() string { return "retention." + string(r.Code) }

// Retentions are all rows: personal data first, then evidence.
var Retentions = []Retention{
	{Code: kexin.KeepEnquiry, Period: months(12), Start: AtLastContact, Expiry: Delete, Ceiling: months(12), Ref: "PIPL 19"},
	{Code: kexin.KeepOrder, Period: years(3), Start: AtWarrantyEnd, Expiry: Delete, Ref: "PIPL 19; 民法典 188"},
	{Code: kexin.KeepService, Period: years(3), Start: AtWarrantyEnd, Expiry: Delete, Ref: "PIPL 19; 民法典 188"},
	{Code: kexin.KeepSystem, Start: AtMade, Expiry: Forever, Ref: "PIPL 4: not about a person"},
	{Code: KeepMarketing, Period: months(12), Start: AtConsent, Expiry: Lapse, Ceiling: months(24), Ref: "网数条例 22(4); CON-10"},
	{Code: KeepProfile, Period: months(12), Start: AtConsent, Expiry: Delete, Ceiling: months(12), Ref: "PIPL 19, 24"},
	{Code: KeepReferred, Period: days(30), Start: AtLost, Expiry: Delete, Ceiling: days(30), Ref: "PIPL 47; RET-02"},
	{Code: KeepRelease, Period: days(90), Start: AtConsent, Expiry: Lapse, Ceiling: days(90), Ref: "PIPL 23; CON-10"},
	{Code: KeepCampaign, Period: days(30), Start: AtEventEnd, Expiry: Delete, Ceiling: days(30), Ref: "PIPL 47; ALL-07"},
	{Code: KeepOverlap, Period: days(1), Start: AtEventEnd, Expiry: Delete, Ceiling: days(1), Ref: "PIPL 6; AGG-02"},
	{Code: KeepDisclosure, Period: months(12), Start: AtConsent, Expiry: Delete, Ceiling: months(24), Ref: "PIPL 25; SHR-10"},
	{Code: KeepShortest, Period: days(30), Start: AtEventEnd, Expiry: Delete, Ceiling: days(30), Ref: "PIPL 19, 28, 31"},
	{Code: KeepAside, Period: days(7), Start: AtMade, Expiry: Delete, Ceiling: days(7), Ref: "IMP-05"},
	{Code: KeepAsideForeign, Period: days(1), Start: AtMade, Expiry: Delete, Ceiling: days(1), Ref: "IMP-05"},
	{Code: KeepCopyPackage, Period: days(7), Start: AtMade, Expiry: Delete, Ceiling: days(7), Ref: "DSR-05"},
	{Code: KeepKinship, Period: days(90), Start: AtDone, Expiry: Delete, Ceiling: days(90), Ref: "PIPL 49; DSR-10"},
	{Code: KeepRecording, Period: days(90), Start: AtMade, Expiry: Delete, Floor: days(30), Ref: "工信部 2020; MKT-05"},

	{Code: KeepConsentProof, Evidence: true, Period: years(5), Start: AtPurposeEnd, Expiry: Delete, Floor: years(3), Ref: "PIPL 69; 民法典 188; CON-01"},
	{Code: KeepContactProof, Evidence: true, Period: years(3), Start: AtPurposeEnd, Expiry: Delete, Floor: years(3), Ref: "MKT-07"},
	{Code: KeepProvision, Evidence: true, Period: years(5), Start: AtMade, Expiry: Delete, Floor: years(3), Ref: "网数条例 12"},
	{Code: KeepPIA, Evidence: true, Period: years(3), Start: AtMade, Expiry: Delete, Floor: years(3), Ref: "PIPL 56"},
	{Code: KeepSecurityLog, Evidence: true, Period: months(12), Start: AtMade, Expiry: Delete, Floor: months(6), Ref: "网安法 23"},
	{Code: KeepMessageLog, Evidence: true, Period: months(6), Start: AtMade, Expiry: Delete, Floor: months(6), Ref: "短信规定; MKT-07"},
	{Code: KeepPlatformOrder, Evidence: true, Period: years(3), Start: AtDone, Expiry: Delete, Floor: years(3), Ref: "电商法 31"},
	{Code: KeepImportProof, Evidence: true, Period: years(5), Start: AtMade, Expiry: Delete, Floor: years(3), Ref: "PIPL 10, 69; IMP-01, IMP-02"},
	{Code: KeepRightsRecord, Evidence: true, Period: years(3), Start: AtDone, Expiry: Delete, Floor: years(3), Ref: "PIPL 50; DSR-01"},
	{Code: KeepIncident, Evidence: true, Period: years(3), Start: AtDone, Expiry: Delete, Floor: years(3), Ref: "PIPL 57; INC"},
	{Code: KeepSuppression, Evidence: true, Start: AtMade, Expiry: Forever, Ref: "网数条例 22(5); WDR-06"},
}

// RetentionOf finds a row; a code without a row is invalid, since what has no
// period may not be collected (RET-01).
func RetentionOf(code kexin.Retention) (Retention, error) {
	for _, r := range Retentions {
		if r.Code == code {
			return r, nil
		}
	}
	return Retention{}, &kexin.Error{Op: "law.retention", Code: kexin.Invalid, Key: "error.retention_unknown", Field: string(code)}
}

// regionFloors are the floors that a province sets above the national ones,
// by the first two digits of the division code (GB/T 2260).
var regionFloors = map[string]map[kexin.Retention]Period{
	"31": {KeepConsentProof: years(5)}, // 上海市消费者权益保护条例 31
}

// FloorIn is the least period for a merchant in a region, given as a division
// code of two digits or more. An unknown region "" counts as the strictest.
func (r Retention) FloorIn(region string) Period {
	floor := r.Floor
	for province, floors := range regionFloors {
		if f, ok := floors[r.Code]; ok && (region == "" || strings.HasPrefix(region, province)) && f.AtLeast(floor) {
			floor = f
		}
	}
	return floor
}

// CheckRetention judges the period that a merchant in region wants for a row.
// Below the floor it is an E_RETENTION_FLOOR error (RET-04); above a ceiling,
// or for a row that has no end, it is invalid.
func CheckRetention(code kexin.Retention, want Period, region string) error {
	r, err := RetentionOf(code)
	if err != nil {
		return err
	}
	if r.Expiry == Forever {
		return &kexin.Error{Op: "law.retention", Code: kexin.Invalid, Key: "error.retention_fixed", Field: string(code)}
	}
	if floor := r.FloorIn(region); !want.AtLeast(floor) {
		e := Refuse("law.retention", "E_RETENTION_FLOOR", nil)
		e.Field = string(code)
		return e
	}
	if !r.Ceiling.IsZero() && !r.Ceiling.AtLeast(want) {
		return &kexin.Error{Op: "law.retention", Code: kexin.Invalid, Key: "error.retention_ceiling", Field: string(code)}
	}
	return nil
}
