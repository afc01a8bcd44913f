package app

import (
	"fmt"
	"testing"
	"time"

	"kexin"
	"kexin/law"
	"kexin/store"
)

// frozen walks through numbers as somebody until his door is shut, and is the
// alert.
func (b *bench) frozen(who string) (x store.Alert) {
	b.TB.Helper()
	if _, err := b.walk(who, law.DetectSameLast4+1, func(i int) string { return fmt.Sprintf("138%04d5678", 1000+i) }); keyOf(err) != "error.lookup_frozen" {
		b.TB.Fatalf("%s walks on: %v", who, err)
	}
	b.View(func(tx *store.Tx) error {
		all, err := tx.Alerts(1)
		x = all[0]
		return err
	})
	return x
}

// TestCloseAlert: what an alert shut, only an owner or the officer opens, with
// the second factor and an entry in the log; nobody opens his own door while
// another of them is there, and an alert closed once opens nothing again.
func TestCloseAlert(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		open := func(who string) bool {
			b.Clock.Move(time.Minute)
			_, err := b.app.Lookup(t.Context(), b.Staff[who], kexin.KeyPhone, "13711112222")
			if err != nil && keyOf(err) != "error.lookup_frozen" {
				t.Fatal(err)
			}
			return err == nil
		}
		x := b.frozen("rep")
		for _, p := range kexin.Positions {
			a, want := b.stepped(string(p)), "error.forbidden"
			if p == kexin.Owner || p == kexin.PIO {
				a, want = b.Staff[string(p)], "error.step_up"
			}
			if err := b.app.CloseAlert(t.Context(), a, x.ID); keyOf(err) != want {
				t.Errorf("%s: %v", p, err)
			}
		}
		if open("rep") || b.events("alert.closed") != 0 {
			t.Error("refused, and open")
		}
		b.must(b.app.CloseAlert(t.Context(), b.stepped("pio"), x.ID))
		if !open("rep") || b.events("alert.closed") != 1 {
			t.Errorf("closed with %d entries, and shut", b.events("alert.closed"))
		}
		b.Clock.Move(time.Minute)
		if _, err := b.app.Lookup(t.Context(), b.Staff["rep"], kexin.KeyPhone, "13899995678"); err != nil { // shut again
			t.Fatal(err)
		}
		b.must(b.app.CloseAlert(t.Context(), b.stepped("owner"), x.ID))
		if open("rep") || b.events("alert.closed") != 1 {
			t.Error("the old alert opened the door again")
		}
		own := b.frozen("owner")
		if err := b.app.CloseAlert(t.Context(), b.stepped("owner"), own.ID); keyOf(err) != "error.alert_own" || open("owner") {
			t.Errorf("the owner opens his own door: %v", err)
		}
		b.Update(func(tx *store.Tx) error { // the officer leaves: nobody else is there
			m, err := tx.Member(b.Staff["pio"].User)
			if err != nil {
				return err
			}
			m.Active = false
			return tx.SaveMember(m)
		})
		b.must(b.app.CloseAlert(t.Context(), b.stepped("owner"), own.ID))
		if !open("owner") || b.events("alert.closed") != 2 {
			t.Errorf("alone: %d entries", b.events("alert.closed"))
		}
		b.Update(func(tx *store.Tx) error {
			return tx.Alert("contact_breaker", map[string]string{"member": b.Staff["rep"].User.String()})
		})
		b.View(func(tx *store.Tx) error {
			all, err := tx.Alerts(1)
			x = all[0]
			return err
		})
		b.must(b.app.CloseAlert(t.Context(), b.Staff["owner"], x.ID)) // opens nothing: no second factor
		if b.events("alert.closed") != 3 {
			t.Error("not in the log")
		}
	})
}
