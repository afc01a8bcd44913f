package ledger

import (
	"strings"
	"testing"
)

// FuzzKnown reads what people kept: lines among words, and receipts.
func FuzzKnown(f *testing.F) {
	f.Add("kexin.1/1 5 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("今天的：kexin.1/1\n5\nAAAA=")
	f.Add(`{"log":{"origin":"kexin.1/1"}}`)
	f.Add("kexin.")
	f.Fuzz(func(t *testing.T, text string) {
		for _, line := range ParseKnown(text) {
			if strings.Contains(line, "\n") {
				t.Errorf("%q is no line", line)
			}
		}
		if r, err := ParseReceipt([]byte(text)); err == nil && len(text) > ReceiptMax {
			t.Errorf("%d bytes gave %+v", len(text), r)
		}
	})
}
