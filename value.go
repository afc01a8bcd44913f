package kexin

import "strings"

// A Type is what a Value holds.
type Type uint8

// The types. None is the empty value of every kind.
const (
	None   Type = iota
	Text        // S
	List        // S, items joined by "\n", none empty
	Number      // N; also money in minor units, instants in ms, booleans as 0 and 1, ids
)

// A Value is one cell's content: small, closed and comparable.
type Value struct {
	T Type
	S string
	N int64
}

// Str is a text value; "" gives None.
func Str(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{T: Text, S: s}
}

// Num is a number value.
func Num(n int64) Value { return Value{T: Number, N: n} }

// Items is a list value; empty items are dropped, none left gives None.
func Items(items ...string) Value {
	kept := make([]string, 0, len(items))
	for _, s := range items {
		if s != "" {
			kept = append(kept, strings.ReplaceAll(s, "\n", " "))
		}
	}
	if len(kept) == 0 {
		return Value{}
	}
	return Value{T: List, S: strings.Join(kept, "\n")}
}

// Empty reports whether nothing is there.
func (v Value) Empty() bool { return v.T == None }

// Strings are the items of a list, or the text alone, or nothing.
func (v Value) Strings() []string {
	switch v.T {
	case Text:
		return []string{v.S}
	case List:
		return strings.Split(v.S, "\n")
	}
	return nil
}
