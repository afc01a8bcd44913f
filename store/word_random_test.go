package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"

	"pgregory.net/rapid"
)

// TestWordsRandom: after any history of what a person said, decisions on the
// rows that are read back are those on the rows as consent made them in memory.
func TestWordsRandom(t *testing.T) {
	timed(t, func(t *testing.T, w *storetest.World) {
		type about struct {
			purpose kexin.PurposeCode
			channel kexin.Channel
		}
		offers := []about{{kexin.OwnSMS, kexin.BySMS}, {kexin.OwnCall, kexin.ByCall}, {kexin.OwnWeChat, kexin.ByWeChat}}
		kinds := []consent.Kind{consent.Create, consent.Request, consent.Give, consent.Give, consent.Refuse, consent.Withdraw, consent.Withdraw}
		given, n := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			id := w.Customer("rep", person("王秀兰", "+861381234"+string(rune('0'+n/1000%10))+string(rune('0'+n/100%10))+string(rune('0'+n/10%10))+string(rune('0'+n%10))))
			n++
			rows := map[about]consent.Row{}
			for range rapid.IntRange(1, 8).Draw(t, "steps") {
				a, k := rapid.SampledFrom(offers).Draw(t, "about"), rapid.SampledFrom(kinds).Draw(t, "event")
				w.Clock.Move(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
				wrong := "" // told behind the transaction, which takes no panic
				w.Update(func(tx *store.Tx) error {
					f, err := tx.Facts(kexin.Customer, id)
					if err != nil {
						return err
					}
					e := consent.Event{Kind: k, By: consent.Customer, At: tx.Now, Facts: consent.Facts{Purpose: true, Notice: true, MayAsk: true, Channel: true, Complete: true, Proof: true, Active: true, Alone: true}}
					until := tx.Now.Add(time.Hour)
					row, known := rows[a]
					if !known || row.State.Terminal() {
						row = consent.Open(slices.Collect(maps.Values(rows)), a.purpose, a.channel, 0)
					}
					next, want := row.Apply(e, until, consent.Code)
					_, _, err = tx.Say(store.Said{Subject: f.Subject, Purpose: a.purpose, Channel: a.channel, By: ledger.Actor{Kind: ledger.ByCustomer}, Way: "sms", Event: e, Until: until, Grade: consent.Code,
						Fields: []kexin.FieldID{kexin.CustPhone}, Notice: 1, Text: consent.Hash{1}, Evidence: "test", Terms: consent.Terms{About: "offers", MaxPerMonth: 1, Until: until}})
					if (err == nil) != (want == nil) {
						wrong = fmt.Sprintf("%s in %s: %v, in memory %v", k, row.State, err, want)
						return nil
					}
					if want == nil {
						rows[a] = next
					}
					p, err := gate.One(tx.State, w.Staff["rep"], kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
					if err != nil {
						return err
					}
					all, err := tx.Standings(&p, []kexin.ID{id})
					if err != nil {
						return err
					}
					read := all[id].Person
					made := read
					made.Rows = slices.Collect(maps.Values(rows))
					for _, x := range offers {
						for _, at := range []kexin.Instant{tx.Now, tx.Now.Add(59 * time.Minute), tx.Now.Add(2 * time.Hour)} {
							got, want := consent.MayContact(read, x.purpose, x.channel, at, false), consent.MayContact(made, x.purpose, x.channel, at, false)
							if got != want {
								wrong = fmt.Sprintf("%v: read %+v, in memory %+v", x, got, want)
							}
							if want.OK {
								given++
							}
						}
					}
					return nil
				})
				if wrong != "" {
					t.Fatal(wrong)
				}
			}
		})
		if given == 0 {
			t.Error("nothing was ever allowed")
		}
	})
}
