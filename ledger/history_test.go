package ledger

import (
	"bytes"
	"slices"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// anyHistory plays a merchant's life: busy days, daily commitments, new keys,
// erasures, restores from backups that lost something.
func anyHistory(t testing.TB, rt *rapid.T) *world {
	w := newWorld(t, uint64(rapid.IntRange(1, 1000).Draw(rt, "seed")), rapid.IntRange(1, 5).Draw(rt, "persons"))
	w.busy(3)
	w.commit("2026-11-01")
	for i := range rapid.IntRange(1, 8).Draw(rt, "days") {
		switch rapid.IntRange(0, 7).Draw(rt, "day") {
		case 0:
			w.rotate()
		case 1:
			w.add(&SubjectErased{Why: "asked"}, w.persons[0])
		case 2:
			size := w.now().tree.Size
			w.restore(rapid.SampledFrom(w.now().sizes).Draw(rt, "kept"), size)
			w.add(&NoticePublished{Version: 1, Text: noticeHash()}, Subj{})
		}
		w.busy(rapid.IntRange(0, 12).Draw(rt, "entries"))
		w.commit(kexin.Day("2026-11-0" + string(rune('2'+i))))
	}
	return w
}

// Whatever an honest merchant lives through, his log and each person's file
// check out, with and without somebody outside.
func TestHonestHistoriesHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyHistory(t, rt)
		last := len(w.epochs) - 1
		size := w.now().tree.Size
		whole := w.line(last, size).Line()
		some := w.line(last, rapid.Int64Range(1, size).Draw(rt, "some"))
		v := VerifyLog(w, VerifyOptions{Strict: true, Known: []string{whole, some.Line()}})
		if v.Status != Valid || len(v.Faults) > 0 {
			rt.Fatal("log:", v.Status, v.Faults)
		}
		checkStatements(t, v)
		for _, person := range append(slices.Clone(w.persons), Subj{9, 9, 9}) {
			ev := w.evidence(person, some.Size)
			if v := w.verify(ev, VerifyOptions{Known: []string{whole, some.Line()}}); v.Status != Valid || len(v.Faults) > 0 {
				rt.Fatal("file:", v.Status, v.Faults)
			}
			if v := w.verify(ev, VerifyOptions{}); v.Status != Unwitnessed {
				rt.Fatal("file, nothing known:", v.Status, v.Faults)
			}
		}
	})
}

// The server's administrator changes, drops, adds or exchanges entries below
// a line that somebody kept, and makes tiles, checkpoints and even the links
// between a person's entries anew. The line finds it every time.
func TestRewrittenHistoriesAreFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyHistory(t, rt)
		last := len(w.epochs) - 1
		size := w.now().tree.Size
		at := rapid.Int64Range(1, size).Draw(rt, "line")
		line := w.line(last, at)
		rows := w.now().rows
		before := leavesOf(rows[:at])
		i := rapid.Int64Range(0, at-1).Draw(rt, "entry")
		switch rapid.IntRange(0, 3).Draw(rt, "how") {
		case 0: // another member did it
			rows[i].Leaf = otherID(rt, rows[i].Leaf)
		case 1:
			rows = slices.Delete(rows, int(i), int(i)+1)
		case 2:
			rows = slices.Insert(rows, int(i), Row{Leaf: mustEncode(rt, entryOf(&StepUp{Factor: "totp"}))})
		case 3:
			j := rapid.Int64Range(0, size-1).Draw(rt, "other")
			rows[i].Leaf, rows[j].Leaf = rows[j].Leaf, rows[i].Leaf
		}
		w.now().rows = relink(rt, w, rows)
		w.reseal()
		if len(w.now().rows) >= int(at) && slices.Equal(before, leavesOf(w.now().rows[:at])) {
			return // nothing below the line changed
		}
		v := VerifyLog(w, VerifyOptions{Known: []string{line.Line()}})
		if v.Status != Invalid {
			rt.Fatalf("line at %d, entry %d: %v", at, i, v.Status)
		}
		if !slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Key == "verify.fault.rewritten" || f.Key == "verify.fault.tail" }) {
			rt.Fatal(v.Faults)
		}
	})
}

func leavesOf(rows []Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(r.Leaf)
	}
	return out
}

func mustEncode(rt *rapid.T, e *Entry) []byte {
	leaf, err := e.Encode()
	if err != nil {
		rt.Fatal(err)
	}
	return leaf
}

// otherID is the same entry with another id.
func otherID(rt *rapid.T, leaf []byte) []byte {
	e, err := Decode(leaf)
	if err != nil {
		rt.Fatal(err)
	}
	e.ID += 1_000_000
	return mustEncode(rt, e)
}

// relink numbers and links every person's entries of the newest epoch anew,
// so that no chain gives the change away.
func relink(rt *rapid.T, w *world, rows []Row) []Row {
	heads := map[Subj]Head{}
	for _, x := range w.epochs[:len(w.epochs)-1] {
		for _, r := range x.rows {
			if e, err := Decode(r.Leaf); err == nil && e.SSeq > 0 {
				heads[e.Subj] = Head{e.Subj, e.SSeq, LeafHash(r.Leaf)}
			}
		}
	}
	out := slices.Clone(rows)
	for i := range out {
		e, err := Decode(out[i].Leaf)
		if err != nil {
			rt.Fatal(err)
		}
		if e.SSeq == 0 {
			continue
		}
		h := heads[e.Subj]
		h.Subj = e.Subj
		leaf, next, err := Link(e, h)
		if err != nil {
			rt.Fatal(err)
		}
		out[i].Leaf, heads[e.Subj] = leaf, next
	}
	return out
}

// Without the key nothing can be changed at all, line or no line.
func TestForeignChangesAreFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := anyHistory(t, rt)
		e := w.epochs[rapid.IntRange(0, len(w.epochs)-1).Draw(rt, "epoch")]
		before := leavesOf(e.rows)
		i := rapid.IntRange(0, len(e.rows)-1).Draw(rt, "entry")
		switch rapid.IntRange(0, 3).Draw(rt, "how") {
		case 0:
			e.rows[i].Leaf = otherID(rt, e.rows[i].Leaf)
		case 1:
			e.rows = slices.Delete(e.rows, i, i+1)
		case 2:
			e.rows = slices.Insert(e.rows, i, Row{Leaf: mustEncode(rt, entryOf(&StepUp{Factor: "totp"}))})
		case 3:
			j := rapid.IntRange(0, len(e.rows)-1).Draw(rt, "other")
			e.rows[i].Leaf, e.rows[j].Leaf = e.rows[j].Leaf, e.rows[i].Leaf
		}
		if slices.Equal(before, leavesOf(e.rows)) {
			return
		}
		if rapid.Bool().Draw(rt, "indexes too") {
			leaves := make([]Hash, len(e.rows))
			for i := range e.rows {
				e.rows[i].Index, leaves[i] = int64(i), LeafHash(e.rows[i].Leaf)
			}
			e.tiles = memTiles{}
			e.tree = e.tiles.grow(t, 0, leaves, func() int { return len(leaves) })
		}
		if v := VerifyLog(w, VerifyOptions{}); v.Status != Invalid {
			rt.Fatal(v.Status)
		}
	})
}

// A merchant asks his witness as he goes. What the witness cosigned is valid
// for a reader who trusts it; a rewritten log gets no cosignature.
func TestWitnessedLife(t *testing.T) {
	w := newWorld(t, 11, 3)
	state := &memState{trees: map[Origin]Tree{}}
	wit, err := NewWitness("neighbour.example", testKey(50), state, func(o Origin) []string {
		if o.SameLog(testOrigin) {
			return []string{VKey(o, pubOf(testKey(1)))}
		}
		return nil
	}, func() kexin.Instant { return 1764000000000 })
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (int, string) {
		e := w.now()
		old := state.trees[e.origin].Size
		proof, err := ProveGrowth(e.tree.Size, min(old, e.tree.Size), e.tiles)
		if err != nil {
			t.Fatal(err)
		}
		return wit.Add(AddCheckpoint{old, proof, e.cps[len(e.cps)-1]}.Body())
	}
	policy := policyOf(t, "log "+w.now().keys[0].VKey+"\nwitness N "+wit.VKey()+"\nquorum N\n")
	for day := range 5 {
		w.busy(30)
		w.commit(kexin.Day("2026-11-0" + string(rune('1'+day))))
		status, line := ask()
		if status != AddOK {
			t.Fatal(day, status)
		}
		cps := w.now().cps
		if cps[len(cps)-1], err = AddCosignatures(cps[len(cps)-1], line, wit.VKey()); err != nil {
			t.Fatal(err)
		}
		v := w.verify(w.evidence(w.persons[day%3]), VerifyOptions{Policy: policy})
		if v.Status != Valid || !has(v.Proves, "verify.proves.witnessed") {
			t.Fatal(day, v.Status, v.Faults)
		}
		if v := VerifyLog(w, VerifyOptions{Policy: policy}); v.Status != Valid {
			t.Fatal(day, v.Status, v.Faults)
		}
	}

	// The merchant rewrites yesterday.
	w.now().rows[40].Leaf = bytes.Replace(w.now().rows[40].Leaf, []byte(`"ref":"u_34"`), []byte(`"ref":"u_35"`), 1)
	w.reseal()
	if status, answer := ask(); status != AddConflict {
		t.Error("the witness took another past:", status, answer)
	}
	w.busy(5)
	w.seal()
	if status, _ := ask(); status != AddNoProof {
		t.Error("the witness took another past:", status)
	}
	if v := VerifyLog(w, VerifyOptions{Policy: policy}); v.Status == Valid {
		t.Error("valid without the witness")
	}
}
