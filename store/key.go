package store

import (
	"slices"

	"kexin"
	"kexin/kind"
	"kexin/match"
)

var (
	keyCols   = []string{"org_id", "kind", "idx", "record_id", "object", "field", "kv"}
	tokenCols = []string{"org_id", "tok", "owner_id", "record_id"}
)

// keysOf are the keys of a record's values: of each exact value, and of the
// estate that the address names.
func keysOf(o *kexin.ObjectDef, vals Values) (out []kexin.Key) {
	for _, f := range o.Fields {
		out = append(out, kind.Keys(f, vals[f.ID])...)
	}
	if o.Object == kexin.Customer {
		if k, ok := kind.EstateKey(vals[kexin.CustRegion].S, vals[kexin.CustAddress].S); ok {
			out = append(out, k)
		}
		if k, ok := match.Home(match.FactsOf(vals)); ok {
			out = append(out, k)
		}
	}
	return out
}

// rekey replaces the keys and tokens of changed values.
func (tx *Tx) rekey(o *kexin.ObjectDef, old *stored, changed Values) error {
	named := false
	for id := range changed {
		f := tx.s.schema.Field(id)
		named = named || o.Person && (f.Kind == kexin.KindName || f.Kind == kexin.KindPhone)
	}
	if err := tx.moveKeys(o, old); err != nil {
		return err
	}
	if _, err := tx.heed(o, old.subject.ID, old.vals); err != nil || !named {
		return err
	}
	if err := tx.dropTokens(o, old.id, old.owner, old.before); err != nil {
		return err
	}
	return tx.Bulk("name_token", tokenCols, tx.mill().tokenRows(o, old.id, old.owner, old.vals))
}

// moveKeys takes away the keys that a record has no more and adds those it had
// not: they are worked out from the values, so no second index is needed.
func (tx *Tx) moveKeys(o *kexin.ObjectDef, old *stored) error {
	if slices.Equal(keysOf(o, old.before), keysOf(o, old.vals)) {
		return nil
	}
	m := tx.mill()
	was, is := m.keys(nil, o, old.id, old.before), m.keys(nil, o, old.id, old.vals)
	more := without(is, was)
	for _, k := range slices.Concat(without(was, is), more) {
		if _, err := tx.Exec("DELETE FROM record_key WHERE org_id=$1 AND kind=$2 AND idx=$3 AND record_id=$4", k[:4]...); err != nil {
			return err
		}
	}
	return tx.Bulk("record_key", keyCols, more)
}

// without are the keys of rows that are not among others, for the same field.
func without(rows, others [][]any) (out [][]any) {
	for _, k := range rows {
		if !slices.ContainsFunc(others, func(r []any) bool {
			return r[1] == k[1] && r[5] == k[5] && string(r[2].([]byte)) == string(k[2].([]byte))
		}) {
			out = append(out, k)
		}
	}
	return out
}

// dropTokens deletes a record's tokens: they are worked out from the old
// values, so no second index is needed.
func (tx *Tx) dropTokens(o *kexin.ObjectDef, id, owner kexin.ID, vals Values) error {
	for _, t := range tx.mill().tokens(o, vals) {
		if _, err := tx.Exec("DELETE FROM name_token WHERE org_id=$1 AND tok=$2 AND owner_id=$3 AND record_id=$4", tx.Org, t, owner, id); err != nil {
			return err
		}
	}
	return nil
}
