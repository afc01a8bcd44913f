package store

import (
	"encoding/binary"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// A Look is one full value that a member of staff, or a program of his, was
// shown: a reveal, or a number to contact an own customer.
type Look struct {
	At       kexin.Instant
	Object   kexin.Object
	Field    kexin.FieldID // of a reveal
	Why      ledger.Why    // of a reveal
	Channel  kexin.Channel // of a contact
	Program  bool          // through an API token
	Customer kexin.ID      // 0 where it was a contact's, or the person is erased
}

// looksMost is how many looks are listed: the newest.
const looksMost = 500

// Looks lists what a member was shown in the last 30 days, newest first: what
// an owner goes through when somebody leaves (ACC-05). more says that the list
// is cut.
func (tx *Tx) Looks(member kexin.ID) (out []Look, more bool, err error) {
	all, err := tx.looks()
	if err != nil {
		return nil, false, err
	}
	var programs map[kexin.ID]bool
	var people []kexin.ID
	for _, l := range all {
		if l.Program && programs == nil {
			if programs, err = tx.programsOf(member); err != nil {
				return nil, false, err
			}
		}
		if mine := l.by == member && !l.Program || l.Program && programs[l.by]; !mine {
			continue
		}
		if more = len(out) == looksMost; more {
			break
		}
		out, people = append(out, l.Look), append(people, l.subject)
	}
	return out, more, tx.customersOf(people, func(i int, id kexin.ID) { out[i].Customer = id })
}

// A looked is a look with who and whom.
type looked struct {
	Look
	by, subject kexin.ID
}

// looks are everybody's of the last 30 days, newest first.
func (tx *Tx) looks() (out []looked, err error) {
	since := kexin.ID(int64(tx.Now)-30*kexin.DayMS-idEpoch) << 22
	err = tx.Each("SELECT id,leaf,who_c FROM ledger_entry WHERE org_id=$1 AND id>$2 AND type IN ('value.revealed','contact.made') ORDER BY id DESC", []any{tx.Org, since}, func(r *db.Rows) error {
		var id kexin.ID
		var leaf, who []byte
		if err := r.Scan(&id, &leaf, &who); err != nil {
			return err
		}
		e, err := ledger.Decode(leaf)
		if err != nil {
			return err
		}
		l := looked{by: e.Actor.Ref, Look: Look{At: e.T, Program: e.Actor.Kind == ledger.ByToken}}
		switch f := e.Facts.(type) {
		case *ledger.ValueRevealed:
			l.Object, l.Field, l.Why = f.Object, f.Field, f.Why
		case *ledger.ContactMade:
			l.Object, l.Channel = f.Object, f.Channel
		}
		if b, err := vault.OpenOrg(tx.ring, "ledger.who", id, who); err == nil && len(b) == 8 {
			l.subject = kexin.ID(binary.BigEndian.Uint64(b)) // what does not open still counts as a look
		}
		out = append(out, l)
		return nil
	})
	return out, err
}

// programsOf are the API tokens of a member: those that live, and those that he
// ever made himself. One that was made on the server's command line and is
// gone is nobody's any more.
func (tx *Tx) programsOf(member kexin.ID) (map[kexin.ID]bool, error) {
	out := map[kexin.ID]bool{}
	live, err := tx.TokensOf(member)
	if err != nil {
		return nil, err
	}
	for _, k := range live {
		out[k.ID] = true
	}
	err = tx.entries("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND type='token.made'", []any{tx.Org}, func(e *ledger.Entry) {
		if f, ok := e.Facts.(*ledger.TokenMade); ok && e.Actor.Ref == member {
			out[f.Token] = true
		}
	})
	return out, err
}

// customersOf tells which customer each of these persons is; a contact of a
// company and an erased person are none.
func (tx *Tx) customersOf(people []kexin.ID, tell func(i int, customer kexin.ID)) error {
	if len(people) == 0 {
		return nil
	}
	at := map[kexin.ID]kexin.ID{}
	var s stmt
	s.add("SELECT id,subject_id FROM customer WHERE org_id=").arg(tx.Org).add(" AND subject_id IN ").list(people)
	err := tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var id, subject kexin.ID
		err := r.Scan(&id, &subject)
		at[subject] = id
		return err
	})
	for i, p := range people {
		tell(i, at[p])
	}
	return err
}
