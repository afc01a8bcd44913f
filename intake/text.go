package intake

import (
	"errors"
	"io"
)

// chunk is how much is read at once: the segment of an encrypted stage file.
const chunk = 64 << 10

// A filler appends the next piece of UTF-8 text; io.EOF ends it.
type filler interface {
	fill(dst []byte) ([]byte, error)
}

// A textReader decodes a file piece by piece. Control characters other than
// tab and line ends are dropped (security A14).
type textReader struct {
	f    File
	off  int64  // next byte to read
	rest []byte // read, not yet decoded: a part of a character
	raw  []byte
	dec  decoder
	bad  int // bytes so far that are no text
}

// newTextReader starts behind the byte order mark.
func newTextReader(f File, encoding string) (*textReader, error) {
	t := &textReader{f: f, dec: newDecoder(encoding), raw: make([]byte, chunk+8)}
	head := make([]byte, 4)
	n, err := readAt(f, head, 0)
	if err != nil {
		return nil, err
	}
	t.off = int64(bomOf(head[:n], encoding))
	return t, nil
}

// readAt fills p from off as far as the file goes.
func readAt(f File, p []byte, off int64) (int, error) {
	left := f.Size() - off
	if left <= 0 {
		return 0, nil
	}
	p = p[:min(int64(len(p)), left)]
	n, err := f.ReadAt(p, off)
	if n == len(p) || errors.Is(err, io.EOF) {
		return n, nil
	}
	return n, broken(err, keyTruncated)
}

// fill appends one decoded piece, which may be empty before the end. It reads
// up to the next border of a segment, so that none is decrypted twice.
func (t *textReader) fill(dst []byte) ([]byte, error) {
	kept := copy(t.raw, t.rest)
	want := chunk - int(t.off%chunk)
	n, err := readAt(t.f, t.raw[kept:kept+want], t.off)
	if err != nil {
		return dst, err
	}
	t.off += int64(n)
	src := t.raw[:kept+n]
	if len(src) == 0 {
		return dst, io.EOF
	}
	from := len(dst)
	dst, used, bad := t.dec.decode(dst, src, n == 0)
	t.rest = append(t.rest[:0], src[used:]...)
	t.bad += bad
	clean := dropControls(dst[from:]) // in place
	return dst[:from+len(clean)], nil
}

// dropControls removes C0 controls and DEL in place, all but tab, LF and CR.
func dropControls(b []byte) []byte {
	i := firstControl(b)
	if i < 0 {
		return b
	}
	out := b[:i]
	for _, c := range b[i:] {
		if !isControl(c) {
			out = append(out, c)
		}
	}
	return out
}

// isControl: C0 and DEL, without the three that are part of text.
func isControl(c byte) bool {
	return c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f
}

// firstControl is the place of the first control, -1 for none. Eight bytes are
// looked at together: ((x - 0x20…) &^ x & 0x80…) marks bytes below 0x20.
func firstControl(b []byte) int {
	const lows, highs = 0x2020202020202020, 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := uint64(b[i]) | uint64(b[i+1])<<8 | uint64(b[i+2])<<16 | uint64(b[i+3])<<24 |
			uint64(b[i+4])<<32 | uint64(b[i+5])<<40 | uint64(b[i+6])<<48 | uint64(b[i+7])<<56
		del := x ^ 0x7f7f7f7f7f7f7f7f
		if (x-lows)&^x&highs == 0 && (del-0x0101010101010101)&^del&highs == 0 {
			continue
		}
		for j := i; j < i+8; j++ {
			if isControl(b[j]) {
				return j
			}
		}
	}
	for ; i < len(b); i++ {
		if isControl(b[i]) {
			return i
		}
	}
	return -1
}
