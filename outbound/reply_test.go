package outbound_test

import (
	"net/http"
	"testing"
	"time"

	"kexin"
	"kexin/outbound"
)

// TestInbox: what the service signed lately, with whichever of two secrets that change,
// and nothing else.
func TestInbox(t *testing.T) {
	in, err := outbound.NewInbox("whsec_"+smsSecret, moment)
	if err != nil {
		t.Fatal(err)
	}
	const id, at = "MO-1", "1614265330"
	body, other := []byte(`{"id":"1"}`), "bWF5IHRoZSByZXBseSBiZSB3aXRoIHlvdSBhbHdheXM="
	right := outbound.Signature(smsSecret, id, at, body)
	for name, c := range map[string]struct {
		id, at, signature, body string
		ok                      bool
	}{
		"right":          {id, at, right, string(body), true},
		"one of two":     {id, at, outbound.Signature(other, id, at, body) + " " + right, string(body), true},
		"another secret": {id, at, outbound.Signature(other, id, at, body), string(body), false},
		"another id":     {"MO-2", at, right, string(body), false},
		"another body":   {id, at, right, `{"id":"2"}`, false},
		"another time":   {id, "1614265331", right, string(body), false},
		"none":           {id, at, "", string(body), false},
		"nothing":        {"", "", "", "", false},
		"cut":            {id, at, right[:len(right)-1], string(body), false},
		"old":            {id, "1614265029", outbound.Signature(smsSecret, id, "1614265029", body), string(body), false},
		"ahead":          {id, "1614265631", outbound.Signature(smsSecret, id, "1614265631", body), string(body), false},
		"nearly old":     {id, "1614265031", outbound.Signature(smsSecret, id, "1614265031", body), string(body), true},
		"far past":       {id, "-9223372036854775808", outbound.Signature(smsSecret, id, "-9223372036854775808", body), string(body), false},
		"far future":     {id, "9223372036854775807", outbound.Signature(smsSecret, id, "9223372036854775807", body), string(body), false},
	} {
		err := in.Check(http.Header{"Webhook-Id": {c.id}, "Webhook-Timestamp": {c.at}, "Webhook-Signature": {c.signature}}, []byte(c.body))
		if (err == nil) != c.ok || err != nil && kexin.CodeOf(err) != kexin.Unauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "c2hvcnQ=", "not base64 at all, and long enough"} {
		if _, err := outbound.NewInbox(bad, time.Now); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
