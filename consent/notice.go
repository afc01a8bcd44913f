package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kexin"
	"kexin/ledger"
)

// A Part is something a notice must say 告知书 (PIPL 17, 网数条例 21; NOT-01).
type Part string

// The parts.
const (
	PartContact    Part = "contact" // who, and how to reach them and the protection officer
	PartPurposes   Part = "purposes"
	PartMethods    Part = "methods"
	PartCategories Part = "categories"
	PartRetention  Part = "retention" // how long, or how that is determined
	PartExpiry     Part = "expiry"    // what happens then
	PartAccess     Part = "rights.access"
	PartCopy       Part = "rights.copy"
	PartTransfer   Part = "rights.transfer"
	PartCorrect    Part = "rights.correct"
	PartSupplement Part = "rights.supplement"
	PartDelete     Part = "rights.delete"
	PartRestrict   Part = "rights.restrict"
	PartClose      Part = "rights.close"
	PartWithdraw   Part = "rights.withdraw"
	PartComplaint  Part = "complaint"
	PartNecessity  Part = "necessity" // with sensitive fields only (NOT-05)
	PartImpact     Part = "impact"    // likewise
)

// Required are the parts of every notice.
var Required = [...]Part{PartContact, PartPurposes, PartMethods, PartCategories, PartRetention, PartExpiry, PartAccess, PartCopy,
	PartTransfer, PartCorrect, PartSupplement, PartDelete, PartRestrict, PartClose, PartWithdraw, PartComplaint}

// A Shop is who processes the data, as the notice names it.
type Shop struct {
	LegalName string
	USCC      string // unified social credit code
	Contact   string // phone
	Address   string
	Officer   string // protection officer: name or seat, and how to reach them
}

// A Paragraph is one paragraph of plain text and the parts that it says.
type Paragraph struct {
	Says []Part
	Text string
}

// A NoticeDraft is a notice that can still change.
type NoticeDraft struct {
	Lang       string
	Shop       Shop
	Title      string
	Paragraphs []Paragraph
	Sensitive  bool // a form under it asks for a sensitive field
}

// A Hash is SHA-256 over the canonical form of a notice.
type Hash [sha256.Size]byte

// String is the hash in hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// A Notice is published and never changes.
type Notice struct {
	Version int
	Lang    string
	Title   string
	Text    []string // paragraphs, plain text, no markup
	Hash    Hash
}

// longest is the mean length of a Chinese sentence, in characters, above
// which a notice is not plain language (NOT-07).
const longest = 40

// Missing are the parts that the draft does not say, in the order of Required;
// parts of the shop's own data as "shop.<what>".
func (d NoticeDraft) Missing() []string {
	required := Required[:]
	if d.Sensitive {
		required = append(slices.Clone(required), PartNecessity, PartImpact)
	}
	missing := d.Shop.missing()
	for _, p := range required {
		if !slices.ContainsFunc(d.Paragraphs, func(g Paragraph) bool { return g.says(p) }) {
			missing = append(missing, string(p))
		}
	}
	return missing
}

func (g Paragraph) says(p Part) bool {
	return strings.TrimSpace(g.Text) != "" && slices.Contains(g.Says, p)
}

func (s Shop) missing() (names []string) {
	for _, f := range []struct{ name, v string }{
		{"legal_name", s.LegalName}, {"uscc", s.USCC}, {"contact", s.Contact}, {"address", s.Address}, {"officer", s.Officer},
	} {
		if strings.TrimSpace(f.v) == "" {
			names = append(names, "shop."+f.name)
		}
	}
	return names
}

// Publish makes the notice of a version from a draft. It is refused as
// invalid with a field for each missing part (NOT-01, NOT-05), and where the
// text has markup or control characters or its sentences are too long.
func Publish(d NoticeDraft, version int) (Notice, error) {
	e := fault(kexin.Invalid, "error.notice_parts")
	for _, part := range d.Missing() {
		e.Fields = append(e.Fields, kexin.FieldError{Path: part, Key: "error.notice_part"})
	}
	n := Notice{Version: version, Lang: d.Lang, Title: plain(d.Title)}
	for _, g := range d.Paragraphs {
		if t := plain(g.Text); t != "" {
			n.Text = append(n.Text, t)
		}
	}
	e.Fields = append(e.Fields, n.faults()...)
	if len(e.Fields) > 0 {
		return Notice{}, e
	}
	n.Hash = n.sum()
	return n, nil
}

// faults are what is wrong with the text itself.
func (n Notice) faults() (list []kexin.FieldError) {
	for _, f := range []struct {
		path, key string
		bad       bool
	}{
		{"version", "error.notice_part", n.Version <= 0},
		{"lang", "error.notice_part", n.Lang == ""},
		{"title", "error.notice_part", n.Title == ""},
		{"text", "error.notice_markup", slices.ContainsFunc(append([]string{n.Title}, n.Text...), marked)},
		{"text", "error.notice_long", MeanSentence(n.Text) > longest},
	} {
		if f.bad {
			list = append(list, kexin.FieldError{Path: f.path, Key: f.key})
		}
	}
	return list
}

// plain is text in NFC with runs of white space, line ends too, as one blank.
func plain(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

// marked reports whether text holds what a page could take for markup, or a
// character that is not shown.
func marked(s string) bool {
	return strings.ContainsAny(s, "<>") || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}

// Intact reports whether the notice is as it was published.
func (n Notice) Intact() bool { return n.Hash == n.sum() }

// sum hashes the canonical form, as an evidence file is checked by.
func (n Notice) sum() Hash { return Hash(ledger.NoticeHash(int64(n.Version), n.Lang, n.Title, n.Text)) }

// MeanSentence is the mean length of the sentences, counted in Chinese
// characters and English words.
func MeanSentence(text []string) float64 {
	units, sentences := 0, 0
	for _, p := range text {
		for _, s := range strings.FieldsFunc(p, func(r rune) bool { return strings.ContainsRune("。！？；.!?;", r) }) {
			if n := Units(s); n > 0 {
				units, sentences = units+n, sentences+1
			}
		}
	}
	if sentences == 0 {
		return 0
	}
	return float64(units) / float64(sentences)
}

// Units counts what is read: Chinese characters one by one, other letters and
// digits by words.
func Units(s string) (n int) {
	word := false
	for _, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if unicode.Is(unicode.Han, r) || (letter && !word) {
			n++
		}
		word = letter && !unicode.Is(unicode.Han, r)
	}
	return n
}
