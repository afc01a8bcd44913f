package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"iter"
	"slices"
	"strings"
)

// A Row is one sealed entry as it is stored.
type Row struct {
	Index int64
	Leaf  []byte
}

// A LogReader gives a merchant's stored log to VerifyLog. Each method reads
// one consistent state.
type LogReader interface {
	// Epochs are the origins, the oldest first.
	Epochs() ([]Origin, error)
	// Rows are the sealed entries of an epoch in order of their index. The
	// leaf may be overwritten at the next step.
	Rows(Origin) iter.Seq2[Row, error]
	// Tiles are the stored tiles of an epoch.
	Tiles(Origin) Tiles
	// Checkpoints are the signed checkpoints of an epoch by size.
	Checkpoints(Origin) iter.Seq2[string, error]
	// Keys are the keys of an epoch, the oldest first. Errors: ErrNoKeys where
	// the reader has none at hand.
	Keys(Origin) ([]LogKey, error)
	// Unsealed is how many entries have no index yet.
	Unsealed() (int64, error)
}

// ErrNoKeys is what a reader answers who reads a log without its keys.
var ErrNoKeys = errors.New("the log's keys are not at hand")

// VerifyLog checks a whole database: every entry has its place and none is
// missing, each person's entries follow one another, the stored tree is the
// tree of the entries, every checkpoint is signed and its root is theirs,
// each daily commitment holds, each epoch begins where the one before ended,
// and what people outside hold agrees.
func VerifyLog(r LogReader, opt VerifyOptions) Verdict {
	c := &logCheck{r: r, opt: opt, heads: newHeadState(), anchors: map[Origin]map[int64]Hash{}}
	c.knownLines()
	epochs, err := r.Epochs()
	if err != nil || len(epochs) == 0 {
		c.fault("read", "", -1, nil)
		return c.close(false, true)
	}
	for i, o := range epochs {
		if i > 0 && !(o.SameLog(epochs[i-1]) && follows(o, epochs[i-1])) {
			c.fault("epoch", o, -1, nil)
		}
		c.epoch(o)
	}
	return c.finish(epochs)
}

// A logCheck is the check of a whole log under way.
type logCheck struct {
	Verdict
	r       LogReader
	opt     VerifyOptions
	heads   *headState
	anchors map[Origin]map[int64]Hash // roots that people outside hold
	prev    Checkpoint                // how the epoch before ended
	last    string                    // last signed checkpoint
	held    []Checkpoint              // anchors that agree
	receipt bool                      // the receipt's entry was met
	tail    int64                     // sealed entries behind the last checkpoint

	seen     quorumed // what the policy's witnesses say, of the newest checkpoint that they signed
	unsigned bool     // no key was at hand: signatures are not checked
}

// knownLines sorts what the reader brought by epoch and size.
func (c *logCheck) knownLines() {
	known := []Checkpoint{}
	for i, text := range c.opt.Known {
		k, err := ParseLine(text)
		if err != nil {
			c.silent("line_unreadable", "line", itoa(int64(i+1)))
			continue
		}
		if k.Size < 1 { // the beginning of every log: it vouches for nothing
			c.silent("line_unlinked", "origin", string(k.Origin), "size", "0")
			continue
		}
		known = append(known, k)
	}
	if c.opt.Receipt != nil && c.opt.Receipt.Size > 0 {
		known = append(known, c.opt.Receipt.Checkpoint)
	}
	for _, k := range known {
		if c.anchors[k.Origin] == nil {
			c.anchors[k.Origin] = map[int64]Hash{}
		}
		if was, ok := c.anchors[k.Origin][k.Size]; ok && was != k.Root {
			c.fault("rewritten", k.Origin, k.Size, nil) // two lines contradict
		}
		c.anchors[k.Origin][k.Size] = k.Root
	}
}

// An epochCheck is the check of one epoch under way.
type epochCheck struct {
	*logCheck
	o     Origin
	org   int64
	want  map[int64]Hash // roots that people outside hold of this epoch
	front frontier
	tiles tileCheck
	next  func() (string, error, bool) // checkpoints
	cp    Checkpoint                   // the next one to meet
	more  bool
	keys  []string
}

func (c *logCheck) epoch(o Origin) {
	trusted, ok := c.keys(o)
	if !ok {
		return
	}
	next, stop := iter.Pull2(c.r.Checkpoints(o))
	defer stop()
	_, org, _ := o.Split()
	e := &epochCheck{logCheck: c, o: o, org: int64(org), want: c.anchors[o], next: next, keys: trusted, tiles: tileCheck{t: c.r.Tiles(o)}}
	e.tiles.bad = func(n int64, leaf bool) { e.tileFault(n, leaf) }
	e.rows()
	e.end()
}

// keys are the keys whose signature on a checkpoint of an epoch counts. A
// reader without the merchant's keys has none of its own: then those of the
// policy count, and without them no signature is checked, which is said.
func (c *logCheck) keys(o Origin) (trusted []string, ok bool) {
	keys, err := c.r.Keys(o)
	if errors.Is(err, ErrNoKeys) {
		if trusted = c.opt.Policy.logKeys(o); len(trusted) == 0 && !c.unsigned {
			c.unsigned = true
			c.silent("unsigned")
		}
		return trusted, true
	}
	if err != nil || len(keys) == 0 || CheckKeys(keys) != nil || !sameLogKeys(keys, o) {
		c.fault("keys", o, -1, nil)
		return nil, false
	}
	if trusted, ok = trustedKeys(keys, c.opt.Policy); !ok {
		c.fault("unknown_log", o, -1, nil)
	}
	return trusted, ok
}

// rows goes through the entries.
func (e *epochCheck) rows() {
	e.advance()
	e.meet()
	for row, err := range e.r.Rows(e.o) {
		if err != nil {
			e.fault("read", e.o, e.front.size, nil)
			return
		}
		if row.Index != e.front.size {
			e.fault("index", e.o, e.front.size, nil)
			return
		}
		e.row(row)
		if len(e.Faults) >= faultMax {
			return
		}
	}
}

// row checks one entry and puts it in the tree.
func (e *epochCheck) row(row Row) {
	l, ok := peek(row.Leaf)
	if !ok || !knownType(string(l.typ)) || e.opt.Strict && !e.strict(row.Leaf) {
		e.leafFault("leaf", row)
	}
	h := LeafHash(row.Leaf)
	if l.subj != (Subj{}) && !e.heads.step(row.Index, Head{l.subj, l.sseq, h}, l.sprev) {
		e.leafFault("chain", row)
	}
	if e.opt.Receipt != nil && h == e.opt.Receipt.Leaf {
		e.receipt = true
	}
	e.special(row, l.typ)
	e.front.push(h, e.tiles.node)
	e.Entries++
	e.meet()
}

func (e *epochCheck) strict(leaf []byte) bool {
	x, err := Decode(leaf)
	return err == nil && int64(x.Org) == e.org
}

func (e *epochCheck) leafFault(key string, row Row) {
	e.fault(key, e.o, row.Index, &Entry{ID: entryID(row.Leaf)})
}

// special checks the entries that speak about the log itself.
func (e *epochCheck) special(row Row, typ []byte) {
	first := row.Index == 0 && e.prev.Origin != ""
	switch string(typ) {
	case "heads":
		e.headsRow(row)
	case "log.key":
		e.keyRow(row)
	case "log.epoch":
		if !first || !e.continues(row.Leaf) {
			e.leafFault("epoch", row)
		}
	default:
		if first {
			e.leafFault("epoch", row)
		}
	}
}

// continues reports whether the first entry of an epoch says truly how the
// one before ended.
func (e *epochCheck) continues(leaf []byte) bool {
	x, err := Decode(leaf)
	if err != nil {
		return false
	}
	f, ok := x.Facts.(*LogEpoch)
	if ok && f.Seen > f.OldSize {
		e.silent("cut", "origin", string(f.OldOrigin), "from", itoa(f.OldSize), "to", itoa(f.Seen))
	}
	return ok && Checkpoint{f.OldOrigin, Tree{f.OldSize, f.OldRoot}} == e.prev
}

// keyRow checks that the key in force introduced the new one.
func (e *epochCheck) keyRow(row Row) {
	x, err := Decode(row.Leaf)
	if err != nil {
		e.leafFault("leaf", row)
		return
	}
	f := x.Facts.(*LogKeyed)
	if !ed25519.Verify(f.Old[:], KeyStatement(VKey(e.o, f.New[:])), f.Sig[:]) {
		e.leafFault("keys", row)
	}
}

func (e *epochCheck) headsRow(row Row) {
	x, err := Decode(row.Leaf)
	if err != nil {
		e.leafFault("leaf", row)
		return
	}
	said := x.Facts.(*Heads)
	count, root, ok := e.heads.at(said.Size)
	if !ok || said.Size > row.Index || count != said.Count || root != said.Root {
		e.leafFault("heads", row)
	}
}

// advance reads the next checkpoint.
func (e *epochCheck) advance() {
	msg, err, ok := e.next()
	if e.more = ok; !ok {
		return
	}
	cp, oerr := e.open(msg)
	if err != nil || oerr != nil || cp.Origin != e.o || cp.Size < e.cp.Size {
		e.fault("checkpoint", e.o, e.cp.Size, nil)
		e.more = false
		return
	}
	e.cp, e.last = cp, msg
}

// open reads a signed checkpoint; where no key is at hand, its text alone.
func (e *epochCheck) open(msg string) (Checkpoint, error) {
	if len(e.keys) > 0 {
		return Open(msg, e.keys...)
	}
	text, _, _ := strings.Cut(msg, "\n\n")
	return ParseCheckpoint(text + "\n")
}

// meet compares the tree with the checkpoints and anchors of its size.
func (e *epochCheck) meet() {
	for e.more && e.cp.Size == e.front.size {
		if e.cp.Root != e.front.root() {
			e.fault("root", e.o, e.front.size, nil)
		} else {
			e.signedBy(e.last)
		}
		e.advance()
	}
	want, ok := e.want[e.front.size]
	if !ok {
		return
	}
	delete(e.want, e.front.size)
	if want != e.front.root() {
		e.fault("rewritten", e.o, e.front.size, nil)
		return
	}
	e.held = append(e.held, Checkpoint{e.o, Tree{e.front.size, want}})
}

// signedBy notes a checkpoint that the reader's witnesses signed.
func (e *epochCheck) signedBy(msg string) {
	if e.opt.Policy == nil || !e.opt.Policy.Needs() {
		return
	}
	q, err := quorum(msg, e.opt.Policy)
	if err != nil {
		e.fault("cosignature", e.o, e.cp.Size, nil)
		return
	}
	e.seen.have = max(e.seen.have, q.have)
	if q.ok {
		e.seen = q
		e.held = append(e.held, e.cp)
	}
}

// end compares what is left at the end of an epoch.
func (e *epochCheck) end() {
	e.tiles.rest(e.front.size)
	size := e.front.size
	switch {
	case e.more: // a checkpoint says that there were more entries
		e.fault("tail", e.o, size, nil)
	case e.last == "":
		e.fault("checkpoint", e.o, size, nil)
	}
	e.tail = size - min(size, e.cp.Size) // the next epoch's first entry covers an older one's
	e.prev = Checkpoint{e.o, Tree{size, e.front.root()}}
	e.Tree = e.prev
	if e.cp.Size < size {
		e.Tree = e.cp
	}
	e.heads.rebase()
}

func (e *epochCheck) tileFault(n int64, leaf bool) {
	if leaf {
		e.fault("hash", e.o, n, nil)
		return
	}
	e.fault("tile", e.o, n, nil)
}

// finish judges anchors that were not met, and the whole.
func (c *logCheck) finish(epochs []Origin) Verdict {
	for o, left := range c.anchors {
		for size := range left {
			c.unmet(o, size, epochs)
		}
	}
	if c.opt.Receipt != nil && !c.receipt {
		c.fault("receipt", c.opt.Receipt.Origin, -1, nil)
	}
	switch p := c.opt.Policy; {
	case p == nil || !p.Needs():
	case c.seen.ok:
		c.prove("witnessed", "names", c.seen.names, "time", moment(c.seen.time))
	default:
		c.silent("quorum", "have", itoa(int64(c.seen.have)))
	}
	c.since()
	return c.close(len(c.held) > 0, c.sealed() && !c.unsigned)
}

// since says from which point the log is known to be unaltered, and which
// entries nobody outside vouches for yet. The newest entries of a living log
// always are such, so they do not change the status.
func (c *logCheck) since() {
	if len(c.held) == 0 {
		return
	}
	slices.SortFunc(c.held, func(a, b Checkpoint) int {
		if earlier(a, b) {
			return -1
		}
		return 1
	})
	first, last := c.held[0], c.held[len(c.held)-1]
	c.prove("unaltered", "origin", string(first.Origin), "size", itoa(first.Size))
	covered := int64(0)
	if last.Origin == c.Tree.Origin {
		covered = last.Size
	}
	if covered < c.Tree.Size {
		c.silent("beyond", "n", itoa(c.Tree.Size-covered), "size", itoa(covered))
	}
}

// unmet judges a line from outside that no size of the log matched.
func (c *logCheck) unmet(o Origin, size int64, epochs []Origin) {
	i := slices.Index(epochs, o)
	switch {
	case i < 0 && o.SameLog(epochs[len(epochs)-1]) && follows(o, epochs[len(epochs)-1]): // a whole epoch is gone
		c.fault("tail", o, size, nil)
	case i < 0:
		c.silent("line_other_log", "origin", string(o))
	case i == len(epochs)-1: // somebody saw more than is here
		c.fault("tail", o, size, nil)
	case !c.disclosed(o, size):
		c.fault("cut", o, size, nil)
	}
}

// disclosed reports whether a later epoch says that entries up to size of the
// old one were seen.
func (c *logCheck) disclosed(o Origin, size int64) bool {
	for _, s := range c.Silent {
		if s.Key == "verify.silent.cut" && s.Args["origin"] == string(o) {
			to, ok := decimal(s.Args["to"])
			return ok && size <= to
		}
	}
	return false
}

// sealed says what was gone through and whether anything waits to be sealed.
func (c *logCheck) sealed() bool {
	n, err := c.r.Unsealed()
	if err != nil {
		c.fault("read", "", -1, nil)
	}
	c.Persons = c.heads.persons()
	c.prove("log", "n", itoa(c.Entries), "size", itoa(c.Tree.Size), "origin", string(c.Tree.Origin))
	c.prove("persons", "n", itoa(c.Persons))
	if n += c.tail; n > 0 {
		c.silent("unsealed", "n", itoa(n))
	}
	return n == 0
}

// A tileCheck compares the tree as it grows with the stored tiles.
type tileCheck struct {
	t    Tiles
	edge [][]byte
	bad  func(n int64, leaf bool)
}

// node is told each new root of a complete subtree.
func (c *tileCheck) node(height int, n int64, h Hash) {
	if height%tileHeight != 0 {
		return
	}
	level := height / tileHeight
	if level == len(c.edge) {
		c.edge = append(c.edge, nil)
	}
	c.edge[level] = append(c.edge[level], h[:]...)
	if n%TileWidth == TileWidth-1 {
		c.compare(TileID{level, n / TileWidth})
	}
}

// rest compares the unfinished tiles.
func (c *tileCheck) rest(size int64) {
	for level := range c.edge {
		if len(c.edge[level]) > 0 {
			c.compare(TileID{level, size >> (tileHeight * level) / TileWidth})
		}
	}
}

// compare reads a stored tile; where it differs, the first hash that does is
// named.
func (c *tileCheck) compare(id TileID) {
	want := c.edge[id.Level]
	c.edge[id.Level] = want[:0]
	have, err := readTile(c.t, id, len(want)/hashSize)
	if err != nil {
		c.bad(id.N*TileWidth, false)
		return
	}
	if bytes.Equal(have, want) {
		return
	}
	i := 0
	for have[i] == want[i] {
		i++
	}
	c.bad(id.N*TileWidth+int64(i/hashSize), id.Level == 0)
}
