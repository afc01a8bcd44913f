package app_test

import (
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/store"
)

// TestMinor: a child is recommended to nobody, with a number on file or
// without, until the day of the fourteenth birthday (SEN-04).
func TestMinor(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile := p.Shops["tile"]
		born := p.Clock.Now().In(time.FixedZone("", 8*3600)).AddDate(-14, 0, 1).Format(time.DateOnly)
		kinds := map[string]store.Values{"with a number": {kexin.CustPhone: kexin.Str(hers)}, "without": {}}
		ids := map[string]kexin.ID{}
		for name, v := range kinds {
			v[kexin.CustName], v[kexin.CustBirthday] = kexin.Str("小兰"), kexin.Str(born)
			id, err := p.App.Create(ctx, tile.Rep, app.Draft{Object: kexin.Customer, Values: v})
			p.Must(err)
			ids[name] = id
			if _, err := p.As(tile.Rep).TryRecommend(id, "curtain", "curtain"); kexin.LawOf(err) != "E_MINOR" {
				t.Errorf("%s, the day before: %v", name, err)
			}
		}
		p.Clock.Move(24 * time.Hour)
		for name, id := range ids {
			if _, err := p.As(tile.Rep).TryRecommend(id, "curtain", "curtain"); err != nil {
				t.Errorf("%s, on the day: %v", name, err)
			}
		}
	})
}
