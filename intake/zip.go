package intake

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// archive/zip reads as many directory entries as the file holds before it can
// be asked how many there are, so the directory is read here, within limits
// (APPNOTE.TXT 6.3; what Excel, WPS, POI and openpyxl write).

// A part is one file in the archive.
type part struct {
	name   string
	method uint16
	crc    uint32
	packed int64
	size   int64 // declared
	header int64 // offset of the local header
	data   int64 // offset of the packed bytes
}

// An archive is a checked directory.
type archive struct {
	f     File
	parts []part
	lim   Limits
}

var le = binary.LittleEndian

const (
	endLen    = 22
	dirLen    = 46
	localLen  = 30
	maxDir    = 4 << 20
	zip64Mark = 0xffffffff
)

// openArchive reads the directory and checks all that can be checked before
// any byte is unpacked: number, names, sizes, ratio, overlap.
func openArchive(f File, lim Limits) (*archive, error) {
	count, at, size, err := findEnd(f)
	if err != nil {
		return nil, err
	}
	if count > int64(lim.Entries) {
		return nil, refuse(keyZIPEntries)
	}
	if size > maxDir || at < 0 || size < 0 || at > f.Size()-size {
		return nil, refuse(keyBroken)
	}
	dir := make([]byte, size)
	if n, err := readAt(f, dir, at); err != nil || n < len(dir) {
		return nil, orBroken(err)
	}
	a := &archive{f: f, lim: lim}
	if err := a.readDirectory(dir); err != nil {
		return nil, err
	}
	return a, a.check(at)
}

// orBroken is err, or that the archive is broken where there is none.
func orBroken(err error) error {
	if err != nil {
		return err
	}
	return refuse(keyBroken)
}

// findEnd finds the end-of-directory record within the last 64 KiB, and its
// 64-bit twin where it points to one.
func findEnd(f File) (count, at, size int64, err error) {
	tail := make([]byte, min(f.Size(), 65535+endLen))
	from := f.Size() - int64(len(tail))
	n, err := readAt(f, tail, from)
	if err != nil {
		return 0, 0, 0, err
	}
	tail = tail[:n]
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || len(tail)-i < endLen {
		return 0, 0, 0, refuse(keyTruncated)
	}
	end := tail[i:]
	count, size, at = int64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	if count != 0xffff && size != zip64Mark && at != zip64Mark {
		return count, at, size, nil
	}
	return findEnd64(f, from+int64(i))
}

// findEnd64 follows the locator that stands before the 32-bit record.
func findEnd64(f File, end int64) (count, at, size int64, err error) {
	locator, record := make([]byte, 20), make([]byte, 56)
	if n, err := readAt(f, locator, max(end-20, 0)); err != nil || n < 20 || string(locator[:4]) != "PK\x06\x07" {
		return 0, 0, 0, orBroken(err)
	}
	off := int64(le.Uint64(locator[8:]))
	if off < 0 || off > end {
		return 0, 0, 0, refuse(keyBroken)
	}
	if n, err := readAt(f, record, off); err != nil || n < 56 || string(record[:4]) != "PK\x06\x06" {
		return 0, 0, 0, orBroken(err)
	}
	return int64(le.Uint64(record[32:])), int64(le.Uint64(record[48:])), int64(le.Uint64(record[40:])), nil
}

// readDirectory takes the entries apart.
func (a *archive) readDirectory(dir []byte) error {
	for len(dir) >= dirLen && string(dir[:4]) == "PK\x01\x02" {
		if len(a.parts) == a.lim.Entries {
			return refuse(keyZIPEntries)
		}
		name, extra, comment := int(le.Uint16(dir[28:])), int(le.Uint16(dir[30:])), int(le.Uint16(dir[32:]))
		whole := dirLen + name + extra + comment
		if whole > len(dir) {
			return refuse(keyBroken)
		}
		p := part{
			name: string(dir[dirLen : dirLen+name]), method: le.Uint16(dir[10:]), crc: le.Uint32(dir[16:]),
			packed: int64(le.Uint32(dir[20:])), size: int64(le.Uint32(dir[24:])), header: int64(le.Uint32(dir[42:])),
		}
		widen(&p, dir[dirLen+name:dirLen+name+extra])
		if le.Uint16(dir[8:])&1 != 0 {
			return refuse(keyEncrypted)
		}
		if !goodName(p.name) || dir[5] == 3 && dir[41]&0xf0 == 0xa0 { // made on Unix, S_IFLNK
			return refuse(keyZIPName)
		}
		a.parts, dir = append(a.parts, p), dir[whole:]
	}
	if len(dir) > 0 || len(a.parts) == 0 {
		return refuse(keyBroken)
	}
	return nil
}

// widen takes 64-bit sizes from the extra field 0x0001.
func widen(p *part, extra []byte) {
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return
		}
		field := extra[4 : 4+n]
		extra = extra[4+n:]
		if id != 1 {
			continue
		}
		for _, v := range []*int64{&p.size, &p.packed, &p.header} {
			if *v == zip64Mark && len(field) >= 8 {
				*v, field = int64(le.Uint64(field)), field[8:]
			}
		}
	}
}

// goodName refuses what could climb out of a directory.
func goodName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "/") && !strings.ContainsAny(name, "\\:\x00") &&
		!slices.Contains(strings.Split(name, "/"), "..")
}

// check compares the declared sizes with the limits and the places of the
// parts with each other; dir is where the directory begins.
func (a *archive) check(dir int64) error {
	var total int64
	for i := range a.parts {
		p := &a.parts[i]
		if p.size < 0 || p.packed < 0 || p.header < 0 || p.packed > dir || p.header > dir-localLen {
			return refuse(keyBroken)
		}
		if p.size > a.lim.Part {
			return refuse(keyZIPSize)
		}
		if total += p.size; total > a.lim.Total {
			return refuse(keyZIPSize)
		}
		if p.size > a.lim.RatioFrom && p.size > a.lim.Ratio*max(p.packed, 1) {
			return refuse(keyZIPRatio)
		}
		if err := a.locate(p); err != nil {
			return err
		}
	}
	return a.checkOverlap(dir)
}

// locate reads the local header to find where the packed bytes begin.
func (a *archive) locate(p *part) error {
	head := make([]byte, localLen)
	if n, err := readAt(a.f, head, p.header); err != nil || n < localLen || string(head[:4]) != "PK\x03\x04" {
		return orBroken(err)
	}
	p.data = p.header + localLen + int64(le.Uint16(head[26:])) + int64(le.Uint16(head[28:]))
	return nil
}

// checkOverlap refuses parts that share bytes: one kernel unpacked many times
// (Fifield, "A better zip bomb", WOOT 2019).
func (a *archive) checkOverlap(dir int64) error {
	order := slices.Clone(a.parts)
	slices.SortFunc(order, func(x, y part) int { return cmp.Compare(x.header, y.header) })
	for i, p := range order {
		next := dir
		if i+1 < len(order) {
			next = order[i+1].header
		}
		if p.data+p.packed > next {
			return refuse(keyZIPOverlap)
		}
	}
	return nil
}

// find gives the part of that name; names in a package do not differ by case
// (ECMA-376 part 2, 6.2.2).
func (a *archive) find(name string) *part {
	for i := range a.parts {
		if strings.EqualFold(a.parts[i].name, name) {
			return &a.parts[i]
		}
	}
	return nil
}

// open unpacks a part within its declared size and checks its sum at the end.
func (a *archive) open(p *part) (io.Reader, error) {
	packed := bufio.NewReaderSize(io.NewSectionReader(a.f, p.data, p.packed), chunk)
	switch p.method {
	case 0:
		return &counted{r: packed, left: p.size, crc: p.crc, sum: crc32.NewIEEE()}, nil
	case 8:
		return &counted{r: flate.NewReader(packed), left: p.size, crc: p.crc, sum: crc32.NewIEEE()}, nil
	}
	return nil, refuse(keyBroken)
}

// counted lets no more bytes through than were declared: what check has
// allowed for the declared sizes so holds for the real ones.
type counted struct {
	r    io.Reader
	left int64
	crc  uint32
	sum  hash.Hash32
}

// Read gives unpacked bytes; at the end size and sum must be as declared.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if int64(n) > c.left {
		return 0, refuse(keyZIPSize)
	}
	c.left -= int64(n)
	c.sum.Write(p[:n])
	if err == io.EOF && (c.left > 0 || c.sum.Sum32() != c.crc) {
		return n, refuse(keyBroken)
	}
	if err != nil && err != io.EOF {
		return n, brokenPart(err)
	}
	return n, err
}

// brokenPart tells damaged data from a file that cannot be read.
func brokenPart(err error) error {
	if _, ok := err.(flate.CorruptInputError); ok {
		return refuse(keyBroken)
	}
	return broken(err, keyBroken)
}
