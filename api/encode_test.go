package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/i18n"
)

// texts are strings with all that JSON escapes, Chinese, and bytes that are no
// text at all.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z_:@/0-9.]{0,12}`), rapid.Just(""),
		rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{"客", "信😀", "a", `"`, `\\`, "<", ">", "&", "\n", "\x00", "\x7f", "\xff", "\xe5\xae", "\u2028", "\u2029", "\ufffd", "é"})), func(p []string) (s string) {
			for _, x := range p {
				s += x
			}
			return s
		}), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
}

// What is written by hand is what the standard library writes.
func TestWrittenByHand(t *testing.T) {
	same := func(t *rapid.T, got []byte, v any) {
		want, err := json.Marshal(v)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s\n%s %v", got, want, err)
		}
	}
	s := texts()
	batch := rapid.SampledFrom([]kexin.ID{0, 1, 385387645255029446})
	reason := rapid.Custom(func(t *rapid.T) Reason {
		return Reason{Code: s.Draw(t, "code"), Rule: s.Draw(t, "rule"), Text: s.Draw(t, "text"), CanAsk: rapid.Bool().Draw(t, "ask")}
	})
	contact := rapid.Custom(func(t *rapid.T) MayContact {
		return MayContact{Channel: s.Draw(t, "channel"), Purpose: s.Draw(t, "purpose"), OK: rapid.Bool().Draw(t, "ok"), Reason: reason.Draw(t, "reason")}
	})
	origin := rapid.Custom(func(t *rapid.T) Origin {
		return Origin{Way: s.Draw(t, "way"), On: s.Draw(t, "on"), Evident: s.Draw(t, "evident"), Batch: batch.Draw(t, "batch")}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := s.Draw(t, "string")
		same(t, appendString(nil, text), text)
		x := rest{Can: rapid.SliceOf(s).Draw(t, "can"), Contact: rapid.SliceOfN(contact, 0, 5).Draw(t, "contact"), Created: rapid.Int64().Draw(t, "created"), Updated: rapid.Int64().Draw(t, "updated"),
			Source: &Provenance{Source: s.Draw(t, "source"), Label: s.Draw(t, "label"), Way: s.Draw(t, "way"), On: s.Draw(t, "on"), Batch: batch.Draw(t, "batch"), Basis: s.Draw(t, "basis"),
				KeptTo: s.Draw(t, "kept"), By: s.Draw(t, "by"), Evident: s.Draw(t, "evident"), Origins: rapid.SliceOfN(origin, 0, 3).Draw(t, "origins")}}
		if rapid.Bool().Draw(t, "named") {
			x.Names = rapid.MapOfN(s, s, 0, 3).Draw(t, "names")
		}
		same(t, appendRest([]byte{'{'}, x), x)
	})
}

// Until when somebody may be contacted is told in days of the shop's zone.
func TestMayUntil(t *testing.T) {
	m := app.May{Channel: kexin.ByCall, Purpose: kexin.FollowUp, Decision: consent.Decision{OK: true, Until: kexin.At(time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC))}}
	for name, day := range map[string]string{"Asia/Shanghai": "2027-06-01", "Pacific/Auckland": "2027-06-02"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := mayOf(Caller{Lang: i18n.Chinese}, m, zone).Reason.Text; !strings.Contains(got, day) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func BenchmarkRest(b *testing.B) {
	why := Reason{Code: "may_followup", Rule: "consent:followup", Text: "可以为跟进电话联系，到 2027-11-29"}
	x := rest{Can: []string{"edit", "contact", "reveal", "move"}, Created: 1795900000000, Updated: 1795900000000,
		Source: &Provenance{Source: "showroom", Label: "展厅登记", Way: "store", On: "2026-05-01", KeptTo: "2027-05-01", Basis: "request", By: "店主", Evident: "visit", Origins: []Origin{{Way: "store", On: "2026-05-01", Evident: "visit"}}}}
	for _, ch := range []string{"call", "sms", "wechat", "email", "visit"} {
		x.Contact = append(x.Contact, MayContact{Channel: ch, Purpose: "followup", OK: true, Reason: why})
	}
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = appendRest(append(out[:0], '{'), x)
	}
}

func BenchmarkString(b *testing.B) {
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = appendString(out[:0], "浙江省温州市永嘉县")
	}
}
