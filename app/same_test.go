package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kexin"
	"kexin/store"
)

// TestSameAtOnce: of two who write one number at one moment, one has the customer and
// the other is told that she is known.
func TestSameAtOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		write := func(who string, phone kexin.Value) error {
			_, err := b.app.Create(ctx, b.Staff[who], Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str("王秀兰"), kexin.CustPhone: phone}})
			return err
		}
		for i := range 8 {
			b.Clock.Move(time.Minute)
			other := b.Customer("rep", store.Values{kexin.CustName: kexin.Str("张伟")})
			phone := kexin.Str(fmt.Sprintf("+861380%07d", 1+i*1117))
			second := func() error { return write("rep", phone) }
			if i%2 == 1 {
				second = func() error {
					_, err := b.app.Edit(ctx, b.Staff["rep"], other, 1, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustPhone: phone}})
					return err
				}
			}
			at, done := make(chan bool), make(chan error)
			for _, f := range []func() error{func() error { return write("owner", phone) }, second} {
				go func() { <-at; done <- f() }()
			}
			close(at)
			one, two := <-done, <-done
			if one != nil {
				one, two = two, one
			}
			if one != nil || kexin.LawOf(two) != "E_MAYBE_SAME" {
				t.Errorf("round %d: %v, %v", i, one, two)
			}
		}
	})
}
