package share_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/i18n"
	"kexin/law"
	"kexin/share"
)

// good is an event whose guard holds in every state.
func good(k share.Kind, by share.Role) share.Event {
	e := share.Event{Kind: k, By: by, At: 1000, Due: 2000, Facts: share.Facts{Need: true, Hers: true, Verified: true, Order: true, Clear: true}}
	if slices.Contains([]share.Kind{share.Timeout, share.Silence, share.Idle, share.Overdue, share.Close}, k) || k == share.NoDeal && by == share.Clock {
		e.At = 2000
	}
	return e
}

func lines(t *testing.T, file string) (out [][]string) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			if f[0] == "-" {
				f[0] = ""
			}
			out = append(out, f)
		}
	}
	return out
}

// TestMachine asks every state, event and role: what is listed passes, all
// else is refused and changes nothing.
func TestMachine(t *testing.T) {
	want, met := map[[3]string]string{}, 0
	for _, f := range lines(t, "machine.txt") {
		want[[3]string{f[0], f[1], f[2]}] = f[3]
	}
	for _, s := range append([]share.State{share.None}, share.States[:]...) {
		for _, k := range share.Kinds {
			for _, by := range share.Roles {
				got, err := share.Apply(s, good(k, by))
				to, listed := want[[3]string{string(s), string(k), string(by)}]
				switch {
				case listed && (err != nil || string(got) != to):
					t.Errorf("%s %s %s: %s, %v; want %s", s, k, by, got, err, to)
				case !listed && (err == nil || got != s):
					t.Errorf("%s %s %s: %s, %v; want refused", s, k, by, got, err)
				}
				if listed {
					met++
				}
			}
		}
	}
	if met != len(want) {
		t.Errorf("%d of %d rows met", met, len(want))
	}
}

func TestGuards(t *testing.T) {
	for _, f := range lines(t, "guards.txt") {
		e := good(share.Kind(f[1]), share.Role(f[2]))
		switch f[3] {
		case "need":
			e.Facts.Need = false
		case "hers":
			e.Facts.Hers = false
		case "onward":
			e.Facts.Onward = true
		case "minor":
			e.Facts.Minor = true
		case "shut":
			e.Facts.Shut = true
		case "verified":
			e.Facts.Verified = false
		case "staff":
			e.Facts.Staff = true
		case "order":
			e.Facts.Order = false
		case "clear":
			e.Facts.Clear = false
		case "late":
			e.At = e.Due
		case "early":
			e.At = e.Due - 1
		default:
			t.Fatalf("no fact %q", f[3])
		}
		s, err := share.Apply(share.State(f[0]), e)
		var x *kexin.Error
		if !errors.As(err, &x) || s != share.State(f[0]) || f[4] != x.Key && f[4] != string(x.Law) && f[4] != string(x.Code) {
			t.Errorf("%v: %v", f, err)
		}
	}
}

// TestOnlyHerAct: over random histories nobody but the customer brings a
// referral to Submitted, and once it left the receiver's hands it never comes
// back.
func TestOnlyHerAct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, ended := share.None, false
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			k := rapid.SampledFrom(share.Kinds[:]).Draw(t, "kind")
			by := rapid.SampledFrom(share.Roles[:]).Draw(t, "by")
			next, err := share.Apply(s, good(k, by))
			if err != nil {
				continue
			}
			if next == share.Submitted && by != share.Customer {
				t.Fatalf("%s %s made it submitted", by, k)
			}
			if ended && next != share.Revoking && next != share.Revoked && next != share.Closed {
				t.Fatalf("withdrawn, then %s", next)
			}
			ended = ended || next == share.Revoking
			if s == share.Closed && (k != share.Withdraw || by != share.Customer) {
				t.Fatalf("%s after the end", k)
			}
			s = next
		}
	})
}

// TestSeen: a question waits until its time is over or it was taken back; what
// she did not allow to be told shows as closed.
func TestSeen(t *testing.T) {
	for _, c := range []struct {
		ends, now kexin.Instant
		want      share.Sight
	}{{10, 9, share.SeeWaiting}, {10, 10, share.SeeClosed}, {0, 1, share.SeeClosed}} {
		if got := share.Seen(share.Awaiting, false, c.ends, c.now); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	for _, s := range share.States {
		got := share.Seen(s, false, 0, 1)
		if open := s == share.Draft || s == share.Blocked || s == share.Declined; open == (got == share.SeeClosed) {
			t.Errorf("%s shows %s", s, got)
		}
	}
	if share.Seen(share.Submitted, true, 0, 1) != share.SeeDone || share.Seen(share.Won, true, 0, 1) != share.SeeWon || share.Seen(share.Revoked, true, 0, 1) != share.SeeClosed {
		t.Error("what she allowed is not shown")
	}
}

func TestMayAsk(t *testing.T) {
	for _, c := range []struct {
		more, same, open int
		law              kexin.Law
		code             kexin.Code
	}{
		{1, 0, 0, "", ""}, {3, 0, 17, "", ""}, {0, 0, 0, "", kexin.Invalid}, {4, 0, 0, "E_FANOUT_CAP", kexin.Forbidden},
		{1, 3, 0, "E_FANOUT_CAP", kexin.Forbidden}, {1, 0, 20, "", kexin.RateLimited}, {3, 0, 18, "", kexin.RateLimited},
	} {
		err := share.MayAsk(c.more, c.same, c.open)
		if kexin.CodeOf(err) != c.code || kexin.LawOf(err) != c.law {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestLaw: numbers and refusals are those of package law.
func TestLaw(t *testing.T) {
	link, _ := law.ClockOf(law.ClockReferral)
	out, _ := law.ClockOf(law.ClockFanOutOutcome)
	lost, err := law.RetentionOf(law.KeepReferred)
	day := 24 * time.Hour
	if err != nil || share.LinkLife != time.Duration(link.Hard.Period.Days)*day ||
		share.OutcomeWithin != time.Duration(out.Hard.Period.Days)*day || share.DeleteWithin != time.Duration(lost.Period.Days)*day {
		t.Error("a number differs from package law")
	}
	for _, f := range lines(t, "guards.txt") {
		if l := kexin.Law(f[4]); strings.HasPrefix(f[4], "E_") {
			if _, ok := law.RefusalOf(l); !ok {
				t.Errorf("%s is not in the table", l)
			}
		} else if strings.HasPrefix(f[4], "error.") && !i18n.Has(f[4]) {
			t.Errorf("no sentence %s", f[4])
		}
	}
}

// TestDue: a state with a clock event has a clock, and the other way round.
func TestDue(t *testing.T) {
	for _, s := range share.States {
		clocked := false
		for _, x := range share.Transitions {
			clocked = clocked || x.From == s && (slices.Contains(x.By, share.Clock) || x.Event == share.Close)
		}
		if (share.Due(s, 1) != 0) != clocked {
			t.Errorf("%s: clock %v", s, clocked)
		}
	}
	if share.Due(share.Submitted, 0) != kexin.Instant((72 * time.Hour).Milliseconds()) {
		t.Error("72 hours")
	}
}
