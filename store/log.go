package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// An Event is one entry for the log: written in the caller's transaction,
// sealed behind it.
type Event struct {
	Actor   ledger.Actor
	Subject *Subject // the person it is about, nil for none
	Refs    ledger.Refs
	Facts   ledger.Facts
	Body    []ledger.Member // what may be erased with the person; none = no body
}

// bodyField is the place of an entry's body under the evidence key.
const bodyField kexin.FieldID = 2

var entryCols = []string{"org_id", "id", "epoch", "at", "type", "leaf", "hash", "subj", "sseq", "who_c", "body_c", "before_id"}

// A last is a person's last entry, behind which the next one goes.
type last struct {
	ledger.Head
	ID kexin.ID
}

// Log writes one entry. Where it is about a person it goes behind his last
// one, whose row is locked for it.
func (tx *Tx) Log(e Event) error {
	_, err := tx.logLeaf(e)
	return err
}

// logLeaf is Log, giving the hash of the entry.
func (tx *Tx) logLeaf(e Event) (ledger.Hash, error) {
	row, head, err := tx.entry(e, nil)
	if err != nil {
		return ledger.Hash{}, err
	}
	if e.Subject != nil {
		if err := tx.saveHead(head); err != nil {
			return ledger.Hash{}, err
		}
	}
	return head.Hash, tx.Bulk("ledger_entry", entryCols, [][]any{row})
}

// entries calls f for each entry whose leaf a statement gives.
func (tx *Tx) entries(q string, args []any, f func(*ledger.Entry)) error {
	return tx.Each(q, args, func(r *db.Rows) error {
		var leaf []byte
		if err := r.Scan(&leaf); err != nil {
			return err
		}
		e, err := ledger.Decode(leaf)
		if err == nil {
			f(e)
		}
		return err
	})
}

// lasts calls f for persons' last entries: columns subj, sseq, head and last_id.
func (tx *Tx) lasts(q string, args []any, f func(last)) error {
	return tx.Each(q, args, func(r *db.Rows) error {
		var subj, hash []byte
		var h last
		err := r.Scan(&subj, &h.Seq, &hash, &h.ID)
		copy(h.Subj[:], subj)
		copy(h.Hash[:], hash)
		if err == nil {
			f(h)
		}
		return err
	})
}

// entry makes the row of an event. heads are the persons' last entries where
// several are written at once, nil to read them; somebody new has none.
func (tx *Tx) entry(e Event, heads map[ledger.Subj]last) ([]any, last, error) {
	x := &ledger.Entry{ID: tx.NewID(), T: tx.Now, Org: tx.Org, Actor: e.Actor, Refs: e.Refs, Facts: e.Facts}
	var body []byte
	if len(e.Body) > 0 {
		sealed, commit, err := tx.sealBody(x.ID, e)
		if err != nil {
			return nil, last{}, err
		}
		body, x.Commit = sealed, commit
	}
	var who, subj []byte
	var before, head last
	var leaf []byte
	var err error
	if e.Subject == nil {
		leaf, err = x.Encode()
		head.Hash = ledger.LeafHash(leaf)
	} else {
		tag := ledger.Subj(e.Subject.Tag)
		var ok bool
		before, ok = heads[tag]
		if before.Subj = tag; !ok && !e.Subject.fresh {
			if before, err = tx.head(tag); err != nil {
				return nil, head, err
			}
		}
		e.Subject.fresh = false
		head.ID = x.ID
		leaf, head.Head, err = ledger.Link(x, before.Head)
		subj = tag[:]
		who = vault.SealOrg(tx.ring, "ledger.who", x.ID, binary.BigEndian.AppendUint64(nil, uint64(e.Subject.ID)))
	}
	if err != nil {
		return nil, head, err
	}
	return []any{tx.Org, x.ID, tx.epoch, tx.Now, string(x.Type()), leaf, head.Hash[:], subj, x.SSeq, who, body, before.ID}, head, nil
}

// sealBody commits to the body and seals salt and body: under the person's
// evidence key, so that erasing it leaves a commitment that hides, or under
// the merchant's where it is about nobody.
func (tx *Tx) sealBody(id kexin.ID, e Event) ([]byte, ledger.Hash, error) {
	body, err := ledger.JCS(ledger.Object(e.Body...))
	if err != nil {
		return nil, ledger.Hash{}, err
	}
	salt := ledger.NewSalt()
	commit, err := ledger.Commitment(salt, body)
	if err != nil {
		return nil, ledger.Hash{}, err
	}
	clear := append(salt[:], body...)
	if e.Subject == nil {
		return vault.SealOrg(tx.ring, "ledger.body", id, clear), commit, nil
	}
	return vault.SealCell(e.Subject.evidence, vault.CellAddr{Field: bodyField, Record: id}, clear), commit, nil
}

// head reads a person's last entry and locks its row.
func (tx *Tx) head(tag ledger.Subj) (h last, err error) {
	h.Subj = tag
	var hash []byte
	err = tx.Row("SELECT sseq,head,last_id FROM subject_head WHERE org_id=$1 AND subj=$2"+tx.s.db.ForUpdate(), tx.Org, tag[:]).Scan(&h.Seq, &hash, &h.ID)
	if kexin.CodeOf(err) == kexin.NotFound {
		return h, nil
	}
	copy(h.Hash[:], hash)
	return h, err
}

func (tx *Tx) saveHead(h last) error {
	_, err := tx.Exec("INSERT INTO subject_head(org_id,subj,sseq,head,last_id) VALUES($1,$2,$3,$4,$5) ON CONFLICT(org_id,subj) DO UPDATE SET sseq=excluded.sseq,head=excluded.head,last_id=excluded.last_id",
		tx.Org, h.Subj[:], h.Seq, h.Hash[:], h.ID)
	return err
}

// chain goes back from a person's last entry: columns of at most $3 entries e,
// newest first. Each must be the person's own and have the number that is due, so
// that it ends wherever a row leads. CROSS JOIN keeps SQLite from beginning with the
// entries.
func chain(cols, more string) string {
	return `WITH RECURSIVE chain(id,s,n) AS (SELECT last_id,sseq,1 FROM subject_head WHERE org_id=$1 AND subj=$2
 UNION ALL SELECT p.before_id,c.s-1,c.n+1 FROM chain c CROSS JOIN ledger_entry p WHERE p.org_id=$1 AND p.id=c.id AND p.subj=$2 AND p.sseq=c.s AND c.s>1 AND c.n<$3)
 SELECT ` + cols + " FROM chain c CROSS JOIN ledger_entry e WHERE e.org_id=$1 AND e.id=c.id AND e.subj=$2 AND e.sseq=c.s" + more
}

// idText is an id in a body.
func idText(id kexin.ID) ledger.Value { return ledger.Text(id.String()) }

// digestText is a digest in a body.
func digestText(d [32]byte) ledger.Value {
	return ledger.Text(base64.RawURLEncoding.EncodeToString(d[:]))
}

// cellDigest is a digest over a record's sealed cells. Its nonces are random,
// so nothing can be guessed from it; putting back an older cell shows.
func cellDigest(id kexin.ID, fields []kexin.FieldID, cells [][]byte) [32]byte {
	h := sha256.New()
	b := binary.BigEndian.AppendUint64([]byte("kexin-cells/1\n"), uint64(id))
	for i, f := range fields {
		b = binary.BigEndian.AppendUint32(b, uint32(f))
		b = binary.BigEndian.AppendUint32(b, uint32(len(cells[i])))
		b = append(b, cells[i]...)
	}
	h.Write(b)
	var out [32]byte
	h.Sum(out[:0])
	return out
}
