package app

import (
	"context"
	"log/slog"
	"time"

	"kexin"
	"kexin/store"
)

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

// A sight is what one answer shows of one object beside what it is about.
type sight struct {
	object kexin.Object
	Listing
}

// all notes what one answer shows as pages of lists.
func (p *pages) all(a kexin.Actor, shown []sight) {
	for _, s := range shown {
		if len(s.Rows) > 0 {
			p.seen(a, s.object, s.Listing)
		}
	}
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
