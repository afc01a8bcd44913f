package store

import (
	"slices"

	"kexin"
	"kexin/kind"
	"kexin/match"
	"kexin/vault"
)

var (
	keyCols   = []string{"org_id", "kind", "idx", "record_id", "object", "field", "kv"}
	tokenCols = []string{"org_id", "tok", "owner_id", "record_id"}
)

// addKeys writes what a record can be found by: blind indexes of its exact
// values, and keyed tokens of a person's name and of the last four digits.
func (tx *Tx) addKeys(o *kexin.ObjectDef, id, owner kexin.ID, vals Values) error {
	if err := tx.Bulk("record_key", keyCols, tx.keyRows(o, id, vals)); err != nil {
		return err
	}
	return tx.Bulk("name_token", tokenCols, tx.tokenRows(o, id, owner, vals))
}

// keyRows are the record_key rows of these values, under every live key.
func (tx *Tx) keyRows(o *kexin.ObjectDef, id kexin.ID, vals Values) (rows [][]any) {
	seen := map[vault.Blind]bool{}
	for _, k := range keysOf(o, vals) {
		for _, b := range vault.Indexes(tx.ring, k.Kind, k.Canon) {
			if seen[b] {
				continue
			}
			seen[b] = true
			rows = append(rows, []any{tx.Org, int64(k.Kind), b.Idx[:], id, int64(o.Object), int64(k.Field), int64(b.KV)})
		}
	}
	return rows
}

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

// tokenRows are the name_token rows of these values.
func (tx *Tx) tokenRows(o *kexin.ObjectDef, id, owner kexin.ID, vals Values) (rows [][]any) {
	seen := map[int64]bool{}
	for _, t := range tx.tokens(o, vals) {
		if !seen[t] {
			seen[t] = true
			rows = append(rows, []any{tx.Org, t, owner, id})
		}
	}
	return rows
}

func (tx *Tx) tokens(o *kexin.ObjectDef, vals Values) (out []int64) {
	if !o.Person {
		return nil
	}
	for _, f := range o.Fields {
		switch v := vals[f.ID]; {
		case v.Empty():
		case f.Kind == kexin.KindName:
			for _, t := range kind.NameTokens(v.S) {
				out = append(out, vault.Tokens(tx.ring, t)...)
			}
		case f.Kind == kexin.KindPhone:
			for _, p := range v.Strings() {
				out = append(out, vault.TailTokens(tx.ring, kind.Tail(p))...)
			}
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
	if !slices.Equal(keysOf(o, old.before), keysOf(o, old.vals)) {
		if _, err := tx.Exec("DELETE FROM record_key WHERE org_id=$1 AND record_id=$2", tx.Org, old.id); err != nil {
			return err
		}
		if err := tx.Bulk("record_key", keyCols, tx.keyRows(o, old.id, old.vals)); err != nil {
			return err
		}
	}
	if !named {
		return nil
	}
	if err := tx.dropTokens(o, old.id, old.owner, old.before); err != nil {
		return err
	}
	return tx.Bulk("name_token", tokenCols, tx.tokenRows(o, old.id, old.owner, old.vals))
}

// dropTokens deletes a record's tokens: they are worked out from the old
// values, so no second index is needed.
func (tx *Tx) dropTokens(o *kexin.ObjectDef, id, owner kexin.ID, vals Values) error {
	for _, t := range tx.tokens(o, vals) {
		if _, err := tx.Exec("DELETE FROM name_token WHERE org_id=$1 AND tok=$2 AND owner_id=$3 AND record_id=$4", tx.Org, t, owner, id); err != nil {
			return err
		}
	}
	return nil
}
