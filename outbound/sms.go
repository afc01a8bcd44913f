package outbound

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kexin"
)

// A Gateway sends short messages 短信 through an HTTP service, which whoever
// runs the server puts in front of his provider: a POST of JSON, signed after
// Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature), so that
// the same message asked twice is sent once.
//
//	{"to":"+8613…","sign":"石语瓷砖","template":"code.prove","params":{"code":"…"},"args":["…"],"text":"…"}
//
// It answers 2xx {"id":"…"}: the number under which the provider's log knows
// the message.
type Gateway struct {
	client *Client
	url    string
	secret []byte
	now    func() time.Time
}

// secretPrefix stands before a secret as Standard Webhooks writes it.
const secretPrefix = "whsec_"

// NewGateway takes the service's address and the shared secret (base64, with or
// without whsec_). Errors: invalid "outbound.url", "outbound.secret".
func NewGateway(c *Client, url, secret string, now func() time.Time) (*Gateway, error) {
	if _, err := c.guard.url(url); err != nil {
		return nil, err
	}
	key, err := secretOf(secret)
	if err != nil {
		return nil, err
	}
	return &Gateway{client: c, url: url, secret: key, now: now}, nil
}

// An SMS is one short message. Providers in China send registered templates
// only, so template and parameters go along with the whole text: by name, and in
// the template's order for those who number them.
type SMS struct {
	ID       string            `json:"-"` // the same message asked again carries the same id
	To       string            `json:"to"`
	Sign     string            `json:"sign"` // 签名, in front of the text
	Template string            `json:"template"`
	Params   map[string]string `json:"params"`
	Args     []string          `json:"args,omitempty"`
	Text     string            `json:"text"`
}

// maxReceipt bounds what is kept of the provider's number.
const maxReceipt = 128

// Send hands a message over and returns the provider's number for it.
//
// Errors: invalid "outbound.refused" where the service refuses for good (4xx
// but 408, 425 and 429); unavailable "outbound.unreachable" for what may go
// later; unavailable "outbound.answer" for an answer that names no number: that
// it was sent is then not known, and it is not sent again under another id.
func (g *Gateway) Send(ctx context.Context, x SMS) (receipt string, err error) {
	body, err := json.Marshal(x)
	if err != nil {
		return "", fail(kexin.Internal, "", err)
	}
	at := strconv.FormatInt(g.now().Unix(), 10)
	a, err := g.client.Do(ctx, Request{URL: g.url, Body: body, Header: http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {x.ID}, "Webhook-Timestamp": {at}, "Webhook-Signature": {"v1," + sign(g.secret, x.ID, at, body)},
	}})
	switch {
	case err != nil:
		return "", err
	case a.Status >= 200 && a.Status < 300:
		return receiptOf(a.Body)
	case a.Status == 408, a.Status == 425, a.Status == 429, a.Status < 400, a.Status >= 500:
		return "", fail(kexin.Unavailable, "outbound.unreachable", errors.New("status "+strconv.Itoa(a.Status)))
	}
	return "", fail(kexin.Invalid, "outbound.refused", errors.New("status "+strconv.Itoa(a.Status)))
}

// receiptOf reads the provider's number.
func receiptOf(body []byte) (string, error) {
	var a struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(body, &a) != nil || a.ID == "" || len(a.ID) > maxReceipt || strings.ContainsFunc(a.ID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fail(kexin.Unavailable, "outbound.answer", errors.New("no number in the answer"))
	}
	return a.ID, nil
}

// sign is the signature of Standard Webhooks over id, time and body.
func sign(secret []byte, id, at string, body []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(id + "." + at + "."))
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}
