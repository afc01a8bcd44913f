package ledger

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// sampleLeaf is what a consent looks like.
const sampleLeaf = "kexin-leaf/1\n" + `{"actor":{"kind":"customer"},"commit":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",` +
	`"facts":{"channel":"sms","epoch":1,"fields":[1001,1005],"grade":"E3","text":"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","until":1795536000000,"way":"link"},` +
	`"id":"7001","org":"12","refs":{"consent":"88","notice":"5","purpose":"marketing.own.sms"},"sprev":"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",` +
	`"sseq":3,"subj":"BAAAAAAAAAAAAAAAAAAAAA","t":1764000000000,"type":"consent.given"}`

func sampleEntry() *Entry {
	return &Entry{
		ID: 7001, T: 1764000000000, Org: 12, Actor: Actor{Kind: ByCustomer}, Subj: Subj{4}, SSeq: 3, SPrev: Hash{3}, Commit: Hash{1},
		Refs:  Refs{Consent: 88, Notice: 5, Purpose: kexin.OwnSMS},
		Facts: &ConsentGiven{Channel: kexin.BySMS, Epoch: 1, Fields: []kexin.FieldID{1001, 1005}, Grade: Coded, Text: Hash{2}, Until: 1795536000000, Way: "link"},
	}
}

func TestEntryFormat(t *testing.T) {
	leaf, err := sampleEntry().Encode()
	if err != nil || string(leaf) != sampleLeaf {
		t.Fatalf("%v\n%s", err, leaf)
	}
	e, err := Decode(leaf)
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Encode()
	if err != nil || !bytes.Equal(leaf, again) {
		t.Fatalf("%v\n%s", err, again)
	}
	if want := sha256.Sum256(append([]byte{0}, leaf...)); LeafHash(leaf) != want {
		t.Error("leaf hash is not RFC 6962's")
	}
}

// Text that means the same but is not the one canonical form is refused.
func TestDecodeIsStrict(t *testing.T) {
	swap := func(old, new string) string {
		s := strings.Replace(sampleLeaf, old, new, 1)
		if s == sampleLeaf {
			t.Fatalf("%q is not in the sample", old)
		}
		return s
	}
	for what, s := range map[string]string{
		"no prefix":         sampleLeaf[len(leafPrefix):],
		"other prefix":      swap("leaf/1", "leaf/2"),
		"blank":             swap(`"id":`, `"id": `),
		"trailing newline":  sampleLeaf + "\n",
		"trailing object":   sampleLeaf + "{}",
		"cut":               sampleLeaf[:len(sampleLeaf)-1],
		"key order":         swap(`"id":"7001","org":"12"`, `"org":"12","id":"7001"`),
		"twice":             swap(`"id":"7001"`, `"id":"7001","id":"7001"`),
		"unknown key":       swap(`"id":"7001"`, `"hint":"x","id":"7001"`),
		"unknown fact":      swap(`"grade":"E3"`, `"grade":"E3","name":"x"`),
		"unknown ref":       swap(`"notice":"5"`, `"note":"5"`),
		"unknown actor":     swap(`"customer"`, `"visitor"`),
		"escaped":           swap(`"customer"`, `"\u0063ustomer"`),
		"number for string": swap(`"7001"`, `7001`),
		"leading zero":      swap(`"epoch":1`, `"epoch":01`),
		"plus":              swap(`"epoch":1`, `"epoch":+1`),
		"fraction":          swap(`"epoch":1`, `"epoch":1.0`),
		"exponent":          swap(`"epoch":1`, `"epoch":1e0`),
		"zero written":      swap(`"epoch":1`, `"epoch":0`),
		"negative":          swap(`"epoch":1`, `"epoch":-1`),
		"too large":         swap(`"epoch":1`, `"epoch":9007199254740992`),
		"id zero":           swap(`"id":"7001"`, `"id":"0"`),
		"id leading zero":   swap(`"id":"7001"`, `"id":"07001"`),
		"id too large":      swap(`"id":"7001"`, `"id":"9223372036854775808"`),
		"id negative":       swap(`"id":"7001"`, `"id":"-7"`),
		"base64 bits left":  swap(`BAAAAAAAAAAAAAAAAAAAAA"`, `BAAAAAAAAAAAAAAAAAAAAB"`),
		"base64 short":      swap(`BAAAAAAAAAAAAAAAAAAAAA"`, `BAAAAAAAAAAAAAAAAAAAA"`),
		"base64 alphabet":   swap(`"AQAA`, `"A+AA`),
		"base64 padded":     swap(`BAAAAAAAAAAAAAAAAAAAAA"`, `BAAAAAAAAAAAAAAAAAAAAA=="`),
		"zero hash written": swap("AwAAAA", "AAAAAA"),
		"empty refs":        swap(`{"consent":"88","notice":"5","purpose":"marketing.own.sms"}`, `{}`),
		"empty facts":       swap(`{"channel":"sms","epoch":1,"fields":[1001,1005],"grade":"E3","text":"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","until":1795536000000,"way":"link"}`, `{}`),
		"empty list":        swap(`[1001,1005]`, `[]`),
		"list with zero":    swap(`[1001,1005]`, `[1001,0]`),
		"list comma":        swap(`[1001,1005]`, `[1001,]`),
		"null":              swap(`"E3"`, `null`),
		"other type":        swap(`consent.given`, `consent.refused`),
		"unknown type":      swap(`consent.given`, `consent.taken`),
		"no type":           swap(`,"type":"consent.given"`, ``),
		"no actor":          swap(`"actor":{"kind":"customer"},`, ``),
		"actor without":     swap(`{"kind":"customer"}`, `{}`),
		"no id":             swap(`"id":"7001",`, ``),
		"no time":           swap(`"t":1764000000000,`, ``),
		"person unnumbered": swap(`"sseq":3,`, ``),
		"number no person":  swap(`"subj":"BAAAAAAAAAAAAAAAAAAAAA",`, ``),
		"no previous":       swap(`"sprev":"AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",`, ``),
		"previous of first": swap(`"sseq":3`, `"sseq":1`),
		"purpose with text": swap(`marketing.own.sms`, `marketing.own.13800138000`),
		"ref of a customer": swap(`{"kind":"customer"}`, `{"kind":"customer","ref":"u_5"}`),
	} {
		if _, err := Decode([]byte(s)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	long := make([]kexin.FieldID, 300)
	for i := range long {
		long[i] = kexin.FieldID(1000 + i)
	}
	for what, change := range map[string]func(*Entry){
		"no facts":           func(e *Entry) { e.Facts = nil },
		"no id":              func(e *Entry) { e.ID = 0 },
		"no time":            func(e *Entry) { e.T = 0 },
		"negative org":       func(e *Entry) { e.Org = -1 },
		"no actor":           func(e *Entry) { e.Actor = Actor{} },
		"unknown actor":      func(e *Entry) { e.Actor.Kind = "bot" },
		"unknown position":   func(e *Entry) { e.Actor.Position = "boss" },
		"ref of a customer":  func(e *Entry) { e.Actor.Ref = 5 },
		"no person":          func(e *Entry) { e.Subj, e.SSeq, e.SPrev = Subj{}, 0, Hash{} },
		"person unnumbered":  func(e *Entry) { e.SSeq, e.SPrev = 0, Hash{} },
		"previous missing":   func(e *Entry) { e.SPrev = Hash{} },
		"previous of first":  func(e *Entry) { e.SSeq = 1 },
		"person of a member": func(e *Entry) { e.Facts = &MemberJoined{Member: 5} },
		"too long":           func(e *Entry) { e.Facts = &ConsentGiven{Fields: long} },
		"count negative":     func(e *Entry) { e.Facts = &ConsentExpired{Epoch: -1} },
		"count too large":    func(e *Entry) { e.Facts = &ConsentExpired{Epoch: 1 << 53} },
		"purpose":            func(e *Entry) { e.Refs.Purpose = "Ring her up" },
		"ref negative":       func(e *Entry) { e.Refs.Consent = -4 },
		"field 0":            func(e *Entry) { e.Facts = &ConsentGiven{Fields: []kexin.FieldID{0}} },
	} {
		e := sampleEntry()
		change(e)
		if _, err := e.Encode(); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWho(t *testing.T) {
	for want, a := range map[string]kexin.Actor{
		`{"kind":"staff","position":"rep","ref":"u_5"}`:   {User: 5, Position: kexin.Rep, Via: kexin.ViaSession, Session: 6},
		`{"kind":"token","position":"owner","ref":"t_6"}`: {User: 5, Position: kexin.Owner, Via: kexin.ViaToken, Session: 6},
		`{"kind":"cli"}`: {Via: kexin.ViaCLI},
	} {
		e := entryOf(&StepUp{Factor: "totp"})
		e.Actor = Who(a)
		leaf, err := e.Encode()
		if err != nil || !bytes.Contains(leaf, []byte(want)) {
			t.Errorf("%v: %s", err, leaf)
		}
	}
}

// anyEntry draws an entry of any type with any values.
func anyEntry(t testing.TB, rt *rapid.T, words []string) *Entry {
	types := make([]string, 0, len(events))
	for typ := range events {
		types = append(types, string(typ))
	}
	slices.Sort(types)
	ev := events[Type(rapid.SampledFrom(types).Draw(rt, "type"))]
	var f Facts
	if rapid.Bool().Draw(rt, "facts") {
		f = filled(t, ev, words)
	} else {
		f = ev.make()
	}
	e := &Entry{
		ID: kexin.ID(rapid.Int64Range(1, 1<<63-1).Draw(rt, "id")), T: kexin.Instant(rapid.Int64Range(1, maxInt).Draw(rt, "t")),
		Org:   kexin.ID(rapid.Int64Range(0, 1<<63-1).Draw(rt, "org")),
		Actor: Actor{Kind: rapid.SampledFrom([]ActorKind{ByStaff, ByToken, BySystem, ByMerchant}).Draw(rt, "actor"), Ref: kexin.ID(rapid.Int64Range(0, 99).Draw(rt, "ref"))},
		Refs:  Refs{Consent: kexin.ID(rapid.Int64Range(0, 1<<63-1).Draw(rt, "consent")), Purpose: rapid.SampledFrom([]kexin.PurposeCode{"", kexin.OwnCall}).Draw(rt, "purpose")},
		Facts: f,
	}
	if p := About(f.Type()); p == Must || p == May && rapid.Bool().Draw(rt, "person") {
		e.Subj, e.SSeq = Subj(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "subj")), rapid.Int64Range(1, 3).Draw(rt, "sseq")
		e.Subj[3] |= 1
		if e.SSeq > 1 {
			e.SPrev = Hash{1, byte(e.SSeq)}
		}
	}
	if rapid.Bool().Draw(rt, "body") {
		e.Commit = Hash{byte(rapid.IntRange(1, 255).Draw(rt, "commit"))}
	}
	return e
}

// Writing and reading are inverse; no byte of a leaf can be changed into
// another leaf that reads the same.
func TestEntryRoundTrip(t *testing.T) {
	words := literals(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := anyEntry(t, rt, words)
		leaf, err := e.Encode()
		if err != nil {
			rt.Fatal(err)
		}
		if v, err := ParseJCS(leaf[len(leafPrefix):]); err != nil {
			rt.Fatalf("not canonical: %v\n%s", err, leaf)
		} else if b, err := JCS(v); err != nil || !bytes.Equal(b, leaf[len(leafPrefix):]) {
			rt.Fatalf("the general writer writes %s", b)
		}
		back, err := Decode(leaf)
		if err != nil {
			rt.Fatalf("%v\n%s", err, leaf)
		}
		if again, err := back.Encode(); err != nil || !bytes.Equal(leaf, again) {
			rt.Fatalf("%v\n%s\n%s", err, leaf, again)
		}
		i := rapid.IntRange(0, len(leaf)-1).Draw(rt, "at")
		bad := bytes.Clone(leaf)
		bad[i] ^= byte(1 << rapid.IntRange(0, 7).Draw(rt, "bit"))
		if other, err := Decode(bad); err == nil {
			if b, err := other.Encode(); err != nil || !bytes.Equal(b, bad) {
				rt.Fatalf("two leaves read the same:\n%s\n%s", leaf, bad)
			}
		}
	})
}

func TestLink(t *testing.T) {
	h := Head{Subj: Subj{1}}
	var leaves [][]byte
	for range 3 {
		leaf, next, err := Link(entryOf(&RecordOpened{Object: kexin.Customer}), h)
		if err != nil {
			t.Fatal(err)
		}
		leaves, h = append(leaves, leaf), next
	}
	last, err := Decode(leaves[2])
	if err != nil || last.SSeq != 3 || last.SPrev != LeafHash(leaves[1]) || h.Seq != 3 || h.Hash != LeafHash(leaves[2]) {
		t.Errorf("%+v %v", last, err)
	}
	if first, err := Decode(leaves[0]); err != nil || first.SPrev != (Hash{}) || first.SSeq != 1 {
		t.Errorf("%+v %v", first, err)
	}
	if _, same, err := Link(entryOf(&StepUp{}), h); err == nil || same != h {
		t.Error("a sign-in is linked to a person")
	}
}

func TestCommitment(t *testing.T) {
	body, err := JCS(Object(Member{"name", Text("王阿姨")}, Member{"at", Int(3)}))
	if err != nil || string(body) != `{"at":3,"name":"王阿姨"}` {
		t.Fatal(string(body), err)
	}
	salt := [32]byte{5}
	got, err := Commitment(salt, body)
	if want := sha256.Sum256(append(append([]byte("kexin-commit/1\n"), salt[:]...), body...)); err != nil || got != want {
		t.Error(got, err)
	}
	for _, bad := range []string{"", `{"b":1,"a":2}`, `{"a": 1}`, `{"a":1.5}`, `null`} {
		if _, err := Commitment(salt, []byte(bad)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if a, b := NewSalt(), NewSalt(); a == b {
		t.Error("salts repeat")
	}
}

func FuzzLeaf(f *testing.F) {
	f.Add([]byte(sampleLeaf))
	words := literals(f)
	for _, ev := range events {
		leaf, err := entryOf(filled(f, ev, words)).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(leaf)
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		e, err := Decode(leaf)
		if err != nil {
			if kexin.CodeOf(err) != kexin.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(leaf, again) {
			t.Fatalf("%v\n%q\n%q", err, leaf, again)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := sampleEntry()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	leaf := []byte(sampleLeaf)
	b.SetBytes(int64(len(leaf)))
	for b.Loop() {
		if _, err := Decode(leaf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLeafHash(b *testing.B) {
	leaf := []byte(sampleLeaf)
	b.SetBytes(int64(len(leaf)))
	for b.Loop() {
		LeafHash(leaf)
	}
}

// randHash is a hash that stands for a leaf in tests of the tree alone.
func randHash(r *rand.Rand) (h Hash) {
	for i := range h {
		h[i] = byte(r.Uint32())
	}
	return h
}
