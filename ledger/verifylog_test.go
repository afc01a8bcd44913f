package ledger

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

func TestLogValid(t *testing.T) {
	w := sampleWorld(t)
	v := VerifyLog(w, VerifyOptions{Known: []string{w.line(0, 100).Line(), w.line(0, 250).Line(), w.epochs[0].cps[0]}, Strict: true})
	if v.Status != Valid || len(v.Faults) > 0 {
		t.Fatal(v.Status, faults(v), v.Silent)
	}
	if v.Entries != w.now().tree.Size || v.Persons != 8 || v.Tree.Tree != w.now().tree {
		t.Errorf("%+v", v)
	}
	for _, s := range v.Proves {
		if s.Key == "verify.proves.unaltered" && s.Args["size"] != "62" {
			t.Error("not since the earliest:", s.Args)
		}
	}
	checkStatements(t, v)
	if v := VerifyLog(w, VerifyOptions{}); v.Status != Unwitnessed || len(v.Faults) > 0 {
		t.Error("without anything from outside:", v.Status, faults(v))
	}
	w.unsealed = 3
	if v := VerifyLog(w, VerifyOptions{Known: []string{w.line(0, 100).Line()}}); v.Status != Unwitnessed || !has(v.Silent, "verify.silent.unsealed") {
		t.Error("a tail that is not sealed:", v.Status)
	}
}

func TestLogWitnessed(t *testing.T) {
	w := sampleWorld(t)
	cps := w.now().cps
	line, err := Cosign("w11.example", testKey(11), Checkpoint{testOrigin, w.now().tree}.Text(), 1764000000)
	if err != nil {
		t.Fatal(err)
	}
	cps[len(cps)-1] += line
	p := policyOf(t, "log "+w.now().keys[0].VKey+"\nwitness A "+wkey(11)+"\nquorum A\n")
	if v := VerifyLog(w, VerifyOptions{Policy: p}); v.Status != Valid || !has(v.Proves, "verify.proves.witnessed") {
		t.Error(v.Status, faults(v))
	}
	p = policyOf(t, "log "+VKey(testOrigin, pubOf(testKey(66)))+"\nquorum none\n")
	if v := VerifyLog(w, VerifyOptions{Policy: p}); v.Status != Invalid || faults(v)[0] != "verify.fault.unknown_log" {
		t.Error(v.Status, faults(v))
	}
}

func TestLogEpochs(t *testing.T) {
	w := sampleWorld(t)
	lost := w.line(0, w.now().tree.Size)
	w.restore(320, lost.Size)
	w.busy(300)
	w.commit("2026-11-22")
	v := VerifyLog(w, VerifyOptions{Known: []string{w.line(0, 310).Line(), w.line(1, 40).Line()}})
	if v.Status != Valid {
		t.Fatal(v.Status, faults(v))
	}
	if v := VerifyLog(w, VerifyOptions{Known: []string{lost.Line(), w.line(1, 40).Line()}}); v.Status != Valid || !has(v.Silent, "verify.silent.cut") {
		t.Error("a disclosed loss:", v.Status, faults(v))
	}
	w.restore(100, 100) // and again, hiding 250 entries
	w.commit("2026-11-23")
	if v := VerifyLog(w, VerifyOptions{}); v.Status != Unwitnessed {
		t.Error(v.Status, faults(v))
	}
	hidden := Checkpoint{w.epochs[1].origin, Tree{200, Hash{1}}}
	if v := VerifyLog(w, VerifyOptions{Known: []string{hidden.Line()}}); v.Status != Invalid || faults(v)[0] != "verify.fault.cut" {
		t.Error(v.Status, faults(v))
	}
	first := w.epochs[1].rows[0]
	w.epochs[1].rows[0].Leaf = w.epochs[0].rows[0].Leaf
	if v := VerifyLog(w, VerifyOptions{}); !slices.Contains(faults(v), "verify.fault.epoch") {
		t.Error(faults(v))
	}
	w.epochs[1].rows[0] = first
	w.epochs[0], w.epochs[1] = w.epochs[1], w.epochs[0]
	if v := VerifyLog(w, VerifyOptions{}); !slices.Contains(faults(v), "verify.fault.epoch") {
		t.Error("epochs exchanged:", faults(v))
	}
}

// What somebody who writes the database, with or without the signing key, can
// do to a log.
func TestLogTampered(t *testing.T) {
	type change struct {
		what, want string
		do         func(*world, *epochData)
		index      int64
	}
	for _, c := range []change{
		{"a byte of a leaf", "hash", func(_ *world, e *epochData) {
			e.rows[77].Leaf = bytes.Replace(e.rows[77].Leaf, []byte(`"t":17`), []byte(`"t":27`), 1)
		}, 77},
		{"a leaf that is none", "leaf", func(_ *world, e *epochData) { e.rows[77].Leaf = []byte("x") }, 77},
		{"removed", "index", func(_ *world, e *epochData) { e.rows = slices.Delete(e.rows, 77, 78) }, 77},
		{"removed and closed up", "hash", func(_ *world, e *epochData) {
			e.rows = slices.Delete(e.rows, 77, 78)
			for i := range e.rows {
				e.rows[i].Index = int64(i)
			}
		}, 77},
		{"exchanged", "hash", func(_ *world, e *epochData) {
			e.rows[77].Leaf, e.rows[78].Leaf = e.rows[78].Leaf, e.rows[77].Leaf
		}, 77},
		{"repeated", "index", func(_ *world, e *epochData) { e.rows = slices.Insert(e.rows, 77, e.rows[76]) }, 77},
		{"end cut off", "tail", func(_ *world, e *epochData) { e.rows = e.rows[:len(e.rows)-5] }, -1},
		{"a stored leaf hash", "hash", func(_ *world, e *epochData) { e.tiles[TileID{0, 0}][77*32] ^= 1 }, 77},
		{"a stored hash above", "tile", func(_ *world, e *epochData) { e.tiles[TileID{1, 0}][3] ^= 1 }, 0},
		{"a tile missing", "tile", func(_ *world, e *epochData) { delete(e.tiles, TileID{0, 1}) }, 256},
		{"checkpoint changed", "checkpoint", func(_ *world, e *epochData) { e.cps[1] = strings.Replace(e.cps[1], "\n63\n", "\n64\n", 1) }, -1},
		{"checkpoint of a fork", "root", func(w *world, e *epochData) {
			msg, err := Sign(Checkpoint{e.origin, Tree{e.sizes[1], Hash{1}}}, NewSigner(e.origin, testKey(1)))
			if err != nil {
				t.Fatal(err)
			}
			e.cps[1] = msg
		}, 63},
		{"checkpoints out of order", "checkpoint", func(_ *world, e *epochData) { e.cps[0], e.cps[1] = e.cps[1], e.cps[0] }, -1},
		{"no checkpoint", "checkpoint", func(_ *world, e *epochData) { e.cps = nil }, -1},
		{"no keys", "keys", func(_ *world, e *epochData) { e.keys = nil }, -1},
		{"another key", "keys", func(_ *world, e *epochData) { e.keys[1].Sig[0] ^= 1 }, -1},
		{"first key left out", "keys", func(_ *world, e *epochData) { e.keys = e.keys[1:] }, -1},
	} {
		w := sampleWorld(t)
		c.do(w, w.now())
		v := VerifyLog(w, VerifyOptions{})
		at := slices.IndexFunc(v.Faults, func(f Fault) bool { return f.Key == "verify.fault."+c.want })
		if v.Status != Invalid || at < 0 {
			t.Errorf("%s: %v %v", c.what, v.Status, faults(v))
			continue
		}
		if c.index >= 0 && v.Faults[at].Index != c.index {
			t.Errorf("%s: names %d, want %d", c.what, v.Faults[at].Index, c.index)
		}
		checkStatements(t, v)
	}
}

// reseal makes tiles and all checkpoints anew over changed rows, as the
// holder of the key can.
func (w *world) reseal() {
	for _, e := range w.epochs {
		leaves := make([]Hash, len(e.rows))
		for i, r := range e.rows {
			e.rows[i].Index, leaves[i] = int64(i), LeafHash(r.Leaf)
		}
		e.tiles = memTiles{}
		e.tree = e.tiles.grow(w.t, 0, leaves, func() int { return 200 })
		e.cps = nil
		for _, size := range append(e.sizes, e.tree.Size) {
			if size > e.tree.Size {
				continue
			}
			root, err := RootOf(size, e.tiles)
			if err != nil {
				w.t.Fatal(err)
			}
			msg, err := Sign(Checkpoint{e.origin, Tree{size, root}}, NewSigner(e.origin, w.key))
			if err != nil {
				w.t.Fatal(err)
			}
			e.cps = append(e.cps, msg)
		}
	}
}

// The key holder changes one entry and seals all anew: a person's chain, the
// daily commitment, or a line that somebody kept shows it.
func TestLogRewritten(t *testing.T) {
	w := sampleWorld(t)
	line := w.line(0, 100).Line()
	i := slices.IndexFunc(w.now().rows, func(r Row) bool { return bytes.Contains(r.Leaf, []byte(`"sseq":2`)) })
	leaf := w.now().rows[i].Leaf
	w.now().rows[i].Leaf = bytes.Replace(leaf, []byte(`"ref":"u_34"`), []byte(`"ref":"u_35"`), 1)
	w.reseal()
	v := VerifyLog(w, VerifyOptions{})
	if v.Status != Invalid || !slices.Contains(faults(v), "verify.fault.chain") {
		t.Fatal("the person's next entry names another one:", v.Status, faults(v))
	}

	// An entry about nobody breaks no chain; only the outside shows it.
	w = sampleWorld(t)
	i = slices.IndexFunc(w.now().rows, func(r Row) bool { return bytes.Contains(r.Leaf, []byte("list.page")) })
	w.now().rows[i].Leaf = bytes.Replace(w.now().rows[i].Leaf, []byte(`"rows":50`), []byte(`"rows":51`), 1)
	w.reseal()
	if v := VerifyLog(w, VerifyOptions{}); v.Status != Unwitnessed {
		t.Error(v.Status, faults(v))
	}
	if v := VerifyLog(w, VerifyOptions{Known: []string{line}}); v.Status != Invalid || faults(v)[0] != "verify.fault.rewritten" {
		t.Error(v.Status, faults(v))
	}

	// A person's last entry is dropped and all sealed anew: the day's
	// commitment names it.
	w = sampleWorld(t)
	said := slices.IndexFunc(w.now().rows, func(r Row) bool { return bytes.Contains(r.Leaf, []byte(`"type":"heads"`)) })
	last := said - 1
	for ; ; last-- {
		if e, err := Decode(w.now().rows[last].Leaf); err == nil && e.SSeq > 0 {
			break
		}
	}
	w.now().rows = slices.Delete(w.now().rows, last, last+1)
	w.now().rows = w.now().rows[:said] // and nothing after it speaks of him
	w.reseal()
	if v := VerifyLog(w, VerifyOptions{}); !slices.Contains(faults(v), "verify.fault.heads") {
		t.Error("a left-out entry:", v.Status, faults(v))
	}
}

func TestLogOutside(t *testing.T) {
	w := sampleWorld(t)
	size := w.now().tree.Size
	mine := LeafHash(w.now().rows[90].Leaf)
	for what, c := range map[string]struct {
		opt    VerifyOptions
		status Status
		key    string
	}{
		"more was seen":      {VerifyOptions{Known: []string{Checkpoint{testOrigin, Tree{size + 1, Hash{1}}}.Line()}}, Invalid, "tail"},
		"another past":       {VerifyOptions{Known: []string{Checkpoint{testOrigin, Tree{50, Hash{1}}}.Line()}}, Invalid, "rewritten"},
		"two pasts":          {VerifyOptions{Known: []string{Checkpoint{testOrigin, Tree{50, Hash{1}}}.Line(), w.line(0, 50).Line()}}, Invalid, "rewritten"},
		"another log":        {VerifyOptions{Known: []string{Checkpoint{"kexin.abc/13/1", Tree{50, Hash{1}}}.Line()}}, Unwitnessed, ""},
		"no line":            {VerifyOptions{Known: []string{"x"}}, Unwitnessed, ""},
		"receipt":            {VerifyOptions{Receipt: &Receipt{w.line(0, 80), mine}}, Valid, ""},
		"receipt of nothing": {VerifyOptions{Receipt: &Receipt{w.line(0, 80), Hash{7}}}, Invalid, "receipt"},
	} {
		v := VerifyLog(w, c.opt)
		if v.Status != c.status || c.key != "" && faults(v)[0] != "verify.fault."+c.key {
			t.Errorf("%s: %v %v", what, v.Status, faults(v))
		}
		checkStatements(t, v)
	}
}

// strictWorld has an entry that is linked well but is not a leaf of this
// program's form.
func TestLogStrict(t *testing.T) {
	w := sampleWorld(t)
	i := slices.IndexFunc(w.now().rows, func(r Row) bool { return bytes.Contains(r.Leaf, []byte("list.page")) })
	w.now().rows[i].Leaf = bytes.Replace(w.now().rows[i].Leaf, []byte(`"rows":50`), []byte(`"rowz":50`), 1)
	w.reseal()
	if v := VerifyLog(w, VerifyOptions{}); v.Status != Unwitnessed {
		t.Error(v.Status, faults(v))
	}
	if v := VerifyLog(w, VerifyOptions{Strict: true}); v.Status != Invalid || faults(v)[0] != "verify.fault.leaf" || v.Faults[0].Index != int64(i) || v.Faults[0].Entry == 0 {
		t.Error(v.Status, v.Faults)
	}
}

type brokenReader struct {
	*world
	rows, cps, unsealed error
}

func (b brokenReader) Rows(o Origin) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) { yield(Row{}, b.rows) }
}

func (b brokenReader) Checkpoints(o Origin) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", b.cps) }
}

func (b brokenReader) Unsealed() (int64, error) { return 0, b.unsealed }

func TestLogUnreadable(t *testing.T) {
	w := sampleWorld(t)
	bad := errors.New("disk")
	if v := VerifyLog(brokenReader{w, bad, bad, bad}, VerifyOptions{}); v.Status != Invalid || !slices.Contains(faults(v), "verify.fault.read") {
		t.Error(v.Status, faults(v))
	}
	w.readErr = bad
	if v := VerifyLog(w, VerifyOptions{}); v.Status != Invalid || faults(v)[0] != "verify.fault.read" {
		t.Error(v.Status, faults(v))
	}
	w.readErr, w.epochs = nil, nil
	if v := VerifyLog(w, VerifyOptions{}); v.Status != Invalid {
		t.Error("a log without epochs:", v.Status)
	}
}

// Any single change of any stored byte of leaves, tiles or checkpoints is
// found.
func TestLogEveryByte(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, 3, 4)
		w.busy(40)
		w.commit("2026-11-20")
		w.busy(10)
		w.seal()
		e := w.now()
		bits := byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
		switch rapid.IntRange(0, 2).Draw(rt, "where") {
		case 0:
			r := &e.rows[rapid.IntRange(0, len(e.rows)-1).Draw(rt, "row")]
			r.Leaf = bytes.Clone(r.Leaf)
			r.Leaf[rapid.IntRange(0, len(r.Leaf)-1).Draw(rt, "at")] ^= bits
		case 1:
			b := e.tiles[TileID{0, 0}]
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] ^= bits
		case 2:
			i := rapid.IntRange(0, len(e.cps)-1).Draw(rt, "checkpoint")
			b := []byte(e.cps[i])
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] ^= bits
			e.cps[i] = string(b)
		}
		if v := VerifyLog(w, VerifyOptions{}); v.Status != Invalid {
			rt.Fatal(v.Status)
		}
	})
}

// peek reads every leaf as Decode does.
func TestPeekAgrees(t *testing.T) {
	words := literals(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := anyEntry(t, rt, words)
		leaf, err := e.Encode()
		if err != nil {
			rt.Fatal(err)
		}
		l, ok := peek(leaf)
		if !ok || Type(l.typ) != e.Type() || l.subj != e.Subj || l.sseq != e.SSeq || l.sprev != e.SPrev || entryID(leaf) != e.ID {
			rt.Fatalf("%v %+v\n%s", ok, l, leaf)
		}
		bad := bytes.Clone(leaf)
		bad[rapid.IntRange(0, len(bad)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
		if x, err := Decode(bad); err == nil {
			if l, ok := peek(bad); !ok || Type(l.typ) != x.Type() || l.subj != x.Subj || l.sseq != x.SSeq || l.sprev != x.SPrev {
				rt.Fatalf("%s", bad)
			}
		}
	})
}

func FuzzPeek(f *testing.F) {
	f.Add([]byte(sampleLeaf))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		l, ok := peek(leaf)
		if x, err := Decode(leaf); err == nil && (!ok || Type(l.typ) != x.Type() || l.subj != x.Subj || l.sseq != x.SSeq || l.sprev != x.SPrev) {
			t.Fatalf("%+v %q", l, leaf)
		}
		entryID(leaf)
	})
}

// The heads while reading are those that a plain sort gives, at any size that
// is not too far back.
func TestHeadState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newHeadState()
		plain := map[Subj]Head{}
		size, index := int64(0), int64(0)
		for range rapid.IntRange(1, 30).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 5).Draw(rt, "steps") {
				subj := Subj{byte(rapid.IntRange(1, 6).Draw(rt, "subj"))}
				was := seqHash{}
				if last := s.now[subj]; last != nil {
					was = *last
				}
				if !s.step(index, Head{subj, was.seq + 1, Hash{byte(index), 9}}, was.hash) {
					rt.Fatal("a right step")
				}
				index++
			}
			size = rapid.Int64Range(size, index).Draw(rt, "size")
			count, root, ok := s.at(size)
			heads := []Head{}
			for subj := range s.now {
				if h, ok := headBefore(rt, s, plain, subj, size); ok {
					heads = append(heads, h)
				}
			}
			slices.SortFunc(heads, func(a, b Head) int { return cmpSubj(a.Subj, b.Subj) })
			want, err := HeadsRoot(heads)
			if err != nil || !ok || count != int64(len(heads)) || root != want {
				rt.Fatal(ok, count, len(heads), err)
			}
		}
		if _, _, ok := s.at(size - 1); ok && size > 0 {
			rt.Fatal("went back")
		}
	})
}

// headBefore is a person's head below size, out of what is settled and what
// still waits.
func headBefore(rt *rapid.T, s *headState, plain map[Subj]Head, subj Subj, size int64) (Head, bool) {
	for _, h := range s.sorted {
		plain[h.Subj] = h
	}
	for _, u := range s.pending {
		if u.index < size {
			rt.Fatal("not settled")
		}
	}
	h, ok := plain[subj]
	return h, ok
}

// bigLog is n entries of one epoch, without storage of its own to speak of.
func bigLog(b *testing.B, n, persons int) *world {
	w := newWorld(b, 5, persons)
	for i := range n {
		w.add(&RecordOpened{Fields: []kexin.FieldID{kexin.CustName, kexin.CustPhone}, Object: kexin.Customer}, w.persons[i%persons])
		if len(w.waiting) == 500 {
			w.seal()
		}
	}
	w.seal()
	w.now().cps = w.now().cps[len(w.now().cps)-1:]
	return w
}

func BenchmarkVerifyLog(b *testing.B) {
	const n = 100_000
	w := bigLog(b, n, 10_000)
	for _, strict := range []bool{false, true} {
		b.Run(map[bool]string{false: "links", true: "strict"}[strict], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v := VerifyLog(w, VerifyOptions{Strict: strict}); v.Status != Unwitnessed {
					b.Fatal(v.Faults)
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

func BenchmarkPeek(b *testing.B) {
	leaf := []byte(sampleLeaf)
	for b.Loop() {
		if _, ok := peek(leaf); !ok {
			b.Fatal()
		}
	}
}
