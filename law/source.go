package law

import (
	"time"

	"kexin"
)

// The unlawful kinds of source (IMP-02). They are listed so that a person
// who names one honestly is told why, not only refused.
const (
	FromPurchase  kexin.SourceKind = "purchased"
	FromExchange  kexin.SourceKind = "exchanged"
	FromManager   kexin.SourceKind = "property_mgmt"
	FromDeveloper kexin.SourceKind = "developer"
	FromScraping  kexin.SourceKind = "scraped"
	FromGroup     kexin.SourceKind = "group_members"
	FromFound     kexin.SourceKind = "found"
	FromOtherShop kexin.SourceKind = "other_merchant_list"
)

// A Source is one kind of place that rows come from 来源, with what the law
// makes of it.
type Source struct {
	Kind      kexin.SourceKind
	Lawful    bool
	Own       bool          // the merchant's own customers; false is foreign
	Marketing bool          // offers are possible, once the person consents (IMP-08 otherwise)
	Second    bool          // a second approver from ratio 1 on (IMP-07); own sources need a second act only
	Aside     time.Duration // how long rows without a basis stay sealed (IMP-05)
	Ref       string        // statute
}

// LabelKey and WhyKey are the catalogue keys of its name and of one sentence
// on why it is lawful or not.
func (s Source) LabelKey() string { return "source." + string(s.Kind) + ".label" }

// WhyKey is the catalogue key of the explanation.
func (s Source) WhyKey() string { return "source." + string(s.Kind) + ".why" }

const (
	asideOwn     = 7 * 24 * time.Hour
	asideForeign = 24 * time.Hour
)

// Sources is the closed list, the lawful ones first.
var Sources = []Source{
	{Kind: kexin.FromPOS, Lawful: true, Own: true, Marketing: true, Aside: asideOwn, Ref: "PIPL 13(1)2"},
	{Kind: kexin.FromForm, Lawful: true, Own: true, Marketing: true, Aside: asideOwn, Ref: "PIPL 13(1)1"},
	{Kind: kexin.FromVisit, Lawful: true, Own: true, Marketing: true, Aside: asideOwn, Ref: "PIPL 13(1)1"},
	{Kind: kexin.FromWeChat, Lawful: true, Own: true, Marketing: true, Aside: asideOwn, Ref: "PIPL 13(1)1"},
	{Kind: kexin.FromMigration, Lawful: true, Own: true, Marketing: true, Aside: asideOwn, Ref: "PIPL 14(2), 17"},
	{Kind: kexin.FromReferral, Lawful: true, Marketing: true, Second: true, Aside: asideForeign, Ref: "PIPL 23"},
	{Kind: kexin.FromPublic, Lawful: true, Second: true, Aside: asideForeign, Ref: "PIPL 27"},
	{Kind: FromPurchase, Ref: "刑法 253之一; 法释〔2017〕10号 4"},
	{Kind: FromExchange, Ref: "刑法 253之一; 法释〔2017〕10号 4"},
	{Kind: FromManager, Ref: "PIPL 23; 法释〔2017〕10号 3, 4"},
	{Kind: FromDeveloper, Ref: "PIPL 23; 法释〔2017〕10号 3, 4"},
	{Kind: FromScraping, Ref: "PIPL 10; 法释〔2017〕10号 4"},
	{Kind: FromGroup, Ref: "PIPL 10, 13; 法释〔2017〕10号 4, 8"},
	{Kind: FromFound, Ref: "PIPL 10, 13"},
	{Kind: FromOtherShop, Ref: "PIPL 23; 法释〔2017〕10号 3, 4"},
}

// SourceOf finds the row of a kind. An unlawful kind is an
// E_IMP_UNLAWFUL_SOURCE error (IMP-02) and comes with its row, for the
// explanation; none or an unknown one is E_IMP_NO_PROVENANCE (IMP-01).
func SourceOf(kind kexin.SourceKind) (Source, error) {
	for _, s := range Sources {
		if s.Kind == kind {
			if !s.Lawful {
				return s, Refuse("law.source", "E_IMP_UNLAWFUL_SOURCE", nil)
			}
			return s, nil
		}
	}
	return Source{}, Refuse("law.source", "E_IMP_NO_PROVENANCE", nil)
}

// Approval is what a batch needs before it is carried out.
type Approval string

// The approvals.
const (
	ApproveNone   Approval = ""           // its own declarant is enough
	ApproveAct    Approval = "second_act" // another member of staff, else the owner with a second factor; recorded (IMP-07)
	ApproveSecond Approval = "second"     // a second approver
)

// Approval is what a batch of this source needs at this ratio of the
// criminal-tier meter (IMP-07).
func (s Source) Approval(ratio float64) Approval {
	switch {
	case ratio < 1:
		return ApproveNone
	case s.Own:
		return ApproveAct
	}
	return ApproveSecond
}
