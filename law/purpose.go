package law

import (
	"strings"

	"kexin"
)

// A Basis is why a purpose is lawful 依据 (PIPL 13). China has no legitimate
// interests.
type Basis string

// The bases.
const (
	Contract Basis = "contract" // needed for a contract with the person, PIPL 13(1)2
	Consent  Basis = "consent"  // the person agreed, PIPL 13(1)1
	Duty     Basis = "duty"     // a legal duty, or defence of a claim, PIPL 13(1)3
)

// A ConsentType is what kind of consent a purpose needs.
type ConsentType string

// The types.
const (
	NoConsent  ConsentType = "none"     // the notice is enough
	General    ConsentType = "general"  // one consent for the purpose, PIPL 14
	PerChannel ConsentType = "channel"  // one for each channel, with type, frequency and term (MKT-01, MKT-02)
	Separate   ConsentType = "separate" // 单独同意: an act of its own, per receiver or thing (CON-03)
)

// An Ending is what a withdrawal does to a purpose's data.
type Ending string

// The endings.
const (
	EndNothing  Ending = "none"      // cannot be withdrawn: no consent carries it
	EndDelete   Ending = "delete"    // stop and delete
	EndStop     Ending = "stop"      // stop at once
	EndFanOut   Ending = "fan_out"   // stop, and tell every receiver (WDR-02)
	EndDrop     Ending = "drop"      // leave out of the next run
	EndTakeDown Ending = "take_down" // remove what was published
)

// A Purpose is one row of the matrix of lawful purposes 用途. What is not in
// the table cannot be used.
type Purpose struct {
	Code     kexin.PurposeCode // of a family, without the part behind the last dot
	Family   bool              // used as Code + "." + what: a receiver, a campaign, an item
	Basis    Basis
	Consent  ConsentType
	Channel  kexin.Channel   // the one channel it speaks of, "" for none
	Withdraw Ending          // what withdrawing does
	Keep     kexin.Retention // row of Retentions
	Longest  Period          // longest life of its consent; zero where none is needed
	Guardian bool            // under 14: a guardian consents too (SEN-04)
	DPV      string          // W3C Data Privacy Vocabulary term, for receipts (STD-02)
}

// The purposes beside those that package kexin names, as far as code needs
// them.
const (
	Personalise  kexin.PurposeCode = "profile.personalise"
	Provide      kexin.PurposeCode = "share.provide"  // family: receiver
	Joint        kexin.PurposeCode = "campaign.joint" // family: campaign
	Overlap      kexin.PurposeCode = "stats.alliance_overlap"
	Disclose     kexin.PurposeCode = "disclose" // family: item
	Suppression  kexin.PurposeCode = "legal.suppression"
	MinorData    kexin.PurposeCode = "minor"     // family: item
	SensitiveUse kexin.PurposeCode = "sensitive" // family: item
)

// Purposes is the matrix of lawful basis × purpose.
var Purposes = []Purpose{
	{Code: kexin.QuoteOrder, Basis: Contract, Consent: NoConsent, Withdraw: EndNothing, Keep: kexin.KeepOrder, DPV: "dpv:FulfilmentOfContractualObligation"},
	{Code: kexin.AfterSales, Basis: Contract, Consent: NoConsent, Withdraw: EndNothing, Keep: kexin.KeepService, DPV: "dpv:FulfilmentOfContractualObligation"},
	{Code: kexin.FollowUp, Basis: Consent, Consent: General, Withdraw: EndDelete, Keep: kexin.KeepEnquiry, Longest: months(12), DPV: "dpv:CommunicationManagement"},
	{Code: kexin.OwnSMS, Basis: Consent, Consent: PerChannel, Channel: kexin.BySMS, Withdraw: EndStop, Keep: KeepMarketing, Longest: months(24), DPV: "dpv:DirectMarketing"},
	{Code: kexin.OwnCall, Basis: Consent, Consent: PerChannel, Channel: kexin.ByCall, Withdraw: EndStop, Keep: KeepMarketing, Longest: months(24), DPV: "dpv:DirectMarketing"},
	{Code: kexin.OwnWeChat, Basis: Consent, Consent: PerChannel, Channel: kexin.ByWeChat, Withdraw: EndStop, Keep: KeepMarketing, Longest: months(24), DPV: "dpv:DirectMarketing"},
	{Code: kexin.OwnEmail, Basis: Consent, Consent: PerChannel, Channel: kexin.ByEmail, Withdraw: EndStop, Keep: KeepMarketing, Longest: months(24), DPV: "dpv:DirectMarketing"},
	{Code: Personalise, Basis: Consent, Consent: General, Withdraw: EndDelete, Keep: KeepProfile, Longest: months(12), DPV: "dpv:Personalisation"},
	{Code: Provide, Family: true, Basis: Consent, Consent: Separate, Withdraw: EndFanOut, Keep: KeepRelease, Longest: days(90), DPV: "dpv:ShareWithThirdParty"},
	{Code: Joint, Family: true, Basis: Consent, Consent: Separate, Withdraw: EndStop, Keep: KeepCampaign, Longest: months(12), DPV: "dpv:Marketing"},
	{Code: Overlap, Basis: Consent, Consent: General, Withdraw: EndDrop, Keep: KeepOverlap, Longest: months(12), DPV: "dpv:ResearchAndDevelopment"},
	{Code: Disclose, Family: true, Basis: Consent, Consent: Separate, Withdraw: EndTakeDown, Keep: KeepDisclosure, Longest: months(24), DPV: "dpv:PublicRelations"},
	{Code: kexin.Evidence, Basis: Duty, Consent: NoConsent, Withdraw: EndNothing, Keep: KeepConsentProof, DPV: "dpv:LegalCompliance"},
	{Code: Suppression, Basis: Duty, Consent: NoConsent, Withdraw: EndNothing, Keep: KeepSuppression, DPV: "dpv:LegalCompliance"},
	{Code: MinorData, Family: true, Basis: Consent, Consent: Separate, Withdraw: EndStop, Keep: KeepShortest, Longest: months(12), Guardian: true, DPV: "dpv:Purpose"},
	{Code: SensitiveUse, Family: true, Basis: Consent, Consent: Separate, Withdraw: EndStop, Keep: KeepShortest, Longest: months(12), DPV: "dpv:Purpose"},
}

// PurposeOf finds the row of a purpose as it stands in a request:
// "share.provide.123" gives the family's row. A purpose that is not in the
// table is an E_PURPOSE error; a family used without naming one thing, or
// with "*", is E_WILDCARD (CON-03).
func PurposeOf(code kexin.PurposeCode) (Purpose, error) {
	for _, p := range Purposes {
		what, ok := strings.CutPrefix(string(code), string(p.Code))
		switch {
		case !ok:
		case !p.Family && what == "":
			return p, nil
		case p.Family && (what == "" || what == "." || strings.Contains(what, "*")):
			return Purpose{}, Refuse("law.purpose", "E_WILDCARD", nil)
		case p.Family && what[0] == '.':
			return p, nil
		}
	}
	return Purpose{}, Refuse("law.purpose", "E_PURPOSE", nil)
}
