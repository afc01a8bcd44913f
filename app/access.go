package app

import (
	"context"
	"log/slog"
	"time"

	"kexin"
	"kexin/store"
)

// opened writes that a record was opened and waits until it is stored: the
// answer leaves only then.
func (a *App) opened(ctx context.Context, actor kexin.Actor, o store.Opened) error {
	o.Actor = actor
	return a.opens.log(ctx, actor.Org, o)
}

// opens gathers openings that arrive together, so that sixteen readers cost
// one transaction instead of sixteen.
type opens struct {
	in chan openWait
}

type openWait struct {
	org  kexin.ID
	what store.Opened
	done chan error
}

func newOpens() *opens { return &opens{in: make(chan openWait, 256)} }

// log hands an opening over and waits for the outcome.
func (o *opens) log(ctx context.Context, org kexin.ID, what store.Opened) error {
	w := openWait{org, what, make(chan error, 1)}
	select {
	case o.in <- w:
	case <-ctx.Done():
		return &kexin.Error{Op: "app.opened", Code: kexin.Unavailable, Key: "db.cancelled", Err: ctx.Err()}
	}
	return <-w.done
}

// openBatch is how many openings go into one transaction.
const openBatch = 64

// run writes openings until ctx ends and nothing waits any more.
func (o *opens) run(ctx context.Context, s *store.Store) {
	for {
		select {
		case w := <-o.in:
			o.write(s, o.gather(w))
		case <-ctx.Done():
			select {
			case w := <-o.in:
				o.write(s, o.gather(w))
			default:
				return
			}
		}
	}
}

// gather takes what else is waiting for the same merchant. What is of another
// one is written first, alone.
func (o *opens) gather(w openWait) map[kexin.ID][]openWait {
	out := map[kexin.ID][]openWait{w.org: {w}}
	for n := 1; n < openBatch; n++ {
		select {
		case x := <-o.in:
			out[x.org] = append(out[x.org], x)
		default:
			return out
		}
	}
	return out
}

// write stores each merchant's openings in one transaction of its own. If a
// batch fails, each is tried alone, so that one erased person does not keep
// the others from being read.
func (o *opens) write(s *store.Store, by map[kexin.ID][]openWait) {
	for org, ws := range by {
		all := make([]store.Opened, len(ws))
		for i, w := range ws {
			all[i] = w.what
		}
		err := s.Update(context.Background(), org, func(tx *store.Tx) error { return tx.LogOpened(all) })
		for _, w := range ws {
			if err != nil && len(ws) > 1 {
				w.done <- s.Update(context.Background(), org, func(tx *store.Tx) error { return tx.LogOpened([]store.Opened{w.what}) })
				continue
			}
			w.done <- err
		}
	}
}

// pages gathers what was shown in lists and writes it within a second.
type pages struct {
	in    chan store.PageSeen
	flush chan chan struct{}
}

// seen notes a list page.
func (p *pages) seen(a kexin.Actor, o kexin.Object, l Listing) {
	s := store.PageSeen{Actor: a, Object: o, Scene: l.Scene}
	for i, f := range l.Fields {
		if f.Sealed && anyClear(l.Rows, i) {
			s.Fields = append(s.Fields, f.ID)
		}
	}
	for _, r := range l.Rows {
		s.IDs = append(s.IDs, r.ID)
	}
	p.in <- s
}

func anyClear(rows []kexin.View, i int) bool {
	for _, r := range rows {
		if r.Cells[i].Level == kexin.Clear && !r.Cells[i].Value.Empty() {
			return true
		}
	}
	return false
}

// counted notes that figures were read.
func (p *pages) counted(a kexin.Actor, q kexin.Query) {
	p.in <- store.PageSeen{Actor: a, Object: q.Object, Scene: q.Scene, Group: q.Group, Count: true}
}

// pageEvery is the longest that a list page waits to be written.
const pageEvery = 500 * time.Millisecond

// run writes pages until ctx ends; what waits then is written before it
// returns.
func (p *pages) run(ctx context.Context, s *store.Store, log *slog.Logger) {
	t := time.NewTicker(pageEvery)
	defer t.Stop()
	var waiting []store.PageSeen
	for {
		select {
		case x := <-p.in:
			if waiting = append(waiting, x); len(waiting) < 256 {
				continue
			}
		case <-t.C:
		case done := <-p.flush:
			waiting = p.drain(s, log, waiting)
			close(done)
		case <-ctx.Done():
			p.drain(s, log, waiting)
			return
		}
		waiting = p.write(s, log, waiting)
	}
}

func (p *pages) drain(s *store.Store, log *slog.Logger, waiting []store.PageSeen) []store.PageSeen {
	for {
		select {
		case x := <-p.in:
			waiting = append(waiting, x)
		default:
			return p.write(s, log, waiting)
		}
	}
}

// write stores what waits, one transaction a merchant; what fails is kept for
// the next turn.
func (p *pages) write(s *store.Store, log *slog.Logger, waiting []store.PageSeen) []store.PageSeen {
	by := map[kexin.ID][]store.PageSeen{}
	for _, x := range waiting {
		by[x.Actor.Org] = append(by[x.Actor.Org], x)
	}
	var left []store.PageSeen
	for org, xs := range by {
		if err := s.Update(context.Background(), org, func(tx *store.Tx) error { return tx.LogPages(xs) }); err != nil {
			log.Error("list pages not written yet", "err", err.Error(), "n", len(xs))
			left = append(left, xs...)
		}
	}
	return left
}
