package ledger

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// ParseKnown finds checkpoint lines in a text that people kept: lines alone,
// lines with words around them as in a chat, and whole signed checkpoints.
// What looks like a line and is none comes back as it stands, so that it is
// said to be unreadable.
func ParseKnown(text string) (out []string) {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for i, line := range lines {
		at := strings.Index(line, "kexin.")
		if at < 0 {
			continue
		}
		f := strings.Fields(line[at:])
		if len(f) == 1 && i+2 < len(lines) && originForm(f[0]) { // a note: origin, size, root
			f = append(f, strings.TrimSpace(lines[i+1]), strings.TrimSpace(lines[i+2]))
		}
		if len(f) < 3 {
			if originForm(f[0]) {
				out = append(out, strings.TrimSpace(line))
			}
			continue
		}
		root := strings.TrimRight(f[2], ".,;)")
		if i := strings.IndexByte(root, '='); i >= 0 { // a root ends with it; a sign of punctuation may follow
			root = root[:i+1]
		}
		out = append(out, f[0]+" "+f[1]+" "+root)
	}
	return out
}

var errReceipt = errors.New("not a receipt")

// ReceiptMax is the longest receipt that is read, in bytes.
const ReceiptMax = 64 << 10

// ParseReceipt takes out of a customer's receipt what it says about the log:
// members origin, size, root and leaf of its document, or of the member "log"
// in it. The receipt's own signature is checked by whoever knows the
// merchant's receipt key; here it is the customer's word that she holds it. A
// receipt from before the log's first day line has size 0 and no root: it fixes
// its entry alone.
// Errors: invalid.
func ParseReceipt(b []byte) (r Receipt, err error) {
	type part struct {
		Origin Origin `json:"origin"`
		Size   int64  `json:"size"`
		Root   string `json:"root"`
		Leaf   string `json:"leaf"`
	}
	var outer struct {
		part
		Log *part `json:"log"`
		Doc *struct {
			part
			Log *part `json:"log"`
		} `json:"doc"`
	}
	if len(b) > ReceiptMax || json.Unmarshal(b, &outer) != nil {
		return r, invalid("receipt", errReceipt)
	}
	p := outer.part
	switch {
	case outer.Doc != nil && outer.Doc.Log != nil:
		p = *outer.Doc.Log
	case outer.Doc != nil:
		p = outer.Doc.part
	case outer.Log != nil:
		p = *outer.Log
	}
	var ok1, ok2 bool
	r.Origin, r.Size = p.Origin, p.Size
	if r.Root, ok1 = anyHash(p.Root); p.Size == 0 {
		ok1 = p.Root == ""
	}
	r.Leaf, ok2 = anyHash(p.Leaf)
	if !originForm(string(p.Origin)) || !ok1 || !ok2 || p.Size < 0 {
		return Receipt{}, invalid("receipt", errReceipt)
	}
	return r, nil
}

// anyHash reads a hash in either alphabet of base64, padded or not.
func anyHash(s string) (h Hash, ok bool) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(h) {
		return Hash{}, false
	}
	return Hash(b), true
}
