package portal_test

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/front/fronttest"
)

var discard = slog.New(slog.DiscardHandler)

func setupLink(w *fronttest.World) string {
	w.TB.Helper()
	s, _, err := w.App.CreateSetupLink(context.Background())
	if err != nil {
		w.TB.Fatal(err)
	}
	return "/setup/" + s.Text()
}

var groupOf = regexp.MustCompile(`(?s)<label for="f-group(\d)">\D*(\d+)\D*</label>`)

// TestSetup walks from the link to work: merchant, recovery sheet, what is
// recorded.
func TestSetup(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		link, c := setupLink(w), w.Client()
		want(t, c.Get(link), 200, "把您的店建起来", "店里几个人用？")
		want(t, c.Get(link), 200, "您自己的手机号", "您自己的邮箱")
		redirect(t, c.Post(link, append([]string{"own_phone", "13911112222"}, setup...)...), "/welcome/recovery")
		if n := w.Count("SELECT COUNT(*) FROM member_address WHERE kind=1"); n != 1 {
			t.Errorf("%d own numbers", n)
		}
		if n := w.Count("SELECT COUNT(*) FROM org WHERE name='石语瓷砖店' AND uscc='92330382MAKXDM012G' AND size='shop'"); n != 1 {
			t.Fatalf("%d merchants", n)
		}
		page := c.Get("/welcome/recovery")
		groups := strings.Split(w.Recovery, "-")
		want(t, page, 200, groups...)
		asked := groupOf.FindAllStringSubmatch(page.Body, -1)
		if len(asked) != 2 || asked[0][2] == asked[1][2] {
			t.Fatalf("asked for %v", asked)
		}
		form := func(change string) (pairs []string) {
			for i, m := range asked {
				n, _ := strconv.Atoi(m[2])
				g := groups[n-1]
				if i == 1 {
					g += change
				}
				pairs = append(pairs, "group"+m[1], strings.ToLower(g)+" ")
			}
			return pairs
		}
		want(t, c.Post("/welcome/recovery", form("x")...), 422, "和纸上的不一样")
		redirect(t, c.Post("/welcome/recovery", form("")...), "/welcome")
		if page := c.Get("/welcome/recovery"); page.Location != "/welcome" || strings.Contains(page.Body, groups[0]) {
			t.Error("the sheet is shown a second time")
		}
		want(t, c.Get("/welcome"), 200, "用客信，会记下什么", "林国栋", "不录屏")
		if c.Seat().Actor.User != 0 {
			t.Error("at work before being told")
		}
		redirect(t, c.Post("/welcome"), "/")
		if a := c.Seat().Actor; a.Position != kexin.Owner || a.Via != kexin.ViaSession {
			t.Errorf("%+v", a)
		}
	})
}

func TestSetupLinkOnce(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		link := setupLink(w)
		for range 3 { // looking does not use it up
			want(t, w.Client().Get(link), 200)
		}
		redirect(t, w.Client().Post(link, setup...), "/welcome/recovery")
		second := but(setup, "login", "lin2", "uscc", "91330382MAKXDM020E")
		want(t, w.Client().Post(link, second...), 404, "这里没有东西")
		want(t, w.Client().Get(link), 404)
		late := setupLink(w)
		w.Move(61 * time.Minute)
		want(t, w.Client().Get(late), 404)
		want(t, w.Client().Post(late, second...), 404)
		want(t, w.Client().Get("/setup/"+fronttest.Secret()), 404)
		want(t, w.Client().Get("/setup/x"), 404)
		// An invitation does not set up, and the other way round.
		w2 := setupLink(w)
		want(t, w.Client().Get("/invite/"+strings.TrimPrefix(w2, "/setup/")), 404)
		if n := w.Count("SELECT COUNT(*) FROM org"); n != 1 {
			t.Errorf("%d merchants", n)
		}
	})
}

func TestSetupFaults(t *testing.T) {
	w := fronttest.Lite(t, routes)
	link := setupLink(w)
	for _, c := range []struct {
		name, field, value, says string
	}{
		{"check digit", "uscc", "92330382MAKXDM0120", "统一社会信用代码不对"},
		{"short code", "uscc", "9233", "统一社会信用代码不对"},
		{"no name", "name", "  ", "请填写这一项"},
		{"markup", "name", "<b>店</b>", "不能用的字符"},
		{"no size", "size", "huge", "请选一个"},
		{"account", "login", "a b/c", "2 到 32 个"},
		{"own number", "own_phone", "12", "手机号不对"},
		{"own address", "own_email", "lin at", "邮箱不对"},
		{"short password", "password", "短", "密码太短"},
		{"common password", "password", "password1234", "密码太常见"},
		{"own name", "password", "石语瓷砖店石语瓷砖店1", "密码不能只是店名"},
	} {
		form := but(setup, c.field, c.value)
		if c.field == "password" {
			form = but(form, "again", c.value)
		}
		a := w.Client().Post(link, form...)
		want(t, a, 422, c.says, `class="err"`)
		if c.field != "password" && c.field != "size" && c.field != "name" && !strings.Contains(a.Body, `value="林国栋"`) {
			t.Errorf("%s: what was typed is lost", c.name)
		}
		if strings.Contains(a.Body, fronttest.Password) || c.field == "password" && strings.Contains(a.Body, c.value+`"`) {
			t.Errorf("%s: the password came back", c.name)
		}
	}
	want(t, w.Client().Post(link, but(setup, "name", "", "contact", "")...), 422, "商户名称：请填写这一项", "店里电话：请填写这一项")
	want(t, w.Client().Post(link, but(setup, "again", "another one", "uscc", "x")...), 422, "两次输的密码不一样", "统一社会信用代码不对")
	if w.Count("SELECT COUNT(*) FROM org") != 0 {
		t.Error("a merchant was made")
	}
	redirect(t, w.Client().Post(link, setup...), "/welcome/recovery") // the faults did not use the link up
	next := setupLink(w)
	want(t, w.Client().Post(next, but(setup, "login", "lin2")...), 422, "已经在这台服务器上")
	want(t, w.Client().Post(next, but(setup, "uscc", "91330382MAKXDM020E", "login", "ＬＩＮ")...), 422, "这个账号有人用了")
	redirect(t, w.Client().Post(next, but(setup, "uscc", " 91330382makxdm020e ", "login", "xu")...), "/welcome/recovery")
}

// TestSheetOnlyFirstOwner: the server's key concerns the first merchant's
// owner alone.
func TestSheetOnlyFirstOwner(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	code := strings.Split(w.Recovery, "-")[0]
	rep := w.Join("ma", kexin.Rep)
	other := w.Client()
	redirect(t, other.Post(setupLink(w), but(setup, "uscc", "91330382MAKXDM020E", "login", "xu")...), "/welcome/recovery")
	for name, c := range map[string]*fronttest.Client{"nobody": w.Client(), "a clerk": rep, "another merchant's owner": other} {
		if a := c.Get("/welcome/recovery"); a.Status != 303 || strings.Contains(a.Body, code) {
			t.Errorf("%s sees the sheet", name)
		}
	}
	want(t, w.Owner.Get("/welcome/recovery"), 200, code)
	w.Move(29 * time.Minute)
	w.Owner.Get("/welcome") // keeps the session from idling out
	w.Move(29 * time.Minute)
	w.Owner.Get("/welcome")
	w.Move(5 * time.Minute)
	if a := w.Owner.Get("/welcome/recovery"); a.Status != 303 || strings.Contains(a.Body, code) {
		t.Error("an old session shows the sheet")
	}
}

// TestSheetPutOff: who puts the sheet off is told so at the last step and on
// his home page until he has it, however long he is signed in; to see it again
// he shows that it is him.
func TestSheetPutOff(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Raw("UPDATE member SET told_at=0")
	a := w.Owner.Get("/welcome")
	want(t, a, 200, "抄恢复码 （还没抄）", "还没抄到纸上", "现在就抄")
	if strings.Count(a.Body, `class="done"`) != 1 {
		t.Errorf("a step that was put off is ticked: %s", a.Body)
	}
	redirect(t, w.Owner.Post("/welcome"), "/")
	due := func() bool {
		me, err := w.App.Me(t.Context(), w.Owner.Seat(), true)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(me.Todo, func(x app.Todo) bool { return x.Code == "recovery" })
	}
	w.Owner.Enrol()
	for range 5 {
		if !due() {
			t.Fatal("the home page says nothing")
		}
		w.Move(20 * time.Minute)
		w.Owner.Get("/welcome")
	}
	want(t, w.Owner.Get("/welcome/recovery"), 200, "先确认是您", "动态码")
	want(t, w.Owner.Post("/welcome/recovery", "code", w.Owner.Wrong()), 422)
	redirect(t, w.Owner.Post("/welcome/recovery", "code", w.Owner.Code()), "/welcome/recovery")
	page := w.Owner.Get("/welcome/recovery")
	want(t, page, 200, "把恢复码抄在纸上")
	groups, form := strings.Split(w.Recovery, "-"), []string{}
	for i, m := range regexp.MustCompile(`第 (\d+) 组`).FindAllStringSubmatch(page.Body, -1) {
		n, _ := strconv.Atoi(m[1])
		form = append(form, "group"+strconv.Itoa(i+1), groups[n-1])
	}
	redirect(t, w.Owner.Post("/welcome/recovery", form...), "/welcome")
	if due() {
		t.Error("it was copied, and is still asked for")
	}
	w.Raw("UPDATE member SET told_at=0")
	if a := w.Owner.Get("/welcome"); strings.Count(a.Body, `class="done"`) != 2 || strings.Contains(a.Body, "还没抄") {
		t.Errorf("it was copied: %s", a.Body)
	}
	// the next merchant on the server has no sheet to copy, and no such step
	other := w.Client()
	link := setupLink(w)
	if a := other.Get(link); strings.Contains(a.Body, "抄恢复码") {
		t.Error("a second merchant is promised a sheet")
	}
	other.Post(link, but(setup, "uscc", "91330382MAKXDM020E", "login", "xu")...)
	if a := other.Get("/welcome"); strings.Contains(a.Body, "抄恢复码") || !strings.Contains(a.Body, "看一下记什么") {
		t.Errorf("a second merchant: %s", text(a.Body))
	}
}

func TestNothingOfSecretsInLog(t *testing.T) {
	w := fronttest.Lite(t, routes)
	link := setupLink(w)
	c := w.Client()
	c.Get(link)
	c.Post(link, setup...)
	c.Get("/welcome/recovery")
	c.Get("/invite/" + fronttest.Secret())
	c.Get("/x/panic")
	log := w.Log.String()
	for _, s := range []string{strings.TrimPrefix(link, "/setup/"), fronttest.Password, "林国栋", w.Recovery, "13812345678", "陈晓雯", c.Cookie("kx")} {
		if strings.Contains(log, s) {
			t.Errorf("the log holds %q", s)
		}
	}
	for _, s := range []string{"path=/setup/-", "path=/invite/-", "path=/welcome/recovery", "status=500"} {
		if !strings.Contains(log, s) {
			t.Errorf("the log lacks %q:\n%s", s, log)
		}
	}
}
