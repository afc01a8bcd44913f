package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/internal/front/fronttest"
)

func TestStepUp(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		refused(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": "123456"}), 401, "E_STEP_UP")
		var start api.TOTPStart
		said(t, w.Owner.Send("POST", "/api/v1/totp", nil), 200).JSON(t, &start)
		refused(t, w.Owner.Send("POST", "/api/v1/totp/confirm", obj{"code": fronttest.WrongCode(start.Secret, w.Clock.Instant())}), 422, "code")
		var codes api.RecoveryCodes
		before := w.Owner.Cookie("kx")
		said(t, w.Owner.Send("POST", "/api/v1/totp/confirm", obj{"code": fronttest.Code(start.Secret, w.Clock.Instant())}), 200).JSON(t, &codes)
		if len(codes.Codes) != 10 || w.Owner.Cookie("kx") == before {
			t.Errorf("%d codes; the cookie must change", len(codes.Codes))
		}
		mutual := obj{"mutual": true}
		said(t, w.Owner.Send("PATCH", "/api/v1/org", mutual), 200, `"mutual":true`)
		w.Move(10*time.Minute + time.Second)
		refused(t, w.Owner.Send("PATCH", "/api/v1/org", obj{"mutual": false}), 401, "E_STEP_UP")
		refused(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": fronttest.WrongCode(start.Secret, w.Clock.Instant())}), 422, "code")
		before = w.Owner.Cookie("kx")
		code := fronttest.Code(start.Secret, w.Clock.Instant())
		var until struct{ Until int64 }
		said(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": code}), 200).JSON(t, &until)
		if left := kexin.Instant(until.Until).Sub(w.Clock.Instant()); left > 10*time.Minute || left < 9*time.Minute {
			t.Errorf("counts for %v", left)
		}
		refused(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": code}), 422, "code") // replayed
		said(t, w.Owner.Send("PATCH", "/api/v1/org", obj{"mutual": false}), 200)
		// A request under way with the old cookie still gets through, without
		// the step-up; soon it does not.
		old := w.Client()
		old.SetCookie("kx", before)
		said(t, old.Get("/api/v1/me"), 200, `"stepUp":0`)
		refused(t, old.Send("PATCH", "/api/v1/org", mutual), 401, "E_STEP_UP")
		w.Move(11 * time.Second)
		refused(t, old.Get("/api/v1/me"), 401, "unauthorized")
		said(t, w.Owner.Get("/api/v1/me"), 200)
		w.Move(time.Minute)
		said(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": codes.Codes[0]}), 200)
		refused(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": codes.Codes[0]}), 422, "code")
	})
}

func TestStepUpTries(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	w.Owner.Enrol()
	w.Move(time.Minute)
	for range 5 {
		refused(t, w.Owner.Send("POST", "/api/v1/step-up", obj{"code": w.Owner.Wrong()}), 422, "code")
	}
	a := w.Owner.Send("POST", "/api/v1/step-up", obj{"code": w.Owner.Code()})
	refused(t, a, 429, "rate_limited")
	if !strings.Contains(a.Body, `"until":`) {
		t.Error("until when is not said")
	}
}

// TestUnattended: what a page asks by itself while nobody is at it is answered and
// does not keep the session alive; what somebody asks does.
func TestUnattended(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Shop)
		rep := w.Join("ma", kexin.Rep)
		for range 4 {
			w.Move(10 * time.Hour)
			said(t, rep.Get("/api/v1/me"), 200)
		}
		rep.Header = http.Header{"Kexin-Unattended": {"1"}}
		for range 2 {
			w.Move(5 * time.Hour)
			said(t, rep.Get("/api/v1/me"), 200)
		}
		w.Move(3 * time.Hour)
		refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
		rep.Header = nil
		refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
	})
}
