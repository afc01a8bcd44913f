package auth_test

import (
	"encoding/base32"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/auth"
)

// TestRFC6238 is the table of appendix B for SHA-1, of which we use the last
// six digits.
func TestRFC6238(t *testing.T) {
	seed := []byte("12345678901234567890")
	for second, code := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := auth.TOTP(seed, second/30); got != code[2:] {
			t.Errorf("at %d: %s, want %s", second, got, code[2:])
		}
		if step, ok := auth.VerifyTOTP(seed, code[2:], kexin.Instant(second*1000), 0); !ok || step != second/30 {
			t.Errorf("at %d: step %d, %v", second, step, ok)
		}
	}
}

// TestRFC4226 is appendix D: the first ten codes by counter.
func TestRFC4226(t *testing.T) {
	for i, want := range strings.Fields("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489") {
		if got := auth.TOTP([]byte("12345678901234567890"), int64(i)); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
}

func TestVerifyTOTP(t *testing.T) {
	seed := auth.NewSeed()
	const step = 60_000_000
	now := kexin.Instant(step*30_000 + 15_000)
	code := func(s int64) string { return auth.TOTP(seed, s) }
	for name, c := range map[string]struct {
		code string
		last int64
		want int64 // 0 = refused
	}{
		"now":             {code(step), 0, step},
		"one early":       {code(step - 1), 0, step - 1},
		"one late":        {code(step + 1), 0, step + 1},
		"two early":       {code(step - 2), 0, 0},
		"two late":        {code(step + 2), 0, 0},
		"again":           {code(step), step, 0},
		"older than last": {code(step - 1), step, 0},
		"newer than last": {code(step), step - 1, step},
		"blank":           {code(step)[:3] + " " + code(step)[3:], 0, step},
		"full width":      {wide(code(step)), 0, step},
		"empty":           {"", 0, 0},
		"short":           {code(step)[:5], 0, 0},
		"long":            {code(step) + "0", 0, 0},
		"huge":            {strings.Repeat("1", 1<<20), 0, 0},
	} {
		got, ok := auth.VerifyTOTP(seed, c.code, now, c.last)
		if ok != (c.want != 0) || got != c.want {
			t.Errorf("%s: step %d, %v", name, got-step, ok)
		}
	}
}

func wide(s string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '０' }, s)
}

// TestTOTPOnce: whatever the order, no code passes twice.
func TestTOTPOnce(t *testing.T) {
	seed := []byte("12345678901234567890")
	rapid.Check(t, func(t *rapid.T) {
		last, used := int64(0), map[int64]bool{}
		now := kexin.Instant(1_800_000_000_000)
		for range 20 {
			now += kexin.Instant(rapid.IntRange(0, 40_000).Draw(t, "pause"))
			typed := int64(now)/30_000 + int64(rapid.IntRange(-2, 2).Draw(t, "off"))
			step, ok := auth.VerifyTOTP(seed, auth.TOTP(seed, typed), now, last)
			if !ok {
				continue
			}
			if used[step] || step <= last {
				t.Fatalf("step %d passed twice", step)
			}
			used[step], last = true, step
		}
	})
}

func TestSeedURL(t *testing.T) {
	seed := []byte("12345678901234567890")
	text := auth.SeedURL("客信 Kexin", "小陈 & 店", seed).Text()
	if strings.ContainsAny(text, "+ ") {
		t.Errorf("blanks in %s", text)
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	secret, err := base32.StdEncoding.DecodeString(q.Get("secret"))
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/客信 Kexin:小陈 & 店" || err != nil || string(secret) != string(seed) ||
		q.Get("issuer") != "客信 Kexin" || q.Get("algorithm") != "SHA1" || q.Get("digits") != "6" || q.Get("period") != "30" {
		t.Errorf("%s %v", u.Path, q)
	}
	if a, b := auth.NewSeed(), auth.NewSeed(); len(a) != 20 || string(a) == string(b) {
		t.Error("seeds")
	}
	if auth.SeedText(seed).Text() != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" {
		t.Error("seed text")
	}
}

func TestRecoveryCodes(t *testing.T) {
	codes, digests := auth.NewRecoveryCodes()
	if len(codes) != 10 || len(digests) != 10 {
		t.Fatalf("%d codes", len(codes))
	}
	for i, c := range codes {
		text := c.Text()
		if len(text) != 19 || strings.ContainsAny(text, "ILOU") {
			t.Errorf("form of a code: length %d", len(text))
		}
		misread := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(text))
		for _, typed := range []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " "), " " + text + " ", misread} {
			d, err := auth.ParseRecoveryCode(typed)
			if err != nil || slices.Index(digests, d) != i {
				t.Errorf("code %d typed in another way: %v", i, err)
			}
		}
	}
	for _, bad := range []string{"", "ABCD", "UUUU-UUUU-UUUU-UUUU", "0000-0000-0000-000!", "0000-0000-0000-0000-0", strings.Repeat("0", 1000), "石语瓷砖石语瓷砖"} {
		if _, err := auth.ParseRecoveryCode(bad); kexin.CodeOf(err) != kexin.Unauthorized {
			t.Errorf("%.30q: %v", bad, err)
		}
	}
}

func FuzzRecoveryCode(f *testing.F) {
	codes, _ := auth.NewRecoveryCodes()
	f.Add(codes[0].Text())
	f.Add("oooo-llll-iiii-0000")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := auth.ParseRecoveryCode(s)
		if err != nil {
			return
		}
		again, err := auth.ParseRecoveryCode(strings.ToLower(strings.ReplaceAll(s, "-", " ")))
		if err != nil || again != d {
			t.Errorf("%q reads differently the second time: %v", s, err)
		}
	})
}

func FuzzVerifyTOTP(f *testing.F) {
	f.Add("123456", int64(1_800_000_000_000), int64(0))
	f.Add("１２３ ４５６", int64(-1), int64(5))
	f.Fuzz(func(t *testing.T, code string, now, last int64) {
		step, ok := auth.VerifyTOTP([]byte("12345678901234567890"), code, kexin.Instant(now), last)
		if ok && (step <= last || step < now/30_000-1 || step > now/30_000+1) {
			t.Errorf("step %d at %d after %d", step, now, last)
		}
	})
}
