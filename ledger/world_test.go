package ledger

import (
	"bytes"
	"crypto/ed25519"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"kexin"

	"golang.org/x/mod/sumdb/note"
)

// An epochData is one epoch of a fake merchant's log as it would be stored.
type epochData struct {
	origin Origin
	rows   []Row
	tiles  memTiles
	cps    []string
	sizes  []int64 // of cps
	keys   []LogKey
	tree   Tree
}

// A world is a fake merchant: a log of one or more epochs and its persons.
// It implements LogReader.
type world struct {
	t        testing.TB
	r        *rand.Rand
	epochs   []*epochData
	key      ed25519.PrivateKey
	keyN     byte
	heads    map[Subj]Head // as of all sealed entries
	persons  []Subj
	waiting  [][]byte
	bodies   map[Hash]body // by leaf hash
	nextID   kexin.ID
	unsealed int64
	readErr  error
}

type body struct {
	salt [32]byte
	jcs  []byte
}

func noticeHash() Hash { return NoticeHash(1, "zh-CN", "怎么用您的资料", []string{noticeText}) }

const noticeText = "我们这样用您的资料：……"

func newWorld(t testing.TB, seed uint64, persons int) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 1)), keyN: 1, key: testKey(1), heads: map[Subj]Head{}, bodies: map[Hash]body{}, nextID: 1000}
	for range persons {
		var s Subj
		for i := range s {
			s[i] = byte(w.r.Uint32())
		}
		w.persons = append(w.persons, s)
	}
	w.begin(testOrigin)
	w.add(&OrgCreated{Size: kexin.Shop}, Subj{})
	w.add(&NoticePublished{Version: 1, Text: noticeHash()}, Subj{})
	return w
}

func (w *world) begin(o Origin) {
	w.epochs = append(w.epochs, &epochData{origin: o, tiles: memTiles{}, keys: []LogKey{{VKey: VKey(o, pubOf(w.key))}}})
}

func (w *world) now() *epochData { return w.epochs[len(w.epochs)-1] }

// head is a person's last entry, sealed or waiting.
func (w *world) head(s Subj) Head {
	if h, ok := w.heads[s]; ok {
		return h
	}
	return Head{Subj: s}
}

// add writes an entry; the next seal takes it in.
func (w *world) add(f Facts, s Subj) {
	w.t.Helper()
	w.nextID++
	e := &Entry{ID: w.nextID, T: kexin.Instant(1764000000000 + int64(w.nextID)), Org: 12, Actor: Actor{Kind: ByStaff, Position: kexin.Rep, Ref: 34}, Facts: f}
	var b body
	if s != (Subj{}) {
		jcs, err := JCS(Object(Member{"reason", Text("预约回访")}, Member{"n", Int(int64(w.nextID))}))
		if err != nil {
			w.t.Fatal(err)
		}
		b = body{[32]byte{byte(w.nextID), byte(w.nextID >> 8), 1}, jcs}
		if e.Commit, err = Commitment(b.salt, b.jcs); err != nil {
			w.t.Fatal(err)
		}
	}
	var leaf []byte
	var err error
	if s == (Subj{}) {
		leaf, err = e.Encode()
	} else {
		leaf, w.heads[s], err = Link(e, w.head(s))
		w.bodies[LeafHash(leaf)] = b
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.waiting = append(w.waiting, leaf)
}

// busy adds n entries about random persons.
func (w *world) busy(n int) {
	for range n {
		s := w.persons[w.r.IntN(len(w.persons))]
		switch w.r.IntN(5) {
		case 0:
			w.add(&ListPage{Object: kexin.Customer, Rows: 50, Scene: kexin.Mine}, Subj{})
		case 1:
			w.add(&ConsentGiven{Channel: kexin.BySMS, Epoch: 1, Grade: Coded, Text: noticeHash(), Way: "link"}, s)
		case 2:
			w.add(&ValueRevealed{Field: kexin.CustPhone, Object: kexin.Customer, Why: "aftersales"}, s)
		default:
			w.add(&RecordOpened{Fields: []kexin.FieldID{kexin.CustName}, Object: kexin.Customer}, s)
		}
	}
}

// seal gives indexes, stores tiles and signs a checkpoint.
func (w *world) seal(also ...note.Signer) {
	w.t.Helper()
	e := w.now()
	g, err := NewGrower(e.tree.Size, e.tiles)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, leaf := range w.waiting {
		e.rows = append(e.rows, Row{g.Tree().Size, leaf})
		g.Add(LeafHash(leaf))
	}
	w.waiting, e.tree = nil, g.Tree()
	e.tiles.store(g.Tiles())
	msg, err := Sign(Checkpoint{e.origin, e.tree}, append(also, NewSigner(e.origin, w.key))...)
	if err != nil {
		w.t.Fatal(err)
	}
	e.cps, e.sizes = append(e.cps, msg), append(e.sizes, e.tree.Size)
}

// sortedHeads are the heads over everything sealed.
func (w *world) sortedHeads() []Head {
	heads := slices.Collect(maps.Values(w.heads))
	slices.SortFunc(heads, func(a, b Head) int { return cmpSubj(a.Subj, b.Subj) })
	return heads
}

// commit seals, writes the daily heads leaf over that, and seals again.
func (w *world) commit(day kexin.Day) {
	w.t.Helper()
	w.seal()
	heads := w.sortedHeads()
	root, err := HeadsRoot(heads)
	if err != nil {
		w.t.Fatal(err)
	}
	w.add(&Heads{Count: int64(len(heads)), Day: day, Root: root, Size: w.now().tree.Size}, Subj{})
	w.seal()
}

// rotate brings a new log key in.
func (w *world) rotate() {
	e, old := w.now(), w.key
	w.keyN++
	w.key = testKey(w.keyN)
	vk := VKey(e.origin, pubOf(w.key))
	sig := IntroduceKey(old, vk)
	e.keys = append(e.keys, LogKey{vk, sig})
	w.add(&LogKeyed{New: Hash(pubOf(w.key)), Old: Hash(pubOf(old)), Sig: sig}, Subj{})
	w.seal(NewSigner(e.origin, old))
}

// restore begins the next epoch behind the first size rows of this one, as a
// restored backup would; what came later is lost. seen is what the new log
// admits.
func (w *world) restore(size, seen int64) {
	w.t.Helper()
	old := w.now()
	old.rows = old.rows[:size]
	leaves := make([]Hash, size)
	w.heads = map[Subj]Head{}
	for _, e := range w.epochs {
		for i, r := range e.rows {
			if e == old {
				leaves[i] = LeafHash(r.Leaf)
			}
			if x, err := Decode(r.Leaf); err == nil && x.SSeq > 0 {
				w.heads[x.Subj] = Head{x.Subj, x.SSeq, LeafHash(r.Leaf)}
			}
		}
	}
	old.tiles = memTiles{}
	old.tree = old.tiles.grow(w.t, 0, leaves, func() int { return int(size) })
	for len(old.sizes) > 0 && old.sizes[len(old.sizes)-1] > size {
		old.sizes, old.cps = old.sizes[:len(old.sizes)-1], old.cps[:len(old.cps)-1]
	}
	_, org, n := old.origin.Split()
	o, err := NewOrigin("abc", org, n+1)
	if err != nil {
		w.t.Fatal(err)
	}
	w.waiting = nil
	w.begin(o)
	w.add(&LogEpoch{OldOrigin: old.origin, OldRoot: old.tree.Root, OldSize: old.tree.Size, Seen: seen, Why: "restore"}, Subj{})
	w.seal()
}

// line is the checkpoint line at a size of an epoch.
func (w *world) line(epoch int, size int64) Checkpoint {
	w.t.Helper()
	root, err := RootOf(size, w.epochs[epoch].tiles)
	if err != nil {
		w.t.Fatal(err)
	}
	return Checkpoint{w.epochs[epoch].origin, Tree{size, root}}
}

// evidence makes a person's file as the server would, with links for the
// given sizes of the newest epoch.
func (w *world) evidence(s Subj, links ...int64) *Evidence {
	w.t.Helper()
	e := w.now()
	ev := &Evidence{Made: 1764000999999, Checkpoint: e.cps[len(e.cps)-1], Keys: e.keys, Subj: s, Notices: []Notice{{Hash: noticeHash(), Lang: "zh-CN", Title: "怎么用您的资料", Text: []string{noticeText}, Version: 1}}}
	last := len(w.epochs) - 1
	for i, x := range w.epochs {
		tree := int64(last - i)
		proven, err := ProveRows(tree, x.tree.Size, w.rowsOf(x, s), x.tiles)
		if err != nil {
			w.t.Fatal(err)
		}
		for j := range proven {
			if b, ok := w.bodies[LeafHash(proven[j].Leaf)]; ok {
				proven[j].Body, proven[j].Salt = b.jcs, b.salt
			}
		}
		ev.Leaves = append(ev.Leaves, proven...)
	}
	for i := last; i > 0; i-- {
		p, err := ProveEpoch(w.epochs[i].tree.Size, w.epochs[i].rows[0].Leaf, w.epochs[i].tiles)
		if err != nil {
			w.t.Fatal(err)
		}
		ev.Trees = append(ev.Trees, p)
	}
	var err error
	if ev.Links, err = ProveLinks(Checkpoint{e.origin, e.tree}, links, e.tiles); err != nil {
		w.t.Fatal(err)
	}
	w.headsOf(ev, e)
	return ev
}

// rowsOf are a person's rows and those that publish notices.
func (w *world) rowsOf(x *epochData, s Subj) []Row {
	var rows []Row
	for _, r := range x.rows {
		e, err := Decode(r.Leaf)
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Subj == s && s != (Subj{}) || e.Type() == "notice.published" {
			rows = append(rows, r)
		}
	}
	return rows
}

// headsOf adds the newest heads leaf of this epoch, with the heads as they
// were then.
func (w *world) headsOf(ev *Evidence, e *epochData) {
	w.t.Helper()
	for i := len(e.rows) - 1; i >= 0; i-- {
		x, err := Decode(e.rows[i].Leaf)
		if err != nil {
			w.t.Fatal(err)
		}
		said, ok := x.Facts.(*Heads)
		if !ok {
			continue
		}
		heads := w.headsAt(e, said.Size)
		p, err := ProveHead(heads, ev.Subj)
		if err != nil {
			w.t.Fatal(err)
		}
		path, err := ProveLeaf(e.tree.Size, int64(i), e.tiles)
		if err != nil {
			w.t.Fatal(err)
		}
		ev.Heads = &HeadsProof{Index: int64(i), Leaf: e.rows[i].Leaf, Path: path, At: p}
		return
	}
}

// headsAt are the heads over the first size rows of an epoch and all before.
func (w *world) headsAt(e *epochData, size int64) []Head {
	m := map[Subj]Head{}
	for _, x := range w.epochs {
		for _, r := range x.rows {
			if x == e && r.Index >= size {
				break
			}
			if y, err := Decode(r.Leaf); err == nil && y.SSeq > 0 {
				m[y.Subj] = Head{y.Subj, y.SSeq, LeafHash(r.Leaf)}
			}
		}
		if x == e {
			break
		}
	}
	heads := slices.Collect(maps.Values(m))
	slices.SortFunc(heads, func(a, b Head) int { return cmpSubj(a.Subj, b.Subj) })
	return heads
}

// file seals evidence with the world's key.
func (w *world) file(ev *Evidence) []byte {
	w.t.Helper()
	b, err := ev.Seal(w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) verify(ev *Evidence, opt VerifyOptions) Verdict {
	w.t.Helper()
	return VerifyEvidence(bytes.NewReader(w.file(ev)), opt)
}

// The methods of LogReader.

func (w *world) Epochs() ([]Origin, error) {
	var out []Origin
	for _, e := range w.epochs {
		out = append(out, e.origin)
	}
	return out, w.readErr
}

func (w *world) epoch(o Origin) *epochData {
	for _, e := range w.epochs {
		if e.origin == o {
			return e
		}
	}
	w.t.Fatal("asked for another epoch", o)
	return nil
}

func (w *world) Rows(o Origin) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, r := range w.epoch(o).rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (w *world) Tiles(o Origin) Tiles { return w.epoch(o).tiles }

func (w *world) Checkpoints(o Origin) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, c := range w.epoch(o).cps {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (w *world) Keys(o Origin) ([]LogKey, error) { return w.epoch(o).keys, nil }
func (w *world) Unsealed() (int64, error)        { return w.unsealed, nil }

// faults are the keys of a verdict's faults.
func faults(v Verdict) []string {
	var out []string
	for _, f := range v.Faults {
		out = append(out, f.Key)
	}
	return out
}

func has(list []Statement, key string) bool {
	return slices.ContainsFunc(list, func(s Statement) bool { return s.Key == key })
}
