package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"kexin"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func pubOf(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

const testOrigin = Origin("kexin.abc/12/1")

// The signed note of golang.org/x/mod/sumdb/note's documentation.
func TestNoteVector(t *testing.T) {
	const skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
	const want = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	text := "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
	raw, err := base64.StdEncoding.DecodeString(skey[len(skey)-44:])
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(raw[1:])
	if got := vkey("PeterNeumann", algNote, pubOf(key)); got != want {
		t.Error(got)
	}
	msg, err := note.Sign(&note.Note{Text: text}, signer{"PeterNeumann", algNote, key})
	if err != nil || string(msg) != text+"\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n" {
		t.Errorf("%v\n%s", err, msg)
	}
	// A witness key in use: its id is over algorithm byte 4.
	if name, alg, _, err := parseVKey("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"); err != nil || alg != algCosig || name != "remora.n621.de" {
		t.Error(name, alg, err)
	}
	// A cosignature in the wild was made at 1727964367.
	sig, err := base64.StdEncoding.DecodeString("ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==")
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := cosigTime(sig[4:]); !ok || at != 1727964367 {
		t.Error(at, ok)
	}
}

func TestVKeyRefuses(t *testing.T) {
	good := VKey(testOrigin, pubOf(testKey(1)))
	for _, s := range []string{"", "a", "a+b", good + "x", "x" + good, strings.Replace(good, "kexin.abc", "kexin.abd", 1), strings.ToUpper(good),
		"a b+00000000+" + good[len(good)-44:], "rekor.sigstore.dev+12345678+AwEB", vkey("", algNote, pubOf(testKey(1))),
		vkey("a", 2, pubOf(testKey(1))), vkey("a\u00a0b", algNote, pubOf(testKey(1))), good[:len(good)-1] + "B"} {
		if _, _, _, err := parseVKey(s); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestOrigin(t *testing.T) {
	o, err := NewOrigin("abc", 12, 1)
	if err != nil || o != testOrigin {
		t.Fatal(o, err)
	}
	if inst, org, epoch := o.Split(); inst != "abc" || org != 12 || epoch != 1 {
		t.Error(inst, org, epoch)
	}
	if !o.SameLog("kexin.abc/12/9") || o.SameLog("kexin.abc/13/1") || o.SameLog("kexin.abd/12/1") || Origin("x").SameLog("y") {
		t.Error("same log")
	}
	if _, err := NewOrigin("abc", 0, 1); err != nil {
		t.Error("the server's own:", err)
	}
	for _, bad := range []struct {
		inst  string
		org   kexin.ID
		epoch int64
	}{{"", 1, 1}, {"ABC", 1, 1}, {"a/b", 1, 1}, {"a b", 1, 1}, {"张", 1, 1}, {strings.Repeat("a", 33), 1, 1}, {"a", -1, 1}, {"a", 1, 0}, {"a+b", 1, 1}} {
		if _, err := NewOrigin(bad.inst, bad.org, bad.epoch); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, bad := range []Origin{"", "kexin.", "a/b", "kexin.a/b/c", "kexin.a/1"} {
		if inst, _, epoch := bad.Split(); epoch != 0 && inst != "" {
			t.Errorf("%q was split", bad)
		}
	}
}

func TestCheckpointFormat(t *testing.T) {
	c := Checkpoint{testOrigin, Tree{20852163, Hash{10, 197, 24, 97}}}
	want := "kexin.abc/12/1\n20852163\nCsUYYQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	if c.Text() != want {
		t.Errorf("%q", c.Text())
	}
	for _, line := range []string{c.Line(), " " + c.Line() + "\n", strings.ReplaceAll(c.Line(), " ", "\t")} {
		if got, err := ParseLine(line); err != nil || got != c {
			t.Errorf("%q: %v", line, err)
		}
	}
	msg, err := Sign(c, NewSigner(testOrigin, testKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseLine(msg); err != nil || got != c {
		t.Error("a whole checkpoint as a line:", err)
	}
	if got, err := ParseCheckpoint(want); err != nil || got != c {
		t.Error(got, err)
	}
	for what, s := range map[string]string{
		"extension line": want + "more\n", "no newline": want[:len(want)-1], "empty": "", "leading zero": strings.Replace(want, "208", "0208", 1),
		"plus": strings.Replace(want, "208", "+208", 1), "negative": strings.Replace(want, "208", "-208", 1), "not a number": strings.Replace(want, "208", "x", 1),
		"short root": strings.Replace(want, "AAAAAAAAAAA=", "A=", 1), "bits left": strings.Replace(want, "AAA=\n", "AAB=\n", 1), "other origin": strings.Replace(want, "kexin", "go", 1),
		"url alphabet": strings.Replace(want, "CsUY", "Cs_Y", 1), "blank": strings.Replace(want, "\n", " \n", 1), "CRLF": strings.ReplaceAll(want, "\n", "\r\n"),
	} {
		if _, err := ParseCheckpoint(s); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, s := range []string{"", "a b", "a b c", c.Line() + " x", "kexin.abc/12/1 5"} {
		if _, err := ParseLine(s); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestSignAndOpen(t *testing.T) {
	c := Checkpoint{testOrigin, Tree{5, Hash{1}}}
	a, b, x := testKey(1), testKey(2), testKey(3)
	va, vb, vx := VKey(testOrigin, pubOf(a)), VKey(testOrigin, pubOf(b)), VKey(testOrigin, pubOf(x))
	msg, err := Sign(c, NewSigner(testOrigin, a), NewSigner(testOrigin, b))
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range [][]string{{va}, {vb}, {va, vb}, {vx, vb}, {va, va}} {
		if got, err := Open(msg, keys...); err != nil || got != c {
			t.Error(keys, err)
		}
	}
	for what, try := range map[string]func() (Checkpoint, error){
		"stranger":   func() (Checkpoint, error) { return Open(msg, vx) },
		"nobody":     func() (Checkpoint, error) { return Open(msg) },
		"no key":     func() (Checkpoint, error) { return Open(msg, "x") },
		"changed":    func() (Checkpoint, error) { return Open(strings.Replace(msg, "\n5\n", "\n6\n", 1), va) },
		"no sigs":    func() (Checkpoint, error) { return Open(c.Text(), va) },
		"other name": func() (Checkpoint, error) { return Open(otherName(t, c, a), VKey("kexin.abc/13/1", pubOf(a))) },
		"not a checkpoint": func() (Checkpoint, error) {
			m, err := note.Sign(&note.Note{Text: "hello\n"}, NewSigner(testOrigin, a))
			if err != nil {
				t.Fatal(err)
			}
			return Open(string(m), va)
		},
	} {
		if _, err := try(); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, bad := range []Checkpoint{{"x", c.Tree}, {testOrigin, Tree{-1, Hash{}}}} {
		if _, err := Sign(bad, NewSigner(testOrigin, a)); kexin.CodeOf(err) != kexin.Invalid {
			t.Error(err)
		}
	}
	if _, err := Sign(c); kexin.CodeOf(err) != kexin.Invalid {
		t.Error("signed by nobody")
	}
	if _, err := Sign(c, signer{"a b", algNote, a}); kexin.CodeOf(err) != kexin.Invalid {
		t.Error("signed with a name that keys cannot have")
	}
}

// otherName is a checkpoint signed by a key with the name of another log.
func otherName(t *testing.T, c Checkpoint, k ed25519.PrivateKey) string {
	t.Helper()
	msg, err := Sign(c, NewSigner("kexin.abc/13/1", k))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestKeyHistory(t *testing.T) {
	v := func(n byte) string { return VKey(testOrigin, pubOf(testKey(n))) }
	good := []LogKey{{VKey: v(1)}, {v(2), IntroduceKey(testKey(1), v(2))}, {v(3), IntroduceKey(testKey(2), v(3))}}
	if err := CheckKeys(good); err != nil {
		t.Fatal(err)
	}
	for what, keys := range map[string][]LogKey{
		"signed by itself":     {good[0], {v(2), IntroduceKey(testKey(2), v(2))}},
		"signed by the first":  {good[0], good[1], {v(3), IntroduceKey(testKey(1), v(3))}},
		"one left out":         {good[0], good[2]},
		"unsigned":             {good[0], {VKey: v(2)}},
		"first signed":         {{v(1), IntroduceKey(testKey(1), v(1))}},
		"not a key":            {{VKey: "x"}},
		"a witness's key":      {{VKey: WitnessVKey("w", pubOf(testKey(1)))}},
		"another key promised": {good[0], {v(3), IntroduceKey(testKey(1), v(2))}},
	} {
		if err := CheckKeys(keys); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// No change of a signed checkpoint leaves it open with another content.
func TestCheckpointMutation(t *testing.T) {
	c := Checkpoint{testOrigin, Tree{1234, Hash{1, 2, 3}}}
	msg, err := Sign(c, NewSigner(testOrigin, testKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	vk := VKey(testOrigin, pubOf(testKey(1)))
	rapid.Check(t, func(rt *rapid.T) {
		b := []byte(msg)
		b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
		if got, err := Open(string(b), vk); err == nil && got != c {
			rt.Fatalf("%q opens as %+v", b, got)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	c := Checkpoint{testOrigin, Tree{1234, Hash{1, 2, 3}}}
	msg, err := Sign(c, NewSigner(testOrigin, testKey(1)))
	if err != nil {
		f.Fatal(err)
	}
	vk := VKey(testOrigin, pubOf(testKey(1)))
	f.Add(msg)
	f.Add(c.Line())
	f.Add(c.Text())
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := Open(s, vk); err == nil && got != c {
			t.Fatalf("forged %+v", got)
		}
		if got, err := ParseCheckpoint(s); err == nil && got.Text() != s {
			t.Fatalf("%q reads as %q", s, got.Text())
		}
		if got, err := ParseLine(s); err == nil {
			if again, err := ParseLine(got.Line()); err != nil || again != got {
				t.Fatal(again, err)
			}
		}
	})
}
