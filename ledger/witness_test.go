package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// The example request of c2sp.org/tlog-witness. Its log is not one of ours,
// so only the request itself is read.
const exampleAdd = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`

func TestAddCheckpointVector(t *testing.T) {
	a, err := ParseAddCheckpoint([]byte(exampleAdd))
	if err != nil || a.Old != 20852014 || len(a.Proof) != 4 || !strings.HasPrefix(a.Checkpoint, "example.com/") {
		t.Fatalf("%+v %v", a, err)
	}
	if string(a.Body()) != exampleAdd {
		t.Errorf("%s", a.Body())
	}
	for what, s := range map[string]string{
		"empty": "", "no blank line": "old 0\nx\n", "no old": strings.Replace(exampleAdd, "old ", "new ", 1), "leading zero": strings.Replace(exampleAdd, "old 2", "old 02", 1),
		"negative": strings.Replace(exampleAdd, "old 2", "old -2", 1), "blank": strings.Replace(exampleAdd, "old ", "old  ", 1), "CR": strings.Replace(exampleAdd, "2014\n", "2014\r\n", 1),
		"hash": strings.Replace(exampleAdd, "PlRN", "PlR", 1), "too many": "old 5\n" + strings.Repeat("PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n", 64) + "\nx",
		"too long": exampleAdd + strings.Repeat("x", addMax),
	} {
		if _, err := ParseAddCheckpoint([]byte(s)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A memState is a witness's memory for tests; it can be made to fail.
type memState struct {
	trees map[Origin]Tree
	err   error
}

func (m *memState) Get(o Origin) (Tree, bool) { t, ok := m.trees[o]; return t, ok }
func (m *memState) Put(o Origin, t Tree) error {
	if m.err == nil {
		m.trees[o] = t
	}
	return m.err
}

// A bench is one log and one witness of it.
type bench struct {
	t      testing.TB
	leaves []Hash
	tiles  memTiles
	state  *memState
	w      *Witness
}

func newBench(t testing.TB, n int) *bench {
	b := &bench{t: t, leaves: randHashes(n), tiles: memTiles{}, state: &memState{trees: map[Origin]Tree{}}}
	b.tiles.grow(t, 0, b.leaves, func() int { return n })
	w, err := NewWitness("w.example/1", testKey(9), b.state, func(o Origin) []string {
		if o == testOrigin {
			return []string{VKey(o, pubOf(testKey(1))), "garbage"}
		}
		return nil
	}, func() kexin.Instant { return 1764000000000 })
	if err != nil {
		t.Fatal(err)
	}
	b.w = w
	return b
}

func (b *bench) checkpoint(size int64) Checkpoint {
	root, err := RootOf(size, b.tiles)
	if err != nil {
		b.t.Fatal(err)
	}
	return Checkpoint{testOrigin, Tree{size, root}}
}

// request asks for size, claiming that old was the last.
func (b *bench) request(old, size int64) AddCheckpoint {
	proof, err := ProveGrowth(max(size, old), min(old, size), b.tiles)
	if err != nil {
		b.t.Fatal(err)
	}
	return AddCheckpoint{old, proof, b.sign(b.checkpoint(size))}
}

func (b *bench) sign(c Checkpoint) string {
	msg, err := Sign(c, NewSigner(c.Origin, testKey(1)))
	if err != nil {
		b.t.Fatal(err)
	}
	return msg
}

func (b *bench) want(what string, a AddCheckpoint, status int, answer string) {
	b.t.Helper()
	got, text := b.w.Add(a.Body())
	if got != status || status != AddOK && text != answer {
		b.t.Errorf("%s: %d %q, want %d %q", what, got, text, status, answer)
	}
	if status == AddOK {
		cos, err := Cosignatures(a.Checkpoint+text, b.w.VKey())
		if err != nil || len(cos) != 1 || cos[0] != (Cosignature{"w.example/1", b.w.VKey(), 1764000000}) {
			b.t.Errorf("%s: %+v %v", what, cos, err)
		}
	}
}

func TestWitness(t *testing.T) {
	b := newBench(t, 600)
	b.want("too early", b.request(10, 20), AddConflict, "0\n")
	b.want("first", b.request(0, 20), AddOK, "")
	b.want("again from nothing", b.request(0, 20), AddConflict, "20\n")
	b.want("the same", b.request(20, 20), AddOK, "")
	b.want("on", b.request(20, 300), AddOK, "")
	b.want("back", b.request(20, 21), AddConflict, "300\n")
	b.want("old above size", AddCheckpoint{300, nil, b.sign(b.checkpoint(299))}, AddBad, "")
	b.want("no proof", AddCheckpoint{300, nil, b.sign(b.checkpoint(310))}, AddNoProof, "")
	bad := b.request(300, 310)
	bad.Proof[0][3] ^= 1
	b.want("wrong proof", bad, AddNoProof, "")
	extra := b.request(300, 300)
	extra.Proof = []Hash{{}}
	b.want("proof for the same", extra, AddNoProof, "")
	fork := b.checkpoint(300)
	fork.Root[0] ^= 1
	b.want("fork", AddCheckpoint{300, nil, b.sign(fork)}, AddConflict, "300\n")
	other := b.checkpoint(310)
	other.Origin = "kexin.abc/13/1"
	b.want("unknown log", AddCheckpoint{300, nil, b.sign(other)}, AddUnknown, "")
	msg, err := Sign(b.checkpoint(310), NewSigner(testOrigin, testKey(2)))
	if err != nil {
		t.Fatal(err)
	}
	b.want("unsigned", AddCheckpoint{300, nil, msg}, AddUnsigned, "")
	b.want("no checkpoint", AddCheckpoint{300, nil, "x\n\n— y z\n"}, AddBad, "")
	if s, _ := b.w.Add([]byte("hello")); s != AddBad {
		t.Error(s)
	}
	if s, _ := b.w.Add([]byte(exampleAdd)); s != AddBad {
		t.Error("a log that cannot be ours:", s)
	}
	b.state.err = errors.New("disk full")
	b.want("cannot write", b.request(300, 310), AddFailed, "")
	b.state.err = nil
	b.want("after that", b.request(300, 310), AddOK, "")
	if last := b.state.trees[testOrigin]; last != b.checkpoint(310).Tree {
		t.Errorf("%+v", last)
	}
}

// Whatever is asked in whatever order, all that the witness cosigned is one
// history: each goes on from the one before.
func TestWitnessNeverSplits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b, other := newBench(t, 60), newBench(t, 60)
		fork := rapid.IntRange(0, 40).Draw(rt, "fork")
		other.leaves = append(append([]Hash{}, b.leaves[:fork]...), randHashes(90)[fork:60]...)
		other.tiles = memTiles{}
		other.tiles.grow(t, 0, other.leaves, func() int { return 60 })
		var cosigned []Tree
		for range rapid.IntRange(1, 12).Draw(rt, "requests") {
			world := rapid.SampledFrom([]*bench{b, other}).Draw(rt, "world")
			size := rapid.Int64Range(1, 60).Draw(rt, "size")
			old := min(b.state.trees[testOrigin].Size, size)
			if rapid.Bool().Draw(rt, "guess") {
				old = rapid.Int64Range(0, size).Draw(rt, "old")
			}
			a := world.request(old, size)
			if status, _ := b.w.Add(a.Body()); status == AddOK {
				cosigned = append(cosigned, world.checkpoint(size).Tree)
			}
		}
		for i := 1; i < len(cosigned); i++ {
			if cosigned[i].Size < cosigned[i-1].Size || cosigned[i].Size == cosigned[i-1].Size && cosigned[i] != cosigned[i-1] {
				rt.Fatalf("%+v after %+v", cosigned[i], cosigned[i-1])
			}
		}
		first, second := false, false
		for _, c := range cosigned {
			first = first || int(c.Size) > fork && c == b.checkpoint(c.Size).Tree
			second = second || int(c.Size) > fork && c == other.checkpoint(c.Size).Tree
		}
		if first && second {
			rt.Fatal("both pasts were cosigned")
		}
	})
}

func TestWitnessConcurrent(t *testing.T) {
	b := newBench(t, 400)
	var wg sync.WaitGroup
	var mu sync.Mutex
	ok := map[int64]int{}
	b.want("first", b.request(0, 1), AddOK, "")
	for size := int64(2); size <= 40; size++ {
		body := b.request(1, size).Body()
		wg.Go(func() {
			if s, _ := b.w.Add(body); s == AddOK {
				mu.Lock()
				ok[size]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(ok) != 1 {
		t.Errorf("%d steps from the same size were cosigned", len(ok))
	}
}

func TestWitnessKey(t *testing.T) {
	text := FormatWitnessKey("w.example/1", testKey(9))
	name, key, err := ParseWitnessKey(text + "\n")
	if err != nil || name != "w.example/1" || !key.Equal(testKey(9)) {
		t.Fatal(name, err)
	}
	for _, s := range []string{"", "x", text[1:], text + "A", strings.Replace(text, "w.example", "w example", 1), text[:len(text)-4]} {
		if _, _, err := ParseWitnessKey(s); kexin.CodeOf(err) != kexin.Invalid || strings.Contains(err.Error(), "KEXIN-WITNESS") {
			t.Errorf("%v", err)
		}
	}
	if _, err := NewWitness("a b", testKey(1), nil, nil, nil); kexin.CodeOf(err) != kexin.Invalid {
		t.Error(err)
	}
}

func TestCosignatures(t *testing.T) {
	b := newBench(t, 10)
	msg := b.sign(b.checkpoint(10))
	line := func(n byte, at int64) string {
		l, err := Cosign(fmt.Sprintf("w%d.example", n), testKey(n), b.checkpoint(10).Text(), at)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	full, err := AddCosignatures(msg, line(11, 5)+line(12, 6)+line(13, 7), wkey(11), wkey(12))
	if err != nil || full != msg+line(11, 5)+line(12, 6) {
		t.Fatalf("%v\n%s", err, full)
	}
	got, err := Cosignatures(full, wkey(11), wkey(12), wkey(12), wkey(13))
	if err != nil || len(got) != 2 || got[1] != (Cosignature{"w12.example", wkey(12), 6}) {
		t.Error(got, err)
	}
	if _, err := Open(full, VKey(testOrigin, pubOf(testKey(1)))); err != nil {
		t.Error("the log's own signature:", err)
	}
	if got, err := Cosignatures(full, wkey(14)); err != nil || got != nil {
		t.Error("unknown witness:", got, err)
	}
	if _, err := Cosignatures(full, VKey(testOrigin, pubOf(testKey(1)))); kexin.CodeOf(err) != kexin.Invalid {
		t.Error("a log's key as a witness:", err)
	}
	forged := strings.Replace(full, "\n10\n", "\n11\n", 1)
	if _, err := Cosignatures(forged, wkey(11)); kexin.CodeOf(err) != kexin.Invalid {
		t.Error("another checkpoint:", err)
	}
	for _, answer := range []string{"", "x\n", line(13, 7), strings.Replace(line(11, 5), "w11", "w12", 1), strings.Repeat(line(13, 7), 2000)} {
		if _, err := AddCosignatures(msg, answer, wkey(11), wkey(12)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%.40q: %v", answer, err)
		}
	}
	if _, err := AddCosignatures("x", line(11, 5), wkey(11)); err == nil {
		t.Error("no checkpoint")
	}
	if _, err := Cosign("w", testKey(1), "x", 0); err == nil {
		t.Error("a cosignature at no time")
	}
	// The same key as a log's and as a witness's has two ids.
	if keyID("a", algNote, pubOf(testKey(1))) == keyID("a", algCosig, pubOf(testKey(1))) {
		t.Error("algorithms share an id")
	}
}

func FuzzAddCheckpoint(f *testing.F) {
	b := newBench(f, 60)
	f.Add([]byte(exampleAdd))
	f.Add(b.request(0, 20).Body())
	f.Add(b.request(20, 30).Body())
	if s, _ := b.w.Add(b.request(0, 20).Body()); s != AddOK {
		f.Fatal(s)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := ParseAddCheckpoint(body); err == nil && !bytes.Equal(a.Body(), body) {
			t.Fatalf("%q\n%q", body, a.Body())
		}
		if status, _ := b.w.Add(body); status == AddOK {
			last := b.state.trees[testOrigin]
			if last != b.checkpoint(last.Size).Tree {
				t.Fatal("cosigned what the log never was")
			}
		}
	})
}

func TestStateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if _, err := OpenStateFile(path); kexin.CodeOf(err) != kexin.NotFound {
		t.Error(err)
	}
	s, err := NewStateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Error(st.Mode(), err)
	}
	if _, err := NewStateFile(path); kexin.CodeOf(err) != kexin.Conflict {
		t.Error("made anew over an old one:", err)
	}
	put := func(o Origin, n int64) {
		t.Helper()
		if err := s.Put(o, Tree{n, Hash{byte(n)}}); err != nil {
			t.Fatal(err)
		}
	}
	reopen := func() {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = OpenStateFile(path); err != nil {
			t.Fatal(err)
		}
	}
	put(testOrigin, 1)
	put("kexin.abc/13/1", 5)
	put(testOrigin, 9)
	reopen()
	if got, ok := s.Get(testOrigin); !ok || got != (Tree{9, Hash{9}}) {
		t.Error(got, ok)
	}
	if _, ok := s.Get("kexin.abc/14/1"); ok {
		t.Error("knows a stranger")
	}
	// A step that was cut off was never answered.
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := stateLine(Checkpoint{testOrigin, Tree{20, Hash{20}}})
	if err := os.WriteFile(path, append(text, line[:len(line)-1]...), 0o600); err != nil {
		t.Fatal(err)
	}
	reopen()
	if got, _ := s.Get(testOrigin); got.Size != 9 {
		t.Error("believed half a line:", got)
	}
	put(testOrigin, 21)
	reopen()
	if got, _ := s.Get(testOrigin); got.Size != 21 {
		t.Error(got)
	}
	// Many steps are brought down to one line each.
	for n := int64(22); n < 22+3*stateMax; n++ {
		put(testOrigin, n)
	}
	reopen()
	if text, err = os.ReadFile(path); err != nil || bytes.Count(text, []byte("\n")) != 3 {
		t.Error(string(text), err)
	}
	put(testOrigin, 1000)
	reopen()
	if got, _ := s.Get(testOrigin); got.Size != 1000 {
		t.Error(got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(testOrigin, Tree{1001, Hash{}}); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error("wrote to a closed file")
	}
	if again := s.Put(testOrigin, Tree{1001, Hash{}}); again == nil {
		t.Error("went on after a failed write")
	}
}

func TestStateFileDamaged(t *testing.T) {
	dir := t.TempDir()
	a, b := stateLine(Checkpoint{testOrigin, Tree{5, Hash{5}}}), stateLine(Checkpoint{testOrigin, Tree{7, Hash{7}}})
	for what, text := range map[string]string{
		"empty": "", "other head": "kexin-witness/2\n" + a, "no head": a, "a digit changed": stateHead + strings.Replace(a, " 5 ", " 6 ", 1) + b,
		"a root changed": stateHead + strings.Replace(a, "BQAA", "BQAB", 1) + b, "back": stateHead + b + a, "no sum": stateHead + a[:len(a)-10] + "\n" + b,
		"cut in the middle": stateHead + a[:20] + "\n" + b, "blank line": stateHead + a + "\n" + b,
	} {
		path := filepath.Join(dir, strings.ReplaceAll(what, " ", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenStateFile(path); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := OpenStateFile(dir); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error(err)
	}
	if _, err := NewStateFile(filepath.Join(dir, "none", "state")); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error(err)
	}
}

func FuzzStateFile(f *testing.F) {
	a, b := stateLine(Checkpoint{testOrigin, Tree{5, Hash{5}}}), stateLine(Checkpoint{testOrigin, Tree{7, Hash{7}}})
	f.Add([]byte(stateHead + a + b))
	f.Add([]byte(stateHead + a + b[:9]))
	f.Fuzz(func(t *testing.T, text []byte) {
		trees, whole, err := parseState(text)
		if err == nil && (whole > len(text) || whole < len(stateHead) || bytes.Count(text[:whole], []byte("\n")) < 1+len(trees)) {
			t.Fatal(whole, len(trees))
		}
	})
}
