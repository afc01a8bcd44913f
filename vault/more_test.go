package vault

import (
	"context"
	"encoding/base64"
	"errors"
	"sync"
	"testing"
	"time"

	"kexin"

	"pgregory.net/rapid"
)

// Nothing but the same kind and the same canonical value of the same merchant
// gives the same index.
func TestIndexKeepsApart(t *testing.T) {
	a, b := newRing(t, 1), newRing(t, 2)
	rapid.Check(t, func(rt *rapid.T) {
		k1, k2 := kexin.KeyKind(rapid.IntRange(1, 6).Draw(rt, "k1")), kexin.KeyKind(rapid.IntRange(1, 6).Draw(rt, "k2"))
		s1, s2 := rapid.String().Draw(rt, "s1"), rapid.String().Draw(rt, "s2")
		if got := Index(a, k1, s1) == Index(a, k2, s2); got != (k1 == k2 && s1 == s2) {
			rt.Errorf("equal: %v", got)
		}
		if Index(a, k1, s1) == Index(b, k1, s1) {
			rt.Error("two merchants share an index")
		}
		if Index(a, k1, s1).Idx == Suppression(a, k1, s1).Idx {
			rt.Error("index and suppression are the same")
		}
	})
}

func TestTokensKeepApart(t *testing.T) {
	a, b := newRing(t, 1), newRing(t, 2)
	seen := map[int64]string{}
	for name, n := range map[string]int64{
		"name 王芳": Token(a, "王芳"), "name 芳王": Token(a, "芳王"), "name 8000": Token(a, "8000"), "tail 8000": TailToken(a, "8000"),
		"tail 0800": TailToken(a, "0800"), "probe tail": ProbeTail(a, "8000"), "probe head": ProbeHead(a, "8000"), "other": Token(b, "王芳"),
	} {
		if was, ok := seen[n]; ok {
			t.Errorf("%s and %s are the same", was, name)
		}
		seen[n] = name
	}
}

func TestSuppressionKeepsOldVersions(t *testing.T) {
	ctx, k := context.Background(), NewMasterKeeper(NewKey())
	rows, err := NewOrgKeys(ctx, k, 1)
	if err != nil {
		t.Fatal(err)
	}
	old := Suppression(openRing(t, k, 1, rows), kexin.KeyPhone, "+8613800138000")
	for i := range rows {
		if rows[i].Use == UseSuppress {
			rows[i].State = Accept
		}
	}
	next, err := NewOrgKey(ctx, k, 1, UseSuppress, 2, Active)
	if err != nil {
		t.Fatal(err)
	}
	all := Suppressions(openRing(t, k, 1, append(rows, next)), kexin.KeyPhone, "+8613800138000")
	if len(all) != 2 || all[0].KV != 2 || all[1] != old {
		t.Error(all, old)
	}
}

func TestRowMAC(t *testing.T) {
	r := newRing(t, 1)
	row := func() *Row { return NewRow("consent").ID(7).Text("marketing").Bool(true).Bytes([]byte{1, 2}).Int(-5) }
	leaf := [32]byte{3}
	code := RowMAC(r, row(), leaf)
	if !CheckRow(r, row(), leaf, code[:]) {
		t.Fatal("own code refused")
	}
	for name, c := range map[string]struct {
		row  *Row
		leaf [32]byte
		code []byte
	}{
		"leaf":        {row(), [32]byte{4}, code[:]},
		"more":        {row().Text(""), leaf, code[:]},
		"table":       {NewRow("grant").ID(7).Text("marketing").Bool(true).Bytes([]byte{1, 2}).Int(-5), leaf, code[:]},
		"type":        {NewRow("consent").ID(7).Bytes([]byte("marketing")).Bool(true).Bytes([]byte{1, 2}).Int(-5), leaf, code[:]},
		"bool":        {NewRow("consent").ID(7).Text("marketing").Bool(false).Bytes([]byte{1, 2}).Int(-5), leaf, code[:]},
		"no code":     {row(), leaf, nil},
		"short code":  {row(), leaf, code[:15]},
		"other code":  {row(), leaf, make([]byte, 16)},
		"longer code": {row(), leaf, append(code[:16:16], 0)},
	} {
		if CheckRow(r, c.row, c.leaf, c.code) {
			t.Errorf("%s passed", name)
		}
	}
	if CheckRow(newRing(t, 1), row(), leaf, code[:]) {
		t.Error("another merchant's key passed")
	}
}

// Two different rows never have the same canonical form, however their texts
// are cut.
func TestRowUnambiguous(t *testing.T) {
	cut := func(parts []string) string {
		r := NewRow("t")
		for _, p := range parts {
			r.Text(p)
		}
		return string(r.b)
	}
	rapid.Check(t, func(rt *rapid.T) {
		gen := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00")), 0, 3, -1), 0, 4)
		a, b := gen.Draw(rt, "a"), gen.Draw(rt, "b")
		same := len(a) == len(b)
		for i := 0; same && i < len(a); i++ {
			same = a[i] == b[i]
		}
		if (cut(a) == cut(b)) != same {
			rt.Errorf("%q %q", a, b)
		}
	})
}

func TestToken(t *testing.T) {
	r := newRing(t, 0)
	s, err := r.Sealer("cursor")
	if err != nil {
		t.Fatal(err)
	}
	aad := []byte("actor 5, query 9, schema 3")
	token := SealToken(s, aad, []byte("after 17"))
	if got, err := OpenToken(s, aad, token); err != nil || string(got) != "after 17" {
		t.Fatal(string(got), err)
	}
	again, err := r.Sealer("cursor")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenToken(again, aad, token); err != nil {
		t.Error("another node cannot open it:", err)
	}
	other, err := r.Sealer("other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenToken(other, aad, token); kexin.CodeOf(err) != kexin.Invalid {
		t.Error("another label opened it:", err)
	}
	if _, err := OpenToken(s, []byte("actor 6"), token); kexin.CodeOf(err) != kexin.Invalid || !errors.Is(err, ErrTampered) {
		t.Error("another actor opened it:", err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		bad := append([]byte(nil), raw...)
		bad[i] ^= 2
		if _, err := OpenToken(s, aad, base64.RawURLEncoding.EncodeToString(bad)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	for _, bad := range []string{"", "A", token + "A", token + "=", "+" + token[1:], token[:30]} {
		if _, err := OpenToken(s, aad, bad); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A shelf is a fake key store: how often it was asked, and a clock.
type shelf struct {
	t     *testing.T
	loads map[kexin.ID]int
	now   kexin.Instant
	err   error
	hook  func()
}

func newShelf(t *testing.T) *shelf { return &shelf{t: t, loads: map[kexin.ID]int{}, now: 1000} }

func (s *shelf) load(_ context.Context, org kexin.ID) (*Ring, error) {
	s.loads[org]++
	if s.hook != nil {
		s.hook()
	}
	return &Ring{org: org}, s.err
}

func TestCache(t *testing.T) {
	s, ctx := newShelf(t), context.Background()
	c := NewCache(s.load, func() kexin.Instant { return s.now })
	get := func(org kexin.ID) {
		t.Helper()
		if r, err := c.Ring(ctx, org); err != nil || r.Org() != org {
			t.Fatal(r, err)
		}
	}
	want := func(org kexin.ID, n int) {
		t.Helper()
		if s.loads[org] != n {
			t.Errorf("org %d was loaded %d times, want %d", org, s.loads[org], n)
		}
	}
	get(1)
	s.now = s.now.Add(cacheTTL - time.Millisecond)
	get(1)
	want(1, 1)
	s.now = s.now.Add(time.Millisecond)
	get(1)
	want(1, 2)

	c.SetEpoch(0)
	get(1)
	want(1, 2)
	c.SetEpoch(1)
	get(1)
	want(1, 3)

	for org := kexin.ID(2); org <= cacheMax; org++ {
		get(org)
	}
	get(1) // used last now
	get(cacheMax + 1)
	if c.Len() != cacheMax {
		t.Error(c.Len())
	}
	get(1)
	want(1, 3)
	get(2) // was used longest ago, so it went
	want(2, 2)
}

func TestCacheForgetsWhatWasLoadedBeforeTheChange(t *testing.T) {
	s, ctx := newShelf(t), context.Background()
	c := NewCache(s.load, func() kexin.Instant { return s.now })
	s.hook = func() { c.SetEpoch(9) } // the keys change while they are read
	if _, err := c.Ring(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if c.Len() != 0 {
		t.Error("kept a ring of the old epoch")
	}
	s.hook, s.err = nil, errors.New("down")
	if _, err := c.Ring(ctx, 1); err != s.err {
		t.Error(err)
	}
	s.err = nil
	if _, err := c.Ring(ctx, 1); err != nil || c.Len() != 1 {
		t.Error(err)
	}
}

func TestCacheConcurrent(t *testing.T) {
	var mu sync.Mutex
	s := newShelf(t)
	c := NewCache(func(ctx context.Context, org kexin.ID) (*Ring, error) {
		mu.Lock()
		defer mu.Unlock()
		return s.load(ctx, org)
	}, func() kexin.Instant { return 5 })
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				if r, err := c.Ring(context.Background(), kexin.ID(i%50+1)); err != nil || r == nil {
					t.Error(err)
				}
				if i%500 == 0 {
					c.SetEpoch(int64(g*10000 + i))
				}
			}
		})
	}
	wg.Wait()
	if c.Len() > 50 {
		t.Error(c.Len())
	}
}

// Many goroutines share a ring: the pooled hashes must not mix.
func TestRingConcurrent(t *testing.T) {
	r := newRing(t, 1)
	want := Token(r, "王芳")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 2000 {
				Index(r, kexin.KeyPhone, "+8613800138000")
				if Token(r, "王芳") != want {
					t.Error("mixed up")
					return
				}
			}
		})
	}
	wg.Wait()
}
