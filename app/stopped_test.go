package app

import (
	"context"
	"fmt"
	"testing"

	"kexin"
	"kexin/law"
	"kexin/store"
)

// TestStoppedIsALookup: a record that is written by hand tells by its mark 勿扰
// whether its number was stopped in the shop. Who writes number after number, as
// another person's, a contact's or a change, asks by it and has each counted, until
// none are left; what he asked the door for himself is not counted twice.
func TestStoppedIsALookup(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, rep, n := context.Background(), b.Staff["rep"], 0
		number := func() kexin.Value { n++; return kexin.Str(fmt.Sprintf("+861380%07d", n*1117)) }
		write := func(o kexin.Object, parent kexin.ID, shared bool, phone kexin.Value) (kexin.ID, error) {
			v := store.Values{kexin.CustName: kexin.Str("王小妹"), kexin.CustPhone: phone}
			if o == kexin.Contact {
				v = store.Values{kexin.ContName: kexin.Str("王小妹"), kexin.ContPhone: phone}
			}
			return b.app.Create(ctx, rep, Draft{Object: o, Parent: parent, Values: v, Shared: shared})
		}
		spent := 0
		counts := func(what string, more int) {
			t.Helper()
			spent += more
			b.View(func(tx *store.Tx) error {
				if s, err := tx.LookupSpend(rep); err != nil || s.Day != spent {
					t.Errorf("%s: %d lookups are counted, want %d, %v", what, s.Day, spent, err)
				}
				return nil
			})
		}
		her, err := write(kexin.Customer, 0, true, number())
		b.must(err)
		counts("where nobody was stopped", 0)
		stopped := kexin.Str("+8613899990000")
		b.Update(func(tx *store.Tx) error { return tx.Suppress(kexin.KeyPhone, stopped.S, tx.Now) })

		_, err = write(kexin.Customer, 0, true, stopped)
		b.must(err)
		counts("another person's", 1)
		if _, err := write(kexin.Customer, 0, false, stopped); kexin.LawOf(err) != "E_MAYBE_SAME" {
			t.Errorf("a known number: %v", err)
		}
		counts("asked", 1)
		_, err = write(kexin.Customer, 0, true, stopped)
		b.must(err)
		counts("said to be another's when asked", 0)
		contact, err := write(kexin.Contact, her, false, number())
		b.must(err)
		counts("a contact's", 1)
		_, err = b.app.Edit(ctx, rep, contact, 1, Draft{Object: kexin.Contact, Values: store.Values{kexin.ContPhone: number()}})
		b.must(err)
		counts("a contact's change", 1)
		_, err = b.app.Edit(ctx, rep, her, 1, Draft{Object: kexin.Customer, Shared: true, Values: store.Values{kexin.CustPhone: number()}})
		b.must(err)
		counts("a change", 1)
		if spent != law.LookupPerMinute {
			t.Fatalf("%d", spent)
		}
		for what, c := range map[string]func() error{
			"another person's": func() error { _, err := write(kexin.Customer, 0, true, number()); return err },
			"a contact's":      func() error { _, err := write(kexin.Contact, her, false, number()); return err },
			"a change": func() error {
				_, err := b.app.Edit(ctx, rep, her, 2, Draft{Object: kexin.Customer, Shared: true, Values: store.Values{kexin.CustPhone: number()}})
				return err
			},
		} {
			if err := c(); kexin.CodeOf(err) != kexin.RateLimited {
				t.Errorf("%s, with none left: %v", what, err)
			}
		}
		counts("with none left", 0)
	})
}
