package ledger

import (
	"bytes"

	"kexin"
)

// Canonical JSON puts what links an entry at its end: sprev, sseq, subj, t,
// type. A check of a whole log reads only that, from behind, in a tenth of
// the time that reading all would take. It is exact: a leaf that Decode
// accepts is read the same here, as a test shows.
type links struct {
	typ   []byte
	subj  Subj // zero = about nobody
	sseq  int64
	sprev Hash
}

// The lengths of encoded fields with their keys and a comma.
const (
	subjText  = len(`,"subj":"`) + 22 + len(`"`)
	sprevText = len(`,"sprev":"`) + 43 + len(`"`)
)

// peek reads the links of a leaf. False where it is not a leaf.
func peek(leaf []byte) (l links, ok bool) {
	b, ok1 := bytes.CutPrefix(leaf, []byte(leafPrefix))
	b, ok2 := bytes.CutSuffix(b, []byte(`"}`))
	i := bytes.LastIndexByte(b, '"') + 1
	if !ok1 || !ok2 || i == 0 || len(leaf) > LeafMax {
		return l, false
	}
	l.typ, b = b[i:], b[:i]
	if b, ok = bytes.CutSuffix(b, []byte(`,"type":"`)); !ok {
		return l, false
	}
	if b, _, ok = cutNumber(b, `,"t":`); !ok {
		return l, false
	}
	rest, ok := cutBytes(b, `,"subj":"`, l.subj[:], subjText)
	if !ok {
		return l, true
	}
	if rest, l.sseq, ok = cutNumber(rest, `,"sseq":`); !ok {
		return l, false
	}
	_, ok = cutBytes(rest, `,"sprev":"`, l.sprev[:], sprevText)
	return l, ok == (l.sseq > 1)
}

// cutNumber takes key and digits off the end.
func cutNumber(b []byte, key string) (rest []byte, n int64, ok bool) {
	i := len(b)
	for i > 0 && b[i-1]-'0' <= 9 {
		i--
	}
	s := scan{b: b[i:]}
	n = s.num()
	rest, ok = bytes.CutSuffix(b[:i], []byte(key))
	return rest, n, ok && s.end() == nil
}

// cutBytes takes key and base64 of a known length off the end.
func cutBytes(b []byte, key string, dst []byte, n int) (rest []byte, ok bool) {
	if len(b) < n || b[len(b)-1] != '"' || string(b[len(b)-n:len(b)-n+len(key)]) != key {
		return b, false
	}
	if _, err := strict64.Decode(dst, b[len(b)-n+len(key):len(b)-1]); err != nil {
		return b, false
	}
	return b[:len(b)-n], true
}

// entryID finds the id of a leaf that may be damaged elsewhere, to name it; 0
// where it cannot.
func entryID(leaf []byte) kexin.ID {
	_, rest, ok := bytes.Cut(leaf, []byte(`,"id":"`))
	digits, _, ok2 := bytes.Cut(rest, []byte(`"`))
	id, err := kexin.ParseID(string(digits))
	if !ok || !ok2 || err != nil {
		return 0
	}
	return id
}
