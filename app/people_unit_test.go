package app

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/auth"
)

func TestLoginName(t *testing.T) {
	for in, want := range map[string]string{" Lin ": "lin", "ＬＩＮ": "lin", "陈 晓雯": "陈晓雯", "a\tb\n": "ab", "": "", "Ｌin@店.com": "lin@店.com"} {
		if got := LoginName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestLoginNameStable: what is kept is found again however it is typed.
func TestLoginNameStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := LoginName(s)
		if again := LoginName(once); again != once {
			t.Fatalf("%q becomes %q, then %q", s, once, again)
		}
	})
}

func FuzzLoginName(f *testing.F) {
	f.Add("Lin")
	f.Add("ﬀ İ ǅ")
	f.Fuzz(func(t *testing.T, s string) {
		name := LoginName(s)
		if checkLogin(name) == nil && (strings.ContainsAny(name, " \t\n<>'\"/\\") || len([]rune(name)) > 32) {
			t.Errorf("%q passes", name)
		}
	})
}

func TestCheckLogin(t *testing.T) {
	for name, ok := range map[string]bool{"lin": true, "陈晓雯": true, "13812345678": true, "a.b_c-d@e": true, "a": false, "": false, "a b": false,
		strings.Repeat("a", 33): false, "<b>": false, "a/b": false, "a'b": false, "a\u200bb": false} {
		if (checkLogin(name) == nil) != ok {
			t.Errorf("%q: want %v", name, ok)
		}
	}
}

func TestBadLine(t *testing.T) {
	for s, want := range map[string]string{"": "error.required", "石语": "", "1234567": "error.long", "a<b": "error.text", "a\x00": "error.text", "a\u202eb": "error.text", "a\xff": "error.text"} {
		if got := badLine(s, 6); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestFoundingFaults(t *testing.T) {
	good := Founding{Size: kexin.Shop, Name: "石语瓷砖店", USCC: " 92330382makxdm012g ", Contact: "0577-62500000", Owner: "林国栋", Login: "Lin", Password: "海边的卡夫卡在喝茶呢"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	err, ok := Founding{}.Check().(*kexin.Error)
	if !ok || len(err.Fields) != 7 {
		t.Fatalf("an empty page has a fault in every field but the address: %v", err)
	}
	for _, f := range err.Fields {
		if f.Key == "" || f.Path == "address" {
			t.Errorf("%+v", f)
		}
	}
	for _, contact := range []string{"abc", "625", "微信 linguodong"} {
		bad := good
		bad.Contact = contact
		if err, ok := bad.Check().(*kexin.Error); !ok || len(err.Fields) != 1 || err.Fields[0].Key != "error.shop_phone" {
			t.Errorf("customers cannot call %q: %v", contact, err)
		}
	}
	for _, contact := range []string{"13857700501", "0577 6250 0000", "(0577)62500000", "+86 577 62500000", "4001234567"} {
		fine := good
		fine.Contact = contact
		if err := fine.Check(); err != nil {
			t.Errorf("%q: %v", contact, err)
		}
	}
}

func TestStrong(t *testing.T) {
	for _, p := range kexin.Positions {
		if want := p != kexin.Rep && p != kexin.ServRep; strong[p] != want {
			t.Errorf("%s: %v", p, strong[p])
		}
		if needsFactor(p) && !strong[p] {
			t.Errorf("%s needs a second factor and is not strong", p)
		}
	}
}

// TestStepUpLife: ten minutes, and never from the future.
func TestStepUpLife(t *testing.T) {
	const now = kexin.Instant(1_800_000_000_000)
	life := kexin.Instant(auth.StepUpLife.Milliseconds())
	for at, ok := range map[kexin.Instant]bool{0: false, now: true, now - life: true, now - life - 1: false, now + 1: false} {
		if got := stepUp(kexin.Actor{StepUp: at, Via: kexin.ViaSession}, now) == nil; got != ok {
			t.Errorf("shown %d ms ago: %v", now-at, got)
		}
	}
	if stepUp(kexin.Actor{Via: kexin.ViaToken}, now) == nil || stepUp(kexin.Actor{Via: kexin.ViaCLI}, now) != nil {
		t.Error("a program is not the server's own user")
	}
}
