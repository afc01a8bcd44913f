package outbound

import (
	"strings"
	"testing"

	"kexin"
)

// FuzzReceipt: of whatever a gateway answers a number is kept that fits on a
// line, or it is unknown whether the message went.
func FuzzReceipt(f *testing.F) {
	for _, s := range []string{`{"id":"m-1"}`, `{"ID":"m-2","id":3}`, `{"id":"\u0000"}`, `{"id":"` + strings.Repeat("9", maxReceipt+1) + `"}`, `[]`, `{"id":`, "<html>", `{"id":{"id":"x"}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		id, err := receiptOf(body)
		if (err == nil) != (id != "") || err != nil && kexin.CodeOf(err) != kexin.Unavailable {
			t.Errorf("%q: %q %v", body, id, err)
		}
		if len(id) > maxReceipt || strings.ContainsAny(id, " \r\n\t\x00\x7f") {
			t.Errorf("kept %q", id)
		}
	})
}
