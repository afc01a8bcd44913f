package ledger

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"kexin"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// memTiles is a log's tiles in memory.
type memTiles map[TileID][]byte

func (m memTiles) ReadTile(id TileID) ([]byte, error) { return m[id], nil }

func (m memTiles) store(tiles []Tile) {
	for _, t := range tiles {
		m[t.TileID] = bytes.Clone(t.Hashes)
	}
}

// grow appends leaf hashes in batches of the given sizes.
func (m memTiles) grow(t testing.TB, size int64, leaves []Hash, batch func() int) Tree {
	t.Helper()
	tree := Tree{size, Hash{}}
	for len(leaves) > 0 {
		g, err := NewGrower(tree.Size, m)
		if err != nil {
			t.Fatal(err)
		}
		n := min(batch(), len(leaves))
		for _, h := range leaves[:n] {
			g.Add(h)
		}
		m.store(g.Tiles())
		tree, leaves = g.Tree(), leaves[n:]
	}
	return tree
}

func randHashes(n int) []Hash {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	out := make([]Hash, n)
	for i := range out {
		out[i] = randHash(r)
	}
	return out
}

// The eight inputs and roots of the test data of RFC 6962's reference
// implementation (google/certificate-transparency, merkle_tree_test).
func TestRFC6962Vectors(t *testing.T) {
	inputs := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var leaves []Hash
	for i, want := range roots {
		if got := Root(leaves); hex.EncodeToString(got[:]) != want {
			t.Errorf("root of %d: %x", i, got)
		}
		if i < len(inputs) {
			b, err := hex.DecodeString(inputs[i])
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, LeafHash(b))
		}
	}
}

// However the leaves come, the tree and the stored tiles are the same, the
// root is x/mod's, and every proof that can be made is taken.
func TestGrowerAgreesWithTlog(t *testing.T) {
	leaves := randHashes(70_000)
	var stored []Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]Hash, error) { return pickHashes(stored, at), nil })
	for i, h := range leaves {
		hs, err := tlog.StoredHashesForRecordHash(int64(i), h, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
	}
	one := memTiles{}
	one.grow(t, 0, leaves, func() int { return len(leaves) })
	r := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		m := memTiles{}
		tree := m.grow(t, 0, leaves, func() int { return 1 + r.IntN(20_000) })
		want, err := tlog.TreeHash(tree.Size, reader)
		if err != nil || tree.Root != want || tree.Size != int64(len(leaves)) {
			t.Fatal("another root", err)
		}
		if len(m) != len(one) {
			t.Errorf("%d tiles, want %d", len(m), len(one))
		}
		for id, b := range one {
			if !bytes.Equal(m[id], b) {
				t.Fatalf("tile %v differs", id)
			}
		}
	}
	for range 200 {
		size := 1 + r.Int64N(int64(len(leaves)))
		root, err := RootOf(size, one)
		want, err2 := tlog.TreeHash(size, reader)
		if err != nil || err2 != nil || root != want {
			t.Fatalf("root of %d: %v %v", size, err, err2)
		}
		n, old := r.Int64N(size), r.Int64N(size+1)
		p, err := ProveLeaf(size, n, one)
		if err != nil || CheckLeaf(p, Tree{size, root}, n, leaves[n]) != nil {
			t.Fatalf("leaf %d of %d: %v", n, size, err)
		}
		if CheckLeaf(p, Tree{size, root}, n, leaves[(n+1)%size]) == nil && size > 1 {
			t.Fatal("another leaf was taken")
		}
		was, err := RootOf(old, one)
		if err != nil {
			t.Fatal(err)
		}
		g, err := ProveGrowth(size, old, one)
		if err != nil || CheckGrowth(g, Tree{size, root}, Tree{old, was}) != nil {
			t.Fatalf("growth %d to %d: %v", old, size, err)
		}
		was[5] ^= 1
		if CheckGrowth(g, Tree{size, root}, Tree{old, was}) == nil {
			t.Fatal("another past was taken")
		}
	}
}

func TestTreeSmall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		leaves := randHashes(rapid.IntRange(0, 600).Draw(rt, "n"))
		m := memTiles{}
		tree := m.grow(t, 0, leaves, func() int { return rapid.IntRange(1, 300).Draw(rt, "batch") })
		if len(leaves) > 0 && tree.Root != Root(leaves) {
			rt.Fatal("roots differ")
		}
		for id, b := range m {
			if id.Level > 1 || len(b)%32 != 0 || len(b) > TileWidth*32 {
				rt.Fatalf("tile %v has %d bytes", id, len(b))
			}
		}
	})
}

func TestTreeRefuses(t *testing.T) {
	leaves := randHashes(300)
	m := memTiles{}
	tree := m.grow(t, 0, leaves, func() int { return 300 })
	for what, err := range map[string]error{
		"leaf outside":     second(ProveLeaf(300, 300, m)),
		"leaf below":       second(ProveLeaf(300, -1, m)),
		"past too large":   second(ProveGrowth(300, 301, m)),
		"past below":       second(ProveGrowth(300, -1, m)),
		"growth backward":  CheckGrowth(nil, Tree{5, Hash{}}, Tree{6, Hash{}}),
		"other empty root": CheckGrowth(nil, tree, Tree{0, Hash{1}}),
		"proof for none":   CheckGrowth([]Hash{{}}, tree, Tree{0, emptyRoot()}),
		"leaf in none":     CheckLeaf(nil, Tree{0, emptyRoot()}, 0, leaves[0]),
	} {
		if kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if p, err := ProveGrowth(300, 0, m); err != nil || p != nil || CheckGrowth(p, tree, Tree{0, emptyRoot()}) != nil {
		t.Error("from nothing", err)
	}
	if root, err := RootOf(0, m); err != nil || root != emptyRoot() {
		t.Error(root, err)
	}
	m[TileID{0, 1}] = m[TileID{0, 1}][:32*40]
	for what, err := range map[string]error{
		"short tile":  second(RootOf(300, m)),
		"go on":       second(NewGrower(300, m)),
		"prove leaf":  second(ProveLeaf(300, 299, m)),
		"prove past":  second(ProveGrowth(300, 290, m)),
		"missing one": second(RootOf(300, memTiles{})),
	} {
		if kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestHeads(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "n")
		seen := map[Subj]bool{}
		var heads []Head
		for len(heads) < n {
			s := Subj{byte(rapid.IntRange(0, 255).Draw(rt, "subj")), byte(len(heads))}
			if !seen[s] {
				seen[s] = true
				heads = append(heads, Head{s, int64(len(heads) + 1), Hash{byte(len(heads)), 1}})
			}
		}
		slices.SortFunc(heads, func(a, b Head) int { return cmpSubj(a.Subj, b.Subj) })
		root, err := HeadsRoot(heads)
		if err != nil {
			rt.Fatal(err)
		}
		said := Heads{Count: int64(n), Root: root}
		who := heads[rapid.IntRange(0, n-1).Draw(rt, "who")]
		p, err := ProveHead(heads, who.Subj)
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := CheckHead(p, said, who.Subj); err != nil || got != who {
			rt.Fatal("own head", got, err)
		}
		stranger := Subj{byte(rapid.IntRange(0, 255).Draw(rt, "stranger")), 200, 1}
		q, err := ProveHead(heads, stranger)
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := CheckHead(q, said, stranger); err != nil || got.Seq != 0 {
			rt.Fatal("absence", got, err)
		}
		// Nobody who is there can be shown as absent, by any proof at hand.
		for _, proof := range []HeadProof{q, p[:0], append(slices.Clone(p), q...)} {
			if got, err := CheckHead(proof, said, who.Subj); err == nil && got != who {
				rt.Fatal("hidden", got)
			}
		}
		for i, at := range []int{0, n - 1} { // neighbours that are none
			if got, err := CheckHead(p, said, heads[at].Subj); err == nil && got.Seq == 0 {
				rt.Fatal(i, "hidden by another's proof")
			}
		}
		p[0].Seq++
		if _, err := CheckHead(p, said, who.Subj); err == nil {
			rt.Fatal("another number was taken")
		}
	})
	if _, err := HeadsRoot([]Head{{Subj{2}, 1, Hash{}}, {Subj{1}, 1, Hash{}}}); err == nil {
		t.Error("unsorted heads")
	}
	if _, err := HeadsRoot([]Head{{Subj{2}, 0, Hash{}}}); err == nil {
		t.Error("a head without entries")
	}
	if _, err := ProveHead([]Head{{Subj{2}, 1, Hash{}}, {Subj{2}, 1, Hash{}}}, Subj{2}); err == nil {
		t.Error("the same person twice")
	}
	if _, err := ProveHead(nil, Subj{2}); err == nil {
		t.Error("a proof over nobody")
	}
}

func BenchmarkAppend(b *testing.B) {
	leaves, m := randHashes(500), memTiles{}
	size := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		g, err := NewGrower(size, m)
		if err != nil {
			b.Fatal(err)
		}
		for _, h := range leaves {
			g.Add(h)
		}
		size = g.Tree().Size
		m.store(g.Tiles())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/entry")
}

func BenchmarkProveLeaf(b *testing.B) {
	m := memTiles{}
	tree := m.grow(b, 0, randHashes(100_000), func() int { return 100_000 })
	n := int64(0)
	for b.Loop() {
		if _, err := ProveLeaf(tree.Size, n*7919%tree.Size, m); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
