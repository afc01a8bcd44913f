package consent_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/consent"
)

const dayMs = kexin.Instant(24 * 60 * 60 * 1000)

func TestMayAsk(t *testing.T) {
	now := 1000 * dayMs
	ask := func(ago kexin.Instant) consent.Ask { return consent.Ask{Purpose: kexin.OwnSMS, At: now - ago*dayMs} }
	no := func(ago kexin.Instant) consent.Ask {
		a := ask(ago + 1)
		a.Refused = now - ago*dayMs
		return a
	}
	other := func(ago kexin.Instant) consent.Ask { return consent.Ask{Purpose: kexin.OwnCall, At: now - ago*dayMs} }
	for name, c := range map[string]struct {
		asks  []consent.Ask
		until kexin.Instant // days from now, 0 = may ask
	}{
		"never asked":               {nil, 0},
		"asked once":                {[]consent.Ask{ask(1)}, 0},
		"refused yesterday":         {[]consent.Ask{no(1)}, 179},
		"refused 180 days ago":      {[]consent.Ask{no(180)}, 0},
		"refused 179 days ago":      {[]consent.Ask{no(179)}, 1},
		"another purpose refused":   {[]consent.Ask{{Purpose: kexin.OwnCall, At: now - dayMs, Refused: now - dayMs}}, 0},
		"another receiver refused":  {[]consent.Ask{{Purpose: kexin.OwnSMS, Receiver: 7, At: now - dayMs, Refused: now - dayMs}}, 0},
		"asked twice this year":     {[]consent.Ask{ask(100), ask(300)}, 65},
		"one of two a year ago":     {[]consent.Ask{ask(100), ask(365)}, 0},
		"three, oldest long past":   {[]consent.Ask{ask(10), ask(20), ask(400)}, 345},
		"six of other kinds":        {[]consent.Ask{other(10), other(20), other(30), other(40), other(50), other(60)}, 305},
		"both limits, later counts": {[]consent.Ask{no(1), ask(300), other(3), other(4), other(5), other(6)}, 179},
	} {
		err := consent.DefaultAsk.MayAsk(c.asks, kexin.OwnSMS, 0, now)
		if c.until == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var e *kexin.Error
		if !errors.As(err, &e) || e.Law != "E_REASK_COOLDOWN" || e.Code != kexin.RateLimited || e.Until != now+c.until*dayMs {
			t.Errorf("%s: %v until day %d", name, err, (e.Until-now)/dayMs)
		}
	}
}

// TestMayAskProperties: at Until it is allowed, just before it is not, order
// does not count, and one more ask never allows more.
func TestMayAskProperties(t *testing.T) {
	limits := consent.AskLimits{Cooldown: 50 * time.Millisecond, Window: 100 * time.Millisecond, PerPurpose: 2, PerCustomer: 4}
	anyAsk := rapid.Custom(func(t *rapid.T) consent.Ask {
		a := consent.Ask{Purpose: rapid.SampledFrom(purposes[:2]).Draw(t, "purpose"), At: kexin.Instant(rapid.IntRange(1, 300).Draw(t, "at"))}
		if rapid.Bool().Draw(t, "no") {
			a.Refused = a.At + kexin.Instant(rapid.IntRange(0, 20).Draw(t, "after"))
		}
		return a
	})
	rapid.Check(t, func(t *rapid.T) {
		asks := rapid.SliceOfN(anyAsk, 0, 8).Draw(t, "asks")
		err := limits.MayAsk(asks, kexin.OwnSMS, 0, 300)
		again := limits.MayAsk(rapid.Permutation(asks).Draw(t, "order"), kexin.OwnSMS, 0, 300)
		if (err == nil) != (again == nil) {
			t.Fatal("order counts")
		}
		var e *kexin.Error
		if errors.As(err, &e) {
			if limits.MayAsk(asks, kexin.OwnSMS, 0, e.Until) != nil || limits.MayAsk(asks, kexin.OwnSMS, 0, e.Until-1) == nil {
				t.Fatalf("Until %d is not the first free moment", e.Until)
			}
			if limits.MayAsk(append(asks, anyAsk.Draw(t, "more")), kexin.OwnSMS, 0, 300) == nil {
				t.Fatal("one more ask allowed more")
			}
		}
	})
}
