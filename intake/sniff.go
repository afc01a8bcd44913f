package intake

import (
	"bytes"
	"strings"
)

// magics are the openings of files that are no tables, and the key that
// refuses each. Offsets are 0 but for those in sniffAt.
var magics = []struct{ magic, key string }{
	{"%PDF-", keyPDF},
	{"\x89PNG\r\n", keyImage}, {"\xff\xd8\xff", keyImage}, {"GIF87a", keyImage}, {"GIF89a", keyImage},
	{"II*\x00", keyImage}, {"MM\x00*", keyImage},
	{"\x7fELF", keyProgram}, {"MZ\x90\x00", keyProgram}, {"MZ\x00\x00", keyProgram}, {"\xca\xfe\xba\xbe", keyProgram},
	{"\xcf\xfa\xed\xfe", keyProgram}, {"\xfe\xed\xfa", keyProgram}, {"#!/", keyProgram}, {"\x00asm", keyProgram},
	{"\x1f\x8b", keyArchive}, {"Rar!\x1a\x07", keyArchive}, {"7z\xbc\xaf\x27\x1c", keyArchive},
	{"\xfd7zXZ\x00", keyArchive}, {"BZh9", keyArchive}, {"BZh1", keyArchive}, {"\x28\xb5\x2f\xfd", keyArchive},
	{"SQLite format 3\x00", keyDatabase}, {"{\\rtf", keyDocument},
	{"\x09\x08\x10\x00", keyOldExcel}, {"\x09\x08\x08\x00", keyOldExcel}, {"\x09\x04\x06\x00", keyOldExcel}, {"\x09\x02\x06\x00", keyOldExcel}, {"\x09\x00\x04\x00", keyOldExcel},
}

// sniffAt are openings at another offset.
var sniffAt = []struct {
	at         int
	magic, key string
}{
	{8, "WEBPVP8", keyImage}, {4, "ftyphei", keyImage}, {4, "ftypmif1", keyImage}, {257, "ustar", keyArchive},
}

// prefixes are openings in letters, after white space and in lower case.
var prefixes = []struct{ prefix, key string }{
	{"<!doctype html", keyWebPage}, {"<html", keyWebPage}, {"<table", keyWebPage}, {"<head", keyWebPage}, {"<meta", keyWebPage}, {"<style", keyWebPage},
	{"begin:vcard", keyCards},
}

const (
	zipMagic = "PK\x03\x04"
	zipEmpty = "PK\x05\x06"
	oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)

// sniff refuses what is no table by its first bytes; never by its name.
func sniff(f File, head []byte) error {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return refuse(m.key)
		}
	}
	for _, m := range sniffAt {
		if len(head) > m.at && bytes.HasPrefix(head[m.at:], []byte(m.magic)) {
			return refuse(m.key)
		}
	}
	if bytes.HasPrefix(head, []byte(oleMagic)) {
		return refuse(sniffOLE(f, head))
	}
	return sniffText(head)
}

// sniffText refuses markup and address books.
func sniffText(head []byte) error {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	start := strings.ToLower(string(text[:min(len(text), 2048)]))
	for _, p := range prefixes {
		if strings.HasPrefix(start, p.prefix) {
			return refuse(p.key)
		}
	}
	if !strings.HasPrefix(start, "<?xml") {
		return nil
	}
	switch {
	case strings.Contains(start, "urn:schemas-microsoft-com:office:spreadsheet"), strings.Contains(start, `progid="excel.sheet"`):
		return refuse(keyOldExcel)
	case strings.Contains(start, "<html"):
		return refuse(keyWebPage)
	}
	return refuse(keyXML)
}

// sniffOLE tells an old workbook from an encrypted new one: both are compound
// files (MS-CFB), whose directory names its streams in UTF-16.
func sniffOLE(f File, head []byte) string {
	dir := append([]byte(nil), head...)
	if len(head) >= 52 {
		shift := min(uint(head[30]), 12)
		sector := int64(head[48]) | int64(head[49])<<8 | int64(head[50])<<16 | int64(head[51])<<24
		more := make([]byte, 16<<10)
		n, _ := f.ReadAt(more, (sector+1)<<shift) // a short read leaves less to search
		dir = append(dir, more[:n]...)
	}
	switch {
	case bytes.Contains(dir, utf16Name("EncryptedPackage")):
		return keyEncrypted
	case bytes.Contains(dir, utf16Name("Workbook")), bytes.Contains(dir, utf16Name("Book")):
		return keyOldExcel
	}
	return keyDocument
}

// utf16Name is an ASCII name in UTF-16LE.
func utf16Name(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for i := 0; i < len(s); i++ {
		out = append(out, s[i], 0)
	}
	return out
}

// looksBinary reports whether decoded text has more control characters than
// any table: one in fifty.
func looksBinary(text []byte) bool {
	n := 0
	for _, b := range text {
		if b < 0x20 && b != '\t' && b != '\n' && b != '\r' || b == 0x7f {
			n++
		}
	}
	return n*50 > len(text)
}
