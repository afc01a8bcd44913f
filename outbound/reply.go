package outbound

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kexin"
)

// An Inbox checks who brings replies: the SMS service signs what it passes on as
// Kexin signs what it asks, after Standard Webhooks, with a secret of its own.
type Inbox struct {
	secret []byte
	now    func() time.Time
}

// NewInbox takes the secret as NewGateway does. Errors: invalid "outbound.secret".
func NewInbox(secret string, now func() time.Time) (*Inbox, error) {
	key, err := secretOf(secret)
	return &Inbox{key, now}, err
}

// skew is how far the service's clock may be from this one: what was signed longer
// ago is perhaps a copy.
const skew = 5 * time.Minute

// Check reports whether a request with these headers and this body was signed by
// the service, lately. Errors: unauthorized "outbound.unsigned".
func (x *Inbox) Check(h http.Header, body []byte) error {
	at := h.Get("Webhook-Timestamp")
	s, err := strconv.ParseInt(at, 10, 64)
	if err == nil && time.Unix(s, 0).Sub(x.now()).Abs() <= skew {
		want := []byte("v1," + sign(x.secret, h.Get("Webhook-Id"), at, body))
		for _, got := range strings.Fields(h.Get("Webhook-Signature")) { // several while a secret changes
			if hmac.Equal([]byte(got), want) {
				return nil
			}
		}
	}
	return fail(kexin.Unauthorized, "outbound.unsigned", errors.New("no signature of the service's"))
}

// secretOf reads a secret as Standard Webhooks writes it.
func secretOf(s string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, secretPrefix))
	if err != nil || len(key) < 24 {
		return nil, fail(kexin.Invalid, "outbound.secret", errors.New("base64 of at least 24 bytes"))
	}
	return key, nil
}
