package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// The tree is that of RFC 6962. What is stored are its tiles: TileWidth
// hashes of one level side by side (c2sp.org/tlog-tiles, height 8). Hashes
// between tile levels are computed when needed.
const (
	// TileWidth is how many hashes a full tile holds.
	TileWidth = 1 << tileHeight

	tileHeight = 8
	hashSize   = tlog.HashSize
)

var (
	errTile  = errors.New("stored tile is missing or too short")
	errProof = errors.New("proof does not hold")
	errOrder = errors.New("not in order, or twice")
)

// A TileID names a tile: level 0 holds leaf hashes, level k roots of 256^k
// leaves; N counts tiles of a level from the left.
type TileID struct {
	Level int
	N     int64
}

// A Tile is a tile's content: from 1 to 256 hashes, one after the other.
type Tile struct {
	TileID
	Hashes []byte
}

// Tiles reads the stored tiles of one log.
type Tiles interface {
	// ReadTile gives the hashes stored in a tile: a multiple of 32 bytes,
	// none where the tile is not there. More than once was asked for is fine.
	ReadTile(TileID) ([]byte, error)
}

// A Tree is the state of a log: how many leaves, and their root.
type Tree struct {
	Size int64
	Root Hash
}

// emptyRoot is the root of no leaves (RFC 6962 section 2.1).
func emptyRoot() Hash { return sha256.Sum256(nil) }

// A frontier is the roots of the complete subtrees that a tree of this size
// consists of, by height: what is needed to go on.
type frontier struct {
	size  int64
	nodes [63]Hash
}

// push adds a leaf hash. out, if any, is told every new root of a complete
// subtree with its height and position.
func (f *frontier) push(h Hash, out func(height int, n int64, h Hash)) {
	n := f.size
	f.size++
	for height := 0; ; height++ {
		if out != nil {
			out(height, n, h)
		}
		if n&1 == 0 {
			f.nodes[height] = h
			return
		}
		h = tlog.NodeHash(f.nodes[height], h)
		n >>= 1
	}
}

// root is the root of the whole tree.
func (f *frontier) root() Hash {
	if f.size == 0 {
		return emptyRoot()
	}
	height := bits.TrailingZeros64(uint64(f.size))
	h := f.nodes[height]
	for height++; f.size>>height > 0; height++ {
		if f.size>>height&1 == 1 {
			h = tlog.NodeHash(f.nodes[height], h)
		}
	}
	return h
}

// Root is the root over leaf hashes; for none the empty root.
func Root(leaves []Hash) Hash {
	var f frontier
	for _, h := range leaves {
		f.push(h, nil)
	}
	return f.root()
}

// A Grower appends to a log: it reads the unfinished tiles once, takes leaf
// hashes, and gives the tiles to store. The sealer 封账 makes one per batch.
type Grower struct {
	front frontier
	edge  [][]byte // per level, the tile being filled
	done  []Tile   // filled up since the start
	dirty int      // levels whose edge changed
}

// NewGrower goes on behind size leaves. Errors: internal where the stored
// tiles do not reach that far, and those of t.
func NewGrower(size int64, t Tiles) (*Grower, error) {
	g := &Grower{front: frontier{size: size}}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		if err := g.load(level, t); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// load reads the unfinished tile of a level and what it gives the frontier.
func (g *Grower) load(level int, t Tiles) error {
	n := g.front.size >> (tileHeight * level)
	width := n % TileWidth
	g.edge = append(g.edge, make([]byte, 0, TileWidth*hashSize))
	if width == 0 {
		return nil
	}
	data, err := readTile(t, TileID{level, n / TileWidth}, int(width))
	if err != nil {
		return err
	}
	g.edge[level] = append(g.edge[level], data...)
	var sub frontier
	for i := range width {
		sub.push(Hash(data[i*hashSize:]), nil)
	}
	copy(g.front.nodes[tileHeight*level:], sub.nodes[:tileHeight])
	return nil
}

// readTile reads the first width hashes of a tile.
func readTile(t Tiles, id TileID, width int) ([]byte, error) {
	data, err := t.ReadTile(id)
	if err != nil {
		return nil, err
	}
	if len(data) < width*hashSize {
		return nil, broken("tile", fmt.Errorf("%w: level %d, number %d", errTile, id.Level, id.N))
	}
	return data[:width*hashSize], nil
}

// Add appends one leaf.
func (g *Grower) Add(leaf Hash) { g.front.push(leaf, g.tile) }

// tile puts the roots at tile levels where they belong.
func (g *Grower) tile(height int, n int64, h Hash) {
	if height%tileHeight != 0 {
		return
	}
	level := height / tileHeight
	if level == len(g.edge) {
		g.edge = append(g.edge, make([]byte, 0, TileWidth*hashSize))
	}
	g.edge[level] = append(g.edge[level], h[:]...)
	g.dirty = max(g.dirty, level+1)
	if n%TileWidth == TileWidth-1 {
		g.done = append(g.done, Tile{TileID{level, n / TileWidth}, g.edge[level]})
		g.edge[level] = make([]byte, 0, TileWidth*hashSize)
	}
}

// Tree is the log as it stands now.
func (g *Grower) Tree() Tree { return Tree{g.front.size, g.front.root()} }

// Tiles are the tiles to store: full ones and the unfinished one of each
// level that changed. A stored tile of the same ID is replaced.
func (g *Grower) Tiles() []Tile {
	out := g.done
	for level := range g.dirty {
		if len(g.edge[level]) > 0 {
			n := g.front.size >> (tileHeight * level) / TileWidth
			out = append(out, Tile{TileID{level, n}, g.edge[level]})
		}
	}
	return out
}

// hashes reads any hash of the tree out of the tiles (tlog.HashReader).
type hashes struct{ t Tiles }

// ReadHashes implements tlog.HashReader.
func (r hashes) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, index := range indexes {
		tile := tlog.TileForIndex(tileHeight, index)
		data, err := readTile(r.t, TileID{tile.L, tile.N}, tile.W)
		if err != nil {
			return nil, err
		}
		if out[i], err = tlog.HashFromTile(tile, data, index); err != nil {
			return nil, broken("tile", err)
		}
	}
	return out, nil
}

// RootOf is the root of the first size leaves.
func RootOf(size int64, t Tiles) (Hash, error) {
	if size == 0 {
		return emptyRoot(), nil
	}
	return tlog.TreeHash(size, hashes{t})
}

// ProveLeaf proves that leaf n is in the tree of the first size leaves
// (RFC 6962 section 2.1.1). Errors: invalid where it is not.
func ProveLeaf(size, n int64, t Tiles) ([]Hash, error) {
	if n < 0 || n >= size {
		return nil, invalid("prove", errRange)
	}
	return tlog.ProveRecord(size, n, hashes{t})
}

// CheckLeaf checks such a proof. Errors: invalid.
func CheckLeaf(proof []Hash, tree Tree, n int64, leaf Hash) error {
	if err := tlog.CheckRecord(proof, tree.Size, tree.Root, n, leaf); err != nil {
		return invalid("proof", errProof)
	}
	return nil
}

// ProveGrowth proves that the first old leaves are the beginning of the first
// size (RFC 6962 section 2.1.2). old 0 needs no proof. Errors: invalid where
// old is not from 0 to size.
func ProveGrowth(size, old int64, t Tiles) ([]Hash, error) {
	if old < 0 || old > size {
		return nil, invalid("prove", errRange)
	}
	if old == 0 || old == size {
		return nil, nil
	}
	return tlog.ProveTree(size, old, hashes{t})
}

// CheckGrowth checks such a proof. Errors: invalid.
func CheckGrowth(proof []Hash, now, old Tree) error {
	switch {
	case old.Size < 0 || old.Size > now.Size:
		return invalid("proof", errRange)
	case old.Size == 0:
		if len(proof) == 0 && old.Root == emptyRoot() {
			return nil
		}
	case tlog.CheckTree(proof, now.Size, now.Root, old.Size, old.Root) == nil:
		return nil
	}
	return invalid("proof", errProof)
}
