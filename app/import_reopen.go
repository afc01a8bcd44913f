package app

import (
	"context"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A LawyerNote is on what ground a list is let in that was taken for an
// owners' list: a lawyer has read it and says that these are the shop's own
// customers (law IMP-03).
type LawyerNote struct {
	Lawyer  string    `json:"lawyer"`
	Firm    string    `json:"firm"`
	Licence string    `json:"licence"` // 执业证号, 17 digits
	On      kexin.Day `json:"on"`      // of the note
	Text    string    `json:"text"`
}

// A Reopening is the note with who acted on it and when.
type Reopening struct {
	LawyerNote
	By    kexin.ID      `json:"by"`
	Name  string        `json:"-"` // of By, as shown
	At    kexin.Instant `json:"at"`
	Alone bool          `json:"alone,omitempty"` // by the owner of a merchant without an officer
}

// The bounds of a note.
const (
	licenceDigits = 17
	noteLeast     = 20 // characters
	noteMost      = 2000
	noteName      = 80
)

// aloneWait is how long the owner waits who decides by himself (law.md 4).
const aloneWait = 24 * time.Hour

// check tells by field what a note lacks.
func (n *LawyerNote) check(today kexin.Day) error {
	for _, s := range []*string{&n.Lawyer, &n.Firm, &n.Licence, &n.Text} {
		*s = strings.TrimSpace(*s)
	}
	var faults []kexin.FieldError
	fault := func(path, key string, bad bool) {
		if bad {
			faults = append(faults, kexin.FieldError{Path: path, Key: key})
		}
	}
	long := utf8.RuneCountInString(n.Text)
	digits := strings.Trim(n.Licence, "0123456789") == ""
	fault("lawyer", "error.required", n.Lawyer == "")
	fault("lawyer", "error.long", utf8.RuneCountInString(n.Lawyer) > noteName)
	fault("firm", "error.required", n.Firm == "")
	fault("firm", "error.long", utf8.RuneCountInString(n.Firm) > noteName)
	fault("licence", "import.note_licence", len(n.Licence) != licenceDigits || !digits)
	fault("on", "import.note_day", n.On == "" || !n.On.Valid() || n.On > today)
	fault("text", "import.note_short", long < noteLeast)
	fault("text", "error.long", long > noteMost)
	if len(faults) > 0 {
		return &kexin.Error{Op: "app.reopen", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return nil
}

// ReopenImport lets in a list that was refused as an owners' list: the
// protection officer's act, with his second factor, on a lawyer's note. Nothing
// of the list was kept, so what opens is a batch that takes the same file, byte
// for byte, from who declared it. In a merchant without an officer the owner is
// it, and the file is taken 24 hours later. Rows need a source as ever. Errors:
// forbidden E_SOD, unauthorized E_STEP_UP, conflict, invalid by field.
func (a *App) ReopenImport(ctx context.Context, actor kexin.Actor, id kexin.ID, n LawyerNote) (out Batch, err error) {
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		alone, err := a.mayReopen(tx, actor)
		if err != nil {
			return err
		}
		b, err := tx.Import(id)
		if err != nil {
			return err
		}
		if err := reopenable(tx, b); err != nil {
			return err
		}
		if err := n.check(tx.Today()); err != nil {
			return err
		}
		into, opens, err := successor(tx, b, alone)
		if err != nil {
			return err
		}
		if err := tx.Log(store.Event{Actor: ledger.Who(actor), Refs: ledger.Refs{Purpose: actor.Purpose, Batch: id},
			Facts: &ledger.ImportReopened{Alone: alone, Into: into, Opens: opens}, Body: n.body()}); err != nil {
			return err
		}
		plan := unpack[importPlan](b.Plan)
		plan.Into = into
		b.Plan, b.Note = pack(plan), []byte(pack(Reopening{LawyerNote: n, By: actor.User, At: tx.Now, Alone: alone}))
		if err := tx.SaveImport(b); err != nil {
			return err
		}
		if err := tx.Alert("list_reopened", map[string]string{"batch": id.String(), "member": actor.User.String()}); err != nil {
			return err
		}
		out, err = a.batch(tx, actor, id)
		return err
	})
	return out, err
}

// mayReopen judges who reopens: the officer; the owner where there is none.
func (a *App) mayReopen(tx *store.Tx, actor kexin.Actor) (alone bool, err error) {
	if err := gate.Check(tx.State, actor, kexin.ActReopen); err != nil {
		return false, err
	}
	if actor.Position != kexin.PIO {
		all, err := tx.Members()
		if err != nil {
			return false, err
		}
		for _, m := range all {
			if m.Position == kexin.PIO && m.Active && !m.Over(tx.Today()) {
				return false, &kexin.Error{Op: "app.reopen", Code: kexin.Forbidden, Law: "E_SOD", Key: "import.reopen_officer"}
			}
		}
		alone = true
	}
	return alone, stepUp(actor, tx.Now)
}

// reopenable refuses whatever is no owners' list, and one whose file a batch
// waits for already or has taken.
func reopenable(tx *store.Tx, b store.Import) error {
	if b.State != impRefused || unpack[importFault](b.Fault).Law != "E_IMP_OWNER_LIST" || len(b.SHA) == 0 {
		return badState("app.reopen")
	}
	if into := unpack[importPlan](b.Plan).Into; into != 0 {
		next, err := tx.Import(into)
		if err != nil {
			return err
		}
		if next.State != impCancelled && next.State != impFailed {
			return &kexin.Error{Op: "app.reopen", Code: kexin.Conflict, Key: "import.reopened_already"}
		}
	}
	m, err := tx.Member(b.By)
	if err != nil {
		return err
	}
	if !m.Active || m.Over(tx.Today()) {
		return &kexin.Error{Op: "app.reopen", Code: kexin.Conflict, Key: "import.left"}
	}
	return nil
}

// successor makes the batch that takes the file of a refused one.
func successor(tx *store.Tx, b store.Import, alone bool) (id kexin.ID, opens kexin.Instant, err error) {
	opens = tx.Now
	if alone {
		opens = tx.Now.Add(aloneWait)
	}
	m := unpack[Manifest](b.Manifest)
	m.Size, m.SHA256 = b.Size, hex.EncodeToString(b.SHA)
	id, err = tx.AddImport(store.Import{By: b.By, State: impDeclared, Source: b.Source, Manifest: pack(m), Page: b.Page, Due: opens.Add(asideFor(b.Source))})
	if err != nil {
		return 0, 0, err
	}
	next, err := tx.Import(id)
	if err != nil {
		return 0, 0, err
	}
	next.Plan = pack(importPlan{Actor: unpack[importPlan](b.Plan).Actor, Reopens: b.ID, Opens: opens})
	return id, opens, tx.SaveImport(next)
}

// body is the note as the log seals it.
func (n LawyerNote) body() []ledger.Member {
	return []ledger.Member{{Key: "firm", Val: ledger.Text(n.Firm)}, {Key: "lawyer", Val: ledger.Text(n.Lawyer)}, {Key: "licence", Val: ledger.Text(n.Licence)},
		{Key: "on", Val: ledger.Text(string(n.On))}, {Key: "text", Val: ledger.Text(n.Text)}}
}
