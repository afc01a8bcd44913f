package app_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app/apptest"
	"kexin/share"
	"kexin/store"
)

// held posts a letter of the curtain shop about a referral and keeps it back:
// the postman does not see it before later.
func held(p *apptest.Party, l store.Letter, later time.Duration) (envelope []byte) {
	p.TB.Helper()
	l.To = p.Shops["tile"].Org
	p.Must(p.Store.Update(ctx, p.Shops["curtain"].Org, func(tx *store.Tx) error {
		if err := tx.Post(l); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE outbox SET next_at=$3 WHERE org_id=$1 AND peer_id=$2 AND sent_at=0", tx.Org, l.To, tx.Now.Add(later)); err != nil {
			return err
		}
		return tx.Row("SELECT envelope FROM outbox WHERE org_id=$1 AND peer_id=$2 ORDER BY seq DESC LIMIT 1", tx.Org, l.To).Scan(&envelope)
	}))
	return envelope
}

// TestLetterClock: a letter whose time is more than a day from the receiver's
// clock is not taken (security.md A13); a stop and the answer to it are taken
// whenever they come.
func TestLetterClock(t *testing.T) {
	for name, c := range map[string]struct {
		kind, word string
		off        time.Duration // of the receiver's clock when it comes
		taken      bool
	}{
		"23 hours late":         {"referral.moved", "submit", 23 * time.Hour, true},
		"25 hours late":         {"referral.moved", "submit", 25 * time.Hour, false},
		"a stop a month late":   {"consent.withdrawn", "all", 30 * 24 * time.Hour, true},
		"an answer after weeks": {"consent.outcome", "DELETED", 30 * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			parties(t, func(t *testing.T, p *apptest.Party) {
				tile, curtain := p.Shops["tile"], p.Shops["curtain"]
				s := asked(p)
				letter := held(p, store.Letter{Kind: c.kind, Ref: s.id, Word: c.word, Told: true}, 365*24*time.Hour)
				p.Clock.Move(c.off)
				was := s.rowAt("tile").State
				_, err := p.App.Receive(ctx, curtain.Org, tile.Org, letter)
				if c.taken != (err == nil) {
					t.Fatalf("taken: %v", err)
				}
				if !c.taken && (kexin.CodeOf(err) != kexin.Conflict || s.rowAt("tile").State != was || counted(p, "FROM inbox WHERE org_id=$1", tile.Org) != 0) {
					t.Errorf("not taken, but it did something: %v", err)
				}
				if c.taken && counted(p, "FROM inbox WHERE org_id=$1", tile.Org) != 1 {
					t.Error("taken, but not kept")
				}
			})
		})
	}
}

// TestLetterRenewed: a letter that waited for three days is signed anew and
// taken, once; as it was signed first it gets the same answer afterwards, and
// one with the same number that tells something else is refused.
func TestLetterRenewed(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		s := asked(p)
		first := held(p, store.Letter{Kind: "referral.moved", Ref: s.id, Word: "submit", Told: true}, 72*time.Hour)
		p.Settle()
		if s.rowAt("tile").State != share.Awaiting {
			t.Fatal("it was not kept back")
		}
		p.Clock.Move(72 * time.Hour)
		p.Settle()
		if got := s.rowAt("tile").State; got != share.Submitted {
			t.Errorf("after three days: %s", got)
		}
		now := letters(p, curtain, tile)
		if len(now) != 1 || string(now[0]) == string(first) {
			t.Fatal("it was not signed anew")
		}
		one, err := p.App.Receive(ctx, curtain.Org, tile.Org, first)
		p.Must(err)
		two, err := p.App.Receive(ctx, curtain.Org, tile.Org, now[0])
		if err != nil || string(one) != string(two) {
			t.Errorf("another answer to the same letter: %v", err)
		}
		if n := counted(p, "FROM inbox WHERE org_id=$1", tile.Org); n != 1 {
			t.Errorf("taken %d times", n)
		}
		raw(p, "DELETE FROM outbox WHERE org_id=$1", curtain.Org)
		other := held(p, store.Letter{Kind: "referral.moved", Ref: s.id, Word: "accept", Told: true}, 72*time.Hour)
		if _, err := p.App.Receive(ctx, curtain.Org, tile.Org, other); kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("another letter with the same number: %v", err)
		}
		if log := p.As(curtain.Owner).LogOf(s.id); strings.Count(log, "message.sent") != 3 {
			t.Errorf("signed twice, and the other one: %s", log)
		}
	})
}

// TestLetterOfEarlier: a letter that a server of an earlier version took, which
// kept the hash of all of it, gets its answer when it comes again, however long
// the sender was away; it holds up none behind it.
func TestLetterOfEarlier(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		tile, curtain := p.Shops["tile"], p.Shops["curtain"]
		s := asked(p)
		p.Quiet()
		first := held(p, store.Letter{Kind: "referral.moved", Ref: s.id, Word: "submit", Told: true}, 72*time.Hour)
		one, err := p.App.Receive(ctx, curtain.Org, tile.Org, first)
		p.Must(err)
		sum := sha256.Sum256(first)
		raw(p, "UPDATE inbox SET hash=$2 WHERE org_id=$1", tile.Org, sum[:])
		held(p, store.Letter{Kind: "referral.moved", Ref: s.id, Word: "accept", Told: true}, 72*time.Hour)
		p.Clock.Move(72 * time.Hour)
		p.Settle()
		if n := counted(p, "FROM outbox WHERE org_id=$1 AND sent_at=0", curtain.Org); n != 0 || s.rowAt("tile").State != share.Accepted {
			t.Errorf("%d letters wait, the row is %s", n, s.rowAt("tile").State)
		}
		if two, err := p.App.Receive(ctx, curtain.Org, tile.Org, first); err != nil || string(one) != string(two) {
			t.Errorf("another answer to the same letter: %v", err)
		}
	})
}

// TestVisitExpires: her visit ends half an hour after it began, whatever she
// did in it meanwhile; every act in it is refused as in one that never was, and
// her link begins another.
func TestVisitExpires(t *testing.T) {
	parties(t, func(t *testing.T, p *apptest.Party) {
		s := asked(p)
		gone := func() bool {
			_, err := p.App.VisitOf(ctx, s.ask.From, s.ask.Cookie.Text(), s.ask.Seat)
			return kexin.CodeOf(err) == kexin.NotFound
		}
		for range 2 {
			p.Clock.Move(14 * time.Minute)
			s.ask.Sees()
			if gone() {
				t.Fatal("the visit ended early")
			}
		}
		p.Clock.Move(2*time.Minute + time.Second)
		if !gone() {
			t.Error("the visit goes on after half an hour")
		}
		p.Ticks() // what is over is swept away
		if n := counted(p, "FROM portal_session WHERE org_id=$1", p.Shops["tile"].Org); n != 0 || !gone() {
			t.Errorf("%d visits are kept", n)
		}
		p.Must(s.ask.Opens(s.link))
		p.Must(s.ask.Declines())
	})
}
