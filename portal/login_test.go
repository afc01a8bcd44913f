package portal_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/front/fronttest"
)

func signIn(c *fronttest.Client, login, password string) fronttest.Answer {
	return c.Post("/login", "login", login, "password", password)
}

func TestLogin(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		w.Join("ma", kexin.Rep)
		c := w.Client()
		want(t, c.Get("/login?next=/customers"), 200, "登录", `value="/customers"`)
		wrong := signIn(c, "ma", "wrong password!")
		want(t, wrong, 401, "账号或密码不对")
		unknown := signIn(c, "nobody", "wrong password!")
		if unknown.Status != wrong.Status || strings.ReplaceAll(unknown.Body, "nobody", "ma") != wrong.Body {
			t.Error("an unknown account answers otherwise than a wrong password")
		}
		redirect(t, c.Post("/login", "login", " ＭＡ ", "password", fronttest.Password, "next", "/customers?x=1"), "/customers?x=1")
		if c.Seat().Actor.Position != kexin.Rep {
			t.Error("not at work")
		}
		redirect(t, c.Get("/login?next=/orders"), "/orders")
		old := c.Cookie("kx")
		redirect(t, c.Post("/logout"), "/login")
		if c.Cookie("kx") != "" {
			t.Error("the cookie stays")
		}
		c.SetCookie("kx", old)
		if c.Seat().Somebody() {
			t.Error("the session outlived signing out")
		}
	})
}

// TestLoginBeforeSetup: on a server without a merchant the page says where the
// setup link is; afterwards it does not.
func TestLoginBeforeSetup(t *testing.T) {
	w := fronttest.Lite(t, routes)
	want(t, w.Client().Get("/login"), 200, "开店链接", "kexin setup")
	want(t, signIn(w.Client(), "ma", fronttest.Password), 401, "账号或密码不对", "开店链接")
	w.Found(kexin.Shop)
	if a := w.Client().Get("/login"); strings.Contains(a.Body, "开店链接") {
		t.Error("a server that is set up speaks of the setup link")
	}
}

func TestLoginNext(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Join("ma", kexin.Rep)
	for next, to := range map[string]string{
		"/customers/12": "/customers/12", "": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/",
		"javascript:alert(1)": "/", "/\t/evil.example": "/", "customers": "/", "/a\nSet-Cookie: x": "/", "///evil.example": "/",
	} {
		redirect(t, w.Client().Post("/login", "login", "ma", "password", fronttest.Password, "next", next), to)
	}
}

func TestThrottle(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		known := w.Join("ma", kexin.Rep)
		for _, name := range []string{"ma", "nobody"} {
			c := w.Client()
			for i := range 5 {
				if a := signIn(c, name, "wrong password!"); a.Status != 401 {
					t.Fatalf("%s, try %d: %d", name, i+1, a.Status)
				}
			}
			a := signIn(c, name, fronttest.Password)
			want(t, a, 429, "试得太快了")
			if a.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
		// The owner of the account signs in from his own browser all the same.
		redirect(t, signIn(known, "ma", fronttest.Password), "/")
		w.Move(3 * time.Second)
		redirect(t, signIn(w.Client(), "ma", fronttest.Password), "/")
		// It never locks out: the longest wait is a quarter of an hour.
		c := w.Client()
		for range 30 {
			w.Move(15 * time.Minute)
			signIn(c, "ma", "wrong password!")
		}
		w.Move(15*time.Minute + time.Second)
		redirect(t, signIn(c, "ma", fronttest.Password), "/")
	})
}

// TestBusy: while every slot for a password is taken, who signs in is asked to
// try again in a second (security A10), and that was no wrong try; who sets his
// account up is asked to wait too.
func TestBusy(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		w.Join("ma", kexin.Rep)
		link := invite(w, app.Invitation{Name: "李想", Position: kexin.Rep})
		free := w.Busy()
		for range 10 {
			a := signIn(w.Client(), "ma", fronttest.Password)
			want(t, a, 503, "登录的人正多")
			if got := a.Header.Get("Retry-After"); got != "1" {
				t.Fatalf("Retry-After %q", got)
			}
		}
		if a := w.Client().Post(link, but(joining, "login", "li")...); a.Status != 503 || a.Header.Get("Retry-After") == "" {
			t.Errorf("an invitation: %d, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
		}
		free()
		redirect(t, signIn(w.Client(), "ma", fronttest.Password), "/")
	})
}

// TestThrottleNetwork: many accounts from one address are slowed as well.
func TestThrottleNetwork(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	n := 0
	for n < 40 && signIn(w.Client(), "user"+strings.Repeat("x", n), "wrong password!").Status == 401 {
		n++
	}
	if n < 5 || n > 30 {
		t.Errorf("%d accounts tried before the address was slowed", n)
	}
}

func TestSecondFactor(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		codes := w.Owner.Enrol()
		w.Move(time.Minute)
		c := w.Client()
		redirect(t, signIn(c, "lin", fronttest.Password), "/login")
		if c.Seat().Actor.User != 0 {
			t.Fatal("at work without the second factor")
		}
		want(t, c.Get("/login"), 200, "再输一次动态码")
		redirect(t, c.Get("/totp"), "/login?next=%2Ftotp")
		redirect(t, c.Get("/welcome"), "/login")
		want(t, c.Post("/login/code", "code", w.Owner.Wrong()), 422, "动态码不对")
		code := w.Owner.Code()
		stage := c.Cookie("kx")
		redirect(t, c.Post("/login/code", "code", code[:3]+" "+code[3:], "remember", "1"), "/")
		if c.Cookie("kx") == stage {
			t.Error("the cookie did not change")
		}
		if a := c.Seat().Actor; a.Position != kexin.Owner || a.StepUp == 0 {
			t.Errorf("%+v", a)
		}
		// The same code again is refused, in another browser.
		d := w.Client()
		redirect(t, signIn(d, "lin", fronttest.Password), "/login")
		want(t, d.Post("/login/code", "code", code), 422)
		// A recovery code works once.
		redirect(t, d.Post("/login/code", "code", strings.ToLower(codes[0])), "/")
		e := w.Client()
		redirect(t, signIn(e, "lin", fronttest.Password), "/login")
		want(t, e.Post("/login/code", "code", codes[0]), 422)
		// The remembered browser is not asked again, another one is.
		c.Post("/logout")
		redirect(t, signIn(c, "lin", fronttest.Password), "/")
		w.Move(31 * 24 * time.Hour)
		redirect(t, signIn(c, "lin", fronttest.Password), "/login")
	})
}

var otherAccount = regexp.MustCompile(`<form method="post" action="/logout"><input type="hidden" name="next" value="([^"]*)">`)

// TestOtherAccount: who takes another account, before or after the second factor is
// asked, a wrong code between, still comes to the page that he wanted.
func TestOtherAccount(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Join("ma", kexin.Rep)
	leave := func(c *fronttest.Client, page fronttest.Answer) {
		t.Helper()
		m := otherAccount.FindStringSubmatch(page.Body)
		if m == nil {
			t.Fatalf("no way to another account: %s", text(page.Body))
		}
		redirect(t, c.Post("/logout", "next", m[1]), "/login?next=%2Fcustomers%2F12")
	}
	c := w.Client()
	redirect(t, c.Post("/login", "login", "lin", "password", fronttest.Password, "next", "/customers/12"), "/totp?next=%2Fcustomers%2F12")
	leave(c, c.Get("/totp?next=/customers/12"))
	w.Owner.Enrol()
	for _, wrong := range []bool{false, true} {
		w.Move(time.Minute)
		c := w.Client()
		redirect(t, c.Post("/login", "login", "lin", "password", fronttest.Password, "next", "/customers/12"), "/login?next=%2Fcustomers%2F12")
		page := c.Get("/login?next=/customers/12")
		if wrong {
			page = c.Post("/login/code", "code", w.Owner.Wrong(), "next", "/customers/12")
		}
		leave(c, page)
		redirect(t, c.Post("/login/code", "code", w.Owner.Code(), "next", "/customers/12"), "/login?next=%2Fcustomers%2F12")
	}
}

func TestCodeTries(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Owner.Enrol()
	w.Move(time.Minute)
	c := w.Client()
	redirect(t, signIn(c, "lin", fronttest.Password), "/login")
	for range 5 {
		want(t, c.Post("/login/code", "code", w.Owner.Wrong()), 422)
	}
	want(t, c.Post("/login/code", "code", w.Owner.Code()), 429, "试得太多了")
	w.Move(16 * time.Minute)
	d := w.Client()
	redirect(t, signIn(d, "lin", fronttest.Password), "/login")
	redirect(t, d.Post("/login/code", "code", w.Owner.Code()), "/")
}

// TestCompanyAsksEachTime: no browser is remembered outside a shop.
func TestCompanyAsksEachTime(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Company)
	w.Owner.Enrol()
	c := w.Client()
	for range 2 {
		w.Move(time.Minute)
		redirect(t, signIn(c, "lin", fronttest.Password), "/login")
		redirect(t, c.Post("/login/code", "code", w.Owner.Code(), "remember", "1"), "/")
		c.Post("/logout")
	}
}

// TestOwnerMustEnrol: the setup session works without a second factor, the
// next sign-in does not (SEC-06).
func TestOwnerMustEnrol(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		if w.Owner.Seat().Actor.User == 0 {
			t.Fatal("the setup session does not work")
		}
		c := w.Client()
		redirect(t, c.Post("/login", "login", "lin", "password", fronttest.Password, "next", "/customers"), "/totp?next=%2Fcustomers")
		if c.Seat().Actor.User != 0 {
			t.Fatal("an owner is at work without a second factor")
		}
		redirect(t, c.Get("/login"), "/totp")
		want(t, c.Get("/totp"), 200, "开始设置")
		redirect(t, c.Post("/totp", "next", "/customers"), "/totp?next=%2Fcustomers")
		page := c.Get("/totp?next=/customers")
		want(t, page, 200, "用验证器扫一扫", "data:image/png;base64,")
		secret := secretIn(t, page)
		want(t, c.Post("/totp/confirm", "code", fronttest.WrongCode(secret, w.Clock.Instant())), 422, "动态码不对")
		done := c.Post("/totp/confirm", "code", fronttest.Code(secret, w.Clock.Instant()), "next", "/customers")
		want(t, done, 200, "把这 10 个恢复码留在纸上", `href="/customers"`)
		if n := strings.Count(done.Body, "<li><code>"); n != 10 {
			t.Errorf("%d recovery codes", n)
		}
		if a := c.Seat().Actor; a.Position != kexin.Owner || a.StepUp == 0 {
			t.Errorf("%+v", a)
		}
		want(t, c.Get("/totp"), 200, "动态码已经设置好了")
		if strings.Contains(c.Get("/totp").Body, secret) {
			t.Error("the key is shown a second time")
		}
		// A clerk needs none.
		w.Join("ma", kexin.Rep)
		redirect(t, signIn(w.Client(), "ma", fronttest.Password), "/")
	})
}

func secretIn(t *testing.T, a fronttest.Answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.Body, `<p class="secret"><code>`)
	secret, _, ok2 := strings.Cut(rest, "<")
	if !ok || !ok2 {
		t.Fatal("no key on the page")
	}
	return strings.ReplaceAll(secret, " ", "")
}

// TestChangePhone: a new authenticator only after the old one or a recovery
// code, and the old one ends with it.
func TestChangePhone(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	codes := w.Owner.Enrol()
	old := w.Owner.Secret
	w.Move(20 * time.Minute)
	want(t, w.Owner.Get("/totp"), 200, "换一部手机")
	want(t, w.Owner.Post("/totp", "code", w.Owner.Wrong()), 422)
	redirect(t, w.Owner.Post("/totp", "code", codes[3]), "/totp")
	secret := secretIn(t, w.Owner.Get("/totp"))
	if secret == old {
		t.Fatal("the same key")
	}
	want(t, w.Owner.Post("/totp/confirm", "code", fronttest.Code(secret, w.Clock.Instant())), 200)
	w.Move(time.Minute)
	c := w.Client()
	redirect(t, signIn(c, "lin", fronttest.Password), "/login")
	for fronttest.NearCode(secret, fronttest.Code(old, w.Clock.Instant()), w.Clock.Instant()) { // both seeds give the same
		w.Move(30 * time.Second)
	}
	want(t, c.Post("/login/code", "code", fronttest.Code(old, w.Clock.Instant())), 422)
	want(t, c.Post("/login/code", "code", codes[4]), 422) // the old paper is worth nothing
	redirect(t, c.Post("/login/code", "code", fronttest.Code(secret, w.Clock.Instant())), "/")
}

// TestFactorTheft: a session that was taken long after signing in cannot give
// itself a second factor.
func TestFactorTheft(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	w.Move(2 * time.Hour)
	want(t, rep.Get("/totp"), 200, "登录已久")
	want(t, rep.Post("/totp"), 403)
	if w.Count("SELECT COUNT(*) FROM totp") != 0 {
		t.Error("a seed was drawn")
	}
}

func TestSessionLives(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep, idle := w.Join("ma", kexin.Rep), w.Join("li", kexin.Rep)
	w.Move(31 * time.Minute)
	if w.Owner.Seat().Somebody() {
		t.Error("an owner's session idles for more than half an hour")
	}
	if !rep.Seat().Somebody() {
		t.Error("a clerk's does not last")
	}
	w.Move(11*time.Hour + 30*time.Minute)
	if idle.Seat().Somebody() {
		t.Error("a clerk's session idles for more than 12 hours")
	}
	if idle.Get("/welcome"); idle.Seat().Somebody() {
		t.Error("asking for a page brings an idle session back")
	}
	busy := signedIn(t, w, "ma")
	for i := range 20 { // used every ten hours
		w.Move(10 * time.Hour)
		busy.Get("/welcome")
		if alive := busy.Seat().Somebody(); alive != (i < 16) {
			t.Fatalf("after %d hours: alive is %v", 10*(i+1), alive)
		}
	}
}

func signedIn(t *testing.T, w *fronttest.World, login string) *fronttest.Client {
	t.Helper()
	c := w.Client()
	redirect(t, signIn(c, login, fronttest.Password), "/")
	return c
}

// TestUnknownAccountWork: a wrong password and an unknown account both leave a
// stored note before the answer, so that time does not tell them apart
// (security A10).
func TestUnknownAccountWork(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		w.Join("ma", kexin.Rep)
		entries := func() int64 { return w.Count("SELECT COUNT(*) FROM ledger_entry WHERE type='session.refused'") }
		unknown := func() int64 { return w.Count("SELECT COALESCE(MAX(n),0) FROM throttle WHERE name='unknown'") }
		for n := range int64(2) {
			want(t, signIn(w.Client(), "ma", "wrong password!"), 401)
			want(t, signIn(w.Client(), "nobody", "wrong password!"), 401)
			if e, u := entries(), unknown(); e != n+1 || u != n+1 {
				t.Errorf("%d and %d notes after %d tries each", e, u, n+1)
			}
		}
	})
}
