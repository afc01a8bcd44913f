package app_test

import (
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/store"
)

// TestUnreadableMessage: a message that does not open is failed and the owner
// told, one whose key is not here waits until it is; those behind them, of this
// merchant and of others, go out in the same round.
func TestUnreadableMessage(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		p.Must(p.App.Halt(ctx)) // the test sends
		number := func(i int) string { return "+8613900000" + string(rune('1'+i)) + "00" }
		queue := func(s *apptest.Shop, i int, ends time.Duration) (id, person kexin.ID) {
			her := p.As(s.Rep).Knows("王秀兰", number(i))
			p.Must(p.Store.Update(ctx, s.Org, func(tx *store.Tx) error {
				f, err := tx.Facts(kexin.Customer, her)
				if err != nil {
					return err
				}
				person = f.Subject
				id, err = tx.Queue(store.Message{Subject: person, Channel: kexin.BySMS, Kind: "told", To: number(i), Text: "到了", Template: "told", Ends: tx.Now.Add(ends)})
				return err
			}))
			return id, person
		}
		tile, curtain, lamp := p.Shops["tile"], p.Shops["curtain"], p.Shops["lamp"]
		text, _ := queue(tile, 0, time.Hour)
		raw(p, "UPDATE sending SET to_c=text_c WHERE org_id=$1 AND id=$2", tile.Org, text)
		key, hers := queue(curtain, 1, time.Hour)
		raw(p, "UPDATE subject_key SET wrapped=(SELECT k.wrapped FROM subject_key k WHERE k.org_id=$1 AND k.subject_id<>$2 LIMIT 1) WHERE org_id=$1 AND subject_id=$2", curtain.Org, hers)
		away, whose := queue(lamp, 2, 3*time.Hour)
		raw(p, "UPDATE subject_key SET wrap_ver=wrap_ver+90 WHERE org_id=$1 AND subject_id=$2", lamp.Org, whose)
		for i, s := range []*apptest.Shop{tile, curtain, lamp} {
			queue(s, 3+i, time.Hour)
		}
		if n, err := p.App.SendDue(ctx); n != 3 || err == nil {
			t.Errorf("%d went out, %v", n, err)
		}
		for i := range 3 {
			if got := p.Phone.Box(number(3 + i)); len(got) != 1 {
				t.Errorf("behind the message of shop %d: %q", i, got)
			}
		}
		for _, s := range []*apptest.Shop{tile, curtain} {
			if got := alertsOf(p, s); !slices.Equal(got, []string{"cell_forged"}) {
				t.Errorf("%s is told %v", s.Name, got)
			}
		}
		for s, x := range map[*apptest.Shop]struct {
			id   kexin.ID
			want string
		}{tile: {text, "failed"}, curtain: {key, "failed"}, lamp: {away, "queued"}} {
			if counted(p, "FROM sending WHERE org_id=$1 AND id=$2 AND state=$3", s.Org, x.id, x.want) != 1 {
				t.Errorf("the message of %s is not %s", s.Name, x.want)
			}
		}
		if n, err := p.App.SendDue(ctx); n != 0 || err != nil {
			t.Errorf("the next round: %d, %v", n, err)
		}
		raw(p, "UPDATE subject_key SET wrap_ver=wrap_ver-90 WHERE org_id=$1 AND subject_id=$2", lamp.Org, whose)
		p.Clock.Move(2 * time.Hour)
		if n, err := p.App.SendDue(ctx); n != 1 || err != nil || len(p.Phone.Box(number(2))) != 1 {
			t.Errorf("once its key was here: %d, %v", n, err)
		}
	})
}
