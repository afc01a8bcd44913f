package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/app"
	"kexin/internal/front/fronttest"
)

func TestDisable(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		rep, other := w.Join("ma", kexin.Rep), w.Join("li", kexin.Rep)
		program := rep.NewToken(kexin.FollowUp, kexin.ActList)
		said(t, program.Send("POST", "/api/v1/customers/search", obj{}), 200)
		path, to := member(t, w, rep), other.Seat().Member
		for i := range 3 {
			said(t, rep.Send("POST", "/api/v1/customers", obj{"fields": obj{"name": "王" + strings.Repeat("秀", i+1), "phone": "1381234567" + string(rune('0'+i))}}), 201)
		}
		refused(t, rep.Send("PATCH", path, obj{"position": "owner"}), 403, "forbidden")
		refused(t, w.Owner.Send("PATCH", path, obj{"active": false, "moveTo": id(rep.Seat().Member)}), 422, "moveTo")
		var m api.MemberChanged
		said(t, w.Owner.Send("PATCH", path, obj{"active": false, "moveTo": id(to)}), 200).JSON(t, &m)
		if m.Active || m.Moved != 3 || m.Left {
			t.Errorf("%+v", m)
		}
		refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
		refused(t, program.Send("POST", "/api/v1/customers/search", obj{}), 401, "unauthorized")
		if n := w.Count("SELECT COUNT(*) FROM customer WHERE owner_id=$1", to); n != 3 {
			t.Errorf("%d customers handed on", n)
		}
		if n := w.Count("SELECT COUNT(*) FROM ledger_entry WHERE type='member.disabled'"); n != 1 {
			t.Errorf("%d entries", n)
		}
		said(t, w.Owner.Send("PATCH", path, obj{"active": false}), 200) // again: nothing new
		if n := w.Count("SELECT COUNT(*) FROM ledger_entry WHERE type='member.disabled'"); n != 1 {
			t.Errorf("%d entries after the second time", n)
		}
		said(t, w.Owner.Send("PATCH", path, obj{"active": true}), 200, `"active":true`)
		refused(t, w.Owner.Send("PATCH", "/api/v1/members/12345", obj{"active": false}), 404, "not_found")
	})
}

// TestLeaverReveals: who looks after a leaver is told what he looked at.
func TestLeaverReveals(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	var made api.Written
	said(t, rep.Send("POST", "/api/v1/customers", obj{"fields": obj{"name": "王秀兰", "phone": "13812345678"}}), 201).JSON(t, &made)
	said(t, rep.Send("POST", "/api/v1/customers/"+id(made.ID)+"/reveal", obj{"field": "phone", "reason": "booked"}), 200)
	w.Move(20 * 24 * time.Hour)
	c := w.Client()
	in, err := w.App.SignIn(context.Background(), app.From{}, "lin", fronttest.Password)
	if err != nil || in.Stage != app.Enrol {
		t.Fatalf("%+v %v", in, err)
	}
	c.SetCookie("kx", in.Session.Text())
	c.Enrol()
	path := "/api/v1/members/" + memberNamed(w, "ma")
	said(t, c.Send("PATCH", path, obj{"active": false}), 200, `"reveals":1`)
	var l api.Looks
	said(t, c.Get(path+"/looks"), 200).JSON(t, &l)
	if len(l.Looks) != 1 || l.Looks[0].Customer != made.ID || l.Looks[0].Name != "王秀兰" || l.Looks[0].Why != "已约好" || !strings.Contains(l.Looks[0].Text, "手机") || l.More {
		t.Errorf("%+v", l)
	}
}

func TestLastOwner(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		w.Owner.Enrol()
		me := member(t, w, w.Owner)
		refused(t, w.Owner.Send("PATCH", me, obj{"active": false}), 409, "conflict")
		refused(t, w.Owner.Send("PATCH", me, obj{"position": "rep"}), 409, "conflict")
		refused(t, w.Owner.Send("PATCH", me, obj{"leaving": "2026-12-31"}), 409, "conflict")
		second := w.Join("xu", kexin.Owner)
		second.Enrol()
		first := me
		w.Move(11 * time.Minute)
		refused(t, second.Send("PATCH", first, obj{"leaving": "2000-01-01"}), 401, "E_STEP_UP")
		said(t, second.Send("POST", "/api/v1/step-up", obj{"code": second.Code()}), 200)
		said(t, second.Send("PATCH", first, obj{"leaving": "2026-03-31"}), 200)
		refused(t, second.Send("PATCH", member(t, w, second), obj{"leaving": "2026-04-30"}), 409, "conflict")
		said(t, second.Send("PATCH", first, obj{"active": false}), 200)
		refused(t, second.Send("PATCH", member(t, w, second), obj{"active": false}), 409, "conflict")
		if !second.Seat().Somebody() {
			t.Error("the last owner is out")
		}
	})
}

// TestLastOwnerRace: two owners who close each other at once: one stays.
func TestLastOwnerRace(t *testing.T) {
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		w.Found(kexin.Company)
		w.Owner.Enrol()
		second := w.Join("xu", kexin.Owner)
		second.Enrol()
		a, b := member(t, w, w.Owner), member(t, w, second)
		done := make(chan int, 2)
		go func() { done <- w.Owner.Send("PATCH", b, obj{"active": false}).Status }()
		go func() { done <- second.Send("PATCH", a, obj{"active": false}).Status }()
		<-done
		<-done
		if n := w.Count("SELECT COUNT(*) FROM member WHERE position='owner' AND active"); n < 1 {
			t.Error("no owner is left")
		}
	})
}

// TestLeavingDay: the account ends with the last day at work, and has smaller
// budgets until then.
func TestLeavingDay(t *testing.T) {
	w := fronttest.Lite(t, routes).Found(kexin.Shop)
	rep := w.Join("ma", kexin.Rep)
	said(t, w.Owner.Send("PATCH", member(t, w, rep), obj{"leaving": "2026-03-02"}), 200)
	said(t, rep.Get("/api/v1/me"), 200, `"reveal":{"used":0,"limit":5}`)
	w.Move(11 * time.Hour)
	said(t, rep.Get("/api/v1/me"), 200)
	w.Move(11 * time.Hour)
	refused(t, rep.Get("/api/v1/me"), 401, "unauthorized")
}
