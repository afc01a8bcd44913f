package app_test

import (
	"slices"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/store"
)

// TestOfficeSellsNothing: the office of an alliance may name nothing that it sells on its
// card; it is recommended to nobody then, for whatever need, and at no counter. A shop names
// something.
func TestOfficeSellsNothing(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, lamp := p.Shops["tile"], p.Shops["lamp"]
		card := app.CardDraft{Shown: lamp.Shown(), Address: "乐清市伯乐东路 1 号", Phone: "0577-62520003"}
		if err := p.App.SaveCard(ctx, lamp.Owner, card); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a shop that sells nothing: %v", err)
		}
		offered := func() bool {
			t.Helper()
			all, err := p.App.Shops(ctx, tile.Rep, "")
			p.Must(err)
			return slices.ContainsFunc(all, func(c store.Card) bool { return c.Org == lamp.Org })
		}
		if !offered() {
			t.Fatal("a shop that sells something is not offered")
		}
		size := kexin.Mall
		_, err := p.App.ChangeOrg(ctx, lamp.Owner, app.OrgChange{Size: &size})
		p.Must(err)
		p.Must(p.App.SaveCard(ctx, lamp.Owner, card))
		if offered() {
			t.Error("an office that sells nothing is offered")
		}
		for _, need := range []string{"lamp", "other"} {
			if _, err := p.As(tile.Rep).TryRecommend(p.As(tile.Rep).Knows("王秀兰", "+861381234560"+string(rune('0'+len(need)))), need, "lamp"); err == nil {
				t.Errorf("it is recommended for %s", need)
			}
		}
		path := p.As(tile.Owner).Counter()
		her := p.Her("203.0.113.7")
		p.Must(her.Opens(path))
		for _, c := range her.Sees().Choices {
			if c.Shop.Org == lamp.Org {
				t.Error("it stands at a counter")
			}
		}
	})
}
