package ledger

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// writeOne walks one member and gives what was written.
func writeOne(walk func(*codec)) (string, error) {
	c := codec{writing: true}
	outer := c.begin()
	walk(&c)
	c.end(outer)
	return string(c.out), c.done()
}

// readOne walks one member over a text.
func readOne(text string, walk func(*codec)) error {
	c := codec{in: scan{b: []byte(text)}}
	outer := c.begin()
	walk(&c)
	c.end(outer)
	return c.done()
}

func TestCodecNumbers(t *testing.T) {
	for _, n := range []int64{1, 9, 10, 1<<31 - 1, maxInt} {
		text, err := writeOne(func(c *codec) { c.count("n", &n) })
		if err != nil || text != fmt.Sprintf(`{"n":%d}`, n) {
			t.Error(n, text, err)
		}
		var back int64
		if err := readOne(text, func(c *codec) { c.count("n", &back) }); err != nil || back != n {
			t.Error(n, back, err)
		}
	}
	for _, n := range []int64{-1, maxInt + 1, math.MaxInt64, math.MinInt64} {
		if _, err := writeOne(func(c *codec) { c.count("n", &n) }); err == nil {
			t.Errorf("%d was written", n)
		}
	}
	zero := int64(0)
	if text, err := writeOne(func(c *codec) { c.count("n", &zero) }); err != nil || text != "{}" {
		t.Error("zero is left out:", text, err)
	}
	for _, text := range []string{`{"n":0}`, `{"n":-1}`, `{"n":9007199254740992}`, `{"n":1`, `{"n":}`, `{"n"}`, `{"m":1}`, `{n:1}`, `{"n":1,}`, `{,"n":1}`, `{"n":1}x`, ``, `{`, `"n":1`, `{"n":"1"}`, `{"n":99999999999999999999}`} {
		var n int64
		if err := readOne(text, func(c *codec) { c.count("n", &n) }); err == nil {
			t.Errorf("%s was read as %d", text, n)
		}
	}
}

func TestCodecIDs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		id := kexin.ID(rapid.Int64Range(1, math.MaxInt64).Draw(rt, "id"))
		text, err := writeOne(func(c *codec) { c.id("id", &id) })
		if err != nil || text != `{"id":"`+id.String()+`"}` {
			rt.Fatal(text, err)
		}
		var back kexin.ID
		if err := readOne(text, func(c *codec) { c.id("id", &back) }); err != nil || back != id {
			rt.Fatal(back, err)
		}
	})
	for _, text := range []string{`{"id":""}`, `{"id":"0"}`, `{"id":"01"}`, `{"id":"-1"}`, `{"id":"+1"}`, `{"id":"1 "}`, `{"id":"9223372036854775808"}`, `{"id":"92233720368547758070"}`, `{"id":"1e3"}`, `{"id":1}`, `{"id":"１"}`, `{"id":"1}`} {
		var id kexin.ID
		if err := readOne(text, func(c *codec) { c.id("id", &id) }); err == nil {
			t.Errorf("%s was read as %d", text, id)
		}
	}
	if err := readOne(`{"ref":"x_5"}`, func(c *codec) {
		var id kexin.ID
		if c.member("ref", true) {
			c.prefixed("u_", &id)
		}
	}); !errors.Is(err, errForm) {
		t.Error("another prefix:", err)
	}
}

func TestCodecFlagsAndTexts(t *testing.T) {
	yes, no, text := true, false, "a\"b\\\n王"
	got, err := writeOne(func(c *codec) {
		c.flag("a", &yes)
		c.flag("b", &no)
		c.text("c", &text)
	})
	if err != nil || got != `{"a":true,"c":"a\"b\\\n王"}` {
		t.Error(got, err)
	}
	var a, b bool
	var s string
	walk := func(c *codec) {
		c.flag("a", &a)
		c.flag("b", &b)
		c.text("c", &s)
	}
	if err := readOne(got, walk); err != nil || !a || b || s != text {
		t.Error(a, b, s, err)
	}
	for _, bad := range []string{`{"a":false}`, `{"a":1}`, `{"c":""}`, `{"c":"\u0061"}`, `{"c":"\n}`, "{\"c\":\"\xff\"}", `{"c":"a","a":true}`, `{"a":true,"a":true}`, `{"a":truee}`} {
		if err := readOne(bad, walk); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestCodecBytes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var in, out [16]byte
		copy(in[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "bytes"))
		text, err := writeOne(func(c *codec) { c.bytes("b", in[:]) })
		if err != nil {
			rt.Fatal(err)
		}
		if err := readOne(text, func(c *codec) { c.bytes("b", out[:]) }); err != nil || in != out {
			rt.Fatal(text, err)
		}
		if strings.ContainsAny(text, "+/=") {
			rt.Fatal("not base64url without padding:", text)
		}
	})
	for _, bad := range []string{`{"b":"AAAAAAAAAAAAAAAAAAAAAA"}`, `{"b":""}`, `{"b":"AQ"}`, `{"b":"AQAAAAAAAAAAAAAAAAAAAB"}`, `{"b":"A*AAAAAAAAAAAAAAAAAAAA"}`, `{"b":16}`} {
		var out [16]byte
		if err := readOne(bad, func(c *codec) { c.bytes("b", out[:]) }); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestCodecLists(t *testing.T) {
	type box struct{ n []int64 }
	walk := func(b *box) func(*codec) {
		return func(c *codec) { list(c, "n", &b.n, func(c *codec, x *int64) { c.number(x) }) }
	}
	for _, n := range [][]int64{nil, {1}, {3, 1, 2}, {-5, 0}} {
		text, err := writeOne(walk(&box{n}))
		if err != nil {
			t.Fatal(err)
		}
		var back box
		if err := readOne(text, walk(&back)); err != nil || fmt.Sprint(back.n) != fmt.Sprint(n) {
			t.Error(text, back, err)
		}
	}
	for _, bad := range []string{`{"n":[]}`, `{"n":[1,]}`, `{"n":[,1]}`, `{"n":[1 ,2]}`, `{"n":[1`, `{"n":1}`, `{"n":[1]]}`, `{"n":["1"]}`} {
		if err := readOne(bad, walk(&box{})); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestCodecObjects(t *testing.T) {
	inner := []byte(`{"x":"}\"{","y":{"z":1}}`)
	text, err := writeOne(func(c *codec) { c.object("o", &inner) })
	if err != nil || text != `{"o":`+string(inner)+`}` {
		t.Fatal(text, err)
	}
	var back []byte
	if err := readOne(text, func(c *codec) { c.object("o", &back) }); err != nil || string(back) != string(inner) {
		t.Error(string(back), err)
	}
	for _, bad := range []string{`{"o":[1]}`, `{"o":"x"}`, `{"o":{`, `{"o":{"}`, `{"o":{"x":"\"}}`, `{"o":}`} {
		if err := readOne(bad, func(c *codec) { c.object("o", &back) }); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestClosedForms(t *testing.T) {
	for s, want := range map[string]bool{"marketing.own.sms": true, "a.b": true, "a.b.c.d": true, "a": false, "a.b.c.d.e": false, ".a": false, "a.": false, "a..b": false, "A.b": false, "a.1": false, "": false, "a_b.c_d": true, strings.Repeat("a", 25) + "." + strings.Repeat("b", 25): false} {
		if purposeForm(s) != want {
			t.Errorf("purpose %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"E_A": true, "E_IMP_NO_PROVENANCE": true, "E_RCPT2": true, "E_": false, "e_a": false, "E_a": false, "X_A": false, "": false, "E_" + strings.Repeat("A", 40): false, "E_张": false} {
		if lawForm(s) != want {
			t.Errorf("law %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"2026-11-22": true, "2024-02-29": true, "2026-02-29": false, "2026-1-2": false, "": false, "x": false} {
		if dayForm(s) != want {
			t.Errorf("day %q: %v", s, !want)
		}
	}
	for _, typ := range Types() {
		if newFacts(typ) == nil || newFacts(typ).Type() != typ || !knownType(string(typ)) {
			t.Error(typ)
		}
	}
	if newFacts("x") != nil || knownType("x") || About("consent.given") != Must || About("stepup") != Never {
		t.Error("the table of events")
	}
	if (&Entry{}).Type() != "" || len(Subj{1}.String()) != 22 {
		t.Error("an entry without facts, or a tag")
	}
}
