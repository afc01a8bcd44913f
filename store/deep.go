package store

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/vault"
)

// deepMost is how many rows are held at a time.
const deepMost = 500

// A deepCheck compares the present rows of a merchant with what his log says
// (security.md A9). Without keys it compares what stands in clear: the columns
// beside the leaves, each person's last entry, that nothing is left of erased
// persons, and kept figures with their rows. With keys also rows of rights, consents
// and records.
type deepCheck struct {
	tx       *Tx
	v        *ledger.Verdict
	origin   ledger.Origin
	heads    map[ledger.Subj]last
	consents map[ledger.Hash]*ledger.Entry // entries about consents, by leaf
	said     map[consentKey][]ledger.Hash  // in the order of the person's entries
	evidence map[kexin.ID]*vault.SubjectKey
	erased   map[kexin.ID]bool
	cells    map[kexin.ID][32]byte     // what the log said last of a record
	imported map[kexin.ID]bool         // customers that imports made
	places   map[kexin.ID]ledger.Facts // what the log said last of a department's or a member's place
	owners   map[kexin.ID]kexin.ID     // whose a record is by the log: as it was made, a customer as it was moved last
	left     map[kexin.ID]bool         // members who were sent away once: their tasks were handed on
	unowned  int64                     // records of which the log does not say whose they are
	checked  int64
	unread   int64 // records known from imports alone
}

// A consentKey is what consents are about; entries of some kinds do not say
// the channel.
type consentKey struct {
	subj     ledger.Subj
	purpose  kexin.PurposeCode
	receiver kexin.ID
}

// deep adds to the verdict what the comparison finds.
func (tx *Tx) deep(v *ledger.Verdict) error {
	c := &deepCheck{tx: tx, v: v, heads: map[ledger.Subj]last{}, consents: map[ledger.Hash]*ledger.Entry{}, said: map[consentKey][]ledger.Hash{},
		evidence: map[kexin.ID]*vault.SubjectKey{}, erased: map[kexin.ID]bool{}, cells: map[kexin.ID][32]byte{}, imported: map[kexin.ID]bool{}, places: map[kexin.ID]ledger.Facts{}, owners: map[kexin.ID]kexin.ID{}, left: map[kexin.ID]bool{}}
	var err error
	if c.origin, err = tx.Origin(); err != nil {
		return err
	}
	steps := []func() error{c.tombstones, c.entries, c.lastEntries, c.undead, c.figures}
	if tx.ring != nil {
		steps = append(steps, c.rights, c.memberships, c.consentRows, c.records)
	} else {
		v.Silently("keyless")
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	if c.unread > 0 {
		v.Silently("imported", "n", strconv.FormatInt(c.unread, 10))
	}
	if c.unowned > 0 {
		v.Silently("owners", "n", strconv.FormatInt(c.unowned, 10))
	}
	v.Proved("deep", "n", strconv.FormatInt(c.checked, 10))
	return nil
}

func (c *deepCheck) fault(key string, args ...string) { c.v.Fails(key, c.origin, -1, 0, args...) }

// A deepRow is an entry with the columns beside it.
type deepRow struct {
	id, epoch, idx, at, sseq      int64
	typ                           string
	leaf, hash, subj, whoC, bodyC []byte
}

const deepQuery = `SELECT id,epoch,COALESCE(idx,-1),at,type,leaf,hash,subj,sseq,who_c,body_c FROM ledger_entry
 WHERE org_id=$1 AND id>$2 ORDER BY id LIMIT $3`

// entries goes through the log by number.
func (c *deepCheck) entries() error {
	for last := int64(0); ; {
		var rows []deepRow
		err := c.tx.Each(deepQuery, []any{c.tx.Org, last, deepMost}, func(r *db.Rows) error {
			var e deepRow
			err := r.Scan(&e.id, &e.epoch, &e.idx, &e.at, &e.typ, &e.leaf, &e.hash, &e.subj, &e.sseq, &e.whoC, &e.bodyC)
			rows = append(rows, e)
			return err
		})
		if err != nil {
			return err
		}
		for i := range rows {
			if err := c.entry(&rows[i]); err != nil {
				return err
			}
			last = rows[i].id
		}
		if len(rows) < deepMost {
			return nil
		}
	}
}

func (c *deepCheck) entry(r *deepRow) error {
	e, err := ledger.Decode(r.leaf)
	if err != nil {
		c.v.Fails("leaf", c.origin, r.idx, kexin.ID(r.id))
		return nil
	}
	h, zero := ledger.LeafHash(r.leaf), ledger.Subj{}
	about := e.Subj[:]
	if e.Subj == zero {
		about = nil
	}
	if !bytes.Equal(r.hash, h[:]) || r.id != int64(e.ID) || r.at != int64(e.T) || r.typ != string(e.Type()) || e.Org != c.tx.Org ||
		!bytes.Equal(r.subj, about) || r.sseq != e.SSeq || (len(r.bodyC) > 0) != (e.Commit != ledger.Hash{}) {
		c.v.Fails("column", c.origin, r.idx, e.ID)
		return nil
	}
	c.checked++
	c.notePlace(e.Facts)
	if e.Subj != zero {
		if e.SSeq > c.heads[e.Subj].Seq {
			c.heads[e.Subj] = last{ledger.Head{Subj: e.Subj, Seq: e.SSeq, Hash: h}, e.ID}
		}
		c.noteConsent(e, h)
	}
	if c.tx.ring == nil || len(r.bodyC) == 0 {
		return nil
	}
	return c.body(r, e)
}

// noteConsent remembers entries about consents.
func (c *deepCheck) noteConsent(e *ledger.Entry, h ledger.Hash) {
	if _, ok := stateOf[e.Type()]; ok {
		k := keyOfConsent(e)
		c.consents[h], c.said[k] = e, append(c.said[k], h)
	}
}

func keyOfConsent(e *ledger.Entry) consentKey {
	return consentKey{e.Subj, e.Refs.Purpose, e.Refs.Receiver}
}

// stateOf is the state in which an entry leaves a consent.
var stateOf = map[ledger.Type]consent.State{
	"consent.requested": consent.Requested, "consent.given": consent.Given, "consent.refused": consent.Refused, "consent.lapsed": consent.Lapsed,
	"consent.suspended": consent.Suspended, "consent.confirmed": consent.Given, "consent.withdrawn": consent.Withdrawn, "consent.expired": consent.Expired, "consent.lifted": consent.Expired,
	"consent.invalidated": consent.Invalidated, "consent.revoked": consent.Revoked,
}

// body opens what an entry committed to, compares, and takes from it what the
// log says of a record.
func (c *deepCheck) body(r *deepRow, e *ledger.Entry) error {
	clear, gone, err := c.openBody(r, e)
	if gone {
		return nil
	}
	if err == nil && len(clear) >= 32 {
		var got ledger.Hash
		if got, err = ledger.Commitment([32]byte(clear[:32]), clear[32:]); err == nil && got == e.Commit {
			c.take(e, clear[32:])
			return nil
		}
	}
	if err != nil && kexin.CodeOf(err) != kexin.Internal && kexin.CodeOf(err) != kexin.Invalid {
		return err
	}
	c.v.Fails("body", c.origin, r.idx, e.ID)
	return nil
}

// openBody opens a body; gone means that its key was erased.
func (c *deepCheck) openBody(r *deepRow, e *ledger.Entry) (clear []byte, gone bool, err error) {
	if len(r.whoC) == 0 {
		clear, err = vault.OpenOrg(c.tx.ring, "ledger.body", e.ID, r.bodyC)
		return clear, false, err
	}
	who, err := vault.OpenOrg(c.tx.ring, "ledger.who", e.ID, r.whoC)
	if err != nil || len(who) != 8 {
		return nil, false, err
	}
	id := kexin.ID(binary.BigEndian.Uint64(who))
	k, ok := c.evidence[id]
	if !ok {
		s, err := c.tx.subjectOf(id)
		if err != nil && kexin.CodeOf(err) != kexin.NotFound {
			return nil, false, err
		}
		if err == nil {
			if k = s.evidence; ledger.Subj(s.Tag) != e.Subj {
				c.v.Fails("column", c.origin, r.idx, e.ID)
			}
		}
		c.evidence[id] = k
	}
	if k == nil {
		return nil, true, nil
	}
	clear, err = vault.OpenCell(k, vault.CellAddr{Field: bodyField, Record: e.ID}, r.bodyC)
	return clear, false, err
}

// take reads what a body says of records.
func (c *deepCheck) take(e *ledger.Entry, body []byte) {
	v, err := ledger.ParseJCS(body)
	if err != nil {
		return
	}
	switch e.Facts.(type) {
	case *ledger.ImportBatch:
		c.imports(e, v)
	case *ledger.RecordCreated, *ledger.RecordEdited, *ledger.RecordMoved:
		record, ok1 := v.Get("record")
		digest, ok2 := v.Get("cells")
		id, err1 := kexin.ParseID(record.Str())
		sum, err2 := base64.RawURLEncoding.DecodeString(digest.Str())
		if ok1 && ok2 && err1 == nil && err2 == nil && len(sum) == 32 {
			c.cells[id] = [32]byte(sum)
		}
		if err1 != nil {
			return
		}
		if m, ok := e.Facts.(*ledger.RecordMoved); ok {
			c.owners[id] = m.To
		} else if text, ok := v.Get("owner"); ok {
			if owner, err := kexin.ParseID(text.Str()); err == nil {
				c.owners[id] = owner
			}
		}
	}
}

// imports takes what an import says of the records that it made: the digests of
// their cells, which come to the root in the leaf. An entry of an earlier
// version names the customers and no digest.
func (c *deepCheck) imports(e *ledger.Entry, v ledger.Value) {
	list, _ := v.Get("records")
	text, said := v.Get("cells")
	all, err := base64.RawURLEncoding.DecodeString(text.Str())
	ids := list.Items()
	whose, _ := v.Get("owners")
	for i, owner := 0, int64(0); i < len(ids) && i < len(whose.Items()); i++ {
		if n, err := strconv.ParseInt(whose.Items()[i].Str(), 36, 64); err == nil {
			owner = n
		}
		if id, err := strconv.ParseInt(ids[i].Str(), 36, 64); err == nil {
			c.owners[kexin.ID(id)] = kexin.ID(owner)
		}
	}
	var sums []ledger.Hash
	for i, x := range ids {
		id, bad := strconv.ParseInt(x.Str(), 36, 64)
		if bad != nil {
			continue
		}
		if !said {
			c.imported[kexin.ID(id)] = true
			continue
		}
		if n := 32 * i; n+32 <= len(all) {
			sums = append(sums, ledger.Hash(all[n:n+32]))
			c.cells[kexin.ID(id)] = [32]byte(all[n : n+32])
		}
	}
	if f := e.Facts.(*ledger.ImportBatch); said && (err != nil || len(all) != 32*len(ids) || ledger.Root(sums) != f.Root) {
		c.v.Fails("import_root", c.origin, -1, e.ID)
	}
}

// lastEntries compares each person's last entry with the row that says it.
func (c *deepCheck) lastEntries() error {
	seen, bad := 0, 0
	cols, err := db.Columns(c.tx.Tx, "subject_head")
	if err != nil {
		return err
	}
	chained := slices.ContainsFunc(cols, func(x db.Column) bool { return x.Name == "last_id" })
	q := "SELECT subj,sseq,head,last_id FROM subject_head WHERE org_id=$1"
	if !chained { // of a database that the program has not opened since it links them
		q = strings.Replace(q, "last_id", "0", 1)
	}
	err = c.tx.lasts(q, []any{c.tx.Org}, func(h last) {
		if seen++; chained && c.heads[h.Subj] != h || c.heads[h.Subj].Head != h.Head {
			bad++
		}
	})
	if err == nil && (bad > 0 || seen != len(c.heads)) {
		c.fault("person_head")
	}
	if err != nil || !chained {
		return err
	}
	return c.tx.Each(loose, []any{c.tx.Org}, func(r *db.Rows) error {
		var idx int64
		var id kexin.ID
		err := r.Scan(&idx, &id)
		c.v.Fails("column", c.origin, idx, id)
		return err
	})
}

// loose are entries that do not name the person's entry before them.
const loose = `SELECT COALESCE(e.idx,-1),e.id FROM ledger_entry e LEFT JOIN ledger_entry p ON p.org_id=e.org_id AND p.id=e.before_id
 WHERE e.org_id=$1 AND (e.sseq<2 AND e.before_id<>0 OR e.sseq>1 AND (p.id IS NULL OR p.sseq<>e.sseq-1 OR p.subj<>e.subj))`

func (c *deepCheck) tombstones() error {
	return c.tx.Each("SELECT subject_id FROM tombstone WHERE org_id=$1", []any{c.tx.Org}, func(r *db.Rows) error {
		var id kexin.ID
		err := r.Scan(&id)
		c.erased[id] = true
		return err
	})
}

// undead looks for what is left of erased persons: their data key, what they
// could be found by, sealed values.
func (c *deepCheck) undead() error {
	if len(c.erased) == 0 {
		return nil
	}
	const erased = " WHERE org_id=$1 AND subject_id IN (" + buried + ")"
	queries := map[string]string{"subject_key": "SELECT DISTINCT subject_id FROM subject_key" + erased + " AND part=1"}
	for _, o := range c.tx.s.schema.Objects() {
		table, filled := tables[o.Object], ""
		for _, f := range fieldCols(o) {
			if f.Sealed {
				filled += " OR " + column(f) + " IS NOT NULL"
			}
		}
		if filled != "" {
			queries[table] = "SELECT DISTINCT subject_id FROM " + table + erased + " AND (1=0" + filled + ")"
		}
		for _, t := range []string{"record_key", "name_token"} {
			queries[t+" "+table] = "SELECT DISTINCT subject_id FROM " + table + erased + " AND id IN (SELECT k.record_id FROM " + t + " k WHERE k.org_id=$1 AND k.record_id IN (SELECT id FROM " + table + erased + "))"
		}
	}
	for table, q := range queries {
		if err := c.tx.Each(q, []any{c.tx.Org}, func(r *db.Rows) error {
			var id kexin.ID
			err := r.Scan(&id)
			c.fault("undead", "row", id.String(), "table", table)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
