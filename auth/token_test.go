package auth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/auth"
	"kexin/i18n"
)

type tokenKind struct {
	make   func() (auth.Secret, auth.Digest)
	parse  func(string) (auth.Digest, error)
	length int
	bad    kexin.Code
}

var tokenKinds = map[string]tokenKind{
	"session": {auth.NewSession, auth.ParseSession, 43, kexin.Unauthorized},
	"device":  {auth.NewDevice, auth.ParseDevice, 43, kexin.Unauthorized},
	"api":     {auth.NewAPIToken, auth.ParseAPIToken, 4 + 43 + 6, kexin.Unauthorized},
	"invite":  {auth.NewInvite, auth.ParseInvite, 43, kexin.NotFound},
	"link":    {auth.NewLink, auth.ParseLink, 22, kexin.NotFound},
}

func TestTokens(t *testing.T) {
	for name, k := range tokenKinds {
		seen := map[string]bool{}
		for range 200 {
			s, d := k.make()
			got, err := k.parse(s.Text())
			if err != nil || got != d || len(s.Text()) != k.length || seen[s.Text()] {
				t.Fatalf("%s: length %d, %v", name, len(s.Text()), err)
			}
			seen[s.Text()] = true
		}
	}
}

// TestTokenRefuses: no text but the one that was made passes, and the answer
// is the same for each.
func TestTokenRefuses(t *testing.T) {
	for name, k := range tokenKinds {
		s, d := k.make()
		text := s.Text()
		for what, bad := range map[string]string{
			"empty":     "",
			"cut":       text[:len(text)-1],
			"longer":    text + "0",
			"blank":     " " + text,
			"signs":     text[:len(text)-1] + "-",
			"too great": strings.Repeat("z", len(text)),
			"Han":       text[:len(text)-3] + "石",
			"null":      text[:len(text)-1] + "\x00",
		} {
			_, err := k.parse(bad)
			if kexin.CodeOf(err) != k.bad {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if e, ok := err.(*kexin.Error); ok && !i18n.Has(e.Key) {
				t.Errorf("%s: no sentence %s", name, e.Key)
			}
		}
		other, _ := k.make()
		if got, err := k.parse(other.Text()); err != nil || got == d {
			t.Errorf("%s: two tokens share a digest", name)
		}
	}
}

// TestAPIChecksum: any one character changed is noticed without a look-up.
func TestAPIChecksum(t *testing.T) {
	s, _ := auth.NewAPIToken()
	text := s.Text()
	if !strings.HasPrefix(text, "kxt_") {
		t.Fatal("no prefix")
	}
	for i := range text {
		c := byte('a')
		if text[i] == c {
			c = 'b'
		}
		if _, err := auth.ParseAPIToken(text[:i] + string(c) + text[i+1:]); err == nil {
			t.Errorf("a change at %d passed", i)
		}
	}
}

// TestSecretHides: no common way of printing shows a secret.
func TestSecretHides(t *testing.T) {
	s, _ := auth.NewSession()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", s)
	b, err := json.Marshal(map[string]any{"token": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), log.String(), string(b)} {
		if strings.Contains(out, s.Text()) || !strings.Contains(out, "[secret]") {
			t.Errorf("shown in %d characters", len(out))
		}
	}
}

func TestDigestEqual(t *testing.T) {
	a, b := auth.Digest{1}, auth.Digest{1}
	if a != b {
		t.Error("the same digests differ")
	}
	b[31] = 1
	if a == b {
		t.Error("different digests are the same")
	}
}

func FuzzTokens(f *testing.F) {
	for _, k := range tokenKinds {
		s, _ := k.make()
		f.Add(s.Text())
	}
	f.Add("kxt_")
	f.Add(strings.Repeat("z", 43))
	f.Fuzz(func(t *testing.T, s string) {
		for name, k := range tokenKinds {
			d, err := k.parse(s)
			if (err == nil) == (d == auth.Digest{}) {
				t.Errorf("%s: digest and error do not agree", name)
			}
			if err == nil && len(s) != k.length {
				t.Errorf("%s: length %d passed", name, len(s))
			}
		}
	})
}

// What is written in so many digits is a token's just if the number fits into
// its bytes.
func TestWidthAndSize(t *testing.T) {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	limit := new(big.Int).Lsh(big.NewInt(1), 256)
	seen := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "number"))
		if rapid.Bool().Draw(t, "at the end") {
			n.Add(limit, big.NewInt(int64(rapid.IntRange(-3, 3).Draw(t, "behind it"))))
		}
		text := make([]byte, 43)
		for i, r, m := 42, new(big.Int), new(big.Int).Set(n); i >= 0; i-- {
			m.DivMod(m, big.NewInt(62), r)
			text[i] = digits[r.Int64()]
		}
		fits := n.Cmp(limit) < 0
		seen[fits]++
		if _, err := auth.ParseSession(string(text)); (err == nil) != fits {
			t.Fatalf("%s, which fits %v: %v", text, fits, err)
		}
		at := rapid.IntRange(0, 42).Draw(t, "at")
		text[at] = rapid.SampledFrom([]byte("-_ /:@[`{\x00\xff")).Draw(t, "digit")
		if _, err := auth.ParseSession(string(text)); err == nil {
			t.Fatalf("%q is taken", text)
		}
	})
	if seen[true] == 0 || seen[false] == 0 {
		t.Error(seen)
	}
}

func BenchmarkParseSession(b *testing.B) {
	secret, _ := auth.NewSession()
	for b.Loop() {
		if _, err := auth.ParseSession(secret.Text()); err != nil {
			b.Fatal(err)
		}
	}
}
