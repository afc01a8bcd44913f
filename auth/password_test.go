package auth_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kexin"
	"kexin/auth"
	"kexin/i18n"
)

var own = []string{"乐清市石语瓷砖店", "shiyucizhuan", "sycz", "陈小燕", "chenxiaoyan"}

func TestCheckPassword(t *testing.T) {
	for password, key := range map[string]string{
		"":                                      "short",
		"短密码":                                   "short",
		"123456789":                             "short",
		"correct horse battery":                 "",
		"我家后院有三棵枇杷树":                            "",
		"枇杷熟了再来喝茶吧！":                            "",
		strings.Repeat("枇杷熟了茶", 26):             "long",
		strings.Repeat("abcdefgh1", 14) + "ij":  "",
		strings.Repeat("abcdefgh1", 14) + "ijk": "long",
		strings.Repeat("枇", 100_000):            "long",
		"好密码好密码\x00好密码好密码":                      "text",
		"good\xffpassword\xfe!!":                "text",
		"1234567890":                            "common",
		"qwertyuiop":                            "common",
		"QwertyUiop":                            "common",
		"ｑｗｅｒｔｙｕｉｏｐ":                            "common",
		"password12":                            "common",
		"Password123!":                          "common",
		"iloveyou2026":                          "common",
		"13812345678":                           "common",
		"19880808196001":                        "common",
		"aaaaaaaaaaaa":                          "common",
		"ababcabcabca":                          "common",
		"石语瓷砖石语瓷砖石语":                            "common",
		"石语瓷砖2026年你好":                           "own",
		"石-语-瓷-砖-2026!!":                        "own",
		"陈小燕陈小燕8866":                            "own",
		"shiyucizhuan2026":                      "own",
		"ShiYu.CiZhuan!!":                       "own",
		"ＳＨＩＹＵｃｉｚｈｕａｎ１":                         "own",
		"chenxiaoyan88":                         "own",
		"sycz1234":                              "short",
		"sycz123456":                            "own",
		"石语瓷砖的老板爱吃红烧带鱼":                         "",
		"shiyu and the seven tides":             "",
		"!!!###$$$%%%^^^":                       "",
	} {
		err := auth.CheckPassword(password, own...)
		want := kexin.Code("")
		if key != "" {
			want = kexin.Invalid
		}
		e, _ := err.(*kexin.Error)
		if kexin.CodeOf(err) != want || (e != nil && (e.Key != "error.password_"+key || e.Field != "password" || !i18n.Has(e.Key))) {
			t.Errorf("%.40q: %v, want %q", password, err, key)
		}
		if e != nil && utf8.ValidString(password) && len(password) > 3 && strings.Contains(e.Error(), password) {
			t.Errorf("the error shows the password")
		}
	}
	if err := auth.CheckPassword("shiyucizhuan2026"); err != nil {
		t.Errorf("without own names: %v", err)
	}
	if err := auth.CheckPassword("a fine long one", "", "a", "的"); err != nil {
		t.Errorf("names too short to count: %v", err)
	}
}

// TestPasswordProperties: what is long and random passes whatever the names,
// and the letters' width or size never makes a refused one good.
func TestPasswordProperties(t *testing.T) {
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if '!' <= r && r <= '~' {
				return r + 0xfee0
			}
			return r
		}, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringMatching(`[a-z0-9石语瓷砖陈]{1,40}`).Draw(t, "password")
		ok := auth.CheckPassword(p, own...) == nil
		if auth.CheckPassword(wide(p), own...) == nil != ok || auth.CheckPassword(strings.ToUpper(p), own...) == nil != ok {
			t.Fatalf("%q: width or size counts", p)
		}
		if ok && utf8.RuneCountInString(p) < auth.MinPassword {
			t.Fatalf("%q is short", p)
		}
		if random := rapid.StringMatching(`[bdfhkmpqtvwxz]{4}[2-9]{3}[bdfhkmpqtvwxz]{9}`).Draw(t, "random"); auth.CheckPassword(random+"Q-r", own...) != nil {
			t.Fatalf("%q is refused", random)
		}
	})
}

func TestHash(t *testing.T) {
	s := auth.NewSlots(1)
	const password = "我家后院有三棵枇杷树 ABC"
	h, err := auth.Hash(s, password)
	if err != nil || !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q %v", h, err)
	}
	again, err := auth.Hash(s, password)
	if err != nil || again == h {
		t.Error("two hashes share a salt")
	}
	for try, want := range map[string]bool{
		password: true,
		"我家后院有三棵枇杷树 ＡＢＣ":         true, // typed with full-width letters
		"我家后院有三棵枇杷树 abc":         false,
		"":                       false,
		strings.Repeat("枇", 1e6): false,
	} {
		ok, rehash, err := auth.Verify(s, h, try)
		if ok != want || rehash || err != nil {
			t.Errorf("%.30q: %v %v %v", try, ok, rehash, err)
		}
	}
}

// TestRehash: a right password under an older cost passes and asks for a new
// hash; a wrong one does not ask.
func TestRehash(t *testing.T) {
	s := auth.NewSlots(1)
	old := auth.HashWith(auth.Params{Memory: 64, Time: 1, Threads: 1}, "a fine long one")
	if ok, rehash, err := auth.Verify(s, old, "a fine long one"); !ok || !rehash || err != nil {
		t.Errorf("%v %v %v", ok, rehash, err)
	}
	if ok, rehash, err := auth.Verify(s, old, "another long one"); ok || rehash || err != nil {
		t.Errorf("%v %v %v", ok, rehash, err)
	}
}

// TestNobody: an account that does not exist costs the standard work and is
// never let in, not even with an empty password.
func TestNobody(t *testing.T) {
	if p, err := auth.ParamsOf(auth.Nobody); err != nil || p != auth.Standard {
		t.Errorf("the dummy hash costs %+v, %v", p, err)
	}
	for _, try := range []string{"", "a fine long one", strings.Repeat("x", 10_000)} {
		if ok, rehash, err := auth.Verify(auth.NewSlots(1), "", try); ok || rehash || err != nil {
			t.Errorf("%v %v %v", ok, rehash, err)
		}
	}
}

// TestSlots: the third at a time is told to come back, and a slot comes back
// whatever the outcome.
func TestSlots(t *testing.T) {
	s := auth.NewSlots(auth.AtOnce)
	s <- struct{}{}
	s <- struct{}{}
	if _, err := auth.Hash(s, "a fine long one"); kexin.CodeOf(err) != kexin.Unavailable {
		t.Errorf("%v", err)
	}
	if _, _, err := auth.Verify(s, "", "a fine long one"); kexin.CodeOf(err) != kexin.Unavailable {
		t.Errorf("%v", err)
	}
	<-s
	for range 3 {
		if _, _, err := auth.Verify(s, "", "a fine long one"); err != nil {
			t.Errorf("the slot did not come back: %v", err)
		}
	}
	if _, _, err := auth.Verify(s, "not a hash", "x"); kexin.CodeOf(err) != kexin.Internal || len(s) != 1 {
		t.Errorf("%v with %d slots taken", err, len(s))
	}
}

func TestParsePHC(t *testing.T) {
	const salt, tag = "HRF5KK05Lzgzn+jbogpGKg", "PVItIzhq5hVTYClWNH1Rb4ELiJLLU5xlqccaVhnENuc"
	good := "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + tag
	if _, err := auth.ParamsOf(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "$", good[1:], good + "$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=19456", "m=9999999", 1), strings.Replace(good, "m=19456", "m=0", 1), strings.Replace(good, "m=19456", "m=+19456", 1),
		strings.Replace(good, "m=19456", "m=019456", 1), strings.Replace(good, "t=2", "t=99", 1), strings.Replace(good, "p=1", "p=200", 1),
		strings.Replace(good, "t=2,p=1", "p=1,t=2", 1), strings.Replace(good, ",p=1", "", 1), strings.Replace(good, salt, "AAAA", 1),
		strings.Replace(good, tag, "AAAA", 1), strings.Replace(good, tag, tag+"=", 1), strings.Replace(good, tag, strings.Repeat("A", 200), 1),
		strings.Replace(good, tag, tag[:42]+"d", 1), // not the canonical last character
	} {
		if _, err := auth.ParamsOf(bad); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("%.60q was read", bad)
		}
	}
}

func FuzzPHC(f *testing.F) {
	f.Add(auth.Nobody)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := auth.ParamsOf(s)
		if err != nil {
			return
		}
		if p.Memory == 0 || p.Time == 0 || p.Threads == 0 || p.Memory > 1<<18 || p.Time > 10 || p.Threads > 8 {
			t.Errorf("cost %+v", p)
		}
		if auth.RewritePHC(s) != s {
			t.Errorf("%q has two forms", s)
		}
	})
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("石语瓷砖2026", "石语瓷砖")
	f.Add("\xff\xfe", "")
	f.Fuzz(func(t *testing.T, p, name string) {
		if auth.CheckPassword(p, name) == nil && (utf8.RuneCountInString(p) > 512 || !utf8.ValidString(p)) {
			t.Errorf("%q passed", p)
		}
	})
}
