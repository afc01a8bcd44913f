package store

import (
	"strconv"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// logWrite writes the entry of a change by hand. The body ties the person's
// tag to the record and commits to the sealed cells before and after.
func (tx *Tx) logWrite(p *gate.Permit, s *Subject, f ledger.Facts, id kexin.ID, before, after [32]byte, more ...ledger.Member) error {
	body := append([]ledger.Member{{Key: "record", Val: idText(id)}, {Key: "cells", Val: digestText(after)}}, more...)
	if before != ([32]byte{}) {
		body = append(body, ledger.Member{Key: "before", Val: digestText(before)})
	}
	return tx.Log(Event{Actor: ledger.Who(p.Actor()), Subject: s, Refs: ledger.Refs{Purpose: p.Actor().Purpose}, Facts: f, Body: body})
}

// ownedBy says whose a new record is, which decides who sees it.
func ownedBy(owner kexin.ID) ledger.Member { return ledger.Member{Key: "owner", Val: idText(owner)} }

// wayOf is how a person writes: by hand, or by a program of his.
func wayOf(a kexin.Actor) ledger.Way {
	if a.Via == kexin.ViaToken {
		return "token"
	}
	return "hand"
}

// LogOpened writes that somebody opened a record, in the transaction that
// reads it: to be in the log before the answer leaves. clear are the sealed
// fields that it shows clear.
func (tx *Tx) LogOpened(w *Whole, a kexin.Actor, clear []kexin.FieldID) error {
	s, err := tx.known(w.Facts.Subject, w.tag)
	if err != nil {
		return err
	}
	return tx.Log(Event{Actor: ledger.Who(a), Subject: s, Refs: ledger.Refs{Purpose: a.Purpose},
		Facts: &ledger.RecordOpened{Object: w.object, Fields: clear}, Body: []ledger.Member{{Key: "record", Val: idText(w.Facts.ID)}}})
}

// A sealedTag is a person's tag in the log with the key that opens it, as they
// are stored.
type sealedTag struct {
	tag, wrapped []byte
	gen, ver     int64
}

// tagCols are its columns, and withTag joins them to a row c about the person.
const (
	tagCols = "s.tag_c,e.gen,e.wrap_ver,e.wrapped"
	withTag = " LEFT JOIN subject s ON s.org_id=c.org_id AND s.id=c.subject_id LEFT JOIN subject_key e ON e.org_id=c.org_id AND e.subject_id=c.subject_id AND e.part=2"
)

func (t *sealedTag) dest() []any { return []any{&t.tag, &t.gen, &t.ver, &t.wrapped} }

// known is a person with the key of the log's bodies alone. An erased one is
// not found.
func (tx *Tx) known(id kexin.ID, t sealedTag) (*Subject, error) {
	if len(t.wrapped) == 0 {
		return nil, &kexin.Error{Op: "store.subject", Code: kexin.NotFound, Key: "error.erased"}
	}
	key, err := tx.openKey(id, vault.Evidence, t.gen, t.ver, t.wrapped)
	if err != nil {
		return nil, err
	}
	s := &Subject{ID: id, evidence: key}
	clear, err := vault.OpenCell(key, tagAddr, t.tag)
	copy(s.Tag[:], clear)
	return s, err
}

// subjectsOf are these persons with the keys of the log's bodies; an erased one
// is left out.
func (tx *Tx) subjectsOf(ids []kexin.ID) (map[kexin.ID]*Subject, error) {
	out := map[kexin.ID]*Subject{}
	var s stmt
	s.add("SELECT s.id," + tagCols + " FROM subject s JOIN subject_key e ON e.org_id=s.org_id AND e.subject_id=s.id AND e.part=2 WHERE s.org_id=").arg(tx.Org)
	s.add(" AND s.id IN ").list(ids)
	return out, tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var id kexin.ID
		var t sealedTag
		if err := r.Scan(append([]any{&id}, t.dest()...)...); err != nil {
			return err
		}
		var err error
		out[id], err = tx.known(id, t)
		return err
	})
}

// heads reads and locks the last entries of these persons.
func (tx *Tx) heads(subjects map[kexin.ID]*Subject) (map[ledger.Subj]last, error) {
	out := map[ledger.Subj]last{}
	var s stmt
	s.add("SELECT subj,sseq,head,last_id FROM subject_head WHERE org_id=").arg(tx.Org).add(" AND subj IN (")
	first := true
	for _, x := range subjects {
		tag := ledger.Subj(x.Tag)
		out[tag] = last{Head: ledger.Head{Subj: tag}}
		if !first {
			s.add(",")
		}
		first = false
		s.arg(tag[:])
	}
	s.add(")" + tx.s.db.ForUpdate())
	return out, tx.lasts(s.b.String(), s.args, func(h last) { out[h.Subj] = h })
}

func (tx *Tx) saveHeads(heads map[ledger.Subj]last) error {
	var s stmt
	s.add("INSERT INTO subject_head(org_id,subj,sseq,head,last_id) VALUES")
	first := true
	for _, h := range heads {
		if h.Seq == 0 {
			continue
		}
		if !first {
			s.add(",")
		}
		first = false
		tag, hash := h.Subj, h.Hash
		s.add("(").arg(tx.Org).add(",").arg(tag[:]).add(",").arg(h.Seq).add(",").arg(hash[:]).add(",").arg(h.ID).add(")")
	}
	if first {
		return nil
	}
	s.add(" ON CONFLICT(org_id,subj) DO UPDATE SET sseq=excluded.sseq,head=excluded.head,last_id=excluded.last_id")
	_, err := tx.Exec(s.b.String(), s.args...)
	return err
}

// A PageSeen is one list page that was shown: grade (b), flushed within a
// second.
type PageSeen struct {
	Actor  kexin.Actor
	Object kexin.Object
	Scene  kexin.Scene
	Fields []kexin.FieldID
	IDs    []kexin.ID
	Count  bool // counts only: grade (c)
	Group  kexin.FieldID
}

// LogPages writes what was shown in lists; the ids stand in the sealed body.
func (tx *Tx) LogPages(seen []PageSeen) error {
	rows := make([][]any, 0, len(seen))
	for _, s := range seen {
		e := Event{Actor: ledger.Who(s.Actor), Refs: ledger.Refs{Purpose: s.Actor.Purpose}}
		if s.Count {
			e.Facts = &ledger.CountRead{Object: s.Object, Scene: s.Scene, Group: s.Group}
		} else {
			e.Facts = &ledger.ListPage{Object: s.Object, Scene: s.Scene, Fields: s.Fields, Rows: int64(len(s.IDs))}
			ids := make([]ledger.Value, len(s.IDs))
			for i, id := range s.IDs {
				ids[i] = ledger.Text(strconv.FormatInt(int64(id), 36))
			}
			e.Body = []ledger.Member{{Key: "ids", Val: ledger.List(ids...)}}
		}
		row, _, err := tx.entry(e, nil)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return tx.Bulk("ledger_entry", entryCols, rows)
}

// LogRefused writes that the gate refused something.
func (tx *Tx) LogRefused(a kexin.Actor, act kexin.Act, why error) error {
	return tx.Log(Event{Actor: ledger.Who(a), Refs: ledger.Refs{Purpose: a.Purpose},
		Facts: &ledger.DecisionRefused{Act: act, Code: kexin.CodeOf(why), Law: kexin.LawOf(why), Object: kexin.Customer}})
}

// revealWhy maps the reasons of the page to those of the log.
var revealWhy = map[string]ledger.Why{"booked": "appointment", "aftersales": "aftersales", "caller": "caller", "delivery": "delivery", "check": "check"}

// Reveal gives the one full value a permit allows, counts it and writes it to
// the person's log, all in this transaction.
func (tx *Tx) Reveal(p *gate.Permit, reason string) (string, error) {
	f := p.Field(0)
	return tx.fullValue(p, kexin.ActReveal, &ledger.ValueRevealed{Field: f.ID, Object: f.Object, Why: revealWhy[reason]}, "reveal")
}

// Contact gives the number or address of an own customer for a call or to
// open a chat.
func (tx *Tx) Contact(p *gate.Permit, ch kexin.Channel) (string, error) {
	way := ledger.Way("open")
	if ch == kexin.ByCall {
		way = "call"
	}
	v, err := tx.fullValue(p, kexin.ActContact, &ledger.ContactMade{Channel: ch, Object: p.Object().Object, Way: way}, "contact")
	if err != nil {
		return "", err
	}
	f, err := tx.Facts(p.Object().Object, p.Record())
	if err != nil {
		return "", err
	}
	_, err = tx.Exec("INSERT INTO touched(org_id,member_id,day,subject_id,at,noted_at) VALUES($1,$2,$3,$4,$5,0) ON CONFLICT(org_id,member_id,day,subject_id) DO NOTHING",
		tx.Org, p.Actor().User, tx.dayNumber(), f.Subject, tx.Now)
	return v, err
}

func (tx *Tx) fullValue(p *gate.Permit, act kexin.Act, facts ledger.Facts, budget string) (string, error) {
	if err := tx.check(p, "store.value"); err != nil {
		return "", err
	}
	if p.Act() != act || p.Record() == 0 || p.Cells() != 1 {
		return "", &kexin.Error{Op: "store.value", Code: kexin.Internal, Key: "error.permit"}
	}
	f := p.Field(0)
	var subject kexin.ID
	var ct []byte
	if err := tx.Row("SELECT subject_id,"+column(f)+" FROM "+tables[f.Object]+" WHERE org_id=$1 AND id=$2", tx.Org, p.Record()).Scan(&subject, &ct); err != nil {
		return "", err
	}
	if len(ct) == 0 {
		return "", &kexin.Error{Op: "store.value", Code: kexin.Invalid, Key: "error.nothing_there", Field: f.Name}
	}
	s, err := tx.subjectOf(subject)
	if err != nil {
		return "", err
	}
	if s.data == nil {
		return "", &kexin.Error{Op: "store.value", Code: kexin.NotFound, Key: "error.erased"}
	}
	clear, err := vault.OpenCell(s.data, vault.CellAddr{Object: f.Object, Field: f.ID, Record: p.Record()}, ct)
	if err != nil {
		return "", misplaced(tables[f.Object], p.Record(), err)
	}
	if err := tx.spend(p.Actor().User, budget, 1); err != nil {
		return "", err
	}
	return string(clear), tx.Log(Event{Actor: ledger.Who(p.Actor()), Subject: s, Refs: ledger.Refs{Purpose: p.Actor().Purpose}, Facts: facts,
		Body: []ledger.Member{{Key: "record", Val: idText(p.Record())}}})
}
