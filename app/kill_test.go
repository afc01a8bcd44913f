package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// writers is how many people write at once in the process that is killed.
const writers = 6

// A killed process gets its world by these variables.
const (
	killWhere = "KEXIN_KILL_WHERE" // file or DSN; set = this process is the one to be killed
	killKey   = "KEXIN_KILL_KEY"   // recovery code of the master key
	killWho   = "KEXIN_KILL_WHO"   // org, member, department
	killFrom  = "KEXIN_KILL_FROM"  // number of the first customer
)

func killConfig(where string) db.Config {
	if strings.HasPrefix(where, "postgres") {
		return db.Config{DSN: where}
	}
	return db.Config{File: where}
}

func openKilled(where, code string) (*db.DB, *store.Store, error) {
	key, err := vault.ParseRecovery(code)
	if err != nil {
		return nil, nil, err
	}
	d, err := db.Open(context.Background(), killConfig(where))
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(context.Background(), d, vault.Keepers{vault.NewMasterKeeper(key)}, func() kexin.Instant { return kexin.At(time.Now()) })
	return d, s, err
}

// killChild is what the test binary does as the process that is killed: it
// makes and changes customers for ever and tells what was acknowledged, and
// what was refused.
func killChild() {
	_, s, err := openKilled(os.Getenv(killWhere), os.Getenv(killKey))
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	var org, who, dept kexin.ID
	var from int64
	if _, err = fmt.Sscan(os.Getenv(killWho), (*int64)(&org), (*int64)(&who), (*int64)(&dept)); err == nil {
		from, err = strconv.ParseInt(os.Getenv(killFrom), 10, 64)
	}
	if err != nil {
		fmt.Println("!", err)
		os.Exit(1)
	}
	a := New(Config{Store: s, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	go a.Run(context.Background())
	actor := kexin.Actor{Org: org, User: who, Position: kexin.Rep, Dept: dept, Purpose: kexin.FollowUp, Via: kexin.ViaSession, Lang: "zh-CN"}
	var n atomic.Int64
	n.Store(from)
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	for range writers {
		go func() {
			for {
				write(a, actor, n.Add(1), say)
			}
		}()
	}
	select {}
}

// write makes one customer and changes it; every fourth is given little time.
func write(a *App, actor kexin.Actor, n int64, say func(string, ...any)) {
	ctx, stop := context.Background(), func() {}
	if n%4 == 0 {
		ctx, stop = context.WithTimeout(ctx, time.Duration(rand.IntN(8000))*time.Microsecond)
	}
	defer stop()
	id, err := a.Create(ctx, actor, Draft{Object: kexin.Customer, Shared: true, Values: store.Values{
		kexin.CustName: kexin.Str("王秀" + string(rune('一'+n%5000))), kexin.CustPhone: kexin.Str(killPhone(n))}})
	if err != nil {
		say("refused %d", n)
		return
	}
	say("made %d %d", n, id)
	for rev := int64(1); rev < 4; rev++ {
		got, err := a.Edit(context.Background(), actor, id, rev, Draft{Object: kexin.Customer, Values: store.Values{kexin.CustRemark: kexin.Str(killRemark(n, rev))}})
		if err != nil {
			say("! edit %d: %v", n, err)
			return
		}
		say("changed %d %d", n, got)
	}
}

func killPhone(n int64) string       { return fmt.Sprintf("+86199%08d", n) }
func killRemark(n, rev int64) string { return fmt.Sprintf("第 %d 位，改了 %d 次", n, rev) }

// A killed holds what the killed process told.
type killed struct {
	ids     map[int64]kexin.ID
	revs    map[int64]int64
	refused map[int64]bool
	last    int64
}

// TestKillWriters kills a process that makes and changes customers at random
// moments: what it acknowledged is stored, what it refused is absent, nothing
// is half there, and the log verifies. Few rounds; many with KEXIN_SOAK=1.
func TestKillWriters(t *testing.T) {
	rounds := 3
	if os.Getenv("KEXIN_SOAK") == "1" {
		rounds = 60
	}
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			where := filepath.Join(t.TempDir(), "k.db")
			if engine == dbtest.Postgres {
				where = pgtest.Database(t)
			}
			key := vault.NewKey()
			code := vault.RecoveryCode(key)
			d, err := db.Open(context.Background(), killConfig(where))
			if err != nil {
				t.Fatal(err)
			}
			w := storetest.NewWith(t, d, nil, vault.Keepers{vault.NewMasterKeeper(key)})
			rep := w.Staff["rep"]
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			k := &killed{ids: map[int64]kexin.ID{}, revs: map[int64]int64{}, refused: map[int64]bool{}}
			for range rounds {
				k.run(t, where, code, fmt.Sprintf("%d %d %d", rep.Org, rep.User, rep.Dept))
				k.check(t, where, code, rep.Org)
			}
			if len(k.ids) < 10*rounds {
				t.Errorf("only %d customers in %d rounds", len(k.ids), rounds)
			}
			t.Logf("%d made, %d refused, %d rounds", len(k.ids), len(k.refused), rounds)
		})
	}
}

// run starts a process and kills it some time after it began to write.
func (k *killed) run(t *testing.T, where, code, who string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killWhere+"="+where, killKey+"="+code, killWho+"="+who, killFrom+"="+strconv.FormatInt(k.last, 10))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until := len(k.ids) + 10 + rand.IntN(50)
	lines := bufio.NewScanner(out)
	for len(k.ids) < until && lines.Scan() {
		k.note(t, lines.Text())
	}
	time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it told before it died was acknowledged too
		k.note(t, lines.Text())
	}
	_, _ = io.Copy(io.Discard, out)
	if cmd.Wait() == nil {
		t.Fatal("the process ended by itself")
	}
	k.last += 100_000
}

func (k *killed) note(t *testing.T, line string) {
	t.Helper()
	f := strings.Fields(line)
	num := func(i int) int64 {
		if len(f) <= i {
			return 0
		}
		n, _ := strconv.ParseInt(f[i], 10, 64)
		return n
	}
	switch {
	case len(f) == 3 && f[0] == "made":
		k.ids[num(1)] = kexin.ID(num(2))
	case len(f) == 3 && f[0] == "changed":
		k.revs[num(1)] = num(2)
	case len(f) == 2 && f[0] == "refused":
		k.refused[num(1)] = true
	case strings.HasPrefix(line, "!"):
		t.Errorf("the process says: %s", line)
	}
}

// check opens what the process left and compares.
func (k *killed) check(t *testing.T, where, code string, org kexin.ID) {
	t.Helper()
	ctx := context.Background()
	d, s, err := openKilled(where, code)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	err = s.View(ctx, org, func(tx *store.Tx) error {
		for n := range k.refused {
			if hits, err := tx.Hits(kexin.KeyPhone, killPhone(n)); err != nil || len(hits) > 0 {
				t.Errorf("%d was refused and is there (%v)", n, err)
			}
		}
		for n, id := range k.ids {
			hits, err := tx.Hits(kexin.KeyPhone, killPhone(n))
			if err != nil || len(hits) != 1 || hits[0].ID != id {
				t.Errorf("%d was acknowledged and is there %d times (%v)", n, len(hits), err)
			}
			k.one(t, tx, n, id)
		}
		nothingHalf(t, tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n > 0; {
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

// one compares a customer's revision and remark with what was acknowledged: a
// change that was under way may be there too.
func (k *killed) one(t *testing.T, tx *store.Tx, n int64, id kexin.ID) {
	t.Helper()
	f, err := tx.Facts(kexin.Customer, id)
	if err != nil || f == nil {
		t.Errorf("%d: %v", n, err)
		return
	}
	var rev int64
	if err := tx.Row("SELECT rev FROM customer WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&rev); err != nil || rev < max(k.revs[n], 1) || rev > 4 {
		t.Errorf("%d has revision %d, %d was acknowledged (%v)", n, rev, k.revs[n], err)
		return
	}
	var owner kexin.ID
	if err := tx.Row("SELECT owner_id FROM customer WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&owner); err != nil {
		t.Error(err)
	}
	actor := kexin.Actor{Org: tx.Org, User: owner, Position: kexin.Rep, Purpose: kexin.FollowUp}
	p, err := gate.One(tx.State, actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: id}, f)
	if err != nil {
		t.Error(err)
		return
	}
	v, err := tx.Get(&p)
	if err != nil {
		t.Error(err)
		return
	}
	want := ""
	if rev > 1 {
		want = killRemark(n, rev-1)
	}
	for i, f := range p.Fields() {
		if f.ID == kexin.CustRemark && v.Cells[i].Value.S != want {
			t.Errorf("%d at revision %d says %q", n, rev, v.Cells[i].Value.S)
		}
	}
}

// nothingHalf: nothing of a customer is there without the rest.
func nothingHalf(t *testing.T, tx *store.Tx) {
	t.Helper()
	counts := map[string]string{
		"customers":       "SELECT COUNT(*) FROM customer WHERE org_id=$1",
		"persons":         "SELECT COUNT(*) FROM subject WHERE org_id=$1 AND person",
		"keys of persons": "SELECT COUNT(*) FROM subject_key k JOIN subject s ON s.org_id=k.org_id AND s.id=k.subject_id WHERE k.org_id=$1 AND s.person AND k.part=1",
		"phone keys":      "SELECT COUNT(*) FROM record_key WHERE org_id=$1 AND kind=1",
		"entries":         "SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND type='record.created'",
	}
	got := map[string]int64{}
	for what, q := range counts {
		var n int64
		if err := tx.Row(q, tx.Org).Scan(&n); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		got[what] = n
	}
	for what, n := range got {
		if n != got["customers"] {
			t.Errorf("%d %s, %d customers", n, what, got["customers"])
		}
	}
}
