package consent

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"
	"unicode"

	"kexin/ledger"
)

// VerifyFile checks what somebody holds, an evidence file or a receipt, with
// nothing but itself and what the reader brings. A receipt alone is never
// valid: it proves who signed it, and nobody outside vouches for the key, nor for
// the list in which it is looked up where there is one.
func VerifyFile(r io.Reader, opt ledger.VerifyOptions, lists KeyList) ledger.Verdict {
	head, err := io.ReadAll(io.LimitReader(r, ledger.ReceiptMax+1))
	if err != nil || len(head) > ledger.ReceiptMax || !bytes.Contains(head, []byte(`"`+receiptForm+`"`)) || bytes.Contains(head, []byte(`"form":"kexin-evidence/`)) {
		return ledger.VerifyEvidence(io.MultiReader(bytes.NewReader(head), r), opt)
	}
	v := ledger.Verdict{Status: ledger.Unwitnessed}
	c, err := CheckReceipt(head, nil)
	if err != nil {
		v.Fails("receipt_signature", "", -1, 0)
		return v
	}
	name, code := c.shop()
	v.Proved("receipt_signed", "key", c.KeyID(), "time", c.signed(), "shop", name, "code", code)
	keys, listed := Keys{}, false
	if origin, _, _ := c.Log(); lists != nil {
		keys, listed = lists(ledger.Origin(origin))
	}
	switch {
	case !listed:
		v.Silently("receipt_key", "key", c.KeyID(), "shop", name)
	case !keys.Signed(c):
		v.Silent = nil
		v.Fails("receipt_key", "", -1, 0, "key", c.KeyID(), "shop", shown(keys.Name), "code", shown(keys.USCC))
		return v
	default:
		v.Proved("receipt_key", "key", c.KeyID(), "shop", shown(keys.Name), "code", shown(keys.USCC))
		v.Silently("key_list")
	}
	for _, key := range []string{"receipt_log", "happened", "outside"} {
		v.Silently(key)
	}
	return v
}

// KeyID is the number by which people compare keys: the first eight bytes of
// its SHA-256 in hexadecimal.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// KeyID is the number of the key that signed.
func (c Checked) KeyID() string { return KeyID(c.Key) }

// shop is whose the receipt says it is: the legal name and the credit code.
func (c Checked) shop() (name, code string) {
	p, _ := c.Doc.Get("pii_controller")
	n, _ := p.Get("name")
	u, _ := p.Get("uscc")
	return shown(n.Str()), shown(u.Str())
}

// signed is the time that the receipt gives, to the minute, in UTC.
func (c Checked) signed() string {
	t, _ := c.Doc.Get("time")
	return time.UnixMilli(t.Num()).UTC().Format("2006-01-02 15:04 UTC")
}

// shownMost is how much of a name that a file gives is shown, in characters.
const shownMost = 100

// shown is what a file says of itself as one line that steers no terminal; "?"
// where it says nothing.
func shown(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s))
	if r := []rune(s); len(r) > shownMost {
		s = string(r[:shownMost]) + "…"
	}
	if s == "" {
		return "?"
	}
	return s
}
