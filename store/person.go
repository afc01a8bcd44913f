package store

import (
	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/ledger"
)

// A Mark is one entry of a person's log as a timeline shows it.
type Mark struct {
	ID     kexin.ID
	At     kexin.Instant
	Kind   string
	Way    string
	By     kexin.ID
	N      int
	Fields []kexin.FieldID
}

// markKinds are the types of entries that a timeline shows.
var markKinds = map[ledger.Type]string{"record.created": "created", "record.edited": "edited", "record.moved": "moved",
	"value.revealed": "revealed", "contact.made": "contact", "record.opened": "opened"}

// PersonLog reads what the log says about the person of the record that a
// permit names; openings of one member and day are one line.
func (tx *Tx) PersonLog(p *gate.Permit) (out []Mark, err error) {
	entries, err := tx.entriesOf(p, 500)
	if err != nil {
		return nil, err
	}
	type looks struct {
		by  kexin.ID
		day kexin.Day
	}
	opens := map[looks]int{}
	for _, e := range entries {
		kind, ok := markKinds[e.Type()]
		if !ok {
			continue
		}
		m := Mark{ID: e.ID, At: e.T, Kind: kind, By: e.Actor.Ref, N: 1}
		switch f := e.Facts.(type) {
		case *ledger.RecordOpened:
			day := looks{e.Actor.Ref, kexin.DayOf(e.T.Time().In(tx.Zone))}
			if i, seen := opens[day]; seen {
				out[i].N++
				continue
			}
			opens[day] = len(out)
		case *ledger.RecordCreated:
			m.Way = string(f.Way)
			if f.Object != kexin.Customer && f.Object != kexin.Contact {
				continue
			}
		case *ledger.RecordEdited:
			m.Fields, m.Way = f.Fields, string(f.Way)
			if f.Object != kexin.Customer && f.Object != kexin.Contact {
				continue
			}
		case *ledger.ContactMade:
			m.Way = string(f.Channel)
		case *ledger.ValueRevealed:
			m.Way, m.Fields = string(f.Why), []kexin.FieldID{f.Field}
		}
		out = append(out, m)
	}
	return out, nil
}

// entriesOf reads a person's entries, newest first.
func (tx *Tx) entriesOf(p *gate.Permit, limit int) (out []*ledger.Entry, err error) {
	if err := tx.check(p, "store.entries"); err != nil {
		return nil, err
	}
	f, err := tx.Facts(p.Object().Object, p.Record())
	if err != nil || f == nil {
		return nil, err
	}
	s, err := tx.subjectOf(f.Subject)
	if err != nil {
		return nil, err
	}
	return tx.entriesAbout(s, limit)
}

func (tx *Tx) entriesAbout(s *Subject, limit int) (out []*ledger.Entry, err error) {
	err = tx.entries(chain("e.leaf", " ORDER BY c.n"), []any{tx.Org, s.Tag[:], int64(limit)}, func(e *ledger.Entry) { out = append(out, e) })
	return out, err
}

// A Seen counts how often one position opened a person's records.
type Seen struct {
	Position       kexin.Position
	Opens, Reveals int
	Last           kexin.Instant
}

// SeenBy counts openings and reveals of the last 30 days by position, never by
// name: it is what the customer may see too.
func (tx *Tx) SeenBy(p *gate.Permit) (out []Seen, err error) {
	entries, err := tx.entriesOf(p, 2000)
	return tx.seenIn(entries), err
}

// seenOf is SeenBy for the person herself.
func (tx *Tx) seenOf(s *Subject) ([]Seen, error) {
	entries, err := tx.entriesAbout(s, 2000)
	return tx.seenIn(entries), err
}

func (tx *Tx) seenIn(entries []*ledger.Entry) (out []Seen) {
	at := map[kexin.Position]int{}
	for _, e := range entries {
		if tx.Now-e.T > 30*kexin.DayMS || e.Actor.Kind != ledger.ByStaff && e.Actor.Kind != ledger.ByToken {
			continue
		}
		open, reveal := e.Type() == "record.opened", e.Type() == "value.revealed" || e.Type() == "contact.made"
		if !open && !reveal {
			continue
		}
		i, ok := at[e.Actor.Position]
		if !ok {
			i = len(out)
			at[e.Actor.Position] = i
			out = append(out, Seen{Position: e.Actor.Position})
		}
		if open {
			out[i].Opens++
		} else {
			out[i].Reveals++
		}
		out[i].Last = max(out[i].Last, e.T)
	}
	return out
}

// MadeBy are who entered these rows, in their order.
func (tx *Tx) MadeBy(o kexin.Object, rows []kexin.View) ([]kexin.ID, error) {
	_, by, err := tx.Made(o, rows)
	return by, err
}

// Made are when and by whom these rows were entered, in their order.
func (tx *Tx) Made(o kexin.Object, rows []kexin.View) ([]kexin.Instant, []kexin.ID, error) {
	at, by := make([]kexin.Instant, len(rows)), make([]kexin.ID, len(rows))
	if len(rows) == 0 {
		return at, by, nil
	}
	ids, pos := make([]kexin.ID, len(rows)), map[kexin.ID]int{}
	for i, r := range rows {
		ids[i], pos[r.ID] = r.ID, i
	}
	var s stmt
	s.add("SELECT id,made_at,made_by FROM " + tables[o] + " WHERE org_id=").arg(tx.Org).add(" AND id IN ").list(ids)
	return at, by, tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var id, m kexin.ID
		var t kexin.Instant
		err := r.Scan(&id, &t, &m)
		at[pos[id]], by[pos[id]] = t, m
		return err
	})
}

// NoticeVersion is the version of the published notice, 0 for none.
func (tx *Tx) NoticeVersion() (v int64, err error) {
	err = tx.Row("SELECT COALESCE(MAX(version),0) FROM notice WHERE org_id=$1", tx.Org).Scan(&v)
	return v, err
}
