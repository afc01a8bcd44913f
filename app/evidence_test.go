package app_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/app/apptest"
	"kexin/ledger"
)

// TestEvidenceHoldsNotice: an evidence file holds the words that a customer
// was shown when she answered, and whoever checks it reads them without the
// server. A byte changed in them is found.
func TestEvidenceHoldsNotice(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		link := p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("王秀兰", hers), "curtain", "curtain")
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(link))
		her.Submits("王女士", "138 1234 5678", kexin.OwnSMS)
		id := p.As(curtain.Rep).Accepts()
		file, err := p.App.Evidence(ctx, curtain.Owner, id)
		p.Must(err)
		v := ledger.VerifyEvidence(bytes.NewReader(file), ledger.VerifyOptions{})
		if v.Status != ledger.Unwitnessed || len(v.Faults) > 0 {
			t.Fatalf("%v %+v", v.Status, v.Faults)
		}
		if len(v.Notices) != 1 || v.Notices[0].Version != 1 || !strings.Contains(strings.Join(v.Notices[0].Text, ""), "晴窗窗帘店") {
			t.Fatalf("%+v", v.Notices)
		}
		if slices.ContainsFunc(v.Silent, func(s ledger.Statement) bool { return s.Key == "verify.silent.notices" }) {
			t.Error("a text that an entry names is not in the file")
		}
		for _, word := range []string{v.Notices[0].Title, v.Notices[0].Text[1][:12]} {
			bad := bytes.Replace(file, []byte(word), []byte(strings.Repeat("x", len(word))), 1)
			if bytes.Equal(bad, file) {
				t.Fatalf("%q does not stand in the file", word)
			}
			if v := ledger.VerifyEvidence(bytes.NewReader(bad), ledger.VerifyOptions{}); v.Status != ledger.Invalid {
				t.Errorf("another text: %v", v.Status)
			}
		}
	})
}
