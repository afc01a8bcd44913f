package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/internal/db/dbtest"
	"kexin/internal/site"
	"kexin/internal/sitetest"
)

const replySecret = "bWF5IHRoZSByZXBseSBiZSB3aXRoIHlvdSBhbHdheXM="

// signed is a signature as the service makes it.
func signed(secret, text string) string {
	key, _ := base64.StdEncoding.DecodeString(secret)
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// TestRepliesOverHTTP: the SMS service brings an answer: she has stopped when its
// request is answered. The same one again, a wrong signature, an old one, what is no
// answer and what is too long change nothing, and no log, header or answer holds the
// number or what she wrote. Without a secret there is no such address.
func TestRepliesOverHTTP(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			ctx := context.Background()
			g, p := newGateway(t, engine)
			her := submitted(p)
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			p.Settle()
			box, _ := g.box(herPhone)
			p.Must(p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, box[1].Params["code"]))

			file := filepath.Join(t.TempDir(), "replies")
			p.Must(os.WriteFile(file, []byte("whsec_"+replySecret), 0o600))
			o := newOptions(io.Discard, io.Discard)
			o.smsURL, o.smsReplyKey = "https://sms.example.com", file
			check, err := o.replies()
			p.Must(err)
			var logged sitetest.Buffer
			face := func(replies func(http.Header, []byte) error) http.Handler {
				s, err := site.New(site.Config{App: p.App, Log: site.NewLogger(&logged), Now: p.Clock.Now, Public: "https://kexin.example", Replies: replies})
				p.Must(err)
				return s
			}
			taken, without := face(check), face(nil)
			var answers strings.Builder
			from := "203.0.113.70:5"
			post := func(ctx context.Context, h http.Handler, secret string, at time.Time, body string) (int, string) {
				r := httptest.NewRequestWithContext(ctx, "POST", "https://kexin.example/sms/replies", strings.NewReader(body))
				stamp := strconv.FormatInt(at.Unix(), 10)
				r.RemoteAddr = from
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Webhook-Id", "MO-1")
				r.Header.Set("Webhook-Timestamp", stamp)
				r.Header.Set("Webhook-Signature", signed(secret, "MO-1."+stamp+"."+body))
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				fmt.Fprintln(&answers, w.Code, w.Header(), w.Body)
				var problem struct{ Code string }
				_ = json.Unmarshal(w.Body.Bytes(), &problem)
				return w.Code, problem.Code
			}
			reply := func(id, text string) string {
				return fmt.Sprintf(`{"id":%q,"from":%q,"to":"10690000","text":%q,"at":"2026-03-04T09:30:00+08:00"}`, id, herPhone, text)
			}
			stands := func(want consent.State, after string) {
				t.Helper()
				for _, w := range her.Has().Words {
					if w.State != want {
						t.Errorf("%s: %s is %s", after, w.Purpose, w.State)
					}
				}
			}
			now := time.Now()
			for name, c := range map[string]struct {
				h      http.Handler
				secret string
				at     time.Time
				body   string
				status int
				code   string
			}{
				"no route":     {without, replySecret, now, reply("1", "退订"), http.StatusMethodNotAllowed, ""},
				"wrong secret": {taken, gatewaySecret, now, reply("1", "退订"), 401, "unauthorized"},
				"old":          {taken, replySecret, now.Add(-6 * time.Minute), reply("1", "退订"), 401, "unauthorized"},
				"ahead":        {taken, replySecret, now.Add(6 * time.Minute), reply("1", "退订"), 401, "unauthorized"},
				"no JSON":      {taken, replySecret, now, "退订 " + herPhone, 422, "invalid"},
				"no id":        {taken, replySecret, now, reply("", "退订"), 422, "invalid"},
				"no number":    {taken, replySecret, now, `{"id":"1","from":"金丝雀","text":"退订"}`, 422, "invalid"},
				"too long":     {taken, replySecret, now, reply("1", "退订"+strings.Repeat(" ", 9<<10)), 422, "invalid"},
				"unknown word": {taken, replySecret, now, reply("2", "金丝雀叫您别吵"), 204, ""},
			} {
				if status, code := post(ctx, c.h, c.secret, c.at, c.body); status != c.status || code != c.code {
					t.Errorf("%s: %d %q, want %d %q", name, status, code, c.status, c.code)
				}
				stands(consent.Given, name)
			}
			gone, cancel := context.WithCancel(ctx)
			cancel()
			if status, _ := post(gone, taken, replySecret, now, reply("3", "N")); status != 503 {
				t.Errorf("the database did not answer: %d", status)
			}
			stands(consent.Given, "no answer of the database's")
			if status, _ := post(ctx, taken, replySecret, now, reply("3", "N")); status != 204 {
				t.Errorf("brought again: %d", status)
			}
			stands(consent.Suspended, "not me")
			p.Clock.Move(2 * time.Minute)
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeMine, kexin.BySMS))
			p.Settle()
			box, _ = g.box(herPhone)
			if !strings.Contains(box[len(box)-1].Text, "回复 N") {
				t.Errorf("her code does not say that she may answer: %s", box[len(box)-1].Text)
			}
			p.Must(p.App.TryCode(ctx, her.Visit(), app.CodeMine, kexin.BySMS, box[len(box)-1].Params["code"]))
			stands(consent.Given, "a code")
			if status, _ := post(ctx, taken, replySecret, now, reply("3", "N")); status != 204 {
				t.Errorf("a second time: %d", status)
			}
			stands(consent.Given, "the same one again")
			if status, _ := post(ctx, taken, replySecret, now, reply("4", "ＴＤ。")); status != 204 {
				t.Errorf("a stop: %d", status)
			}
			stands(consent.Withdrawn, "a stop")

			from = "198.51.100.70:5"
			var status int
			for n := 0; status != 429 && n < 30; n++ {
				status, _ = post(ctx, taken, gatewaySecret, now, reply("5", "退订"))
			}
			if right, code := post(ctx, taken, replySecret, now, reply("6", "好的")); status != 429 || right != 429 || code != "rate_limited" {
				t.Errorf("thirty wrong signatures: %d, then %d %q", status, right, code)
			}
			for where, said := range map[string]string{"the log": string(logged.Bytes()), "an answer": answers.String()} {
				for _, canary := range []string{"13812345678", "2345678", "金丝雀", "退订", "ＴＤ", "10690000", replySecret, "MO-1"} {
					if strings.Contains(said, canary) {
						t.Errorf("%s holds %q:\n%s", where, canary, said)
					}
				}
			}
			if !strings.Contains(string(logged.Bytes()), "/sms/replies") {
				t.Error("the log was not looked at")
			}
		})
	}
}
