package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
	"kexin/ledger"
	"kexin/share"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// partyKilled holds, for the process that is killed, where its server is and
// what it shall do, as JSON.
const partyKilled = "KEXIN_KILL_PARTY"

// A killedPlan is what the killed process is told.
type killedPlan struct {
	Where, Key string
	Post       bool // it delivers letters; without, each stops between the two merchants
	Rep, Other kexin.Actor
	Shop       kexin.ID
	Customers  []kexin.ID
	From       int // number of the first
}

func openParty(where, code string) (*db.DB, *store.Store, error) {
	key, err := vault.ParseRecovery(code)
	if err != nil {
		return nil, nil, err
	}
	cfg := db.Config{File: where}
	if strings.HasPrefix(where, "postgres") {
		cfg = db.Config{DSN: where}
	}
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, d, vault.Keepers{vault.NewMasterKeeper(key)}, func() kexin.Instant { return kexin.At(time.Now()) })
	return d, s, err
}

// typedBy is what the customer of a number types.
func typedBy(n int) app.Giving {
	return app.Giving{Name: "客" + string(rune('一'+n)), Phone: fmt.Sprintf("+861990%07d", n), Channel: kexin.ByCall, Tell: true, Lang: "zh-CN"}
}

// TestPartyChild is the process that is killed: customers send, shops accept,
// customers stop, one after the other, for ever. It tells what was
// acknowledged.
func TestPartyChild(t *testing.T) {
	text := os.Getenv(partyKilled)
	if text == "" {
		return // this is not that process
	}
	var p killedPlan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	_, s, err := openParty(p.Where, p.Key)
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	a := app.New(app.Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: time.Now, Data: t.TempDir()})
	if p.Post {
		go a.Run(ctx)
	}
	for i, c := range p.Customers {
		if err := goesThrough(a, p, p.From+i, c); err != nil {
			fmt.Printf("! %d: %v\n", p.From+i, err)
		}
	}
	fmt.Println("done")
	select {}
}

func goesThrough(a *app.App, p killedPlan, n int, customer kexin.ID) error {
	r, err := a.Recommend(ctx, p.Rep, app.Recommendation{Customer: customer, Need: "curtain", Said: "store", Way: app.WayCopy, Shops: []kexin.ID{p.Shop}})
	if err != nil {
		return err
	}
	fmt.Printf("asked %d %d\n", n, r.Referrals[0])
	visitor, _ := auth.NewDevice()
	from := app.From{Addr: netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)}), Lang: "zh-CN", Visitor: visitor.Text()}
	cookie, err := a.Enter(ctx, from, strings.TrimPrefix(r.Path.Text(), "/l/"), false)
	if err != nil {
		return err
	}
	v, err := a.VisitOf(ctx, from, cookie.Text(), app.Seat{})
	if err != nil {
		return err
	}
	g := typedBy(n)
	g.Referral, g.Shop = r.Referrals[0], p.Shop
	out, err := a.Submit(ctx, v, g)
	if err != nil {
		return err
	}
	fmt.Printf("sent %d\n", n)
	if again, err := a.Submit(ctx, v, g); err != nil || again.Referral != out.Referral {
		return fmt.Errorf("sent again: %w, %v instead of %v", err, again.Referral, out.Referral)
	}
	if n%3 != 0 {
		if _, err := a.AcceptReferral(ctx, p.Other, r.Referrals[0]); err != nil {
			return err
		}
		fmt.Printf("accepted %d\n", n)
	}
	if n%4 == 0 {
		if v, err = a.VisitOf(ctx, from, out.Visit.Text(), app.Seat{}); err != nil {
			return err
		}
		if err := a.Withdraw(ctx, v, app.StopAll); err != nil {
			return err
		}
		fmt.Printf("stopped %d\n", n)
	}
	return nil
}

// A witnessed holds what the killed processes told.
type witnessed struct {
	ids                     map[int]kexin.ID
	sent, accepted, stopped map[int]bool
	done                    bool
}

func (w *witnessed) note(t *testing.T, line string) {
	t.Helper()
	var n int
	var id int64
	f := strings.Fields(line)
	switch {
	case len(f) == 3 && f[0] == "asked":
		_, _ = fmt.Sscan(f[1]+" "+f[2], &n, &id)
		w.ids[n] = kexin.ID(id)
	case len(f) == 2:
		m := map[string]map[int]bool{"sent": w.sent, "accepted": w.accepted, "stopped": w.stopped}[f[0]]
		if _, err := fmt.Sscan(f[1], &n); err == nil && m != nil {
			m[n] = true
		}
	case line == "done":
		w.done = true
	case strings.HasPrefix(line, "!"):
		t.Errorf("the process says: %s", line)
	}
}

// run starts a process and kills it after some of what it tells.
func (w *witnessed) run(t *testing.T, p killedPlan) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestPartyChild$")
	cmd.Env = append(os.Environ(), partyKilled+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	w.done = false
	for n := 5 + rand.IntN(25); n > 0 && !w.done && lines.Scan(); n-- {
		w.note(t, lines.Text())
	}
	time.Sleep(time.Duration(rand.IntN(8000)) * time.Microsecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it told before it died was acknowledged too
		w.note(t, lines.Text())
	}
	_, _ = io.Copy(io.Discard, out)
	if cmd.Wait() == nil {
		t.Fatal("the process ended by itself")
	}
}

// TestKillBetweenMerchants kills a process in which customers send, shops
// accept and customers stop, with and without a postman: what she sent is at
// the other shop once and is what she typed, what stops between the two
// merchants arrives later, and letters that come twice, late or in another
// order change nothing. Few rounds; many with KEXIN_SOAK=1.
func TestKillBetweenMerchants(t *testing.T) {
	rounds := 4
	if os.Getenv("KEXIN_SOAK") == "1" {
		rounds = 60
	}
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			where := filepath.Join(t.TempDir(), "p.db")
			if engine == dbtest.Postgres {
				where = pgtest.Database(t)
			}
			key := vault.NewKey()
			plan := killedPlan{Where: where, Key: vault.RecoveryCode(key)}
			ids := townFor(t, where, key, &plan, rounds*12)
			w := &witnessed{ids: map[int]kexin.ID{}, sent: map[int]bool{}, accepted: map[int]bool{}, stopped: map[int]bool{}}
			for round := range rounds {
				plan.Post, plan.From = round%2 == 1, round*12
				plan.Customers = ids[round*12 : round*12+12]
				w.run(t, plan)
				w.check(t, plan)
			}
			if len(w.sent) < rounds {
				t.Errorf("only %d sent in %d rounds", len(w.sent), rounds)
			}
			t.Logf("%d asked, %d sent, %d accepted, %d stopped", len(w.ids), len(w.sent), len(w.accepted), len(w.stopped))
		})
	}
}

// townFor makes the shops and the sender's customers.
func townFor(t *testing.T, where string, key [vault.KeySize]byte, plan *killedPlan, n int) (ids []kexin.ID) {
	t.Helper()
	t.Run("town", func(t *testing.T) { // its server ends with it
		cfg := db.Config{File: where}
		if strings.HasPrefix(where, "postgres") {
			cfg = db.Config{DSN: where}
		}
		c := storetest.NewClock()
		cfg.Clock = c.Now
		d, err := db.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		p := apptest.NewWith(t, d, c, vault.Keepers{vault.NewMasterKeeper(key)})
		plan.Rep, plan.Other, plan.Shop = p.Shops["tile"].Rep, p.Shops["curtain"].Rep, p.Shops["curtain"].Org
		actor := plan.Rep
		actor.Via = kexin.ViaCLI
		for i := range n {
			id, err := p.App.Create(ctx, actor, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str(fmt.Sprint("自家客户", i))}})
			p.Must(err)
			ids = append(ids, id)
		}
		p.Settle()
	})
	return ids
}

// check opens what the process left, lets the letters arrive, twice and in any
// order, and compares.
func (w *witnessed) check(t *testing.T, plan killedPlan) {
	t.Helper()
	d, s, err := openParty(plan.Where, plan.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	a := app.New(app.Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: time.Now, Data: t.TempDir()})
	before := w.rows(t, s, plan) // at the receiver, before anything more is delivered
	w.storm(t, d, a, plan)
	if err := a.Deliver(ctx); err != nil {
		t.Error(err)
	}
	w.storm(t, d, a, plan)
	after := w.rows(t, s, plan)
	running, stop := context.WithCancel(ctx) // openings are logged by a running server
	ended := make(chan struct{})
	go func() { a.Run(running); close(ended) }()
	defer func() { stop(); <-ended }()
	if len(after) != len(before) {
		t.Errorf("%d rows at the receiver became %d by letters", len(before), len(after))
	}
	for n, id := range w.ids {
		r, there := after[id]
		switch {
		case w.sent[n] && !there:
			t.Errorf("%d was acknowledged and is not there", n)
		case w.stopped[n] && r.State != share.Revoking && r.State != share.Revoked:
			t.Errorf("%d was stopped and is %s", n, r.State)
		case w.accepted[n] && r.Customer == 0:
			t.Errorf("%d was accepted and has no record", n)
		}
		w.sender(t, s, plan, n, id, r, there)
		if there {
			w.whatSheTyped(t, a, plan, n, r)
		}
	}
	w.letters(t, d, s, plan)
}

// rows are the receiver's rows by id; more than one of an id cannot be.
func (w *witnessed) rows(t *testing.T, s *store.Store, plan killedPlan) map[kexin.ID]store.Referral {
	t.Helper()
	out := map[kexin.ID]store.Referral{}
	if err := s.View(ctx, plan.Shop, func(tx *store.Tx) error {
		list, err := tx.ReferralsOn(store.Receiving, 0, 10_000)
		for _, r := range list {
			out[r.ID] = r
		}
		if len(out) != len(list) {
			t.Errorf("%d rows of %d referrals", len(list), len(out))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// sender compares the sender's row with the receiver's.
func (w *witnessed) sender(t *testing.T, s *store.Store, plan killedPlan, n int, id kexin.ID, r store.Referral, there bool) {
	t.Helper()
	if err := s.View(ctx, plan.Rep.Org, func(tx *store.Tx) error {
		x, err := tx.Referral(id)
		if err != nil {
			return err
		}
		stopped := x.State == share.Revoking || x.State == share.Revoked // her stop may come before the letter that told of her yes
		if there != (x.State != share.Awaiting) || there && !x.Told && !stopped {
			t.Errorf("%d: %s at the sender, %s at the receiver", n, x.State, r.State)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// whatSheTyped: the receiver has her name and number as she typed them, and no
// field besides.
func (w *witnessed) whatSheTyped(t *testing.T, a *app.App, plan killedPlan, n int, r store.Referral) {
	t.Helper()
	if r.State != share.Accepted || r.Customer == 0 {
		return
	}
	v, err := a.Get(ctx, plan.Other, kexin.Customer, r.Customer)
	if err != nil {
		t.Errorf("%d: %v", n, err)
		return
	}
	for i, f := range v.Fields {
		val := v.View.Cells[i].Value
		if val.Empty() || f.Computed || f.Kind == kexin.KindRef {
			continue
		}
		if !slices.Contains(store.WelcomeFields, f.ID) {
			t.Errorf("%d: the receiver has %s", n, f.Name)
		}
		if f.ID == kexin.CustName && val.S != typedBy(n).Name {
			t.Errorf("%d: the receiver has another name", n)
		}
		if p := typedBy(n).Phone; f.ID == kexin.CustPhone && !strings.HasSuffix(strings.Join(val.Strings(), ""), p[len(p)-4:]) {
			t.Errorf("%d: the receiver has another number", n)
		}
	}
	if phone, err := a.Contact(ctx, plan.Other, kexin.Customer, r.Customer, kexin.ByWeChat); err == nil {
		t.Errorf("%d: a way that she did not choose: %v", n, phone)
	}
}

// envelopes are all letters between the two shops that were ever posted.
func envelopes(t *testing.T, d *db.DB) (out []struct {
	from, to kexin.ID
	body     []byte
}) {
	t.Helper()
	if err := d.View(ctx, func(x *db.Tx) error {
		out = nil
		rows, err := x.Query("SELECT org_id,peer_id,envelope FROM outbox ORDER BY org_id,peer_id,seq")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l struct {
				from, to kexin.ID
				body     []byte
			}
			if err := rows.Scan(&l.from, &l.to, &l.body); err != nil {
				return err
			}
			out = append(out, l)
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// storm brings every letter again, some twice, in any order.
func (w *witnessed) storm(t *testing.T, d *db.DB, a *app.App, plan killedPlan) {
	t.Helper()
	all := envelopes(t, d)
	all = append(all, all[:len(all)/2]...)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, l := range all {
		if _, err := a.Receive(ctx, l.from, l.to, l.body); err != nil && kexin.CodeOf(err) != kexin.Conflict {
			t.Errorf("a letter: %v", err)
		}
	}
}

// letters: each was taken once and answered, and both logs verify.
func (w *witnessed) letters(t *testing.T, d *db.DB, s *store.Store, plan killedPlan) {
	t.Helper()
	var open, posted, taken int64
	if err := d.View(ctx, func(x *db.Tx) error {
		return x.Row("SELECT (SELECT COUNT(*) FROM outbox WHERE sent_at=0),(SELECT COUNT(*) FROM outbox),(SELECT COUNT(*) FROM inbox)").Scan(&open, &posted, &taken)
	}); err != nil {
		t.Fatal(err)
	}
	if open != 0 || posted != taken {
		t.Errorf("%d letters posted, %d taken, %d open", posted, taken, open)
	}
	for _, org := range []kexin.ID{plan.Rep.Org, plan.Shop} {
		for n := 1; n > 0; {
			var err error
			if n, err = s.Seal(ctx, org); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.View(ctx, org, func(tx *store.Tx) error {
			if v := ledger.VerifyLog(tx.LogReader(), ledger.VerifyOptions{Strict: true}); v.Status == ledger.Invalid {
				t.Errorf("the log: %+v", v.Faults)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
