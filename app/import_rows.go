package app

import (
	"context"
	"slices"
	"strings"

	"kexin"
	"kexin/gate"
	"kexin/i18n"
	"kexin/store"
)

// A BatchRow is one row of an import with what became of it.
type BatchRow struct {
	Part     string // of a list of what hangs on customers: what it holds, by name
	N        int
	Outcome  kexin.Outcome
	Code     string // of a refusal, a group without a source, or outside; "" for none
	Whys     []string
	Customer kexin.ID    // made of it or added to, where the actor's scope holds her
	Name     *kexin.Cell // hers
	Record   kexin.ID    // of a list of what hangs on customers: what it made or added to, where the scope holds that
}

// BatchRows are a page of rows.
type BatchRows struct {
	Rows    []BatchRow
	Reasons []kexin.Reason
	Field   *kexin.Field // of Name
	Next    int          // the row behind which the next page begins, 0 at the end
	hush    bool         // rows about customers already there are all alike
	part    kexin.Object // of a list of what hangs on customers
}

// The bounds of a page of rows: how many, and how many are looked through for
// one outcome in one statement and in one answer.
const (
	rowsShown  = 50
	rowsWindow = 50_000
	rowsLooked = 500_000
)

// RowsKept asks for the rows whose record says otherwise and stays as it is.
const RowsKept kexin.Outcome = codeKept

// ImportRows gives the rows of a batch that are stored so far, behind row n and
// of one outcome, of RowsKept or of all. That a row is about a colleague's customer is told
// to those alone whose scope holds her. To the importer it is a figure: where
// there are such rows, none about a customer already there says who she is
// (security A4). Errors: invalid for an unknown outcome.
func (a *App) ImportRows(ctx context.Context, actor kexin.Actor, id kexin.ID, o kexin.Outcome, n int) (out BatchRows, err error) {
	if o != "" && o != RowsKept && !slices.Contains(kexin.Outcomes[:], o) {
		return out, fieldError("outcome", "error.field_bad")
	}
	if n < 0 {
		return out, fieldError("after", "error.field_bad")
	}
	var seen Listing
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		out, seen = BatchRows{}, Listing{}
		b, err := a.mine(tx, actor, id, false)
		if err != nil {
			return err
		}
		p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: kexin.Customer, Fields: []kexin.FieldID{kexin.CustName}})
		if err != nil {
			return err
		}
		seen.Scene, seen.Fields = p.Scene(), p.Fields()
		if list, _ := listOf(tx.State.Schema, unpack[Manifest](b.Manifest).Object); list != kexin.Customer {
			out.part = list
		}
		out.Reasons, out.Field = p.Reasons(), p.Field(0)
		out.hush = b.By == actor.User && unpack[importCounts](b.Counts).Outside > 0
		return out.fill(tx, &p, b, o, n, &seen)
	})
	if err == nil && len(seen.Rows) > 0 {
		a.pages.seen(actor, kexin.Customer, seen)
	}
	return out, err
}

// fill reads windows of rows until the page is full, the batch is through, or
// enough was looked at for one answer.
func (out *BatchRows) fill(tx *store.Tx, p *gate.Permit, b store.Import, o kexin.Outcome, n int, seen *Listing) error {
	last, code := int(b.Done), ""
	if o == RowsKept {
		o, code = "", codeKept
	}
	if b.State == impReading || b.State == impReady {
		return nil // read for the result page: no row is stored
	}
	for end := min(last, n+rowsLooked); n < end && len(out.Rows) < rowsShown; {
		upTo := min(end, n+rowsWindow)
		rows, err := tx.RowsOf(b.ID, o, code, n, upTo, rowsShown-len(out.Rows))
		if err != nil {
			return err
		}
		if n = upTo; len(rows) == rowsShown-len(out.Rows) {
			n = rows[len(rows)-1].N
		}
		if err := out.show(tx, p, rows, seen); err != nil {
			return err
		}
	}
	if n < last {
		out.Next = n
	}
	return nil
}

// show adds rows with the customers they went to.
func (out *BatchRows) show(tx *store.Tx, p *gate.Permit, rows []store.ImportRow, seen *Listing) error {
	ids := make([]kexin.ID, 0, len(rows))
	for _, x := range rows {
		if x.Record != 0 && !(out.hush && x.Outcome == kexin.OutSame) && !slices.Contains(ids, x.Record) {
			ids = append(ids, x.Record)
		}
	}
	views, err := tx.Named(p, ids)
	if err != nil {
		return err
	}
	at := map[kexin.ID]*kexin.Cell{}
	for i := range views {
		at[views[i].ID] = &views[i].Cells[0]
	}
	seen.Rows = append(seen.Rows, views...)
	there, err := out.partsOf(tx, p.Actor(), rows)
	if err != nil {
		return err
	}
	name := ""
	if out.part != 0 {
		name = tx.State.Schema.Object(out.part).Name
	}
	for _, x := range rows {
		r := BatchRow{Part: name, N: x.N, Outcome: x.Outcome}
		if there[x.Part] {
			r.Record = x.Part
		}
		if cell := at[x.Record]; cell != nil && !(out.hush && x.Outcome == kexin.OutSame) {
			r.Customer, r.Name = x.Record, cell
		}
		switch {
		case x.Code == codeOutside && r.Customer == 0:
		case x.Outcome == kexin.OutReview:
			for _, w := range whysOf(x.Code) {
				r.Whys = append(r.Whys, string(w))
			}
		default:
			r.Code = x.Code
		}
		out.Rows = append(out.Rows, r)
	}
	return nil
}

// partsOf are the records of rows that are still there, in the actor's scope.
func (out *BatchRows) partsOf(tx *store.Tx, actor kexin.Actor, rows []store.ImportRow) (map[kexin.ID]bool, error) {
	var ids []kexin.ID
	for _, x := range rows {
		if x.Part != 0 && !slices.Contains(ids, x.Part) {
			ids = append(ids, x.Part)
		}
	}
	if out.part == 0 || len(ids) == 0 {
		return nil, nil
	}
	p, err := gate.Authorize(tx.State, actor, kexin.Query{Act: kexin.ActList, Object: out.part, Fields: []kexin.FieldID{tx.State.Schema.Object(out.part).Fields[0].ID}})
	if err != nil {
		return nil, err
	}
	views, err := tx.Named(&p, ids)
	there := make(map[kexin.ID]bool, len(views))
	for _, v := range views {
		there[v.ID] = true
	}
	return there, err
}

// RowText is the sentence of what became of a row.
func RowText(lang string, r BatchRow) string {
	switch {
	case r.Outcome == kexin.OutRefused:
		return RefusalText(lang, r.Code)
	case r.Code == codeOutside:
		return i18n.T(lang, "import.row_outside", nil)
	case r.Outcome == kexin.OutAside:
		return i18n.T(lang, "import.row_aside_"+r.Code, nil)
	case r.Outcome == kexin.OutReview && len(r.Whys) > 0:
		parts := make([]string, len(r.Whys))
		for i, w := range r.Whys {
			parts[i] = i18n.T(lang, "why."+w, nil)
		}
		return strings.Join(parts, " · ")
	}
	if kept := keptOf(r.Code); kept != nil {
		for i, f := range kept {
			kept[i] = i18n.T(lang, "field."+r.Part+"."+f, nil)
		}
		return i18n.T(lang, "import.part_"+string(r.Outcome)+"_kept", map[string]string{"fields": strings.Join(kept, " · ")})
	}
	if r.Part != "" {
		return i18n.T(lang, "import.part_"+string(r.Outcome), nil)
	}
	if r.Outcome == kexin.OutSame && r.Customer == 0 {
		return i18n.T(lang, "import.row_same_some", nil)
	}
	return i18n.T(lang, "import.row_"+string(r.Outcome), nil)
}
