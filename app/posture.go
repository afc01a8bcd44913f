package app

import (
	"context"

	"kexin"
	"kexin/store"
)

// A Posture is what the program knows of one merchant for a self-check: counts
// of staff, and what is set up. Nothing of it is about a customer.
type Posture struct {
	Org      string
	Demo     bool
	Staff    int // accounts that may sign in
	Must     int // of these, whose position goes with a second factor only
	Bare     int // of those, who have none
	Factors  int // accounts with a second factor
	Closed   int // accounts that may not sign in any more
	Open     int // sessions and tokens that closed accounts still have: 0, or something is wrong
	Auditors int
	Officer  string        // whom customers may ask, "" = not named
	Notice   int           // version published, 0 = none
	Alerts   int           // open ones
	Logged   kexin.Instant // oldest entry of the log
}

// Postures reads it of every merchant, for whoever runs the server.
func (a *App) Postures(ctx context.Context) (out []Posture, err error) {
	all, err := a.store.Merchants(ctx)
	for _, o := range all {
		if err != nil {
			break
		}
		var p Posture
		err = a.store.View(ctx, o.ID, func(tx *store.Tx) (err error) {
			p, err = posture(tx)
			return err
		})
		out = append(out, p)
	}
	return out, err
}

func posture(tx *store.Tx) (p Posture, err error) {
	o, err := tx.Merchant()
	if err != nil {
		return p, err
	}
	n, err := tx.Notice()
	if err != nil {
		return p, err
	}
	p = Posture{Org: o.Name, Demo: o.Demo, Officer: o.PIO, Notice: n.Version}
	if p.Alerts, err = tx.OpenAlerts(); err != nil {
		return p, err
	}
	staff, err := tx.Staff()
	for _, m := range staff {
		if !m.Active || m.Forged || m.Over(tx.Today()) {
			p.Closed++
			continue
		}
		p.Staff++
		if m.TOTP {
			p.Factors++
		}
		if needsFactor(m.Position) {
			p.Must++
			if !m.TOTP {
				p.Bare++
			}
		}
		if m.Position == kexin.Auditor {
			p.Auditors++
		}
	}
	if err != nil {
		return p, err
	}
	if p.Open, err = tx.WaysOfClosed(); err != nil {
		return p, err
	}
	p.Logged, err = tx.LoggedSince()
	return p, err
}
