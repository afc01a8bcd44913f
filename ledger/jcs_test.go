package ledger

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// RFC 8785 section 3.2.2: the string of its example, and the literals and
// whole numbers of it; section 3.2.3: keys in order.
func TestJCSVectors(t *testing.T) {
	got, err := JCS(Object(
		Member{"string", Text("€$\u000f\u000aA'B\"\\\\\"/")},
		Member{"literals", List(Bool(true), Bool(false))},
		Member{"numbers", List(Int(0), Int(-1), Int(9007199254740991), Int(-9007199254740991))},
		Member{"", Int(1)}, Member{"1", Int(2)}, Member{"\u0041", Text("\u2028\u007f😂")},
	))
	want := `{"":1,"1":2,"A":"` + "\u2028\u007f😂" + `","literals":[true,false],"numbers":[0,-1,9007199254740991,-9007199254740991],"string":"€$\u000f\nA'B\"\\\\\"/"}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
	for c := range 0x20 {
		b, err := JCS(Text(string(rune(c))))
		short := map[int]string{8: `\b`, 9: `\t`, 10: `\n`, 12: `\f`, 13: `\r`}[c]
		if short == "" {
			short = `\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15])
		}
		if err != nil || string(b) != `"`+short+`"` {
			t.Errorf("control %d: %s %v", c, b, err)
		}
	}
}

func TestJCSRefuses(t *testing.T) {
	deep := Int(1)
	for range maxDepth + 1 {
		deep = List(deep)
	}
	for what, v := range map[string]Value{
		"nothing": {}, "bad text": Text("\xff"), "too large": Int(1 << 53), "too small": Int(-1 << 53), "deep": deep,
		"key twice": Object(Member{"a", Int(1)}, Member{"a", Int(2)}), "chinese key": Object(Member{"名", Int(1)}),
		"key to escape": Object(Member{"a\"", Int(1)}), "bad item": List(Text("\xc0")), "bad member": Object(Member{"a", Value{}}),
	} {
		if _, err := JCS(v); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, s := range []string{"", " 1", "1 ", "01", "-0", "-", "+1", "1.0", "1e1", "9007199254740992", "-9007199254740992", "null", "True", "tru", "NaN",
		`"`, `"\x"`, `"\/"`, `"\u0041"`, `"\u000A"`, `"\u000a"`, `"\ud800"`, "\"\xff\"", "\"\n\"", `"\u00"`, "[", "[1", "[1,]", "[,1]", "[1 ,2]", "[1]]", "{", `{"a"}`, `{"a":1,}`,
		`{"b":1,"a":1}`, `{"a":1,"a":1}`, `{"a" :1}`, `{"名":1}`, `{"\u0061":1}`, `{a:1}`, "// 1", strings.Repeat("[", 40) + strings.Repeat("]", 40)} {
		if _, err := ParseJCS([]byte(s)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func anyValue(depth int) *rapid.Generator[Value] {
	return rapid.Custom(func(rt *rapid.T) Value {
		kinds := 5
		if depth == 0 {
			kinds = 3
		}
		switch rapid.IntRange(1, kinds).Draw(rt, "kind") {
		case 1:
			return Text(rapid.String().Draw(rt, "text"))
		case 2:
			return Int(rapid.Int64Range(-maxInt, maxInt).Draw(rt, "n"))
		case 3:
			return Bool(rapid.Bool().Draw(rt, "b"))
		case 4:
			return List(rapid.SliceOfN(anyValue(depth-1), 0, 3).Draw(rt, "items")...)
		}
		var members []Member
		for _, k := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z_]{1,3}`), 0, 3, rapid.ID).Draw(rt, "keys") {
			members = append(members, Member{k, anyValue(depth-1).Draw(rt, "v")})
		}
		return Object(members...)
	})
}

// What is written reads back to the same, and the standard library reads the
// same from it.
func TestJCSRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, err := JCS(anyValue(3).Draw(rt, "value"))
		if err != nil {
			rt.Fatal(err)
		}
		v, err := ParseJCS(b)
		if err != nil {
			rt.Fatalf("%v\n%s", err, b)
		}
		if again, err := JCS(v); err != nil || !bytes.Equal(b, again) {
			rt.Fatalf("%v\n%s\n%s", err, b, again)
		}
		var std any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&std); err != nil || !sameAsStd(v, std) {
			rt.Fatalf("encoding/json reads it differently: %v\n%s", err, b)
		}
	})
}

func sameAsStd(v Value, std any) bool {
	switch s := std.(type) {
	case string:
		return v.kind == 's' && v.Str() == s
	case json.Number:
		n, err := s.Int64()
		return err == nil && v.kind == 'n' && v.Num() == n
	case bool:
		return v.kind == 'b' && (v.Num() == 1) == s
	case []any:
		ok := v.kind == 'a' && len(v.Items()) == len(s)
		for i := 0; ok && i < len(s); i++ {
			ok = sameAsStd(v.Items()[i], s[i])
		}
		return ok
	case map[string]any:
		ok := v.kind == 'o' && len(v.Members()) == len(s)
		for k, x := range s {
			m, found := v.Get(k)
			ok = ok && found && sameAsStd(m, x)
		}
		return ok
	}
	return false
}

func FuzzJCS(f *testing.F) {
	f.Add([]byte(`{"a":[1,-2,true,"x\n\u000f"],"b":{}}`))
	f.Add([]byte(sampleLeaf[len(leafPrefix):]))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ParseJCS(b)
		if err != nil {
			return
		}
		if !json.Valid(b) {
			t.Fatalf("not JSON: %q", b)
		}
		if again, err := JCS(v); err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%v\n%q\n%q", err, b, again)
		}
	})
}
