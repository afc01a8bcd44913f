package intake

import (
	"testing"
	"time"

	"kexin"
	"kexin/kind"
)

// The honest files through the first two stations, intake and kind: rows that
// truth.csv wants refused or set aside are, and at least 94 % of the rows are
// fit to be active once the rows without a way have been asked about (law
// IMP-05).
func TestHonestFilesThroughKind(t *testing.T) {
	truth := readTruth(t)
	s := kexin.Builtin()
	env := kind.Env{Now: kexin.At(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))}
	parse := func(f *kexin.Field, raw string) (kexin.Value, []kexin.Issue) { return kind.Parse(f, raw, env) }
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv", "appliance.xlsx"} {
		f := sharedFile(t, name)
		g := look(t, f, Options{})
		targets := Map(g, s, kexin.Customer)
		if err := CheckMap(g, targets, s, kexin.Customer); err != nil {
			t.Fatal(err)
		}
		n, active, asked, missed := 0, 0, 0, 0
		for _, r := range rows(t, f, g) {
			if r.Skip != "" {
				continue
			}
			n++
			customer, order, ev := Drafts(r, targets, s, parse)
			kind.Normalise(s, &customer, env)
			bad := fatal(customer) || customer.Values[kexin.CustName].Empty() && customer.Values[kexin.CustPhone].Empty()
			if order != nil {
				kind.Normalise(s, order, env)
				bad = bad || fatal(*order)
			}
			switch {
			case bad:
			case ev.Kind == EvidenceNone && ev.WayRaw == "" && ev.On != "":
				asked++
			case ev.Kind != EvidenceNone:
				active++
			}
			if !bad && ev.Kind != EvidenceNone && truth[name][r.N] == -1 {
				missed++
			}
			if bad && truth[name][r.N] >= 0 {
				t.Logf("%s row %d: %+v", name, r.N, customer.Issues)
			}
		}
		if missed > 0 || float64(active+asked) < 0.94*float64(n) {
			t.Errorf("%s: %d rows, %d active, %d asked about, %d should not be", name, n, active, asked, missed)
		}
		t.Logf("%s: %d rows, %d active, %d asked about", name, n, active, asked)
	}
}

func fatal(d kexin.Draft) bool {
	for _, i := range d.Issues {
		if i.Fatal {
			return true
		}
	}
	return false
}
