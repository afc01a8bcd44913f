package store

import (
	"slices"
	"strconv"
	"strings"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/kind"
	"kexin/vault"
)

// A Found is one page as the permit shows it.
type Found struct {
	Rows []kexin.View
	Next string // sealed cursor, "" at the end
	More bool   // a search met more hits than it looks through
}

func (tx *Tx) check(p *gate.Permit, op string) error {
	if !p.Valid() || p.Actor().Org != tx.Org {
		return &kexin.Error{Op: op, Code: kexin.Internal, Key: "error.permit"}
	}
	return nil
}

// Find gives one page of the records a permit allows, masked while scanned.
// Errors: invalid where the cursor belongs to another query.
func (tx *Tx) Find(p *gate.Permit) (Found, error) {
	if err := tx.check(p, "store.find"); err != nil {
		return Found{}, err
	}
	f, err := tx.finder(p)
	if err != nil {
		return Found{}, err
	}
	var found Found
	var out scanned
	switch {
	case len(f.toks) > 0:
		out, found.More, err = tx.search(f)
	case p.Search().Exact != "":
		out, found.More, err = tx.exact(f)
	default:
		out, err = tx.page(f)
	}
	if err != nil {
		return Found{}, err
	}
	more := len(out.rows) > f.limit
	if more {
		out.rows, out.marks = out.rows[:f.limit], out.marks[:f.limit]
	}
	found.Rows = tx.recheck(p, out.rows)
	if more {
		found.Next, err = tx.sealMark(p, out.marks[f.limit-1])
	}
	return found, err
}

func (tx *Tx) page(f *finder) (scanned, error) {
	var s stmt
	f.page(&s)
	return tx.scan(f, s.b.String(), s.args)
}

// search finds the hits of a name or tail. In the order of ids they are read
// until the page is full, so that it costs what it shows, not what there is; for
// another order all of them are looked through. more says that there are more
// hits than searchCap, the rest of which is passed over.
func (tx *Tx) search(f *finder) (out scanned, more bool, err error) {
	var s stmt
	f.named(&s)
	ids, err := tx.idList(s.b.String(), s.args...)
	if err != nil {
		return out, false, err
	}
	if more = len(ids) > searchCap; more {
		ids = ids[:searchCap]
	}
	if f.ordered() != "" {
		out, err = tx.page(f)
		return out, more, err
	}
	for part := range slices.Chunk(ids, 2*(f.limit+1)) {
		for n := len(part); n&(n-1) != 0; n++ { // few texts of statements
			part = append(part, 0)
		}
		var s stmt
		f.among(&s, part)
		got, err := tx.scan(f, s.b.String(), s.args)
		if err != nil {
			return out, more, err
		}
		out.rows, out.marks = append(out.rows, got.rows...), append(out.marks, got.marks...)
		if len(out.rows) > f.limit {
			break
		}
	}
	return out, more, nil
}

// exact finds orders by their number, which stands in the blind index alone. A
// number that is nobody's, or of an order outside the scope, is asked for by the
// same statements. All hits are one page.
func (tx *Tx) exact(f *finder) (out scanned, more bool, err error) {
	var s stmt
	s.add("SELECT record_id FROM record_key WHERE org_id=").arg(tx.Org).add(" AND kind=").arg(int64(kexin.KeyOrder)).add(" AND object=").arg(int64(kexin.Order)).add(" AND ")
	var idx [][]byte
	for _, b := range vault.Indexes(tx.ring, kexin.KeyOrder, f.p.Search().Exact) {
		idx = append(idx, append([]byte(nil), b.Idx[:]...))
	}
	tx.blobs(&s, "idx", idx).add(" ORDER BY record_id DESC LIMIT ").arg(exactMost)
	ids, err := tx.idList(s.b.String(), s.args...)
	if err != nil {
		return out, false, err
	}
	for n := len(ids); n == 0 || n&(n-1) != 0; n++ { // few texts of statements
		ids = append(ids, 0)
	}
	var rows stmt
	f.among(&rows, ids)
	if out, err = tx.scan(f, rows.b.String(), rows.args); err == nil && len(out.rows) > f.limit {
		out.rows, out.marks, more = out.rows[:f.limit], out.marks[:f.limit], true
	}
	return out, more, err
}

// exactMost is how many orders of one number are looked at, the newest.
const exactMost = 256

// finder prepares limit, cursor and keyed tokens.
func (tx *Tx) finder(p *gate.Permit) (*finder, error) {
	q := p.Query()
	f := &finder{p: p, org: tx.Org, limit: q.Limit, join: tx.s.db.LookUp(), row: tx.s.db.RowKey()}
	if f.limit <= 0 || f.limit > 200 {
		f.limit = 50
	}
	for _, t := range p.Search().Tokens {
		f.toks = append(f.toks, vault.Token(tx.ring, t))
	}
	if tail := p.Search().Tail; tail != "" {
		f.toks = append(f.toks, vault.TailToken(tx.ring, tail))
	}
	if q.After == "" {
		return f, nil
	}
	m, err := tx.openMark(p, q.After)
	f.after = &m
	return f, err
}

type scanned struct {
	rows  []kexin.View
	marks []mark
}

// scan runs a statement of finder and masks row by row.
func (tx *Tx) scan(f *finder, q string, args []any) (scanned, error) {
	rows, err := tx.Query(q, args...)
	if err != nil {
		return scanned{}, err
	}
	defer rows.Close()
	out := scanned{rows: make([]kexin.View, 0, f.limit+1), marks: make([]mark, 0, f.limit+1)}
	var extra []any
	var at mark
	if s := f.p.Sort(); s != nil && shapeOf(s) == asNumber {
		extra = []any{&at.N}
	} else if s != nil {
		extra = []any{&at.S}
	}
	r := rowOf(min(f.limit+2, 16), f.p.Fields(), f.unread, extra...)
	for rows.Next() {
		if err := rows.Scan(r.dest...); err != nil {
			return scanned{}, err
		}
		v, err := r.view(tx, f.p)
		if err != nil {
			return scanned{}, err
		}
		at.ID = r.id
		out.rows, out.marks = append(out.rows, v), append(out.marks, at)
	}
	return out, rows.Err()
}

// recheck drops hits of a Chinese name search whose pairs of characters do
// not stand together.
func (tx *Tx) recheck(p *gate.Permit, rows []kexin.View) []kexin.View {
	q := strings.TrimSpace(p.Query().Search)
	i := slices.Index(p.Fields(), p.Object().Field("name"))
	if len(p.Search().Tokens) < 2 || i < 0 || !kind.Han(q) {
		return rows
	}
	return slices.DeleteFunc(rows, func(v kexin.View) bool {
		return v.Cells[i].Level == kexin.Clear && !strings.Contains(v.Cells[i].Value.S, q)
	})
}

// Get gives the one record a permit names.
func (tx *Tx) Get(p *gate.Permit) (kexin.View, error) {
	if err := tx.check(p, "store.get"); err != nil {
		return kexin.View{}, err
	}
	if p.Record() == 0 {
		return kexin.View{}, &kexin.Error{Op: "store.get", Code: kexin.Internal, Key: "error.permit"}
	}
	f := &finder{p: p, org: tx.Org}
	var s stmt
	f.single(&s)
	out, err := tx.scan(f, s.b.String(), s.args)
	if err != nil {
		return kexin.View{}, err
	}
	if len(out.rows) == 0 {
		return kexin.View{}, &kexin.Error{Op: "store.get", Code: kexin.NotFound}
	}
	return out.rows[0], nil
}

// Facts reads what a decision on one record needs; nil where there is none, which
// takes as long (see Open).
func (tx *Tx) Facts(o kexin.Object, id kexin.ID) (*gate.Facts, error) {
	var f gate.Facts
	err := tx.Row("SELECT id,owner_id,state,subject_id FROM "+tables[o]+" WHERE org_id=$1 AND id>=$2 ORDER BY id LIMIT 1", tx.Org, id).Scan(&f.ID, &f.Owner, &f.State, &f.Subject)
	if kexin.CodeOf(err) == kexin.NotFound || err == nil && f.ID != id {
		return nil, nil
	}
	return &f, err
}

// A Group is one value of a count and how many records have it.
type Group struct {
	Key string
	N   int64
}

// Count counts the records a permit allows, by its group field or whole (key
// ""). Rounding for positions that see no person is done here, so that an
// exact figure does not leave the store.
func (tx *Tx) Count(p *gate.Permit) ([]Group, error) {
	if err := tx.check(p, "store.count"); err != nil {
		return nil, err
	}
	f := &finder{p: p, org: tx.Org}
	var s stmt
	key := "''"
	if g := p.Group(); g != nil {
		key = "c." + column(g)
		switch g.Kind {
		case kexin.KindRegion:
			key = "substr(c.region,1,4)"
		case kexin.KindRef:
			key = "CAST(" + key + " AS TEXT)"
		}
	}
	s.add("SELECT " + key + ",COUNT(*) FROM " + tables[p.Object().Object] + " c")
	f.where(&s)
	owners(&s, p.Scope(), "c.owner_id")
	s.add(" GROUP BY 1 ORDER BY 2 DESC,1")
	return tx.groups(p, s)
}

func (tx *Tx) groups(p *gate.Permit, s stmt) (out []Group, err error) {
	err = tx.Each(s.b.String(), s.args, func(r *db.Rows) error {
		var g Group
		err := r.Scan(&g.Key, &g.N)
		if p.Rounded() {
			g.N = coarse(g.N)
		}
		if g.N > 0 { // a small one is like a group with nobody in it
			out = append(out, g)
		}
		return err
	})
	return out, err
}

// coarse rounds to 5; below 20 it is 0, as if there were nobody: a trace of a
// small group would tell of one person (law.md AGG-03).
func coarse(n int64) int64 {
	if n < 20 {
		return 0
	}
	return (n + 2) / 5 * 5
}

// sealMark and openMark keep the end of a page from being read or made up: it
// is sealed for this actor, query and schema.
func (tx *Tx) sealMark(p *gate.Permit, m mark) (string, error) {
	sealer, err := tx.ring.Sealer("cursor")
	if err != nil {
		return "", err
	}
	plain := strconv.FormatInt(int64(tx.Now), 36) + " " + strconv.FormatInt(int64(m.ID), 36) + " " + strconv.FormatInt(m.N, 36) + " " + m.S
	return vault.SealToken(sealer, tx.markAAD(p), []byte(plain)), nil
}

// markLife is how long a page may be continued, in ms.
const markLife = 3_600_000

func (tx *Tx) openMark(p *gate.Permit, after string) (mark, error) {
	bad := &kexin.Error{Op: "store.cursor", Code: kexin.Invalid, Key: "error.cursor", Field: "after"}
	sealer, err := tx.ring.Sealer("cursor")
	if err != nil {
		return mark{}, err
	}
	plain, err := vault.OpenToken(sealer, tx.markAAD(p), after)
	if err != nil {
		return mark{}, bad
	}
	part := strings.SplitN(string(plain), " ", 4)
	if len(part) != 4 {
		return mark{}, bad
	}
	at, _ := strconv.ParseInt(part[0], 36, 64)
	id, _ := strconv.ParseInt(part[1], 36, 64)
	n, _ := strconv.ParseInt(part[2], 36, 64)
	if int64(tx.Now)-at > markLife {
		return mark{}, bad
	}
	return mark{ID: kexin.ID(id), N: n, S: part[3]}, nil
}

// markAAD is what a cursor is good for.
func (tx *Tx) markAAD(p *gate.Permit) []byte {
	q := p.Query()
	r := vault.NewRow("cursor").ID(p.Actor().Org).ID(p.Actor().User).Int(tx.State.Version).Int(int64(q.Object)).Text(string(p.Scene())).
		Text(q.Search).Int(int64(q.Sort)).Bool(q.Desc).ID(q.Parent)
	for _, c := range q.Where {
		r.Int(int64(c.Field)).Text(string(c.Op))
		for _, v := range c.Values {
			r.Int(int64(v.T)).Text(v.S).Int(v.N)
		}
	}
	mac := vault.RowMAC(tx.ring, r, [32]byte{})
	return mac[:]
}
