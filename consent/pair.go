package consent

import (
	"crypto/rand"
	_ "embed"
	"math/big"
	"strings"
	"sync"
)

//go:embed words.txt
var wordFile string

// words is the list of everyday words, each of two characters and no two of
// one sound: they are said over the telephone. Words and not digits, so that
// nobody learns to read digits out to callers.
var words = sync.OnceValue(func() []string { return strings.Fields(wordFile) })

// Words is the list, in the order of the file.
func Words() []string { return words() }

// A Pair is the two words of a receipt 对口令: at the first call the shop says
// one, and she answers the other, which no screen of the shop shows (law.md
// 8.2). It proves that who is called holds the receipt, not that she is the
// person named; a guess passes two times in a thousand.
type Pair struct{ Said, Answer string }

// PairTries is how often an answer may be compared; then the pair is dead.
const PairTries = 2

// NewPair draws two different words.
func NewPair() Pair {
	list := words()
	i := draw(len(list))
	j := draw(len(list) - 1)
	if j >= i {
		j++
	}
	return Pair{list[i], list[j]}
}

// draw is a random number below n. The runtime ends the program where there is
// no randomness.
func draw(n int) int {
	x, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(x.Int64())
}
