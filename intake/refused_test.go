package intake

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWriteRefused(t *testing.T) {
	g := look(t, text("客户名单\n姓名,手机,备注\n王芳,13800000000,x\n"), Options{})
	var b bytes.Buffer
	err := WriteRefused(&b, g, slices.Values([]Refused{
		{[]string{"=cmd|' /C calc'!A1", "+8613800000000", "-5"}, "phone", "第 3 行:电话不对"},
		{[]string{"@sum", "\t1", "＝1"}, "x", "=1"},
		{[]string{"'=1", "''+1", "'x"}, "x", "y"},
		{[]string{"a,\"b\"\nc"}, "x", "y"},
		{[]string{"a", "b", "c", "+d"}, "x", "y"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := "\ufeff姓名,手机,备注,代码,原因\r\n" +
		"'=cmd|' /C calc'!A1,'+8613800000000,'-5,phone,第 3 行:电话不对\r\n" +
		"'@sum,\"'\t1\",'＝1,x,'=1\r\n" +
		"''=1,'''+1,'x,x,y\r\n" +
		"\"a,\"\"b\"\"\nc\",,,x,y\r\n" +
		"a,b,c,x,y,'+d\r\n"
	want = strings.Replace(want, "'=cmd|' /C calc'!A1", `"'=cmd|' /C calc'!A1"`, 1)
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}

// A corrected file comes back: its two columns are known, its apostrophes
// gone, also when Excel has saved it as a workbook.
func TestRefusedAgain(t *testing.T) {
	g := look(t, text("姓名,手机,备注\n王芳,13800000000,x\n"), Options{})
	var b bytes.Buffer
	cells := []string{"王芳", "+86 138", "=1+1"}
	if err := WriteRefused(&b, g, slices.Values([]Refused{{cells, "c", "w"}})); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]File{
		"csv":  text(b.String()),
		"gbk":  text(encode(t, gbk, strings.TrimPrefix(b.String(), "\ufeff"))),
		"xlsx": newBook(data([]string{"姓名", "手机", "备注", "代码", "原因"}, []string{"王芳", "'+86 138", "'=1+1", "c", "w"})).file(t),
	} {
		again := look(t, f, Options{})
		if !again.Refused || len(again.Columns) != 3 || len(again.Sample[0]) < 3 || again.Sample[0][2] != "=1+1" {
			t.Errorf("%s: %+v", name, again)
		}
		if got := rows(t, f, again)[0].Cells; !slices.Equal(got[:3], cells) {
			t.Errorf("%s: %q", name, got)
		}
		var twice bytes.Buffer
		if err := WriteRefused(&twice, again, slices.Values([]Refused{{rows(t, f, again)[0].Cells[:3], "c", "w"}})); err != nil || twice.String() != b.String() {
			t.Errorf("%s: written again: %q", name, twice.String())
		}
	}
}

// Any cells survive the way out and back, and none is written as a formula.
func TestRefusedRoundTrip(t *testing.T) {
	g := Guess{Format: CSV, Columns: []Column{{"姓名", 0}, {"=手机", 1}, {"备注", 2}}}
	cell := rapid.StringOf(rapid.SampledFrom([]rune("=+-@\t＝＋'\"ab张,;|\n 1")))
	rapid.Check(t, func(t *rapid.T) {
		var list []Refused
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			list = append(list, Refused{rapid.SliceOfN(cell, 3, 3).Draw(t, "cells"), "c", "w"})
		}
		var b bytes.Buffer
		if err := WriteRefused(&b, g, slices.Values(list)); err != nil {
			t.Fatal(err)
		}
		again, err := Look(text(b.String()), Options{}, lim)
		if err != nil || !again.Refused || again.Columns[1].Name != "=手机" {
			t.Fatalf("%+v %v", again, err)
		}
		got, err := readRows(text(b.String()), again, lim)
		if err != nil || len(got) != len(list) {
			t.Fatalf("%d rows, want %d: %v", len(got), len(list), err)
		}
		for i := range list {
			if !slices.Equal(got[i].Cells[:3], list[i].Cells) {
				t.Fatalf("%q, want %q", got[i].Cells, list[i].Cells)
			}
		}
		plainly := again
		plainly.Refused = false
		raw, err := readRows(text(b.String()), plainly, lim)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range raw {
			for _, c := range r.Cells {
				if dangerous(c) {
					t.Fatalf("%q would be evaluated", c)
				}
			}
		}
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRefusedDiskFull(t *testing.T) {
	many := func(yield func(Refused) bool) {
		for yield(Refused{Cells: []string{strings.Repeat("x", 1000)}}) {
		}
	}
	if err := WriteRefused(fullDisk{}, Guess{Columns: []Column{{"a", 0}}}, many); err == nil {
		t.Error("no error")
	}
}
