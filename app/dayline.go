package app

import (
	"context"
	"net/mail"
	"slices"
	"strings"

	"kexin"
	"kexin/i18n"
	"kexin/ledger"
	"kexin/store"
)

// mailLine sends the day's line of a merchant's log 每天一行 to the mailboxes of
// those who answer for it, once a day: a copy that who holds the server cannot
// change (security.md A9). It holds no personal data. Where no mail goes out,
// or nobody has a mailbox, nothing happens; where none of them could be reached
// it is tried again at the next round.
func (a *App) mailLine(ctx context.Context, org kexin.ID) error {
	post := a.transport(kexin.ByEmail)
	if post == nil {
		return nil
	}
	var line ledger.Checkpoint
	var to []string
	var day kexin.Day
	var name string
	// Not a View: what leaves the house must be on disk (see db's syncer).
	err := a.store.Update(ctx, org, func(tx *store.Tx) (err error) {
		if line, day, err = tx.LineDue(); err != nil || line.Size == 0 {
			return err
		}
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		name = o.Name
		to, err = mailboxes(tx, o)
		return err
	})
	if err != nil || line.Size == 0 || len(to) == 0 {
		return err
	}
	sent := 0
	for _, box := range to {
		text := i18n.T(i18n.Chinese, "mail.line", map[string]string{"shop": name, "day": string(day), "line": line.Line(), "verify": a.public + "/verify"})
		if _, e := post.Send(ctx, Parcel{ID: a.store.NewID(kexin.At(a.now())), To: box, Text: text, Kind: "line"}); e != nil {
			err = e
			continue
		}
		sent++
	}
	if sent == 0 {
		return err
	}
	e := a.store.Update(ctx, org, func(tx *store.Tx) error {
		return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Facts: &ledger.LineSent{Day: day, Count: int64(sent), Size: line.Size}})
	})
	if e != nil {
		return e
	}
	return err
}

// mailboxes are those of active owners and protection officers whose account
// name is an e-mail address, and the one that the notice gives for the officer.
func mailboxes(tx *store.Tx, o store.Org) (out []string, err error) {
	staff, err := tx.Staff()
	if err != nil {
		return nil, err
	}
	words := strings.Fields(o.PIO)
	for _, m := range staff {
		if m.Active && !m.Forged && !m.Over(tx.Today()) && (m.Position == kexin.Owner || m.Position == kexin.PIO) {
			words = append(words, m.Login)
		}
	}
	for _, w := range words {
		if x, err := mail.ParseAddress(w); err == nil && x.Address == w && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out, nil
}
