package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/app"
	"kexin/internal/front/fronttest"
	"kexin/store"
)

func TestMe(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		refused(t, w.Client().Get("/api/v1/me"), 401, "unauthorized")
		var me api.Me
		said(t, w.Owner.Get("/api/v1/me"), 200).JSON(t, &me)
		if me.Name != "林国栋" || me.Position != "owner" || me.Org.USCC != "92330382MAKXDM012G" || me.Org.Size != "shop" || me.Lang != "zh-CN" || me.Version != "test" || me.TOTP || me.Demo {
			t.Errorf("%+v", me)
		}
		if me.Purpose != string(kexin.FollowUp) || !slices.Contains(me.Purposes, string(kexin.Evidence)) || !slices.Contains(me.Can, "admin") || me.Scenes[len(me.Scenes)-1] != "all" {
			t.Errorf("%+v", me)
		}
		var todo []string
		for _, x := range me.Todo {
			todo = append(todo, x.Code)
			if x.Text == "" || x.Text == "todo."+x.Code || x.Href == "" {
				t.Errorf("%+v", x)
			}
		}
		if want := []string{"recovery", "totp", "own_phone", "import", "notice", "backup", "people"}; !slices.Equal(todo, want) {
			t.Errorf("todo %v, want %v", todo, want)
		}
		if me.Budget.Reveal.Limit != 30 || me.Budget.Lookup.Limit != 30 || me.Budget.Contact.Limit != 60 || me.Backup.State != "none" {
			t.Errorf("%+v %+v", me.Budget, me.Backup)
		}
		rep := w.Join("ma", kexin.Rep)
		said(t, rep.Get("/api/v1/me"), 200).JSON(t, &me)
		if len(me.Todo) != 1 || me.Todo[0].Code != "own_phone" || slices.Contains(me.Can, "admin") || len(me.Scenes) != 1 {
			t.Errorf("a clerk: %+v", me)
		}
		refused(t, rep.Send("PUT", "/api/v1/me/own", obj{"phone": "139 1111 2222", "email": "ma at example"}), 422, "own_email")
		if said(t, rep.Get("/api/v1/me"), 200).JSON(t, &me); len(me.Own) != 0 {
			t.Errorf("of a refused change something is noted: %v", me.Own)
		}
		said(t, rep.Send("PUT", "/api/v1/me/own", obj{"phone": "139 1111 2222"}), 204)
		said(t, rep.Send("PUT", "/api/v1/me/own", obj{"email": "ma@example.cn"}), 204)
		said(t, rep.Send("PATCH", "/api/v1/me", obj{"lang": "en"}), 200).JSON(t, &me)
		if len(me.Todo) != 0 || !slices.Equal(me.Own, []string{"phone", "email"}) {
			t.Errorf("once his number is noted: %+v", me.Todo)
		}
		if me.Lang != "en" {
			t.Errorf("lang %q", me.Lang)
		}
		rep.Header.Del("Accept-Language")
		said(t, rep.Get("/api/v1/me"), 200, `"lang":"en"`)
		refused(t, rep.Send("PATCH", "/api/v1/me", obj{"lang": "fr"}), 422, "body.lang")
	})
}

// TestPathIDs: an id in a path is read wherever it stands, one that is no id is
// refused without an echo, and the refusal carries language and number.
func TestPathIDs(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	said(t, w.Owner.Send("PATCH", "/api/v1/me", obj{"lang": "en"}), 200)
	bodies := map[string]obj{"members": {"name": "x"}, "depts": {"name": "x"}, "customers": {"fields": obj{"name": "x"}, "rev": 1}, "imports": {}}
	for of, body := range bodies {
		path := "/api/v1/" + of + "/"
		refused(t, w.Owner.Send("PATCH", path+"4711", body), 404, "not_found")
		for _, bad := range []string{"zzfake", "-77", "0", "99999999999999999999"} {
			a := w.Owner.Send("PATCH", path+bad, body)
			refused(t, a, 422, "path.id")
			if len(bad) > 2 && strings.Contains(a.Body, bad) || !strings.Contains(a.Body, "Check its form") {
				t.Errorf("%s: %s", path, a.Body)
			}
		}
	}
}

func TestPurposeHeader(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Owner.Header.Set("Kexin-Purpose", string(kexin.AfterSales))
	said(t, w.Owner.Get("/api/v1/me"), 200, `"purpose":"service.aftersales"`)
	w.Owner.Header.Set("Kexin-Purpose", string(kexin.OwnSMS))
	refused(t, w.Owner.Get("/api/v1/me"), 403, "E_PURPOSE")
}

func TestUntoldIsNotAtWork(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Raw("UPDATE member SET told_at=0")
	refused(t, w.Owner.Get("/api/v1/me"), 401, "unauthorized")
}

// TestFounderBare: the founder looks around and brings his list in without a
// second factor, for an hour; what lets others in wants one first (SEC-06).
func TestFounderBare(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		doors := []struct {
			path string
			body any
		}{{"invites", obj{"name": "孙婷", "position": "rep"}}, {"tokens", obj{"name": "x", "purpose": "crm.followup", "acts": []string{"list"}, "days": 1}}, {"alliance", obj{"name": "安居联盟"}},
			{"alliance/invitation", nil}, {"alliance/join", obj{"token": "x"}}, {"counter", nil}}
		knock := func() (shut int) {
			for _, d := range doors {
				if a := w.Owner.Send("POST", "/api/v1/"+d.path, d.body); strings.Contains(a.Body, "E_STEP_UP") {
					shut++
				}
			}
			return shut
		}
		if n := knock(); n != len(doors) {
			t.Errorf("%d of %d wait for a second factor", n, len(doors))
		}
		said(t, w.Owner.Send("POST", "/api/v1/customers", obj{"fields": obj{"name": "王秀兰", "phone": "13812345678", "source": "store"}}), 201)
		said(t, w.Owner.Send("POST", "/api/v1/imports", obj{"source": "own_visit", "collected": "staff", "accept": true}), 201)
		said(t, w.Owner.Send("POST", "/api/v1/notice/publish", nil), 422) // no address yet
		hour := func(want int) {
			t.Helper()
			for range 3 {
				w.Move(18 * time.Minute)
				said(t, w.Owner.Get("/api/v1/me"), 200)
			}
			w.Move(7 * time.Minute)
			said(t, w.Owner.Get("/api/v1/me"), want)
		}
		hour(401)
		in, err := w.App.SignIn(t.Context(), app.From{}, "lin", fronttest.Password)
		if err != nil || in.Stage != app.Enrol {
			t.Fatalf("signing in again leads to %q: %v", in.Stage, err)
		}
		w.Owner.Sign(in).Enrol()
		if n := knock(); n != 0 {
			t.Errorf("with a second factor %d wait for one", n)
		}
		hour(200)
	})
}

func TestInvites(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		rep := w.Join("ma", kexin.Rep)
		refused(t, rep.Get("/api/v1/people"), 403, "forbidden")
		refused(t, rep.Send("POST", "/api/v1/invites", obj{"name": "x", "position": "owner"}), 403, "forbidden")
		w.Owner.Enrol()
		w.Move(11 * time.Minute)
		var v api.Invited
		said(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": " 李想 ", "position": "rep"}), 201).JSON(t, &v)
		if !strings.HasPrefix(v.URL, w.URL+"/invite/") || !strings.HasPrefix(v.QR, "data:image/png;base64,") || v.Expires == 0 {
			t.Errorf("%+v", v)
		}
		refused(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": "x", "position": "king"}), 422, "position")
		refused(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": " ", "position": "rep"}), 422, "name")
		refused(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": "x", "position": "rep", "dept": "7"}), 422, "dept")
		refused(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": "x", "position": "leader"}), 401, "E_STEP_UP")
		said(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": w.Owner.Code()}), 200)
		said(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": "孙婷", "position": "leader"}), 201)
		said(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": "方正明", "position": "auditor", "ends": "2026-04-01"}), 201)
		for _, day := range []string{"2020-01-01", "2030-01-01", "soon"} {
			refused(t, w.Owner.Send("POST", "/api/v1/invites", obj{"name": "方正明", "position": "auditor", "ends": day}), 422, "ends")
		}
		var p api.People
		said(t, w.Owner.Get("/api/v1/people"), 200).JSON(t, &p)
		if len(p.Members) != 2 || len(p.Invites) != 3 || p.Members[1].Login != "ma" || p.Invites[0].Name != "李想" {
			t.Errorf("%+v", p)
		}
		said(t, w.Owner.Send("DELETE", "/api/v1/invites/"+id(v.ID), nil), 204)
		refused(t, w.Owner.Send("DELETE", "/api/v1/invites/"+id(v.ID), nil), 404, "not_found")
		if _, err := w.App.Invitation(context.Background(), app.From{}, strings.TrimPrefix(v.URL, w.URL+"/invite/")); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a taken back invitation works: %v", err)
		}
	})
}

// TestPeopleForChecks: who checks sees staff, not their accounts.
func TestPeopleForChecks(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Company)
	pio := w.Join("wen", kexin.PIO)
	a := said(t, pio.Get("/api/v1/people"), 200, "林国栋")
	if strings.Contains(a.Body, `"login"`) {
		t.Error("account names are shown")
	}
}

func member(t *testing.T, w *fronttest.World, c *fronttest.Client) string {
	t.Helper()
	return "/api/v1/members/" + id(c.Seat().Member)
}

// TestLooks: what somebody was shown in full in 30 days, programs of his
// included; whoever may neither change staff nor read the log learns nothing.
func TestLooks(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		rep, other, pio := w.Join("ma", kexin.Rep), w.Join("li", kexin.Rep), w.Join("wen", kexin.PIO)
		var a, b api.Written
		said(t, rep.Send("POST", "/api/v1/customers", obj{"fields": obj{"name": "王秀兰", "phone": "13812345678"}}), 201).JSON(t, &a)
		said(t, other.Send("POST", "/api/v1/customers", obj{"fields": obj{"name": "赵大山", "phone": "13912345678"}}), 201).JSON(t, &b)
		said(t, rep.Send("POST", "/api/v1/customers/"+id(a.ID)+"/reveal", obj{"field": "phone", "reason": "caller"}), 200)
		w.Move(time.Minute)
		rep.Enrol()
		var made api.TokenMade
		said(t, rep.Send("POST", "/api/v1/tokens", obj{"name": "till", "purpose": kexin.FollowUp, "acts": []string{"reveal"}, "days": 7}), 201).JSON(t, &made)
		program := w.Client()
		program.Token = made.Secret
		said(t, program.Send("POST", "/api/v1/customers/"+id(a.ID)+"/reveal", obj{"field": "phone", "reason": "delivery"}), 200)
		said(t, rep.Send("DELETE", "/api/v1/tokens/"+id(made.Token.ID), nil), 204)
		said(t, other.Send("POST", "/api/v1/customers/"+id(b.ID)+"/reveal", obj{"field": "phone", "reason": "check"}), 200)
		path := member(t, w, rep) + "/looks"
		var l api.Looks
		said(t, w.Owner.Get(path), 200).JSON(t, &l)
		if len(l.Looks) != 2 || !l.Looks[0].Program || l.Looks[1].Program || l.Looks[1].Why != "客户来电" || l.Looks[0].Customer != a.ID {
			t.Errorf("%+v", l)
		}
		said(t, pio.Get(path), 200).JSON(t, &l)
		if len(l.Looks) != 2 {
			t.Errorf("%+v", l)
		}
		refused(t, rep.Get(path), 403, "forbidden")
		refused(t, w.Owner.Get("/api/v1/members/4711/looks"), 404, "not_found")
		w.Move(31 * 24 * time.Hour)
		in, err := w.App.SignIn(context.Background(), app.From{}, "wen", fronttest.Password)
		if err != nil {
			t.Fatal(err)
		}
		late := w.Client()
		late.Sign(in)
		late.Secret = pio.Secret
		if in, err = w.App.SecondFactor(context.Background(), late.Seat(), late.Code(), false); err != nil {
			t.Fatal(err)
		}
		late.Sign(in)
		said(t, late.Get(path), 200, `"looks":[]`)
	})
}

func memberNamed(w *fronttest.World, name string) (found string) {
	w.TB.Helper()
	if err := w.Store.View(context.Background(), w.Org, func(tx *store.Tx) error {
		all, err := tx.Members()
		for _, m := range all {
			if m.Name == name {
				found = m.ID.String()
			}
		}
		return err
	}); err != nil {
		w.TB.Fatal(err)
	}
	return found
}

func TestSeparation(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Company)
	w.Owner.Enrol()
	steward, auditor := w.Join("zheng", kexin.Steward), w.Join("fang", kexin.Auditor)
	for _, c := range []*fronttest.Client{steward, w.Join("ma", kexin.Rep)} {
		refused(t, w.Owner.Send("PATCH", member(t, w, c), obj{"position": "auditor"}), 403, "E_SOD")
	}
	refused(t, w.Owner.Send("PATCH", member(t, w, auditor), obj{"position": "owner"}), 403, "E_SOD")
	refused(t, w.Owner.Send("PATCH", member(t, w, steward), obj{"position": "king"}), 422, "position")
	said(t, w.Owner.Send("PATCH", member(t, w, auditor), obj{"ends": "2026-05-05"}), 200, `"ends":"2026-05-05"`)
}

func TestChangeMember(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		var d api.Dept
		said(t, w.Owner.Send("POST", "/api/v1/depts", obj{"name": "一部"}), 201).JSON(t, &d)
		rep := w.Join("ma", kexin.Rep)
		path := member(t, w, rep)
		said(t, w.Owner.Send("PATCH", path, obj{"name": "马骏", "dept": id(d.ID), "leaving": "2026-03-20"}), 200, "马骏", id(d.ID), "2026-03-20")
		refused(t, rep.Get("/api/v1/me"), 401, "unauthorized") // another department: sign in again
		refused(t, w.Owner.Send("PATCH", path, obj{"leaving": "soon"}), 422, "leaving")
		refused(t, w.Owner.Send("PATCH", path, obj{"dept": "99"}), 422, "dept")
		refused(t, w.Owner.Send("PATCH", path, obj{"name": strings.Repeat("马", 41)}), 422, "name")
		refused(t, w.Owner.Send("PATCH", path, obj{"position": "leader"}), 401, "E_STEP_UP")
		w.Owner.Enrol()
		said(t, w.Owner.Send("PATCH", path, obj{"position": "leader", "dept": "", "leaving": ""}), 200, `"position":"leader"`)
		if n := w.Count("SELECT COUNT(*) FROM ledger_entry WHERE type='member.position'"); n != 2 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestDeptRoutes(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		add := func(name, parent string) (d api.Dept) {
			body := obj{"name": name}
			if parent != "" {
				body["parent"] = parent
			}
			said(t, w.Owner.Send("POST", "/api/v1/depts", body), 201).JSON(t, &d)
			return d
		}
		a := add("总店", "")
		b := add("一部", id(a.ID))
		path := "/api/v1/depts/" + id(a.ID)
		w.Owner.Enrol()
		refused(t, w.Owner.Send("PATCH", path, obj{"name": "总店", "parent": id(b.ID)}), 422, "parent")
		refused(t, w.Owner.Send("PATCH", path, obj{"name": "总店", "parent": id(a.ID)}), 422, "parent")
		refused(t, w.Owner.Send("PATCH", path, obj{"name": "总店", "parent": "77"}), 422, "parent")
		said(t, w.Owner.Send("PATCH", path, obj{"name": "总部"}), 200, "总部")
		refused(t, w.Owner.Send("DELETE", path, nil), 409, "conflict")
		said(t, w.Owner.Send("DELETE", "/api/v1/depts/"+id(b.ID), nil), 204)
		said(t, w.Owner.Send("DELETE", path, nil), 204)
		refused(t, w.Owner.Send("DELETE", path, nil), 404, "not_found")
		parent := ""
		for range 10 {
			parent = id(add("层", parent).ID)
		}
		refused(t, w.Owner.Send("POST", "/api/v1/depts", obj{"name": "第十一层", "parent": parent}), 422, "parent")
		refused(t, w.Join("ma", kexin.Rep).Send("POST", "/api/v1/depts", obj{"name": "x"}), 403, "forbidden")
	})
}

func TestDeviceRoutes(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep, other := w.Join("ma", kexin.Rep), w.Join("li", kexin.Rep)
		in, err := w.App.SignIn(context.Background(), app.From{Label: "Safari, iPhone"}, "ma", fronttest.Password)
		if err != nil {
			t.Fatal(err)
		}
		phone := w.Client()
		phone.SetCookie("kx", in.Session.Text())
		var d api.Devices
		said(t, rep.Get("/api/v1/devices"), 200).JSON(t, &d)
		if len(d.Devices) != 2 {
			t.Fatalf("%+v", d)
		}
		var mine, iphone api.Device
		for _, x := range d.Devices {
			if x.Current {
				mine = x
			} else {
				iphone = x
			}
		}
		if mine.Label != "Chrome, Windows" || iphone.Label != "Safari, iPhone" || iphone.Member != "ma" {
			t.Errorf("%+v", d)
		}
		refused(t, rep.Get("/api/v1/devices?all=true"), 403, "forbidden")
		said(t, w.Owner.Get("/api/v1/devices?all=true"), 200, "Safari, iPhone", "林国栋")
		refused(t, other.Send("DELETE", "/api/v1/devices/"+id(iphone.ID), nil), 404, "not_found")
		said(t, rep.Send("DELETE", "/api/v1/devices/"+id(iphone.ID), nil), 204)
		refused(t, phone.Get("/api/v1/me"), 401, "unauthorized")
		said(t, rep.Get("/api/v1/me"), 200)
		said(t, w.Owner.Send("DELETE", "/api/v1/devices/"+id(mine.ID), nil), 204)
		refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
	})
}

func TestPassword(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		in, err := w.App.SignIn(context.Background(), app.From{}, "ma", fronttest.Password)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := w.Client()
		elsewhere.SetCookie("kx", in.Session.Text())
		const next = "又一句只有我知道的话"
		refused(t, rep.Send("POST", "/api/v1/password", obj{"old": "wrong", "new": next}), 422, "old")
		for range 10 { // what is no password is no wrong try
			refused(t, rep.Send("POST", "/api/v1/password", obj{"old": fronttest.Password, "new": "short"}), 422, "new")
		}
		before := rep.Cookie("kx")
		said(t, rep.Send("POST", "/api/v1/password", obj{"old": fronttest.Password, "new": next}), 204)
		if rep.Cookie("kx") == before {
			t.Error("the cookie did not change")
		}
		said(t, rep.Get("/api/v1/me"), 200)
		refused(t, elsewhere.Get("/api/v1/me"), 401, "unauthorized")
		old := w.Client()
		old.SetCookie("kx", before)
		refused(t, old.Get("/api/v1/me"), 401, "unauthorized")
		if _, err := w.App.SignIn(context.Background(), app.From{}, "ma", fronttest.Password); kexin.CodeOf(err) != kexin.Unauthorized {
			t.Errorf("the old password works: %v", err)
		}
		if _, err := w.App.SignIn(context.Background(), app.From{}, "ma", next); err != nil {
			t.Errorf("the new one does not: %v", err)
		}
	})
}

// TestBusy: while every slot for a password is taken, and while the database
// does not answer, the caller is asked to try again in a second (security A10).
func TestBusy(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		busy := func(a fronttest.Answer) {
			t.Helper()
			refused(t, a, 503, "unavailable")
			if got := a.Header.Get("Retry-After"); got != "1" {
				t.Errorf("Retry-After %q", got)
			}
		}
		change := func() fronttest.Answer {
			return rep.Send("POST", "/api/v1/password", obj{"old": fronttest.Password, "new": "又一句只有我知道的话"})
		}
		free := w.Busy()
		for range 10 {
			busy(change())
		}
		free()
		said(t, change(), 204)
		if err := w.DB.Close(); err != nil {
			t.Fatal(err)
		}
		busy(rep.Get("/api/v1/me"))
	})
}

func TestLogout(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	cookie := rep.Cookie("kx")
	said(t, rep.Send("POST", "/api/v1/logout", nil), 204)
	if rep.Cookie("kx") != "" {
		t.Error("the cookie stays")
	}
	rep.SetCookie("kx", cookie)
	refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
}

func TestCrossSite(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	cookie := w.Owner.Cookie("kx")
	for _, h := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}} {
		c := w.Client()
		c.SetCookie("kx", cookie)
		c.Header = h
		a := c.Send("PATCH", "/api/v1/org", obj{"contact": "000"})
		refused(t, a, 403, "forbidden")
	}
	said(t, w.Owner.Get("/api/v1/me"), 200, "0577-62500000")
}

func TestForgedMember(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		program := rep.NewToken(kexin.FollowUp, kexin.ActList)
		path := member(t, w, rep)
		w.Raw("UPDATE member SET position='owner' WHERE name='ma'")
		refused(t, rep.Get("/api/v1/people"), 401, "unauthorized")
		refused(t, program.Send("POST", "/api/v1/customers/search", obj{}), 401, "unauthorized")
		if a := w.Alerts(); len(a) != 1 || a[0] != "row_forged" {
			t.Errorf("alerts %v", a)
		}
		// The owner cannot give the row a code by chance, only close it.
		refused(t, w.Owner.Send("PATCH", path, obj{"name": "x"}), 403, "forbidden")
		said(t, w.Owner.Send("PATCH", path, obj{"active": false}), 200, `"position":"rep"`, `"active":false`)
	})
}

func TestSettings(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		said(t, w.Owner.Send("PATCH", "/api/v1/org", obj{"size": "company", "contact": "0577-62500001", "address": " 柳市镇  3 栋 ", "pio": "温静 0577-2"}), 200, `"size":"company"`, "柳市镇 3 栋")
		refused(t, w.Owner.Send("PATCH", "/api/v1/org", obj{"size": "huge"}), 422, "body.size")
		refused(t, w.Owner.Send("PATCH", "/api/v1/org", obj{"size": "shop"}), 401, "E_STEP_UP") // would spare everybody's second factor for a month
		refused(t, w.Owner.Send("PATCH", "/api/v1/org", obj{"address": "<script>"}), 422, "address")
		rep := w.Join("ma", kexin.Rep)
		refused(t, rep.Send("PATCH", "/api/v1/org", obj{"contact": "1"}), 403, "forbidden")
		refused(t, rep.Send("POST", "/api/v1/notice/publish", nil), 403, "forbidden")
		var n api.Notice
		said(t, rep.Get("/api/v1/notice"), 200).JSON(t, &n)
		if n.Version != 0 || len(n.Paras) == 0 || len(n.Missing) != 0 || n.Seconds == 0 || n.URL != "" {
			t.Errorf("%+v", n)
		}
		said(t, w.Owner.Send("POST", "/api/v1/notice/publish", nil), 200).JSON(t, &n)
		if n.Version != 1 || n.Hash == "" || n.URL != w.URL+"/notice/"+id(w.Org) || n.Published == 0 || n.Changed {
			t.Errorf("%+v", n)
		}
		if k := w.Count("SELECT COUNT(*) FROM ledger_entry WHERE type='notice.published'"); k != 1 {
			t.Errorf("%d entries", k)
		}
		if k := w.Count("SELECT COUNT(*) FROM ledger_entry WHERE type='settings.changed'"); k != 2 {
			t.Errorf("%d entries of settings", k)
		}
	})
}
