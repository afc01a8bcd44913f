package app

import (
	"context"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A LedgerPage is a page of the log, newest first.
type LedgerPage struct {
	Entries []store.Logged
	More    bool
	Size    int64
	Origin  ledger.Origin
	Line    string // newest checkpoint on one line, to be kept outside
	Lag     int    // seconds that the oldest entry waits to be sealed
}

// ledgerPage is how many entries a page holds.
const ledgerPage = 100

// Ledger reads the log for positions that may.
func (a *App) Ledger(ctx context.Context, actor kexin.Actor, after kexin.ID) (out LedgerPage, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out = LedgerPage{}
		if err := gate.Check(tx.State, actor, kexin.ActLedger); err != nil {
			return err
		}
		if out.Entries, err = tx.Logged(after, ledgerPage+1); err != nil {
			return err
		}
		if out.More = len(out.Entries) > ledgerPage; out.More {
			out.Entries = out.Entries[:ledgerPage]
		}
		if out.Origin, err = tx.Origin(); err != nil {
			return err
		}
		p, err := tx.LastPoint()
		if err != nil || p.Size == 0 {
			return err
		}
		c, err := ledger.ParseLine(p.Note)
		out.Size, out.Line = p.Size, c.Line()
		return err
	})
	if err != nil {
		return out, err
	}
	_, oldest, err := a.store.Unsealed(ctx)
	if oldest != 0 {
		out.Lag = int(kexin.At(a.now()).Sub(oldest).Seconds())
	}
	return out, err
}

// witnessSoon is how long an evidence file waits for witnesses: one without
// them is still worth having.
const witnessSoon = 5 * time.Second

// askSoon asks the witnesses within a moment.
func (a *App) askSoon(ctx context.Context, org kexin.ID) {
	ctx, cancel := context.WithTimeout(ctx, witnessSoon)
	defer cancel()
	if err := a.AskWitnesses(ctx, org); err != nil {
		a.log.Warn("asking the witnesses for an evidence file", "org", org.String(), "err", err.Error())
	}
}

// Evidence makes the evidence file of a customer: what waits is sealed first,
// and a commitment to all persons is written, so that the file is complete up
// to now. Taking it is an entry of its own.
func (a *App) Evidence(ctx context.Context, actor kexin.Actor, id kexin.ID) (file []byte, err error) {
	q := kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id, Fields: []kexin.FieldID{kexin.CustName}}
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, q)
		if err != nil {
			return err
		}
		if !tx.State.May(actor.Position, kexin.ActLedger) && !p.Owns() {
			return &kexin.Error{Op: "app.evidence", Code: kexin.Forbidden, Key: "error.act"}
		}
		return tx.LogEvidence(&p)
	})
	if err != nil {
		return nil, err
	}
	if err := a.sealAll(ctx, actor.Org); err != nil {
		return nil, err
	}
	a.askSoon(ctx, actor.Org)
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		p, err := a.one(tx, actor, q)
		if err != nil {
			return err
		}
		file, err = tx.Evidence(&p)
		return err
	})
	return file, err
}
