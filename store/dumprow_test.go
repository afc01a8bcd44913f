package store

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kexin/internal/db"
)

var everyType = []DumpColumn{{"a", db.IntColumn}, {"b", db.TextColumn}, {"c", db.BoolColumn}, {"d", db.BlobColumn}}

// What is written is read back, of whatever type and value.
func TestRowsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cols []DumpColumn
		var cells []anyCell
		var want []any
		for range rapid.IntRange(1, 8).Draw(t, "columns") {
			c := rapid.SampledFrom(everyType).Draw(t, "type")
			v := drawCell(t, c.Type)
			cols, cells, want = append(cols, c), append(cells, anyCell{v}), append(want, v)
		}
		b, err := appendRow(nil, DumpTable{Columns: cols}, make([]bool, len(cols)), cells)
		if err != nil || bytes.Count(b, []byte("\n")) != 1 {
			t.Fatal(err)
		}
		got := make([]any, len(cols))
		if err := parseRow(bytes.TrimSuffix(b, []byte("\n")), cols, got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: %v %v", b, err, got)
		}
	})
}

func drawCell(t *rapid.T, c db.ColumnType) any {
	if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
		return nil
	}
	switch c {
	case db.IntColumn:
		return rapid.Int64().Draw(t, "int")
	case db.BoolColumn:
		return rapid.Bool().Draw(t, "bool")
	case db.BlobColumn:
		b := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "blob")
		return append([]byte{}, b...)
	}
	return strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
}

func TestRowsRefused(t *testing.T) {
	for _, bad := range []string{"", "[", "[1", "[1,\"a\",true,\"\"", "[1,\"a\",true,\"\"]]", "[1,\"a\",true]", "[x,\"a\",true,\"\"]", "[1,\"a,true,\"\"]",
		`[1,"\u0000",true,""]`, `[1,"a",1,""]`, `[1,"a",true,"!"]`, `[1,"a",true,"QQ"]`, `[9223372036854775808,"a",true,""]`, `["1","a",true,""]`, `[1,2,true,""]`} {
		if err := parseRow([]byte(bad), everyType, make([]any, 4)); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
	got := make([]any, 4)
	if err := parseRow([]byte(`[-9223372036854775808,"a\"\\\n客信",false,""]`), everyType, got); err != nil || got[0] != int64(math.MinInt64) || got[1] != "a\"\\\n客信" {
		t.Errorf("%v %v", err, got)
	}
}

func FuzzParseRow(f *testing.F) {
	for _, s := range []string{`[1,"a",true,"AA=="]`, `[null,null,null,null]`, `[-5,"\u000a\"",false,""]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row := make([]any, len(everyType))
		if parseRow(line, everyType, row) != nil {
			return
		}
		cells := make([]anyCell, len(row))
		for i, v := range row {
			cells[i].v = v
		}
		b, err := appendRow(nil, DumpTable{Columns: everyType}, make([]bool, len(row)), cells)
		if err != nil {
			t.Fatal(err)
		}
		again := make([]any, len(row))
		if err := parseRow(bytes.TrimSuffix(b, []byte("\n")), everyType, again); err != nil || !reflect.DeepEqual(again, row) {
			t.Fatalf("%q became %q", line, b)
		}
	})
}

func FuzzReadDump(f *testing.F) {
	f.Add([]byte(`{"kexin":"backup","format":1,"part":"keyring","installation":"a","schema":1,"created":1,"tables":[{"name":"keeper","columns":[{"name":"id","type":"text"}],"rows":1}]}` +
		"\n" + `{"table":"keeper"}` + "\n" + `["x"]` + "\n" + `{"end":true,"rows":1,"sha256":"dc24ba4c0d72a9ee1c53a5fb8b8d5f8fd9b8c4db5e9b1f4c9f2b5d30d9d6a5a1"}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows := int64(0)
		m, err := ReadDump(bytes.NewReader(b), func(Manifest) error { return nil }, func(*DumpTable, []any) error { rows++; return nil })
		if err == nil && rows != m.Rows() {
			t.Errorf("%d rows of %d", rows, m.Rows())
		}
	})
}
