package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/app"
	"kexin/internal/front/fronttest"
)

func TestTokens(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		ask := obj{"name": "收银", "purpose": "crm.followup", "acts": []string{"list", "create"}, "days": 30}
		var made api.TokenMade
		said(t, rep.Send("POST", "/api/v1/tokens", ask), 201).JSON(t, &made)
		if !strings.HasPrefix(made.Secret, "kxt_") || made.Token.Name != "收银" || made.Token.Used != 0 {
			t.Errorf("%+v", made)
		}
		list := said(t, rep.Get("/api/v1/tokens"), 200, "收银")
		if strings.Contains(list.Body, made.Secret) {
			t.Error("the secret is shown again")
		}
		if n := w.Count("SELECT COUNT(*) FROM api_token WHERE name=$1 OR purpose=$1", made.Secret); n != 0 {
			t.Error("the secret is stored")
		}
		for field, bad := range map[string]any{"acts": []string{"move"}, "purpose": "legal.evidence", "days": 366, "name": " "} {
			c := obj{"name": "x", "purpose": "crm.followup", "acts": []string{"list"}, "days": 1}
			c[field] = bad
			if a := rep.Send("POST", "/api/v1/tokens", c); a.Status != 422 {
				t.Errorf("%s: %d %s", field, a.Status, a.Body)
			}
		}
		w.Owner.Enrol()
		for _, act := range []string{"admin", "keys", "export", "send", "nonsense"} {
			refused(t, w.Owner.Send("POST", "/api/v1/tokens", obj{"name": "x", "purpose": "crm.followup", "acts": []string{act}, "days": 1}), 422, "acts")
		}
		p := w.Client()
		p.Header, p.Token = http.Header{}, made.Secret
		said(t, p.Send("POST", "/api/v1/customers/search", obj{}), 200)
		refused(t, w.Join("li", kexin.Rep).Send("DELETE", "/api/v1/tokens/"+id(made.Token.ID), nil), 404, "not_found")
		said(t, rep.Send("DELETE", "/api/v1/tokens/"+id(made.Token.ID), nil), 204)
		refused(t, p.Send("POST", "/api/v1/customers/search", obj{}), 401, "unauthorized")
		w.Move(11 * time.Minute)
		refused(t, w.Owner.Send("POST", "/api/v1/tokens", obj{"name": "x", "purpose": "crm.followup", "acts": []string{"list"}, "days": 1}), 401, "E_STEP_UP")
	})
}

// TestTokenActs: a program gets no further than what its token was made for.
func TestTokenActs(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		p := w.Owner.NewToken(kexin.FollowUp, kexin.ActCreate, kexin.ActList)
		var made api.Written
		said(t, p.Send("POST", "/api/v1/customers", obj{"fields": obj{"name": "王秀兰"}}), 201).JSON(t, &made)
		said(t, p.Send("POST", "/api/v1/customers/search", obj{}), 200, "王秀兰")
		said(t, p.Get("/api/v1/me"), 200)
		said(t, p.Get("/api/v1/schema"), 200)
		one := "/api/v1/customers/" + id(made.ID)
		for _, c := range []struct{ method, path string }{
			{"GET", one}, {"PATCH", one}, {"POST", one + "/contact"}, {"POST", one + "/reveal"}, {"POST", one + "/owner"}, {"GET", one + "/timeline"},
			{"POST", "/api/v1/lookup"}, {"POST", "/api/v1/customers/count"}, {"POST", "/api/v1/imports"}, {"GET", "/api/v1/ledger"},
			{"GET", "/api/v1/people"}, {"POST", "/api/v1/invites"}, {"GET", "/api/v1/tokens"}, {"POST", "/api/v1/tokens"}, {"GET", "/api/v1/devices"},
			{"PATCH", "/api/v1/org"}, {"POST", "/api/v1/password"}, {"POST", "/api/v1/step-up"}, {"POST", "/api/v1/totp"}, {"POST", "/api/v1/logout"},
			{"GET", "/api/v1/keys"}, {"POST", "/api/v1/keys/rotate"}, {"GET", "/api/v1/backups"}, {"GET", "/api/v1/alerts"}, {"PATCH", "/api/v1/me"},
			{"POST", "/api/v1/notice/publish"}, {"GET", "/api/v1/no/such/thing"}, {"POST", "/api/v1/customers/search/more"},
		} {
			refused(t, p.Send(c.method, c.path, obj{}), 403, "forbidden")
		}
		reads := w.Owner.NewToken(kexin.FollowUp, kexin.ActGet, kexin.ActEdit)
		refused(t, reads.Send("PATCH", one+"/consents", obj{"purpose": "marketing.own.sms", "state": "GIVEN"}), 403, "E_ONLY_SUBJECT") // CON-02
		whole := obj{"search": "138 1234 5678"}                                                                                        // a lookup by another door
		refused(t, p.Send("POST", "/api/v1/customers/search", whole), 403, "forbidden")
		said(t, w.Owner.NewToken(kexin.FollowUp, kexin.ActList, kexin.ActLookup).Send("POST", "/api/v1/customers/search", whole), 200)
	})
}

// TestTokenPosition: another position ends a person's tokens: a program does
// not grow with its maker.
func TestTokenPosition(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Company)
	w.Owner.Enrol()
	c := w.Join("xie", kexin.Steward)
	p := c.NewToken(kexin.FollowUp, kexin.ActImport, kexin.ActList)
	said(t, p.Get("/api/v1/imports"), 200)
	said(t, w.Owner.Send("PATCH", member(t, w, c), obj{"position": "marketing"}), 200)
	refused(t, p.Get("/api/v1/imports"), 401, "unauthorized")
	refused(t, p.Send("POST", "/api/v1/customers/search", obj{}), 401, "unauthorized")
}

func TestTokenBounds(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	p := w.Owner.NewToken(kexin.FollowUp, kexin.ActList)
	p.Header.Set("Kexin-Purpose", string(kexin.AfterSales))
	refused(t, p.Send("POST", "/api/v1/customers/search", obj{}), 403, "E_PURPOSE")
	p.Header.Del("Kexin-Purpose")
	// A token stands before a session: it cannot borrow the browser's rights.
	p.SetCookie("kx", w.Owner.Cookie("kx"))
	refused(t, p.Get("/api/v1/people"), 403, "forbidden")
	wrong := w.Client()
	for _, s := range []string{"kxt_x", p.Token[:len(p.Token)-1] + "!", fronttest.Secret()} {
		wrong.Token = s
		a := wrong.Get("/api/v1/me")
		refused(t, a, 401, "unauthorized")
		if a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Error("no WWW-Authenticate")
		}
	}
	w.Move(31 * 24 * time.Hour)
	refused(t, p.Send("POST", "/api/v1/customers/search", obj{}), 401, "unauthorized")
}

func TestCreateToken(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Owner.Enrol()
	w.Move(time.Hour) // no fresh second factor: the command line is on the server
	ctx := context.Background()
	wish := app.TokenWish{Name: "till", Purpose: kexin.FollowUp, Acts: []kexin.Act{kexin.ActList}, Days: 7}
	_, secret, err := w.App.CreateToken(ctx, "LIN", wish)
	if err != nil {
		t.Fatal(err)
	}
	p := w.Client()
	p.Header, p.Token = http.Header{}, secret.Text()
	said(t, p.Send("POST", "/api/v1/customers/search", obj{}), 200)
	if _, _, err := w.App.CreateToken(ctx, "nobody", wish); kexin.CodeOf(err) != kexin.NotFound {
		t.Errorf("%v", err)
	}
	wish.Acts = []kexin.Act{kexin.ActAdmin}
	if _, _, err := w.App.CreateToken(ctx, "lin", wish); kexin.CodeOf(err) != kexin.Invalid {
		t.Errorf("%v", err)
	}
}
