package portal

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"kexin"
	"kexin/i18n"
	"kexin/ledger"
)

// The limits of an upload, in bytes.
const (
	fileMax  = 20 << 20
	knownMax = 16 << 10
)

// A verdictPage is a check's result in words.
type verdictPage struct {
	Status  string
	Faults  []said
	Proves  []said
	Silent  []said
	Entries string
	Size    string
	Shown   string
	Lines   []line
	Notices []noticeText
}

// A noticeText is a notice that entries of the file name.
type noticeText struct {
	Version, Lang, Title string
	Text                 []string
}

// A line is one entry of the file as a sentence.
type line struct{ At, Who, What, For string }

// linesMost is how many entries the page shows, the newest first.
const linesMost = 300

// A said is one sentence, with the entry it is about.
type said struct{ Text, At string }

// showVerify shows the form.
func (p *Portal) showVerify(v *visit) error {
	return v.show("verify", http.StatusOK, v.page("portal.verify.title", nil))
}

// verify checks an uploaded evidence file or receipt, a long one while it comes in; nothing
// of it is kept. The form is read part by part: the lines first, then the file.
func (p *Portal) verify(v *visit) error {
	body := http.MaxBytesReader(v.w, v.r.Body, fileMax+knownMax+formMax)
	head, err := io.ReadAll(io.LimitReader(body, shortFile))
	if err != nil {
		return &kexin.Error{Op: "portal.verify", Code: kexin.Invalid, Err: errors.New("form")}
	}
	slots := p.checks
	if len(head) == shortFile {
		slots = p.long
	}
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	default:
		return &kexin.Error{Op: "portal.verify", Code: kexin.Unavailable, Key: "portal.verify.busy"}
	}
	v.r.Body = upload{io.MultiReader(bytes.NewReader(head), body), body}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return &kexin.Error{Op: "portal.verify", Code: kexin.Invalid, Err: errors.New("form")}
	}
	verdict, fault := v.check(parts)
	pg := v.page("portal.verify.title", nil)
	if fault != "" {
		pg.Faults = append(pg.Faults, newFault(pg.Lang, "file", fault))
		return v.show("verify", http.StatusUnprocessableEntity, pg)
	}
	pg.Body = wordsOf(pg.Lang, verdict)
	return v.show("verify", http.StatusOK, pg)
}

func newFault(lang, field, key string) fault { return fault{field, i18n.T(lang, key, nil)} }

// An upload is a body of which the beginning was read.
type upload struct {
	io.Reader
	io.Closer
}

// check walks the parts of the form; the second result is the catalogue key of
// what is wrong with it.
func (v *visit) check(parts *multipart.Reader) (ledger.Verdict, string) {
	var known []string
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return ledger.Verdict{}, "portal.verify.none"
		}
		if err != nil {
			return ledger.Verdict{}, "portal.verify.big"
		}
		switch part.FormName() {
		case "known":
			b, err := io.ReadAll(io.LimitReader(part, knownMax))
			if err != nil {
				return ledger.Verdict{}, "portal.verify.big"
			}
			known = ledger.ParseKnown(string(b))
		case "file":
			if part.FileName() == "" {
				return ledger.Verdict{}, "portal.verify.none"
			}
			return v.checkFile(part, known)
		}
	}
}

func (v *visit) checkFile(part io.Reader, known []string) (ledger.Verdict, string) {
	limited := &capped{r: part, left: fileMax}
	verdict := v.p.Verify(v.r.Context(), limited, known)
	if limited.over {
		return ledger.Verdict{}, "portal.verify.big"
	}
	return verdict, ""
}

// A capped reader ends with an error where a limit is passed.
type capped struct {
	r    io.Reader
	left int64
	over bool
}

// Read reads on until the limit.
func (c *capped) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.left -= int64(n); c.left < 0 {
		c.over = true
		return 0, &kexin.Error{Op: "portal.verify", Code: kexin.Invalid, Key: "portal.verify.big"}
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		c.over = true
	}
	return n, err
}

func wordsOf(lang string, v ledger.Verdict) verdictPage {
	out := verdictPage{Status: v.Status.String(), Entries: strconv.FormatInt(v.Entries, 10), Size: strconv.FormatInt(v.Tree.Size, 10)}
	for _, f := range v.Faults {
		at, text := f.In(lang)
		out.Faults = append(out.Faults, said{Text: text, At: at})
	}
	for _, s := range v.Proves {
		out.Proves = append(out.Proves, said{Text: s.In(lang)})
	}
	for _, s := range v.Silent {
		if v.Status == ledger.Invalid {
			break // it proves nothing at all
		}
		out.Silent = append(out.Silent, said{Text: s.In(lang)})
	}
	out.Lines = linesOf(lang, v.Read)
	for _, n := range v.Notices {
		out.Notices = append(out.Notices, noticeText{strconv.FormatInt(n.Version, 10), n.Lang, n.Title, n.Text})
	}
	out.Shown = strconv.Itoa(len(out.Lines))
	return out
}

// linesOf are the newest entries as sentences: when, which position, what, and
// for what. Times are China's, where the shops are.
func linesOf(lang string, read []ledger.ReadEntry) (out []line) {
	for i := len(read) - 1; i >= 0 && len(out) < linesMost; i-- {
		e := read[i]
		l := line{At: e.T.Time().In(china).Format("2006-01-02 15:04"), Who: e.Who(lang), What: e.Sentence(lang)}
		if p := e.For(lang); p != "" {
			l.For = i18n.T(lang, "ledger.for", map[string]string{"purpose": p})
		}
		out = append(out, l)
	}
	return out
}

var china = time.FixedZone("UTC+8", 8*60*60)
