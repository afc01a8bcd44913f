package law_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/i18n"
	"kexin/law"
)

func TestPurposes(t *testing.T) {
	for _, p := range law.Purposes {
		if !i18n.Has("purpose." + string(p.Code)) {
			t.Errorf("%s has no name", p.Code)
		}
		if _, err := law.RetentionOf(p.Keep); err != nil {
			t.Errorf("%s: %v", p.Code, err)
		}
		if (p.Basis == law.Consent) != (p.Consent != law.NoConsent) {
			t.Errorf("%s: basis %s with consent %s", p.Code, p.Basis, p.Consent)
		}
		if (p.Consent == law.NoConsent) != p.Longest.IsZero() {
			t.Errorf("%s: a consent has a longest life, and nothing else has", p.Code)
		}
		if (p.Consent == law.NoConsent) != (p.Withdraw == law.EndNothing) {
			t.Errorf("%s: every consent can be withdrawn, and nothing else", p.Code)
		}
		if (p.Consent == law.PerChannel) != (p.Channel != "") {
			t.Errorf("%s: consent %s, channel %q", p.Code, p.Consent, p.Channel)
		}
		if !strings.HasPrefix(p.DPV, "dpv:") {
			t.Errorf("%s: DPV %q", p.Code, p.DPV)
		}
	}
}

func TestPurposeOf(t *testing.T) {
	for code, want := range map[kexin.PurposeCode]kexin.Law{
		kexin.QuoteOrder:        "",
		kexin.OwnSMS:            "",
		"share.provide.123":     "",
		"campaign.joint.5":      "",
		"disclose.poster":       "",
		"sensitive.id_photo":    "",
		"":                      "E_PURPOSE",
		"marketing.own":         "E_PURPOSE",
		"marketing.own.fax":     "E_PURPOSE",
		"service.quote_order.1": "E_PURPOSE",
		"share.providential":    "E_PURPOSE",
		"share":                 "E_PURPOSE",
		"share.provide":         "E_WILDCARD",
		"share.provide.":        "E_WILDCARD",
		"share.provide.*":       "E_WILDCARD",
		"share.provide.1*":      "E_WILDCARD",
	} {
		p, err := law.PurposeOf(code)
		if got := kexin.LawOf(err); got != want {
			t.Errorf("%q: %v, want %q", code, err, want)
		}
		if (err == nil) != (p.Code != "") {
			t.Errorf("%q: row %q with error %v", code, p.Code, err)
		}
	}
}

// TestRefusals: every row has its sentence with just its parameters and
// a requirement that exists.
func TestRefusals(t *testing.T) {
	var keys []string
	for _, r := range law.Refusals {
		keys = append(keys, r.Key())
		if _, ok := law.RequirementOf(r.Ref); !ok {
			t.Errorf("%s: %s is no requirement", r.Law, r.Ref)
		}
		for _, lang := range i18n.Langs {
			if got := i18n.Params(i18n.T(lang, r.Key(), nil)); !slices.Equal(got, r.Args) {
				t.Errorf("%s in %s: parameters %v, the table says %v", r.Law, lang, got, r.Args)
			}
		}
	}
	for _, k := range i18n.Keys() {
		if strings.HasPrefix(k, "law.E_") && !slices.Contains(keys, k) {
			t.Errorf("%s belongs to no refusal", k)
		}
	}
	if !slices.IsSorted(keys) {
		t.Error("the table is not sorted")
	}
}

func TestRefuse(t *testing.T) {
	e := law.Refuse("gate.send", "E_FREQ", map[string]string{"date": "5月8日"})
	if e.Code != kexin.RateLimited || e.Law != "E_FREQ" || e.Key != "law.E_FREQ" || e.Op != "gate.send" {
		t.Errorf("%+v", e)
	}
	if e := law.Refuse("x", "E_INVENTED", nil); e.Code != kexin.Internal {
		t.Errorf("an unknown code is a defect: %+v", e)
	}
}

func TestStatusOf(t *testing.T) {
	for c, want := range map[kexin.Code]int{
		kexin.Invalid: 422, kexin.Conflict: 409, kexin.NotFound: 404, kexin.Withheld: 403, kexin.Forbidden: 403,
		kexin.Unauthorized: 401, kexin.RateLimited: 429, kexin.Unavailable: 503, kexin.Internal: 500, "": 500, "other": 500,
	} {
		if got := law.StatusOf(c); got != want {
			t.Errorf("%q: %d, want %d", c, got, want)
		}
	}
}

func TestSources(t *testing.T) {
	for _, s := range law.Sources {
		if !i18n.Has(s.LabelKey()) || !i18n.Has(s.WhyKey()) || s.Ref == "" {
			t.Errorf("%s lacks words or a statute", s.Kind)
		}
		if !s.Lawful && (s.Own || s.Marketing || s.Second || s.Aside != 0) {
			t.Errorf("%s is unlawful and still promises something", s.Kind)
		}
		if s.Lawful && s.Own == s.Second {
			t.Errorf("%s: a second approver is for foreign sources", s.Kind)
		}
		if want := map[bool]time.Duration{true: 7 * 24 * time.Hour, false: 24 * time.Hour}[s.Own]; s.Lawful && s.Aside != want {
			t.Errorf("%s: set aside for %v, want %v", s.Kind, s.Aside, want)
		}
	}
	if s, _ := law.SourceOf(kexin.FromPublic); s.Marketing {
		t.Error("IMP-08: public data is used for offers")
	}
}

func TestSourceOf(t *testing.T) {
	for kind, want := range map[kexin.SourceKind]kexin.Law{
		kexin.FromPOS: "", kexin.FromPublic: "",
		law.FromExchange: "E_IMP_UNLAWFUL_SOURCE", law.FromGroup: "E_IMP_UNLAWFUL_SOURCE",
		"": "E_IMP_NO_PROVENANCE", "friend": "E_IMP_NO_PROVENANCE",
	} {
		s, err := law.SourceOf(kind)
		if kexin.LawOf(err) != want {
			t.Errorf("%q: %v, want %q", kind, err, want)
		}
		if want == "E_IMP_UNLAWFUL_SOURCE" && s.Kind != kind {
			t.Errorf("%q: the refusal has no explanation", kind)
		}
	}
}

// TestApproval is IMP-07: a foreign batch needs a second approver from ratio
// 1 on, one's own never waits for one.
func TestApproval(t *testing.T) {
	own, err := law.SourceOf(kexin.FromMigration)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := law.SourceOf(kexin.FromReferral)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s     law.Source
		ratio float64
		want  law.Approval
	}{
		{own, 0.99, law.ApproveNone}, {own, 1, law.ApproveAct}, {own, 40, law.ApproveAct},
		{foreign, 0.99, law.ApproveNone}, {foreign, 1, law.ApproveSecond}, {foreign, 40, law.ApproveSecond},
	} {
		if got := c.s.Approval(c.ratio); got != c.want {
			t.Errorf("%s at %v: %q, want %q", c.s.Kind, c.ratio, got, c.want)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		n50, n500, n5000 int
		service          bool
		want             float64
	}{
		{0, 0, 0, true, 0},
		{50, 0, 0, false, 1},
		{25, 0, 0, true, 1},
		{0, 499, 0, false, 0.998},
		{0, 0, 2500, true, 1},
		{20, 300, 0, false, 1},
		{10, 150, 0, true, 1},
		{0, 5000, 0, false, 10},
		{0, 0, 49999, false, 9.9998},
	} {
		n := map[kexin.Tier]int{kexin.Tier50: c.n50, kexin.Tier500: c.n500, kexin.Tier5000: c.n5000, kexin.TierNone: 1e6}
		got := law.Ratio(n, c.service)
		if got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestRatioGrows: one more person never lowers the meter, and service never
// does.
func TestRatioGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 100_000)
		n := map[kexin.Tier]int{kexin.Tier50: count.Draw(t, "n50"), kexin.Tier500: count.Draw(t, "n500"), kexin.Tier5000: count.Draw(t, "n5000")}
		before, service := law.Ratio(n, false), law.Ratio(n, true)
		if service != 2*before {
			t.Fatalf("service %v, otherwise %v", service, before)
		}
		n[rapid.SampledFrom([]kexin.Tier{kexin.Tier50, kexin.Tier500, kexin.Tier5000}).Draw(t, "tier")]++
		if after := law.Ratio(n, false); after <= before {
			t.Fatalf("one more person: %v, before %v", after, before)
		}
	})
}

func TestRequirements(t *testing.T) {
	if n := len(law.Invariants); n != 12 {
		t.Errorf("%d invariants", n)
	}
	for _, r := range append(slices.Clone(law.Invariants), law.Requirements...) {
		if err := i18n.Check("law.title", strings.ReplaceAll(r.ZH, "黑名单", ""), r.EN); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		if got, ok := law.RequirementOf(r.ID); !ok || got != r {
			t.Errorf("%s is not found", r.ID)
		}
	}
	if _, ok := law.RequirementOf("IMP-99"); ok {
		t.Error("IMP-99 was found")
	}
}
