// Package gate is the one decision 门: it judges every look at customer data
// and every change of it, by the data's class, the person's position and
// relation to the record, the purpose, the customer's consent and the time.
// It judges the whole query before any SQL exists and answers with a Permit,
// or with a refusal that says why. Only this package makes a Permit, and only
// a Permit opens the store.
package gate

import (
	"slices"

	"kexin"
)

// A Right is what a position sees of one class: on records of its own and on
// others' records inside its scope.
type Right struct{ Own, Other kexin.Level }

// A Post is one row of the matrix: what one position may do 岗位.
type Post struct {
	Ceiling  kexin.Scene // widest scene
	Rights   [len(kexin.Classes) + 1]Right
	Acts     map[kexin.Act]bool
	Purposes []kexin.PurposeCode // the first is the default
	NoPerson bool                // sees nothing by which a person is known, and no single record
	EditAll  bool                // edits others' records in scope, not only own ones
	Rounded  bool                // counts are rounded to 5 and small ones hidden
	Owners   bool                // lookup may say who protects a record
}

// A Matrix is position × class with its version.
type Matrix struct {
	Version int64
	Posts   map[kexin.Position]*Post
}

const (
	no = kexin.Nothing
	is = kexin.Exists
	ma = kexin.Masked
	cl = kexin.Clear
)

func same(l kexin.Level) Right { return Right{l, l} }

// rights lists them in the order of kexin.Classes.
func rights(basic, reach, transaction, amount, service, sensitive Right) (r [len(kexin.Classes) + 1]Right) {
	r[kexin.Basic], r[kexin.Reach], r[kexin.Transaction] = basic, reach, transaction
	r[kexin.Amount], r[kexin.Service], r[kexin.Sensitive] = amount, service, sensitive
	return r
}

func acts(a ...kexin.Act) map[kexin.Act]bool {
	m := map[kexin.Act]bool{}
	for _, x := range a {
		m[x] = true
	}
	return m
}

var (
	sales = []kexin.PurposeCode{kexin.FollowUp, kexin.QuoteOrder, kexin.AfterSales}
	proof = []kexin.PurposeCode{kexin.Evidence}
)

// Default is the matrix a merchant starts with (law.md ACC-01: masked unless
// clear is needed). mutual is the one switch of a small shop: whether its
// clerks see each other's customers 店员互相看不看客户.
func Default(mutual bool) *Matrix {
	look := []kexin.Act{kexin.ActList, kexin.ActGet, kexin.ActCount}
	work := append([]kexin.Act{kexin.ActReveal, kexin.ActContact, kexin.ActLookup, kexin.ActCreate, kexin.ActEdit}, look...)
	lead := append([]kexin.Act{kexin.ActMove, kexin.ActImport}, work...)
	m := &Matrix{Version: 1, Posts: map[kexin.Position]*Post{
		kexin.Owner: {Ceiling: kexin.All, Acts: acts(append([]kexin.Act{kexin.ActAdmin, kexin.ActKeys, kexin.ActLedger, kexin.ActExport, kexin.ActReopen}, lead...)...),
			Rights: rights(same(cl), same(ma), same(cl), same(cl), same(cl), Right{ma, no}), Purposes: append(sales[:3:3], proof...), EditAll: true, Owners: true},
		kexin.Leader: {Ceiling: kexin.Subtree, Acts: acts(lead...),
			Rights: rights(same(cl), same(ma), same(cl), same(cl), same(cl), same(no)), Purposes: sales, EditAll: true, Owners: true},
		kexin.Rep: {Ceiling: kexin.Mine, Acts: acts(append([]kexin.Act{kexin.ActImport}, work...)...),
			Rights: rights(same(cl), same(ma), same(cl), same(cl), same(cl), same(no)), Purposes: sales},
		kexin.ServRep: {Ceiling: kexin.Subtree, Acts: acts(work...),
			Rights: rights(same(cl), same(ma), same(cl), Right{cl, no}, same(cl), same(no)), Purposes: []kexin.PurposeCode{kexin.AfterSales, kexin.FollowUp}},
		kexin.Marketing: {Ceiling: kexin.All, Acts: acts(look...),
			Rights: rights(same(cl), same(is), same(cl), same(no), same(no), same(no)), Purposes: []kexin.PurposeCode{kexin.FollowUp}},
		kexin.Steward: {Ceiling: kexin.All, Acts: acts(append([]kexin.Act{kexin.ActImport, kexin.ActLookup, kexin.ActCreate, kexin.ActEdit}, look...)...),
			Rights: rights(same(cl), same(ma), same(cl), same(ma), same(cl), same(no)), Purposes: []kexin.PurposeCode{kexin.FollowUp, kexin.QuoteOrder}, EditAll: true},
		kexin.Analyst: {Ceiling: kexin.All, Acts: acts(kexin.ActCount), NoPerson: true, Rounded: true,
			Rights: rights(same(cl), same(no), same(cl), same(cl), same(no), same(no)), Purposes: []kexin.PurposeCode{kexin.FollowUp}},
		kexin.PIO: {Ceiling: kexin.All, Acts: acts(append([]kexin.Act{kexin.ActLedger, kexin.ActReopen}, look...)...),
			Rights: rights(same(cl), same(ma), same(cl), same(cl), same(cl), same(ma)), Purposes: proof},
		kexin.Auditor: {Ceiling: kexin.All, Acts: acts(append([]kexin.Act{kexin.ActLedger}, look...)...),
			Rights: rights(same(ma), same(ma), same(cl), same(cl), same(ma), same(no)), Purposes: proof},
	}}
	if mutual {
		m.Posts[kexin.Rep].Ceiling = kexin.All
		m.Posts[kexin.Rep].Rights[kexin.Amount] = Right{cl, no}
	}
	return m
}

// rank orders scenes from narrow to wide.
func rank(s kexin.Scene) int {
	switch s {
	case kexin.Mine:
		return 1
	case kexin.Dept:
		return 2
	case kexin.Subtree:
		return 3
	case kexin.All:
		return 4
	}
	return 0
}

// Scenes are the scenes a position may open, narrow first.
func (p *Post) Scenes() []kexin.Scene {
	var out []kexin.Scene
	for _, s := range []kexin.Scene{kexin.Mine, kexin.Dept, kexin.Subtree, kexin.All} {
		if rank(s) <= rank(p.Ceiling) {
			out = append(out, s)
		}
	}
	return out
}

// serves reports whether the position works for this purpose.
func (p *Post) serves(c kexin.PurposeCode) bool {
	return slices.Contains(p.Purposes, c)
}
