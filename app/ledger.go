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
	Line    string // what people keep outside: the line of the day, before there is one the newest checkpoint
	Key     string // the log's public key
	Lag     int    // seconds that the oldest entry waits to be sealed
	Grade   string // who outside has signed the log: none, own, members
	Others  int    // witnesses of other legal persons that have signed it
	Stopped bool   // a witness has seen more than is here: nothing more is sealed
}

// ledgerPage is how many entries a page holds.
const ledgerPage = 100

// Ledger reads the log for positions that may.
func (a *App) Ledger(ctx context.Context, actor kexin.Actor, after kexin.ID) (out LedgerPage, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) (err error) {
		if err := gate.Check(tx.State, actor, kexin.ActLedger); err != nil {
			return err
		}
		out, err = a.logPage(tx, after)
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

// logPage reads a page of a log.
func (a *App) logPage(tx *store.Tx, after kexin.ID) (out LedgerPage, err error) {
	if out.Entries, err = tx.Logged(after, ledgerPage+1); err != nil {
		return out, err
	}
	if out.More = len(out.Entries) > ledgerPage; out.More {
		out.Entries = out.Entries[:ledgerPage]
	}
	if out.Origin, err = tx.Origin(); err != nil {
		return out, err
	}
	p, err := tx.LastPoint()
	if err != nil || p.Size == 0 {
		return out, err
	}
	out.Size = p.Size
	return out, a.outsiders(tx, p, &out)
}

// outsiders adds what others can hold of the log, and who does.
func (a *App) outsiders(tx *store.Tx, p store.Point, out *LedgerPage) error {
	c, err := tx.DayLine()
	if err == nil && c.Size == 0 {
		c, err = ledger.ParseLine(p.Note)
	}
	if err != nil {
		return err
	}
	out.Line, out.Stopped = c.Line(), a.sealing.isStopped(tx.Org)
	keys, err := tx.LogReader().Keys(out.Origin)
	if err != nil {
		return err
	}
	out.Key = keys[len(keys)-1].VKey
	seen, err := tx.WitnessedBy()
	out.Grade, out.Others = a.sealing.grade(seen)
	return err
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
			return &kexin.Error{Op: "app.evidence", Code: kexin.Forbidden, Key: "error.forbidden"}
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
