package app

import (
	"context"
	"testing"

	"kexin"
	"kexin/store"
)

// TestOwners: a customer is given only to somebody who is of this merchant, at
// work, of a position that works with customers, and inside the giver's scope.
func TestOwners(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		id := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰")})
		foreign := b.Another("外人的店").Staff["owner"].User
		b.Seat("gone", kexin.Rep, b.Depts[0])
		b.Update(func(tx *store.Tx) error { _, err := tx.Disable(b.Staff["gone"].User); return err })
		for who, to := range map[string]kexin.ID{"of another merchant": foreign, "nobody": 12345, "an analyst": b.Staff["analyst"].User, "the auditor": b.Staff["auditor"].User,
			"who left": b.Staff["gone"].User, "none": 0} {
			if err := b.app.Move(ctx, b.Staff["owner"], id, to); kexin.CodeOf(err) != kexin.Invalid {
				t.Errorf("given to %s: %v", who, err)
			}
			d := Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str("李四")}, Owner: to}
			if _, err := b.app.Create(ctx, b.Staff["owner"], d); to != 0 && kexin.CodeOf(err) != kexin.Invalid {
				t.Errorf("made for %s: %v", who, err)
			}
		}
		if err := b.app.Move(ctx, b.Staff["leader"], id, b.Staff["rep4"].User); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a leader gives beyond his departments: %v", err)
		}
		if err := b.app.Move(ctx, b.Staff["leader"], id, b.Staff["rep3"].User); err != nil {
			t.Error(err)
		}
		if err := b.app.Move(ctx, b.Staff["owner"], id, b.Staff["rep4"].User); err != nil {
			t.Error(err)
		}
		if err := b.app.Move(ctx, b.Staff["rep"], id, b.Staff["rep"].User); kexin.CodeOf(err) != kexin.Forbidden {
			t.Errorf("a rep moves: %v", err)
		}
	})
}

// TestEditOneField: a change need not send what is there already.
func TestEditOneField(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		id := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: kexin.Str("+8613812345678")})
		rev, err := b.app.Edit(context.Background(), b.Staff["rep"], id, 1, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustRemark: kexin.Str("记一笔")}})
		if err != nil || rev != 2 {
			t.Error(rev, err)
		}
		_, err = b.app.Edit(context.Background(), b.Staff["rep"], id, 2, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Value{}}})
		if kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("a name is cleared: %v", err)
		}
	})
}
