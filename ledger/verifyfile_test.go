package ledger

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"kexin"
)

// sampleWorld has some hundred entries of 8 persons, two daily commitments,
// a rotated key.
func sampleWorld(t testing.TB) *world {
	w := newWorld(t, 1, 8)
	w.busy(60)
	w.commit("2026-11-20")
	w.busy(250)
	w.rotate()
	w.commit("2026-11-21")
	w.busy(20)
	w.seal()
	return w
}

func policyOf(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEvidenceValid(t *testing.T) {
	w := sampleWorld(t)
	person := w.persons[3]
	ev := w.evidence(person, 62, 63, 200)
	v := w.verify(ev, VerifyOptions{Known: []string{w.line(0, 62).Line(), w.line(0, 200).Line(), w.line(0, w.now().tree.Size).Line()}})
	if v.Status != Valid || len(v.Faults) > 0 {
		t.Fatalf("%v %v", v.Status, faults(v))
	}
	for _, key := range []string{"signed", "included", "unaltered", "complete", "bodies", "notices"} {
		if !has(v.Proves, "verify.proves."+key) {
			t.Errorf("does not say %s: %v", key, v.Proves)
		}
	}
	for _, key := range []string{"happened", "outside", "second_tag", "after", "key_owner"} {
		if !has(v.Silent, "verify.silent."+key) {
			t.Errorf("does not say that %s is not proved", key)
		}
	}
	for _, s := range v.Proves {
		if s.Key == "verify.proves.unaltered" && s.Args["size"] != "62" {
			t.Error("not since the earliest line:", s.Args)
		}
		if s.Key == "verify.proves.complete" && s.Args["day"] != "2026-11-21" {
			t.Error(s.Args)
		}
	}
	if v.Entries != int64(len(ev.Leaves)) || v.Persons != 1 || v.Tree.Size != w.now().tree.Size {
		t.Errorf("%+v", v)
	}
}

// A line vouches for what lies below it and no further.
func TestEvidenceBeyondTheLine(t *testing.T) {
	w := sampleWorld(t)
	ev := w.evidence(w.persons[3], 200, 334)
	v := w.verify(ev, VerifyOptions{Known: []string{w.line(0, 200).Line()}})
	if v.Status != Unwitnessed || len(v.Faults) > 0 || !has(v.Proves, "verify.proves.unaltered") || !has(v.Silent, "verify.silent.beyond") {
		t.Error(v.Status, faults(v), v.Silent)
	}
	last := ev.Leaves[len(ev.Leaves)-1].Index
	if v := w.verify(ev, VerifyOptions{Known: []string{w.line(0, 334).Line()}}); (v.Status == Valid) != (last < 334) {
		t.Error(v.Status, last)
	}
	heads := clone(t, ev) // the daily commitment must be covered as well
	size := heads.Heads.Index
	for len(heads.Leaves) > 0 && heads.Leaves[len(heads.Leaves)-1].Index >= size {
		heads.Leaves = heads.Leaves[:len(heads.Leaves)-1]
	}
	links, err := ProveLinks(Checkpoint{testOrigin, w.now().tree}, []int64{size, size + 1}, w.now().tiles)
	if err != nil {
		t.Fatal(err)
	}
	heads.Links = links
	if v := w.verify(heads, VerifyOptions{Known: []string{w.line(0, size).Line()}}); v.Status != Unwitnessed {
		t.Error(v.Status, faults(v))
	}
	if v := w.verify(heads, VerifyOptions{Known: []string{w.line(0, size+1).Line()}}); v.Status != Valid {
		t.Error(v.Status, faults(v), v.Silent)
	}
}

func TestEvidenceUnwitnessed(t *testing.T) {
	w := sampleWorld(t)
	ev := w.evidence(w.persons[0], 63)
	for what, opt := range map[string]VerifyOptions{
		"nothing brought":    {},
		"line unlinked":      {Known: []string{w.line(0, 100).Line()}},
		"line of other log":  {Known: []string{Checkpoint{"kexin.abc/13/1", w.line(0, 63).Tree}.Line()}},
		"line not readable":  {Known: []string{"hello"}},
		"policy of none":     {Policy: policyOf(t, "quorum none")},
		"quorum not reached": {Policy: policyOf(t, "witness A "+wkey(11)+"\nquorum A\n")},
	} {
		v := w.verify(ev, opt)
		if v.Status != Unwitnessed || len(v.Faults) > 0 || !has(v.Silent, "verify.silent.unwitnessed") {
			t.Errorf("%s: %v %v", what, v.Status, faults(v))
		}
	}
	// The policy inside the file is the merchant's own and proves nothing.
	ev.Policy = "quorum none"
	if v := w.verify(ev, VerifyOptions{}); v.Status != Unwitnessed {
		t.Error(v.Status)
	}
}

func TestEvidenceWitnessed(t *testing.T) {
	w := sampleWorld(t)
	ev := w.evidence(w.persons[0])
	line, err := Cosign("w11.example", testKey(11), Checkpoint{w.now().origin, w.now().tree}.Text(), 1764000000)
	if err != nil {
		t.Fatal(err)
	}
	ev.Checkpoint += line
	pol := "log " + w.now().keys[0].VKey + "\nwitness A " + wkey(11) + "\nwitness B " + wkey(12) + "\ngroup G any A B\nquorum G\n"
	v := w.verify(ev, VerifyOptions{Policy: policyOf(t, pol)})
	if v.Status != Valid || !has(v.Proves, "verify.proves.witnessed") {
		t.Fatal(v.Status, faults(v), v.Silent)
	}
	if v := w.verify(ev, VerifyOptions{Policy: policyOf(t, strings.Replace(pol, "any", "all", 1))}); v.Status != Unwitnessed || !has(v.Silent, "verify.silent.quorum") {
		t.Error(v.Status, v.Silent)
	}
	// A policy that knows only the newer key, and one that knows neither.
	if v := w.verify(ev, VerifyOptions{Policy: policyOf(t, strings.Replace(pol, w.now().keys[0].VKey, w.now().keys[1].VKey, 1))}); v.Status != Valid {
		t.Error(v.Status, faults(v))
	}
	if v := w.verify(ev, VerifyOptions{Policy: policyOf(t, strings.Replace(pol, w.now().keys[0].VKey, VKey(testOrigin, pubOf(testKey(77))), 1))}); v.Status != Invalid || !slices.Contains(faults(v), "verify.fault.unknown_log") {
		t.Error(v.Status, faults(v))
	}
	// A wrong cosignature by a witness that the reader trusts.
	ev.Checkpoint = strings.Replace(ev.Checkpoint, line, strings.Replace(line, "AAAA", "AAAB", 1), 1)
	if v := w.verify(ev, VerifyOptions{Policy: policyOf(t, pol)}); v.Status != Invalid {
		t.Error("took a wrong cosignature:", v.Status)
	}
}

func TestEvidenceReceipt(t *testing.T) {
	w := sampleWorld(t)
	w.add(&ConsentWithdrawn{Channel: kexin.BySMS, Epoch: 2, Way: "link"}, w.persons[2])
	w.seal()
	size := w.now().tree.Size - 1 // the receipt was printed before its entry was sealed
	ev := w.evidence(w.persons[2], size)
	mine := LeafHash(ev.Leaves[len(ev.Leaves)-1].Leaf)
	ok := &Receipt{w.line(0, size), mine}
	if v := w.verify(ev, VerifyOptions{Receipt: ok}); v.Status != Valid || !has(v.Proves, "verify.proves.receipt") {
		t.Error(v.Status, faults(v))
	}
	for what, r := range map[string]*Receipt{
		"entry left out": {w.line(0, size), Hash{1}}, "another log": {Checkpoint{"kexin.abc/13/1", w.line(0, size).Tree}, mine},
		"another past": {Checkpoint{testOrigin, Tree{size, Hash{1}}}, mine},
	} {
		if v := w.verify(ev, VerifyOptions{Receipt: r}); v.Status != Invalid {
			t.Errorf("%s: %v", what, v.Status)
		}
	}
	if v := w.verify(ev, VerifyOptions{Receipt: &Receipt{w.line(0, 151), mine}}); v.Status != Unwitnessed {
		t.Error("a receipt that cannot be compared:", v.Status)
	}
}

// What the key holder himself changes and signs anew is found all the same.
func TestEvidenceForgedBySigner(t *testing.T) {
	w := sampleWorld(t)
	person, other := w.persons[3], w.persons[4]
	for want, changes := range map[string][]func(*Evidence){
		"leaf": {
			func(e *Evidence) { e.Leaves[2].Leaf = []byte(leafPrefix + "{}") },
			func(e *Evidence) {
				e.Leaves[2].Leaf = bytes.Replace(e.Leaves[2].Leaf, []byte(`"org"`), []byte(`"orG"`), 1)
			},
		},
		"proof": {
			func(e *Evidence) { e.Leaves[2].Leaf = e.Leaves[3].Leaf },
			func(e *Evidence) { e.Leaves[2].Index++ },
			func(e *Evidence) { e.Leaves[2].Path[1][0] ^= 1 },
			func(e *Evidence) { e.Leaves[2].Path = e.Leaves[2].Path[1:] },
			func(e *Evidence) { e.Leaves[2].Path = append(e.Leaves[2].Path, Hash{}) },
			func(e *Evidence) {
				e.Leaves[2].Leaf = bytes.Replace(e.Leaves[2].Leaf, []byte(`"ref":"u_34"`), []byte(`"ref":"u_35"`), 1)
			},
		},
		"order": {
			func(e *Evidence) { e.Leaves[2], e.Leaves[3] = e.Leaves[3], e.Leaves[2] },
			func(e *Evidence) { e.Leaves = append(e.Leaves, e.Leaves[len(e.Leaves)-1]) },
		},
		"chain": {
			func(e *Evidence) { e.Leaves = slices.Delete(e.Leaves, 2, 3) },
			func(e *Evidence) { e.Leaves = slices.Delete(e.Leaves, 1, 2) },
		},
		"left_out": {
			func(e *Evidence) { e.Leaves = e.Leaves[:4] },
			func(e *Evidence) { e.Leaves = e.Leaves[:1] },
		},
		"person": {func(e *Evidence) { e.Leaves = w.evidence(other).Leaves }},
		"tree":   {func(e *Evidence) { e.Leaves[1].Tree = 1 }},
		"body":   {func(e *Evidence) { e.Leaves[2].Body = []byte(`{"n":1}`) }, func(e *Evidence) { e.Leaves[2].Salt[0] ^= 1 }, func(e *Evidence) { e.Leaves[2].Body = nil }},
		"notice": {func(e *Evidence) { e.Notices[0].Version++ }, func(e *Evidence) { e.Notices[0].Title = "" }, func(e *Evidence) { e.Notices[0].Text[0] += "!" }, func(e *Evidence) { e.Notices[0].Hash[1] ^= 1 }, unnamedNotice},
		"tomb":   {func(e *Evidence) { e.Tombs = []Tombstone{{1, 3}} }},
		"link":   {func(e *Evidence) { e.Links[0].Root[0] ^= 1 }, func(e *Evidence) { e.Links[0].Path[0][0] ^= 1 }, func(e *Evidence) { e.Links[0].Origin = "kexin.abc/12/7" }},
		"heads":  {func(e *Evidence) { e.Heads.Leaf = e.Leaves[0].Leaf }, func(e *Evidence) { e.Heads.Index++ }, func(e *Evidence) { e.Heads.Path[0][0] ^= 1 }},
		"head":   {func(e *Evidence) { e.Heads.At[0].Seq++ }, func(e *Evidence) { e.Heads.At = nil }, func(e *Evidence) { e.Heads.At = w.evidence(other).Heads.At }},
		"keys":   {func(e *Evidence) { e.Keys[1].Sig[5] ^= 1 }, func(e *Evidence) { e.Keys = nil }, func(e *Evidence) { e.Keys = e.Keys[1:] }},
		"epoch":  {func(e *Evidence) { e.Trees = []EpochProof{{e.Leaves[0].Leaf, e.Leaves[0].Path}} }},
		"checkpoint": {
			func(e *Evidence) { e.Checkpoint = strings.Replace(e.Checkpoint, "\n335\n", "\n334\n", 1) },
			func(e *Evidence) { e.Checkpoint = "x" },
			func(e *Evidence) { e.Checkpoint = otherLog(w) },
		},
		"signature": {func(e *Evidence) { e.Keys = e.Keys[:1]; e.Checkpoint = w.now().cps[0] }},
	} {
		for i, change := range changes {
			ev := clone(t, w.evidence(person, 200))
			change(ev)
			v := w.verify(ev, VerifyOptions{})
			if v.Status != Invalid || !slices.Contains(faults(v), "verify.fault."+want) || v.Proves != nil {
				t.Errorf("%s %d: %v %v", want, i, v.Status, faults(v))
			}
		}
	}
}

// unnamedNotice adds a text that no entry names.
func unnamedNotice(e *Evidence) {
	e.Notices = append(e.Notices, Notice{Hash: NoticeHash(2, "zh-CN", "另一份", nil), Lang: "zh-CN", Title: "另一份", Version: 2})
}

// otherLog is a checkpoint of another merchant's log by the same key.
func otherLog(w *world) string {
	msg, err := Sign(Checkpoint{"kexin.abc/13/1", w.now().tree}, NewSigner("kexin.abc/13/1", w.key))
	if err != nil {
		w.t.Fatal(err)
	}
	return msg
}

// clone writes evidence and reads it, so that nothing is shared.
func clone(t testing.TB, e *Evidence) *Evidence {
	t.Helper()
	b, err := e.Seal(testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	out, err := ParseEvidence(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Faults name the entry.
func TestEvidenceNamesTheEntry(t *testing.T) {
	w := sampleWorld(t)
	ev := clone(t, w.evidence(w.persons[3]))
	bad := &ev.Leaves[5]
	bad.Path[0][0] ^= 1
	e, err := Decode(bad.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	v := w.verify(ev, VerifyOptions{})
	if len(v.Faults) == 0 || v.Faults[0].Index != bad.Index || v.Faults[0].Entry != e.ID || v.Faults[0].Origin != testOrigin {
		t.Errorf("%+v", v.Faults)
	}
}

// The merchant rewrites one old entry, seals and signs everything anew. Only
// what is outside his reach shows it: a line, a receipt, a witness.
func TestEvidenceRewrittenLog(t *testing.T) {
	honest, forged := newWorld(t, 1, 8), newWorld(t, 1, 8)
	for i, w := range []*world{honest, forged} {
		w.busy(50)
		if i == 1 { // one entry about one person is another
			w.waiting, w.heads = nil, map[Subj]Head{}
			w.add(&OrgCreated{Size: kexin.Shop}, Subj{})
			w.add(&NoticePublished{Version: 1, Text: noticeHash()}, Subj{})
			w.busy(50)
		}
		w.commit("2026-11-20")
		w.busy(50)
		w.commit("2026-11-21")
	}
	size := int64(53)
	ev := forged.evidence(forged.persons[0], size)
	if v := forged.verify(ev, VerifyOptions{}); v.Status != Unwitnessed {
		t.Fatal("without anything from outside it must look sound:", v.Status, faults(v))
	}
	v := forged.verify(ev, VerifyOptions{Known: []string{honest.line(0, size).Line()}})
	if v.Status != Invalid || faults(v)[0] != "verify.fault.rewritten" {
		t.Error("a known line:", v.Status, faults(v))
	}
	mine := honest.evidence(forged.persons[0]).Leaves[1]
	v = forged.verify(ev, VerifyOptions{Receipt: &Receipt{honest.line(0, size), LeafHash(mine.Leaf)}})
	if v.Status != Invalid {
		t.Error("a receipt:", v.Status)
	}
	// Leaving the link out does not make it valid.
	ev.Links = nil
	if v := forged.verify(ev, VerifyOptions{Known: []string{honest.line(0, size).Line()}}); v.Status != Unwitnessed || !has(v.Silent, "verify.silent.line_unlinked") {
		t.Error(v.Status, faults(v))
	}
}

// A person of whom nothing is recorded: the file proves that.
func TestEvidenceOfNobody(t *testing.T) {
	w := sampleWorld(t)
	v := w.verify(w.evidence(Subj{1, 2, 3}), VerifyOptions{})
	if v.Status != Unwitnessed || !has(v.Proves, "verify.proves.absent") {
		t.Error(v.Status, faults(v), v.Proves)
	}
	ev := clone(t, w.evidence(w.persons[3])) // nor can somebody be hidden so
	ev.Leaves = nil
	ev.Notices = nil
	if v := w.verify(ev, VerifyOptions{}); v.Status != Invalid || !slices.Contains(faults(v), "verify.fault.left_out") {
		t.Error(v.Status, faults(v))
	}
}

// An excerpt may skip entries, but says that it is one.
func TestEvidenceExcerpt(t *testing.T) {
	w := sampleWorld(t)
	ev := clone(t, w.evidence(w.persons[3]))
	ev.Subj = Subj{}
	ev.Leaves = slices.Delete(ev.Leaves, 2, 4)
	ev.Heads = nil
	v := w.verify(ev, VerifyOptions{})
	if v.Status != Unwitnessed || !has(v.Silent, "verify.silent.excerpt") || has(v.Proves, "verify.proves.complete") {
		t.Error(v.Status, faults(v))
	}
}

// After a restore the log goes on in a new epoch, and a person's entries in
// both are proved together.
func TestEvidenceAcrossEpochs(t *testing.T) {
	w := sampleWorld(t)
	before := w.line(0, 300)
	lost := w.line(0, w.now().tree.Size)
	w.restore(320, lost.Size)
	w.busy(60)
	w.commit("2026-11-22")
	ev := w.evidence(w.persons[1], 30)
	if ev.Leaves[0].Tree != 1 || ev.Leaves[len(ev.Leaves)-1].Tree != 0 {
		t.Fatal("the sample has entries in one epoch only")
	}
	whole := w.line(1, w.now().tree.Size).Line()
	v := w.verify(ev, VerifyOptions{Known: []string{w.line(1, 30).Line(), whole}})
	if v.Status != Valid || !has(v.Proves, "verify.proves.epoch") || !has(v.Proves, "verify.proves.complete") {
		t.Fatal(v.Status, faults(v))
	}
	// The end of the old epoch is a known point; others need a link.
	if v := w.verify(ev, VerifyOptions{Known: []string{w.line(0, 320).Line()}}); v.Status != Unwitnessed || !has(v.Proves, "verify.proves.unaltered") || !has(v.Silent, "verify.silent.beyond") {
		t.Error(v.Status, faults(v))
	}
	if v := w.verify(ev, VerifyOptions{Known: []string{before.Line()}}); v.Status != Unwitnessed {
		t.Error(v.Status, faults(v))
	}
	more, err := ProveLinks(Checkpoint{testOrigin, w.epochs[0].tree}, []int64{300}, w.epochs[0].tiles)
	if err != nil {
		t.Fatal(err)
	}
	ev.Links = append(ev.Links, more...)
	if v := w.verify(ev, VerifyOptions{Known: []string{before.Line(), whole}}); v.Status != Valid {
		t.Error(v.Status, faults(v))
	}
	// What was lost is disclosed, so a later line is no fault.
	if v := w.verify(ev, VerifyOptions{Known: []string{lost.Line()}}); v.Status != Unwitnessed || !has(v.Silent, "verify.silent.cut") {
		t.Error(v.Status, faults(v))
	}
	for what, change := range map[string]func(*Evidence){
		"no epoch leaf":    func(e *Evidence) { e.Trees = nil },
		"another leaf":     func(e *Evidence) { e.Trees[0].Leaf = e.Leaves[0].Leaf },
		"wrong path":       func(e *Evidence) { e.Trees[0].Path[0][0] ^= 1 },
		"old part missing": func(e *Evidence) { e.Leaves = e.Leaves[len(e.Leaves)-1:] },
	} {
		bad := clone(t, ev)
		change(bad)
		if v := w.verify(bad, VerifyOptions{}); v.Status != Invalid {
			t.Errorf("%s: %v", what, v.Status)
		}
	}
}

// A restore that hides how much was lost is found by whoever saw more.
func TestEvidenceHiddenCut(t *testing.T) {
	w := sampleWorld(t)
	lost := w.line(0, w.now().tree.Size)
	w.restore(320, 320)
	w.commit("2026-11-22")
	v := w.verify(w.evidence(w.persons[1]), VerifyOptions{Known: []string{lost.Line()}})
	if v.Status != Invalid || faults(v)[0] != "verify.fault.cut" {
		t.Error(v.Status, faults(v))
	}
}

func TestEvidenceErased(t *testing.T) {
	w := sampleWorld(t)
	p := w.persons[5]
	w.add(&SubjectErased{Horizon: "2026-12-20", Why: "asked"}, p)
	w.commit("2026-11-22")
	ev := w.evidence(p)
	last := &ev.Leaves[len(ev.Leaves)-1]
	e, err := Decode(last.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ev.Leaves {
		ev.Leaves[i].Body, ev.Leaves[i].Salt = nil, [32]byte{}
	}
	ev.Tombs = []Tombstone{{e.T, last.Index}}
	v := w.verify(ev, VerifyOptions{})
	if v.Status != Unwitnessed || !has(v.Proves, "verify.proves.erased") || !has(v.Silent, "verify.silent.bodies_closed") || v.Bodies != 0 {
		t.Error(v.Status, faults(v))
	}
}

// Every sentence of any verdict is in the list that the catalogue is tested
// with.
func checkStatements(t testing.TB, v Verdict) {
	known := Statements()
	list := slices.Concat(v.Proves, v.Silent)
	for _, f := range v.Faults {
		list = append(list, f.Statement)
	}
	for _, s := range list {
		if !slices.Contains(known, s.Key) {
			t.Errorf("%s is not in Statements", s.Key)
		}
	}
	if v.Status.String() == "" {
		t.Error("no name")
	}
}

func BenchmarkVerifyEvidence(b *testing.B) {
	w := sampleWorld(b)
	file := w.file(w.evidence(w.persons[3], 62))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if v := VerifyEvidence(bytes.NewReader(file), VerifyOptions{}); v.Status != Unwitnessed {
			b.Fatal(v.Status)
		}
	}
}
