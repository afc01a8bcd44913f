package api

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"kexin"
	"kexin/app"
	"kexin/internal/front"
)

// RepliesPath is where the SMS service brings what customers answered. It stands
// beside the API: no session and no token opens it, and it is the service's shape
// that it has.
const RepliesPath = "/sms/replies"

// replyMost bounds the body of one reply.
const replyMost = 8 << 10

// Replies takes one reply: {"id","from","to","text","at"}, signed as check asks; to
// and at are not read: a reply holds when it comes. It answers 204 whatever the reply
// meant and whoever sent it; 4xx for what is no reply, and 5xx where it is to come again.
func Replies(a *app.App, log *slog.Logger, check func(http.Header, []byte) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := takeReply(w, r, a, check); err != nil {
			if c := kexin.CodeOf(err); c == kexin.Internal || c == kexin.Unavailable {
				log.Error("reply not taken", "request", front.Of(r.Context()).ID, "err", err.Error())
			}
			Fail(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	})
}

func takeReply(w http.ResponseWriter, r *http.Request, a *app.App, check func(http.Header, []byte) error) error {
	from := front.Of(r.Context()).From()
	if err := a.RepliesFrom(from); err != nil {
		return err
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, replyMost))
	if err != nil {
		return unread(err)
	}
	if err := check(r.Header, b); err != nil {
		a.ReplyUnsigned(from)
		return err
	}
	var in struct {
		ID   string `json:"id"`
		From string `json:"from"`
		Text string `json:"text"`
	}
	if json.Unmarshal(b, &in) != nil {
		return unread(nil)
	}
	return a.Reply(r.Context(), app.Reply{ID: in.ID, From: in.From, Text: in.Text})
}

// unread is of a body that is too long, or is no reply. What was sent stays out of it.
func unread(err error) error {
	key := "error.fields"
	if long := new(http.MaxBytesError); errors.As(err, &long) {
		key = "error.too_large"
	}
	return &kexin.Error{Op: "api.reply", Code: kexin.Invalid, Key: key}
}
