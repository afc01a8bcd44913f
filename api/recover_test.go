package api_test

import (
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/app"
	"kexin/internal/front/fronttest"
)

const newWord = "另一句只有她知道的话"

// relink has the owner make a link for a new password; path is the page.
func relink(t *testing.T, w *fronttest.World, path string) string {
	t.Helper()
	var v api.Invited
	said(t, w.Owner.Send("POST", path+"/password", nil), 201).JSON(t, &v)
	if left := w.Clock.Instant().Add(time.Hour).Sub(kexin.Instant(v.Expires)); !strings.HasPrefix(v.QR, "data:image/png") || left < 0 || left > time.Minute {
		t.Errorf("an hour less %v", left)
	}
	token, ok := strings.CutPrefix(v.URL, w.URL+"/recover/")
	if !ok || strings.ContainsAny(token, "?#&") {
		t.Fatalf("the link is %q", v.URL)
	}
	return token
}

// setWord sets a new password by a link, in a new browser.
func setWord(t *testing.T, w *fronttest.World, token string) (*fronttest.Client, bool) {
	t.Helper()
	c := w.Client()
	in, err := w.App.Join(t.Context(), app.From{}, token, "", newWord, app.Own{})
	if err != nil {
		if kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a dead link answers %v", err)
		}
		return c, false
	}
	return c.Sign(in), true
}

// TestRecoverMember: a colleague who forgot his password sets a new one by a
// link; his old sessions and trusted browsers die then, his second factor and
// his programs stay.
func TestRecoverMember(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		path := member(t, w, rep)
		refused(t, w.Owner.Send("POST", path+"/password", nil), 401, "E_STEP_UP")
		w.Owner.Enrol()
		rep.Enrol()
		program := rep.NewToken(kexin.FollowUp, kexin.ActList)
		old := relink(t, w, path)
		token := relink(t, w, path)
		if _, ok := setWord(t, w, old); ok {
			t.Error("the link before still works")
		}
		said(t, rep.Get("/api/v1/me"), 200) // nothing has changed for him yet
		c, _ := setWord(t, w, token)
		refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
		refused(t, c.Get("/api/v1/me"), 401, "unauthorized") // the second factor is still to be shown
		if s := c.Seat(); s.Stage != "second" || !s.TOTP {
			t.Errorf("%+v", s)
		}
		said(t, program.Send("POST", "/api/v1/customers/search", obj{}), 200)
		if _, ok := setWord(t, w, token); ok {
			t.Error("the link works twice")
		}
		if _, err := w.App.SignIn(t.Context(), app.From{}, "ma", fronttest.Password); kexin.CodeOf(err) != kexin.Unauthorized {
			t.Errorf("the old password: %v", err)
		}
		if _, err := w.App.SignIn(t.Context(), app.From{}, "ma", newWord); err != nil {
			t.Errorf("the new password: %v", err)
		}
		log := said(t, w.Owner.Get("/api/v1/ledger"), 200).Body
		for why, n := range map[string]int{"生成了设新密码的链接": 2, "用链接设了新密码": 1} {
			if got := strings.Count(log, why); got != n {
				t.Errorf("%s: %d entries in %s", why, got, log)
			}
		}
		said(t, w.Owner.Get("/api/v1/alerts"), 200, "林国栋 给 ma 生成了设新密码的链接")
		late := relink(t, w, path)
		w.Move(time.Hour)
		if _, ok := setWord(t, w, late); ok {
			t.Error("the link works after an hour")
		}
	})
}

// TestRecoverBounds: what such a link is not for, and what kills one.
func TestRecoverBounds(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Company)
	w.Owner.Enrol()
	rep := w.Join("ma", kexin.Rep)
	path := member(t, w, rep)
	refused(t, w.Owner.Send("POST", member(t, w, w.Owner)+"/password", nil), 403, "forbidden") // oneself: with the old password only
	refused(t, w.Owner.Send("DELETE", member(t, w, w.Owner)+"/totp", nil), 403, "forbidden")
	refused(t, w.Owner.Send("DELETE", path+"/totp", nil), 409, "conflict") // has none
	refused(t, w.Owner.Send("POST", "/api/v1/members/12345/password", nil), 404, "not_found")
	token := relink(t, w, path)
	said(t, rep.Send("POST", "/api/v1/password", obj{"old": fronttest.Password, "new": newWord}), 204)
	if _, ok := setWord(t, w, token); ok {
		t.Error("he changed the password himself, and the link works")
	}
	token = relink(t, w, path)
	said(t, w.Owner.Send("PATCH", path, obj{"active": false}), 200)
	said(t, w.Owner.Send("PATCH", path, obj{"active": true}), 200)
	if _, ok := setWord(t, w, token); ok {
		t.Error("the account was closed for a while, and the link works")
	}
	said(t, w.Owner.Send("PATCH", path, obj{"active": false}), 200)
	refused(t, w.Owner.Send("POST", path+"/password", nil), 409, "conflict")
	said(t, w.Owner.Send("PATCH", path, obj{"active": true}), 200)
	w.Raw("UPDATE member SET name='x' WHERE name='ma'")
	refused(t, w.Owner.Send("POST", path+"/password", nil), 403, "forbidden")
}

// TestResetFactor: who lost phone and recovery codes is put out everywhere at
// once, and where the position needs a second factor he gets no further than
// setting a new one up.
func TestResetFactor(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		w.Owner.Enrol()
		pio := w.Join("he", kexin.PIO)
		codes := pio.Enrol()
		program := pio.NewToken(kexin.Evidence, kexin.ActLedger)
		path, link := member(t, w, pio), relink(t, w, member(t, w, pio))
		said(t, w.Owner.Send("DELETE", path+"/totp", nil), 204)
		refused(t, pio.Get("/api/v1/me"), 401, "unauthorized")
		refused(t, program.Get("/api/v1/ledger"), 401, "unauthorized")
		if _, ok := setWord(t, w, link); ok {
			t.Error("a link from before lives")
		}
		in, err := w.App.SignIn(t.Context(), app.From{}, "he", fronttest.Password)
		if err != nil || in.Stage != "enrol" {
			t.Fatalf("%+v %v", in, err)
		}
		c := w.Client().Sign(in)
		refused(t, c.Get("/api/v1/ledger"), 401, "unauthorized")
		if n := w.Count("SELECT COUNT(*) FROM recovery_code"); n != 10 { // the owner's own
			t.Errorf("%d recovery codes, %d were his", n, len(codes))
		}
		c.Enrol()
		said(t, c.Get("/api/v1/ledger"), 200, "member.recovery")
		w.Move(11 * time.Minute)
		refused(t, w.Owner.Send("DELETE", path+"/totp", nil), 401, "E_STEP_UP")
	})
}

// TestLinksDieWithTheirMaker: who is sent away, or is no owner any more, has
// left no invitation by which he comes back.
func TestLinksDieWithTheirMaker(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *fronttest.World, path string){
		"disabled": func(t *testing.T, w *fronttest.World, path string) {
			said(t, w.Owner.Send("PATCH", path, obj{"active": false}), 200)
		},
		"no owner any more": func(t *testing.T, w *fronttest.World, path string) {
			said(t, w.Owner.Send("PATCH", path, obj{"position": "rep"}), 200)
		},
		"over by date": func(t *testing.T, w *fronttest.World, path string) {
			said(t, w.Owner.Send("PATCH", path, obj{"leaving": "2026-03-02"}), 200)
			w.Move(25 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := fronttest.Lite(t, routes).Found(kexin.Company)
			w.Owner.Enrol()
			second := w.Join("wang", kexin.Owner)
			second.Enrol()
			var v api.Invited
			said(t, second.Send("POST", "/api/v1/invites", obj{"name": "自己", "position": "owner"}), 201).JSON(t, &v)
			token := strings.TrimPrefix(v.URL, w.URL+"/invite/")
			end(t, w, member(t, w, second))
			if _, err := w.App.Invitation(t.Context(), app.From{}, token); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("the page of the invitation: %v", err)
			}
			if _, err := w.App.Join(t.Context(), app.From{}, token, "wang2", newWord, app.Own{}); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("joined: %v", err)
			}
		})
	}
}
