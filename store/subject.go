package store

import (
	"crypto/rand"
	"encoding/binary"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// tagAddr is the place of a person's tag in the log, sealed under his
// evidence key.
var tagAddr = vault.CellAddr{Object: 0, Field: 1, Record: 0}

// A Subject is one person in the eyes of one merchant, with his open keys for
// the length of a transaction. A company is a holder of keys too, but no
// person.
type Subject struct {
	ID       kexin.ID
	Tag      [16]byte // his name in the log, known only here
	data     *vault.SubjectKey
	evidence *vault.SubjectKey
	fresh    bool // drawn in this transaction, and nothing is in the log about him
}

// newTag draws a tag.
func newTag() (t [16]byte) {
	rand.Read(t[:])
	return t
}

// tagAt draws the tag of somebody whose first entry in the log is of that time:
// it begins with the time, which the entry says anyway, so that the entries of
// new persons lie together in the index by person.
func tagAt(at kexin.Instant) [16]byte {
	t := newTag()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at))
	copy(t[:6], ms[2:])
	return t
}

// newSubject draws both keys and a tag and writes the rows.
func (tx *Tx) newSubject(person bool) (*Subject, error) {
	s, rows, err := tx.mill().person(person, tx.Now)
	if err != nil {
		return nil, err
	}
	if err := tx.Bulk("subject", subjectCols, [][]any{rows.subject}); err != nil {
		return nil, err
	}
	return s, tx.Bulk("subject_key", subjectKeyCols, rows.keys)
}

var (
	subjectCols    = []string{"org_id", "id", "tag_c", "person", "into_id", "made_at"}
	subjectKeyCols = []string{"org_id", "subject_id", "part", "gen", "wrap_ver", "wrapped"}
)

const subjectMade = 5 // in subjectCols

type subjectRows struct {
	subject []any
	keys    [][]any
}

func keyRow(w vault.WrappedKey) []any {
	return []any{w.Org, w.Subject, int64(w.Part), int64(w.Gen), int64(w.WrapVer), w.Wrapped}
}

// dataKey opens into k a data key that was read with its record.
func (tx *Tx) dataKey(k *vault.SubjectKey, subject kexin.ID, gen, wrapVer int64, wrapped []byte) error {
	if len(wrapped) == 0 {
		return &kexin.Error{Op: "store.key", Code: kexin.NotFound, Key: "error.erased"}
	}
	return k.Open(tx.ring, &vault.WrappedKey{Org: tx.Org, Subject: subject, Part: vault.Data, Gen: uint8(gen), WrapVer: vault.Version(wrapVer), Wrapped: wrapped})
}

func (tx *Tx) openKey(subject kexin.ID, part vault.Part, gen, wrapVer int64, wrapped []byte) (*vault.SubjectKey, error) {
	return vault.OpenSubjectKey(tx.ring, vault.WrappedKey{Org: tx.Org, Subject: subject, Part: part,
		Gen: uint8(gen), WrapVer: vault.Version(wrapVer), Wrapped: wrapped})
}

// subjectOf loads a person with both keys. An erased one is not found.
func (tx *Tx) subjectOf(id kexin.ID) (*Subject, error) {
	s := &Subject{ID: id}
	var tag []byte
	const q = "SELECT s.tag_c,k.part,k.gen,k.wrap_ver,k.wrapped FROM subject s JOIN subject_key k ON k.org_id=s.org_id AND k.subject_id=s.id WHERE s.org_id=$1 AND s.id=$2"
	err := tx.Each(q, []any{tx.Org, id}, func(r *db.Rows) error {
		var part, gen, ver int64
		var wrapped []byte
		if err := r.Scan(&tag, &part, &gen, &ver, &wrapped); err != nil {
			return err
		}
		k, err := tx.openKey(id, vault.Part(part), gen, ver, wrapped)
		if vault.Part(part) == vault.Data {
			s.data = k
		} else {
			s.evidence = k
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.evidence == nil {
		return nil, &kexin.Error{Op: "store.subject", Code: kexin.NotFound, Key: "error.erased"}
	}
	clear, err := vault.OpenCell(s.evidence, tagAddr, tag)
	copy(s.Tag[:], clear)
	return s, err
}
