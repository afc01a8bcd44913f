// Package demo builds the demonstration 演示: a town with a few shops, their
// people and their customers, all invented, so that a newcomer sees within ten
// minutes what Kexin is for. Everything goes through the use-cases that real
// people use, on a clock that is moved, so log, consents and figures are such
// as a real shop would have. Dates are relative to the day it is built; the
// same day gives the same data.
//
// Merchants are marked as invented when they are made, for ever: nothing is
// ever sent from them, and their links are good on this machine only.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/store"
)

// A town is the demonstration while it is built.
type town struct {
	ctx     context.Context
	app     *app.App
	store   *store.Store
	clock   *Clock
	phones  *Phones
	ids     map[int]kexin.ID // of the tour's customers, at their own shop
	counter string           // link on the tile shop's counter
	he      *her             // 何秀英
	lee     kexin.ID         // 李建国 in the eyes of the curtain shop
	day     time.Time        // today at midnight, where the town is
	shops   map[string]*shop
	say     func(key string)
}

// A shop is one merchant with its people.
type shop struct {
	plan   merchant
	org    kexin.ID
	staff  map[string]kexin.ID // by name
	depts  map[string]kexin.ID
	actors map[string]kexin.Actor
}

// Build fills an empty database and then lets the clock go. say is told what
// is being done, as keys of the catalogue. Messages end on the phones. dir is
// where the files to try are written.
func Build(ctx context.Context, s *store.Store, log *slog.Logger, c *Clock, phones *Phones, dir string, say func(key string)) error {
	a := app.New(app.Config{Store: s, Log: log, Now: c.Now, Data: dir, Transports: []app.Transport{phones}})
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { a.Run(run); close(done) }()
	defer func() { stop(); <-done; c.Run(0) }()
	t := &town{ctx: ctx, app: a, store: s, clock: c, phones: phones, ids: map[int]kexin.ID{}, shops: map[string]*shop{}, say: say}
	t.day = c.first.Add(-opens)
	for _, step := range []func() error{t.found, t.past, t.lists, t.since, func() error { return t.files(dir) }} {
		if err := step(); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// on moves the clock to an hour of a day before today, and gives the moment.
func (t *town) on(daysAgo int, hour, minute int) kexin.Instant {
	at := t.day.AddDate(0, 0, -daysAgo).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	t.clock.to(at)
	return kexin.At(at)
}

// ago is the day so many days before today; negative ones lie ahead.
func (t *town) ago(days int) kexin.Day {
	return kexin.Day(t.day.AddDate(0, 0, -days).Format(time.DateOnly))
}

// as is a member of staff at work, with his second factor just shown.
func (t *town) as(s *shop, name string) kexin.Actor {
	a := s.actors[name]
	a.StepUp = kexin.At(t.clock.Now())
	return a
}

// sit signs a session in and keeps its actor.
func (t *town) sit(s *shop, name string, in app.SignedIn) error {
	seat, err := t.app.Seat(t.ctx, string(in.Session), "")
	if err != nil {
		return err
	}
	if !seat.Told {
		if err := t.app.Tell(t.ctx, seat); err != nil {
			return err
		}
		if seat, err = t.app.Seat(t.ctx, string(in.Session), ""); err != nil {
			return err
		}
	}
	s.org, s.staff[name], s.actors[name] = seat.Org, seat.Member, seat.Actor
	return nil
}

// secret is a password that nobody knows: people come in by doors.
func secret() string { s, _ := auth.NewInvite(); return string(s) }
