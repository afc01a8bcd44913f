package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// A Notice is the text of a merchant's notice 告知书 that an entry names by
// its hash: what a person agreed to, in its own words.
type Notice struct {
	Hash    Hash
	Lang    string
	Text    []string // paragraphs
	Title   string
	Version int64
}

// NoticeHash is the hash of a notice over its canonical form: a label, the
// version, then language, title and paragraphs, each behind its length, so
// that no two notices share one.
func NoticeHash(version int64, lang, title string, text []string) Hash {
	b := binary.BigEndian.AppendUint64([]byte("kexin/notice/1\n"), uint64(version))
	for _, s := range append([]string{lang, title}, text...) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

func (n *Notice) intact() bool { return NoticeHash(n.Version, n.Lang, n.Title, n.Text) == n.Hash }

func (c *codec) notice(n *Notice) {
	outer := c.begin()
	c.bytes("hash", n.Hash[:])
	c.text("lang", &n.Lang)
	list(c, "text", &n.Text, (*codec).paragraph)
	c.text("title", &n.Title)
	c.count("version", &n.Version)
	c.end(outer)
}

// paragraph is a text without a key.
func (c *codec) paragraph(v *string) {
	if c.writing {
		c.out = appendText(c.out, *v)
		return
	}
	*v = c.in.text()
}

// notices checks the texts in the file against the entries that name them.
func (c *fileCheck) notices() {
	for i := range c.e.Notices {
		if n := &c.e.Notices[i]; !n.intact() || !c.texts[n.Hash] {
			c.fail("notice", 0, -1, nil)
		}
		delete(c.texts, c.e.Notices[i].Hash)
	}
	if n := len(c.e.Notices); n > 0 {
		c.prove("notices", "n", itoa(int64(n)))
	}
	if n := len(c.texts); n > 0 {
		c.silent("notices", "n", itoa(int64(n)))
	}
}

// Names reports whether an entry names a text by its hash.
func Names(f Facts, text Hash) bool { return slices.Contains(textsOf(f), text) }
