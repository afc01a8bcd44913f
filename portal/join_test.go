package portal_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/front/fronttest"
)

// invite makes an invitation and gives its path.
func invite(w *fronttest.World, v app.Invitation) string {
	w.TB.Helper()
	actor := w.Owner.Seat().Actor
	actor.Via = kexin.ViaCLI
	out, err := w.App.Invite(context.Background(), actor, v)
	if err != nil {
		w.TB.Fatal(err)
	}
	return "/invite/" + out.Secret.Text()
}

var joining = []string{"login", "ma", "password", fronttest.Password, "again", fronttest.Password}

func TestInvite(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		link, c := invite(w, app.Invitation{Name: "马骏", Position: kexin.Rep}), w.Client()
		want(t, c.Get(link), 200, "石语瓷砖店 请您加入", "马骏", "店员", "会记下什么", "我知道了，进店")
		want(t, c.Post(link, but(joining, "again", "x")...), 422, "两次输的密码不一样", "马骏")
		want(t, c.Post(link, but(joining, "login", "LIN")...), 422, "这个账号有人用了")
		want(t, c.Post(link, but(joining, "password", "石语瓷砖店石语瓷砖店1", "again", "石语瓷砖店石语瓷砖店1")...), 422, "密码不能只是店名")
		want(t, c.Get(link), 200, "您自己的手机号", "选填")
		want(t, c.Post(link, append([]string{"own_phone", "139", "own_email", "ma@example.cn"}, joining...)...), 422, "手机号不对", `value="ma@example.cn"`)
		redirect(t, c.Post(link, append([]string{"own_phone", "13911112222", "own_email", "ma@example.cn"}, joining...)...), "/")
		s := c.Seat()
		if s.Actor.Position != kexin.Rep || s.Name != "马骏" || !s.Told {
			t.Errorf("%+v", s)
		}
		me, err := w.App.Me(t.Context(), s, false)
		if err != nil || len(me.Own) != 2 || w.Count("SELECT COUNT(*) FROM member_address") != 2 {
			t.Errorf("%v %v", me.Own, err)
		}
		want(t, w.Client().Get(link), 404)
		want(t, w.Client().Post(link, but(joining, "login", "other")...), 404)
		late := invite(w, app.Invitation{Name: "李想", Position: kexin.Rep})
		w.Move(7*24*time.Hour + time.Minute)
		want(t, w.Client().Get(late), 404)
	})
}

// TestInviteFixation: a session that somebody put into the browser is not the
// one that joining opens.
func TestInviteFixation(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	c := w.Client()
	c.SetCookie("kx", w.Owner.Cookie("kx"))
	redirect(t, c.Post(invite(w, app.Invitation{Name: "马骏", Position: kexin.Rep}), joining...), "/")
	if c.Cookie("kx") == w.Owner.Cookie("kx") || c.Seat().Member == w.Owner.Seat().Member {
		t.Error("joining took a foreign session over")
	}
}

// TestJoinNeedsFactor: whoever joins into a position that guards or gives
// rights sets up the second factor before anything else (SEC-06).
func TestJoinNeedsFactor(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Company)
	var lates []*fronttest.Client
	for login, p := range map[string]kexin.Position{"he": kexin.PIO, "wang": kexin.Owner} {
		c := w.Client()
		redirect(t, c.Post(invite(w, app.Invitation{Name: "何敏", Position: p}), but(joining, "login", login)...), "/totp")
		if s := c.Seat(); s.Stage != app.Enrol || s.Actor.User != 0 {
			t.Errorf("%s: %+v", p, s)
		}
		want(t, c.Get("/totp"), 200, "动态码")
		c.Enrol()
		if s := c.Seat(); s.Stage != app.AtWork || s.Actor.Position != p {
			t.Errorf("%s with a second factor: %+v", p, s)
		}
		late := w.Client() // who leaves the page is asked again, and not for long
		redirect(t, late.Post(invite(w, app.Invitation{Name: "何敏", Position: p}), but(joining, "login", login+"2")...), "/totp")
		lates = append(lates, late)
	}
	w.Move(31 * time.Minute)
	for _, late := range lates {
		if late.Seat().Somebody() {
			t.Error("a session without a second factor lives on")
		}
	}
}

// TestAuditorApart: an owner cannot make himself an auditor in the browser in
// which he is the owner (ACC-09).
func TestAuditorApart(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	link := invite(w, app.Invitation{Name: "方正明", Position: kexin.Auditor})
	a := w.Owner.Post(link, but(joining, "login", "fang")...)
	want(t, a, 403, "不能由一个人兼")
	c := w.Client()
	redirect(t, c.Post(link, but(joining, "login", "fang")...), "/")
	if c.Seat().Actor.Position != kexin.Auditor {
		t.Errorf("%+v", c.Seat().Actor)
	}
	w.Move(31 * 24 * time.Hour)
	want(t, signIn(w.Client(), "fang", fronttest.Password), 401) // the account was dated
}

func TestRecover(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		w.Owner.Enrol()
		program := w.Owner.NewToken(kexin.FollowUp, kexin.ActList)
		secret, _, err := w.App.RecoverUser(context.Background(), " LIN")
		if err != nil {
			t.Fatal(err)
		}
		if w.Owner.Seat().Somebody() {
			t.Error("the old session lives")
		}
		if s, _ := w.App.TokenSeat(context.Background(), program.Token, ""); s.Somebody() {
			t.Error("the old token lives")
		}
		link, c := "/recover/"+secret.Text(), w.Client()
		want(t, c.Get(link), 200, "林国栋，设一个新密码", "lin")
		redirect(t, c.Post(link, "password", "另一句只有我知道的话", "again", "另一句只有我知道的话"), "/totp")
		want(t, w.Client().Get(link), 404)
		want(t, signIn(w.Client(), "lin", fronttest.Password), 401)
		redirect(t, signIn(w.Client(), "lin", "另一句只有我知道的话"), "/totp")
		found := false
		for _, a := range w.Alerts() {
			found = found || a == "user_recovered"
		}
		if !found {
			t.Error("no owner is told")
		}
		if _, _, err := w.App.RecoverUser(context.Background(), "nobody"); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("%v", err)
		}
	})
}

// TestRecoverByOwner: the page of a link that an owner made keeps the second
// factor, and asks for it.
func TestRecoverByOwner(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Owner.Enrol()
	rep := w.Join("ma", kexin.Rep)
	make := func() string {
		out, err := w.App.RecoverMember(context.Background(), w.Owner.Seat().Actor, rep.Seat().Member)
		if err != nil {
			t.Fatal(err)
		}
		return "/recover/" + out.Secret.Text()
	}
	want(t, w.Client().Get(make()), 200, "您现在没有动态码")
	rep.Enrol()
	link, c := make(), w.Client()
	c.SetCookie("kx", w.Owner.Cookie("kx")) // a session that lies in the browser is not the one that opens
	want(t, c.Get(link), 200, "ma，设一个新密码", "动态码还是原来那个", "以前登录的设备都要重新登录")
	want(t, c.Post(link, "password", "短", "again", "短"), 422)
	want(t, c.Post(link, "password", "石语瓷砖店石语瓷砖店1", "again", "石语瓷砖店石语瓷砖店1"), 422, "密码不能只是店名")
	redirect(t, c.Post(link, "password", "另一句只有她知道的话", "again", "另一句只有她知道的话"), "/login")
	if c.Seat().Member == w.Owner.Seat().Member {
		t.Error("a session put into the browser was taken over")
	}
	w.Move(time.Minute)
	want(t, c.Post("/login/code", "code", rep.Wrong()), 422)
	c.Secret = rep.Secret
	redirect(t, c.Post("/login/code", "code", c.Code()), "/")
	if s := c.Seat(); s.Actor.Position != kexin.Rep {
		t.Errorf("%+v", s)
	}
	// the auditor's link opens in no browser of somebody else's (ACC-09)
	auditor := w.Join("fang", kexin.Auditor)
	out, err := w.App.RecoverMember(context.Background(), w.Owner.Seat().Actor, auditor.Seat().Member)
	if err != nil {
		t.Fatal(err)
	}
	link = "/recover/" + out.Secret.Text()
	w.Join("li", kexin.Rep)
	want(t, w.Owner.Post(link, "password", "另一句只有他知道的话", "again", "另一句只有他知道的话"), 403, "不能由一个人兼")
	auditor.SetCookie("kx", "")
	redirect(t, auditor.Post(link, "password", "另一句只有他知道的话", "again", "另一句只有他知道的话"), "/")
}

// TestLinkGuesses: an address that tries many links is told to wait, and the
// right one opens later all the same.
func TestLinkGuesses(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	link := invite(w, app.Invitation{Name: "马骏", Position: kexin.Rep})
	for i := range 20 {
		page := []string{"/invite/", "/recover/", "/setup/", "/enter/"}[i%4]
		want(t, w.Client().Get(page+fronttest.Secret()), 404)
	}
	a := w.Client().Post("/recover/"+fronttest.Secret(), "password", fronttest.Password, "again", fronttest.Password)
	want(t, a, 429)
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	want(t, w.Client().Get(link), 429)
	w.Move(time.Minute + time.Second)
	redirect(t, w.Client().Post(link, joining...), "/")
}

func TestTold(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	redirect(t, w.Client().Get("/welcome"), "/login")
	want(t, w.Owner.Get("/welcome"), 200, "您在 2026 年 3 月 2 日 看过")
	if n := w.Count("SELECT COUNT(*) FROM member WHERE told_at>0"); n != 1 {
		t.Errorf("%d told", n)
	}
}

func says(err error, key string) bool {
	e, ok := err.(*kexin.Error)
	return ok && e.Code == kexin.Forbidden && e.Key == key
}

// TestNotice: what it lacks is asked for once, and an alliance is for shops that have one.
func TestNotice(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		w.Owner.Enrol()
		path := "/notice/" + w.Org.String()
		want(t, w.Client().Get(path), 404)
		ctx, owner := context.Background(), w.Owner.Seat().Actor
		if _, err := w.App.PublishNotice(ctx, owner, "zh-CN"); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("published without an address: %v", err)
		}
		card := app.CardDraft{Shown: "石语瓷砖", Address: "柳市镇建材市场", Phone: "0577-62500000", Needs: []string{"tile"}}
		if _, err := w.App.FoundAlliance(ctx, owner, "安居联盟"); !says(err, "error.alliance_card") {
			t.Errorf("without a card: %v", err)
		}
		signed := card
		signed.Shown = "【建设银行】石语"
		if err := w.App.SaveCard(ctx, owner, signed); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("the name over the door signs messages: %v", err)
		}
		if err := w.App.SaveCard(ctx, owner, card); err != nil {
			t.Fatal(err)
		}
		if _, err := w.App.FoundAlliance(ctx, owner, "安居联盟"); !says(err, "error.alliance_notice") {
			t.Errorf("others would recommend a shop to which no customer may give anything: %v", err)
		}
		if n, err := w.App.Notice(ctx, owner, "zh-CN"); err != nil || len(n.Missing) != 0 || !strings.Contains(n.Text[0], "地址：柳市镇建材市场。") {
			t.Errorf("the address of the card is asked for again: %+v %v", n, err)
		}
		address := "柳市镇 <3 栋>"
		if _, err := w.App.ChangeOrg(ctx, owner, app.OrgChange{Address: &address}); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("markup in the address: %v", err)
		}
		address = "柳市镇建材市场 3 栋"
		if _, err := w.App.ChangeOrg(ctx, owner, app.OrgChange{Address: &address}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the same again is no new version
			n, err := w.App.PublishNotice(ctx, owner, "zh-CN")
			if err != nil || n.Version != 1 || n.Changed {
				t.Fatalf("%+v %v", n, err)
			}
		}
		a := w.Client().Get(path)
		want(t, a, 200, "石语瓷砖店怎么用您的资料", "柳市镇建材市场 3 栋", "版本 1")
		if strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
			t.Error("a public page need not be read anew each time")
		}
		en := w.Client()
		en.Header.Set("Accept-Language", "en")
		want(t, en.Get(path), 200, "How 石语瓷砖店 uses your data")
		phone := "0577-62509999"
		if _, err := w.App.ChangeOrg(ctx, owner, app.OrgChange{Contact: &phone}); err != nil {
			t.Fatal(err)
		}
		n, err := w.App.Notice(ctx, owner, "zh-CN")
		if err != nil || !n.Changed {
			t.Errorf("a change does not show: %+v %v", n, err)
		}
		want(t, w.Client().Get(path), 200, "0577-62500000") // until it is published
		if n, err := w.App.PublishNotice(ctx, owner, "en"); err != nil || n.Version != 2 {
			t.Errorf("%+v %v", n, err)
		}
		if _, err := w.App.FoundAlliance(ctx, owner, "安居联盟"); err != nil {
			t.Errorf("with card and notice: %v", err)
		}
		want(t, w.Client().Get(path), 200, "0577-62509999", "版本 2")
	})
}
