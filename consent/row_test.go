package consent_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
)

// given is a consent to SMS offers from 100 to 200.
func given() consent.Row {
	return consent.Row{Purpose: kexin.OwnSMS, Channel: kexin.BySMS, State: consent.Given, From: 100, Until: 200, Changed: 100, Grade: consent.Code, Epoch: 1}
}

func with(change func(*consent.Row)) consent.Row {
	r := given()
	change(&r)
	return r
}

func TestAllows(t *testing.T) {
	sms := kexin.OwnSMS
	for name, c := range map[string]struct {
		rows   []consent.Row
		at     kexin.Instant
		ok     bool
		law    kexin.Law
		reason string
	}{
		"no row":          {nil, 150, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"given":           {[]consent.Row{given()}, 150, true, "", ""},
		"first moment":    {[]consent.Row{given()}, 100, true, "", ""},
		"before":          {[]consent.Row{given()}, 99, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"last moment":     {[]consent.Row{given()}, 199, true, "", ""},
		"expired, no job": {[]consent.Row{given()}, 200, false, "E_NO_CHANNEL_CONSENT", "consent_expired"},
		"requested":       {[]consent.Row{with(func(r *consent.Row) { r.State = consent.Requested })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"refused":         {[]consent.Row{with(func(r *consent.Row) { r.State = consent.Refused })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_refused"},
		"suspended":       {[]consent.Row{with(func(r *consent.Row) { r.State = consent.Suspended })}, 150, false, "E_IDENTITY_DISPUTE", "consent_suspended"},
		"one suspended":   {[]consent.Row{given(), with(func(r *consent.Row) { r.State = consent.Suspended })}, 150, false, "E_IDENTITY_DISPUTE", "consent_suspended"},
		"another channel": {[]consent.Row{with(func(r *consent.Row) { r.Channel = kexin.ByCall })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"no channel":      {[]consent.Row{with(func(r *consent.Row) { r.Channel = "" })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"another shop":    {[]consent.Row{with(func(r *consent.Row) { r.Receiver = 7 })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"other purpose":   {[]consent.Row{with(func(r *consent.Row) { r.Purpose = kexin.FollowUp })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_none"},
		"withdrawn after": {[]consent.Row{given(), with(func(r *consent.Row) { r.State, r.Epoch, r.Changed = consent.Withdrawn, 2, 120 })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_withdrawn"},
		"given again":     {[]consent.Row{with(func(r *consent.Row) { r.State, r.Epoch, r.Changed = consent.Withdrawn, 2, 90 }), with(func(r *consent.Row) { r.Epoch = 3 })}, 150, true, "", ""},
		// A release that arrives after the withdrawal it precedes.
		"late message":    {[]consent.Row{with(func(r *consent.Row) { r.State, r.Epoch, r.Changed = consent.Withdrawn, 9, 50 }), with(func(r *consent.Row) { r.Epoch = 8 })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_withdrawn"},
		"all channels":    {[]consent.Row{with(func(r *consent.Row) { r.Epoch = 5 }), with(func(r *consent.Row) { r.Channel, r.State, r.Epoch, r.Changed = "", consent.Withdrawn, 2, 120 })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_withdrawn"},
		"old flow ended":  {[]consent.Row{with(func(r *consent.Row) { r.State, r.Changed = consent.Invalidated, 140 }), with(func(r *consent.Row) { r.Epoch = 2 })}, 150, true, "", ""},
		"same flow ended": {[]consent.Row{given(), with(func(r *consent.Row) { r.State, r.Changed = consent.Invalidated, 140 })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_withdrawn"},
		"superseded":      {[]consent.Row{with(func(r *consent.Row) { r.State = consent.Superseded }), given()}, 150, true, "", ""},
		"stopped purpose": {[]consent.Row{with(func(r *consent.Row) { r.State = consent.Revoked })}, 150, false, "E_NO_CHANNEL_CONSENT", "consent_withdrawn"},
	} {
		d := consent.Allows(c.rows, sms, kexin.BySMS, 0, c.at)
		if d.OK != c.ok || d.Law != c.law || d.Reason != c.reason {
			t.Errorf("%s: %+v", name, d)
		}
		if !d.OK && (!i18n.Has("reason."+d.Reason) || kexin.LawOf(d.Err("短信")) != c.law) {
			t.Errorf("%s: no words for %+v", name, d)
		}
	}
	d := consent.Allows([]consent.Row{given()}, sms, kexin.BySMS, 0, 150)
	if d.Until != 200 || d.Epoch != 1 || d.Err("") != nil {
		t.Errorf("%+v", d)
	}
}

// TestReceiver is I1: one row per receiver, and another receiver's counts for
// nothing.
func TestReceiver(t *testing.T) {
	rows := []consent.Row{{Purpose: "share.provide.5", Receiver: 5, State: consent.Given, From: 1, Until: 9, Epoch: 1}}
	if !consent.Allows(rows, "share.provide.5", "", 5, 3).OK {
		t.Error("the named receiver is refused")
	}
	for _, d := range []consent.Decision{
		consent.Allows(rows, "share.provide.6", "", 6, 3),
		consent.Allows(rows, "share.provide.5", "", 6, 3),
		consent.Allows(rows, "share.provide.5", "", 0, 3),
		consent.Allows(rows, "share.provide.*", "", 5, 3),
	} {
		if d.OK || d.Law != "E_PURPOSE" {
			t.Errorf("%+v", d)
		}
	}
}

func TestRowApply(t *testing.T) {
	r := consent.Open(nil, kexin.OwnSMS, kexin.BySMS, 0)
	r, err := r.Apply(good(consent.Create, consent.Staff), 0, 0)
	if err != nil || r.State != consent.Draft {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := r.Apply(good(consent.Give, consent.Customer), 1000, consent.Code); kexin.CodeOf(err) != kexin.Invalid {
		t.Errorf("a consent without end: %v", err)
	}
	r, err = r.Apply(good(consent.Give, consent.Customer), 5000, consent.Code)
	if err != nil || r.State != consent.Given || r.Epoch != 1 || r.From != 1000 || r.Until != 5000 || r.Grade != consent.Code {
		t.Errorf("%+v %v", r, err)
	}
	same, err := r.Apply(good(consent.Give, consent.Staff), 9000, consent.Paper)
	if kexin.LawOf(err) != "E_ONLY_SUBJECT" || !equal(same, r) {
		t.Errorf("%+v %v", same, err)
	}
	w, err := r.Apply(good(consent.Withdraw, consent.Customer), 0, 0)
	if err != nil || w.State != consent.Withdrawn || w.Epoch != 2 {
		t.Errorf("%+v %v", w, err)
	}
	if next := consent.Open([]consent.Row{w}, kexin.OwnSMS, kexin.BySMS, 0); next.Epoch != 2 || next.State != consent.None {
		t.Errorf("%+v", next)
	}
}

func equal(a, b consent.Row) bool {
	fa, fb := a.Fields, b.Fields
	a.Fields, b.Fields = nil, nil
	return slices.Equal(fa, fb) && a.Purpose == b.Purpose && a.Channel == b.Channel && a.Receiver == b.Receiver &&
		a.State == b.State && a.From == b.From && a.Until == b.Until && a.Changed == b.Changed && a.Grade == b.Grade && a.Epoch == b.Epoch
}

var (
	purposes = []kexin.PurposeCode{kexin.OwnSMS, kexin.FollowUp, kexin.OwnCall, "campaign.joint.1"}
	channels = []kexin.Channel{"", kexin.BySMS, kexin.ByCall}
)

// anyRow draws a row in any state, likely or not.
var anyRow = rapid.Custom(func(t *rapid.T) consent.Row {
	from := rapid.IntRange(1, 50).Draw(t, "from")
	return consent.Row{
		Purpose:  rapid.SampledFrom(purposes).Draw(t, "purpose"),
		Channel:  rapid.SampledFrom(channels).Draw(t, "channel"),
		Receiver: kexin.ID(rapid.IntRange(0, 1).Draw(t, "receiver")),
		State:    rapid.SampledFrom(consent.States[:]).Draw(t, "state"),
		From:     kexin.Instant(from),
		Until:    kexin.Instant(from + rapid.IntRange(1, 50).Draw(t, "life")),
		Changed:  kexin.Instant(from + rapid.IntRange(0, 50).Draw(t, "changed")),
		Epoch:    uint32(rapid.IntRange(0, 4).Draw(t, "epoch")),
	}
})

// TestAllowsProperties, over any rows: order does not count; nothing but a
// given row ever allows; to end, suspend or drop a row never allows more; a
// suspended or withdrawn row more never allows more; and what is allowed
// ends by itself.
func TestAllowsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(anyRow, 0, 6).Draw(t, "rows")
		p, ch := rapid.SampledFrom(purposes).Draw(t, "p"), rapid.SampledFrom(channels).Draw(t, "ch")
		receiver, at := kexin.ID(rapid.IntRange(0, 1).Draw(t, "r")), kexin.Instant(rapid.IntRange(0, 120).Draw(t, "at"))
		ask := func(rows []consent.Row, at kexin.Instant) bool { return consent.Allows(rows, p, ch, receiver, at).OK }

		d := consent.Allows(rows, p, ch, receiver, at)
		if d.OK == (d.Law != "") || d.OK == (d.Reason != "") {
			t.Fatalf("half an answer: %+v", d)
		}
		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		if ask(shuffled, at) != d.OK {
			t.Fatal("the order of rows counts")
		}
		if d.OK && (at >= d.Until || ask(rows, 1000)) {
			t.Fatalf("no end: %+v", d)
		}
		if d.OK && !slices.ContainsFunc(rows, func(r consent.Row) bool { return r.State == consent.Given && r.Purpose == p && r.Receiver == receiver }) {
			t.Fatal("allowed without a consent")
		}
		for _, r := range rows {
			about := r.Purpose == p && r.Receiver == receiver && (r.Channel == ch || r.Channel == "")
			newer := r.State == consent.Withdrawn && (r.Epoch >= d.Epoch || r.Changed > at)
			if d.OK && about && (r.State == consent.Suspended || newer) {
				t.Fatalf("allowed beside %+v: %+v", r, d)
			}
		}
		if len(rows) > 0 {
			i := rapid.IntRange(0, len(rows)-1).Draw(t, "i")
			if rows[i].State == consent.Given {
				less := slices.Clone(rows)
				less[i].State = rapid.SampledFrom([]consent.State{consent.Withdrawn, consent.Expired, consent.Suspended, consent.Invalidated, consent.Revoked, consent.Lapsed}).Draw(t, "end")
				if ask(less, at) && !d.OK {
					t.Fatal("ending a consent allowed something")
				}
			}
		}
		extra := anyRow.Draw(t, "extra")
		extra.State = rapid.SampledFrom([]consent.State{consent.Withdrawn, consent.Suspended, consent.Refused, consent.Requested}).Draw(t, "extra state")
		if ask(append(slices.Clone(rows), extra), at) && !d.OK {
			t.Fatal("a no more allowed something")
		}
	})
}

// likely draws an event, mostly one that the machine lists for the state.
func likely(t *rapid.T, s consent.State) consent.Event {
	var listed []consent.Transition
	for _, tr := range consent.Transitions {
		if tr.From == s {
			listed = append(listed, tr)
		}
	}
	if len(listed) == 0 || rapid.IntRange(0, 3).Draw(t, "wild") == 0 {
		return good(rapid.SampledFrom(consent.Kinds[:]).Draw(t, "kind"), rapid.SampledFrom(consent.Roles[:]).Draw(t, "by"))
	}
	tr := rapid.SampledFrom(listed).Draw(t, "listed")
	return good(tr.Event, rapid.SampledFrom(tr.By).Draw(t, "by"))
}

// TestHistories walks a person through random acts over several purposes and
// channels, every act through Row.Apply, and compares Allows with a plain
// memory: the last thing she said about this counts.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []consent.Row
		type word struct {
			give bool
			at   kexin.Instant
			row  int
		}
		var said []word
		for now := kexin.Instant(10); now < 400; now += kexin.Instant(rapid.IntRange(1, 30).Draw(t, "pause")) {
			if len(rows) == 0 || rapid.IntRange(0, 2).Draw(t, "new") == 0 {
				p := rapid.SampledFrom(purposes[:2]).Draw(t, "purpose")
				rows = append(rows, consent.Open(rows, p, rapid.SampledFrom(channels).Draw(t, "channel"), 0))
			}
			i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
			e := likely(t, rows[i].State)
			e.At, e.Due = now, now+1
			if e.Kind == consent.Timeout || e.Kind == consent.Expire || e.Kind == consent.Fail {
				e.Due = now
			}
			before := rows[i]
			fresh := before
			if e.Kind == consent.Give { // the app opens the epoch again when the act comes
				fresh.Epoch = consent.Open(rows, before.Purpose, before.Channel, 0).Epoch
			}
			after, err := fresh.Apply(e, now+100, consent.Code)
			if err != nil {
				continue
			}
			if after.State == consent.Given && e.By != consent.Customer && e.By != consent.Guardian {
				t.Fatalf("%s by %s gave", e.Kind, e.By)
			}
			if after.Epoch < before.Epoch {
				t.Fatal("the epoch fell")
			}
			rows[i] = after
			if e.Kind == consent.Give || e.Kind == consent.Withdraw {
				said = append(said, word{e.Kind == consent.Give, now, i})
			}
		}
		p, ch := rapid.SampledFrom(purposes[:2]).Draw(t, "p"), rapid.SampledFrom(channels).Draw(t, "ch")
		at := kexin.Instant(rapid.IntRange(400, 520).Draw(t, "at"))
		want, suspended := false, false
		offer := p == kexin.OwnSMS
		for _, w := range said {
			r := rows[w.row]
			if r.Purpose != p || (r.Channel != ch && r.Channel != "") {
				continue
			}
			switch {
			case !w.give:
				want = false
			case r.Channel == ch || !offer:
				want = want || (r.State == consent.Given && at < r.Until)
			}
		}
		for _, r := range rows {
			suspended = suspended || (r.Purpose == p && (r.Channel == ch || r.Channel == "") && r.State == consent.Suspended)
		}
		got := consent.Allows(rows, p, ch, 0, at)
		if got.OK && (!want || suspended) {
			t.Fatalf("allowed against her last word: %+v", got)
		}
		if ended := slices.ContainsFunc(rows, func(r consent.Row) bool { return r.State == consent.Invalidated || r.State == consent.Revoked }); !got.OK && want && !suspended && !ended {
			t.Fatalf("refused against her last word: %+v", got)
		}
	})
}

func TestGrades(t *testing.T) {
	seen := map[string]bool{}
	for g := consent.Paper; g <= consent.Passkey; g++ {
		if g.String() == "" || seen[g.String()] {
			t.Errorf("grade %d is %q", g, g)
		}
		if consent.ParseGrade(g.String()) != g {
			t.Errorf("%s is read as %s", g, consent.ParseGrade(g.String()))
		}
		seen[g.String()] = true
	}
	for _, s := range []string{"", "E9", "e3"} {
		if consent.ParseGrade(s) != consent.NoGrade {
			t.Errorf("%q is a grade", s)
		}
	}
	if consent.Grade(99).String() != "" || !(consent.Paper < consent.Link && consent.Link < consent.Code && consent.Code < consent.Passkey) {
		t.Error("grades do not compare")
	}
}
