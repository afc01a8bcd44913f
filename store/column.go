package store

import (
	"strings"

	"kexin"
)

// tables are the tables of the built-in objects.
var tables = map[kexin.Object]string{
	kexin.Customer: "customer", kexin.Contact: "contact", kexin.Order: "sale_order", kexin.OrderLine: "order_line",
	kexin.Deal: "deal", kexin.Visit: "visit", kexin.Task: "task",
}

// parents are the columns that hold the record a child belongs to.
var parents = map[kexin.Object]string{
	kexin.Contact: "customer_id", kexin.Order: "customer_id", kexin.OrderLine: "order_id",
	kexin.Deal: "customer_id", kexin.Visit: "customer_id", kexin.Task: "customer_id",
}

// flaggedTables have a column that says whether a free text holds contact
// data.
var flaggedTables = map[kexin.Object]bool{kexin.Customer: true, kexin.Order: true, kexin.Deal: true, kexin.Visit: true, kexin.Task: true}

// A shape is how a field lies in its column.
type shape uint8

const (
	asText shape = iota
	asNumber
	asList   // |a|b|
	asSealed // ciphertext, NULL = empty
)

// column is the name of a field's column.
func column(f *kexin.Field) string {
	switch {
	case f.Sealed:
		return f.Name + "_c"
	case f.Kind == kexin.KindRef:
		return f.Name + "_id"
	}
	return f.Name
}

// shapeOf is how a field lies in its column.
func shapeOf(f *kexin.Field) shape {
	switch {
	case f.Sealed:
		return asSealed
	case f.Kind == kexin.KindChoices:
		return asList
	case f.Kind == kexin.KindInstant, f.Kind == kexin.KindMoney, f.Kind == kexin.KindNumber, f.Kind == kexin.KindRef:
		return asNumber
	}
	return asText
}

// packList writes a list as |a|b|, so that one LIKE finds an item.
func packList(v kexin.Value) string {
	items := v.Strings()
	if len(items) == 0 {
		return ""
	}
	return "|" + strings.Join(items, "|") + "|"
}

func unpackList(s string) kexin.Value {
	s = strings.Trim(s, "|")
	if s == "" || strings.Contains(s, "||") {
		return kexin.Items(strings.Split(s, "|")...)
	}
	return kexin.Value{T: kexin.List, S: strings.ReplaceAll(s, "|", "\n")}
}

// plainArg is what is bound for a field that is not sealed.
func plainArg(f *kexin.Field, v kexin.Value) any {
	switch shapeOf(f) {
	case asNumber:
		return v.N
	case asList:
		return packList(v)
	}
	return v.S
}

// plainValue is a column's content as a value. A number of zero is empty for
// moments and references, and a value for everything else.
func plainValue(f *kexin.Field, s string, n int64) kexin.Value {
	switch shapeOf(f) {
	case asNumber:
		if n == 0 && (f.Kind == kexin.KindInstant || f.Kind == kexin.KindRef) {
			return kexin.Value{}
		}
		return kexin.Num(n)
	case asList:
		return unpackList(s)
	}
	return kexin.Str(s)
}

// sealText is the form of a sealed value before encryption; lists of phones
// keep their lines.
func sealText(v kexin.Value) string { return v.S }

// unsealText is its reverse.
func unsealText(f *kexin.Field, s string) kexin.Value {
	if f.Kind == kexin.KindPhone && strings.Contains(s, "\n") {
		return kexin.Items(strings.Split(s, "\n")...)
	}
	return kexin.Str(s)
}
