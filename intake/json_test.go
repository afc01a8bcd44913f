package intake

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestJSONForms(t *testing.T) {
	lines := `{"姓名":"王芳","手机":13800000000,"vip":true,"标签":["a","b"]}` + "\n\n" + `{"手机":"13900000000","备注":"\u674e\ud83d\ude00\n\"x\"","姓名":null}` + "\n" + `{}`
	array := " [" + strings.ReplaceAll(lines, "}\n", "},\n") + "]\n"
	want := "王芳|13800000000|true|a、b|\n|13900000000|||李😀\n\"x\"\n||||\n"
	for name, s := range map[string]string{"lines": lines, "array": array, "utf-16": "\xff\xfe" + encode(t, utf16le, lines), "mark": "\ufeff" + array} {
		g := look(t, text(s), Options{})
		if g.Format != JSON || len(g.Columns) != 5 || g.Columns[4].Name != "备注" || len(g.Sample) != 3 || len(g.Sample[0]) != 5 {
			t.Errorf("%s: %+v", name, g)
		}
		all := rows(t, text(s), g)
		if got := grid(all); got != want {
			t.Errorf("%s: %q", name, got)
		}
		if name == "lines" && (all[1].Line != 3 || all[1].N != 2) {
			t.Errorf("%+v", all[1])
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct{ in, key string }{
		"nested":         {`{"a":{"b":1}}`, keyJSONNested},
		"nested in list": {`{"a":[{"b":1}]}`, keyJSONNested},
		"deep":           {`{"a":` + strings.Repeat("[", 33), keyJSONDepth},
		"cut":            {`{"a":1`, keyJSON},
		"cut string":     {`{"a":"x`, keyJSON},
		"cut array":      {`[{"a":1}`, keyJSON},
		"no comma":       {`[{"a":1}{"a":2}]`, keyJSON},
		"behind":         {`[{"a":1}] x`, keyJSON},
		"scalar line":    {"{\"a\":1}\n5\n", keyJSON},
		"bad number":     {`{"a":0x12}`, keyJSON},
		"bad word":       {`{"a":NaN}`, keyJSON},
		"endless word":   {`{"a":1` + strings.Repeat("1", 99), keyJSON},
		"bad escape":     {`{"a":"\x"}`, keyJSON},
		"bad unicode":    {`{"a":"\u12"}`, keyJSON},
		"newline":        {"{\"a\":\"\n\"}", keyJSON},
		"no colon":       {`{"a" 1}`, keyJSON},
		"long cell":      {`{"a":"` + long + `x"}`, keyCell},
		"long key":       {`{"` + long + `x":1}`, keyCell},
		"long list":      {`{"a":["` + long + `","x"]}`, keyCell},
		"long record":    {`{` + strings.Repeat(`"a":"`+long+`",`, 17) + `"b":1}`, keyLine},
		"many small":     {`{"a":1` + strings.Repeat(`,"a":1`, 300_000) + `}`, keyLine},
		"no keys":        {`[]`, keyEmpty},
		"no keys either": {`{}`, keyEmpty},
		"many keys":      {manyKeys(501), keyColumns},
	} {
		t.Run(name, func(t *testing.T) { wantKey(t, lookOrRows(text(c.in), lim), c.key) })
	}
	if err := lookOrRows(text(manyKeys(500)), lim); err != nil {
		t.Error(err)
	}
	small := lim
	small.Rows = 2
	wantKey(t, lookOrRows(text(strings.Repeat("{\"a\":1}\n", 3)), small), keyRows, "row", "3")
}

func manyKeys(n int) string {
	m := map[string]int{}
	for i := range n {
		m[columnName(i)] = i
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A CSV may begin with a bracket.
func TestJSONOrCSV(t *testing.T) {
	for _, s := range []string{"[姓名],手机\n王芳,13800000000\n", "{姓名},手机\n王芳,13800000000\n"} {
		if g := look(t, text(s), Options{}); g.Format != CSV {
			t.Errorf("%q: %+v", s, g)
		}
	}
}

// What encoding/json writes is read back.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		str := rapid.StringOf(rapid.SampledFrom([]rune("a\"\\/\n\t张😀\u2028<&")))
		want := rapid.SliceOfN(rapid.SliceOfN(str, 3, 3), 1, 5).Draw(t, "records")
		var b strings.Builder
		for _, r := range want {
			line, err := json.Marshal(map[string]string{"a": r[0], "b": r[1], "姓名": r[2]})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(line)
			b.WriteString("\n")
		}
		j := newJSONReader(&slow{b.String(), rapid.IntRange(1, 30).Draw(t, "piece")}, nil, lim)
		for _, r := range want {
			got, err := j.next()
			if err != nil {
				t.Fatal(err)
			}
			if cells := copyCells(got.fields); strings.Join(cells, "\x00") != strings.Join(r, "\x00") {
				t.Fatalf("%q, want %q", cells, r)
			}
		}
	})
}
