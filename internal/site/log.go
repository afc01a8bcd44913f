package site

import (
	"context"
	"io"
	"log/slog"
	"strings"
)

// NewLogger logs as text and drops what looks like personal data: long
// strings, mobile numbers, ID numbers, e-mail addresses. Code is written so
// that none gets there; this is the second line.
func NewLogger(w io.Writer) *slog.Logger {
	h := slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString && personal(a.Key, a.Value.String()) {
			a.Value = slog.StringValue("[withheld]")
		}
		return a
	}})
	return slog.New(guard{h})
}

// guard also looks at the message itself.
type guard struct{ slog.Handler }

func (g guard) Handle(ctx context.Context, r slog.Record) error {
	if personal("err", r.Message) {
		r.Message = "[withheld]"
	}
	return g.Handler.Handle(ctx, r)
}

// WithAttrs and WithGroup keep the guard in front.
func (g guard) WithAttrs(a []slog.Attr) slog.Handler { return guard{g.Handler.WithAttrs(a)} }

// WithGroup opens a group.
func (g guard) WithGroup(n string) slog.Handler { return guard{g.Handler.WithGroup(n)} }

// personal reports whether a text could name a person. err may be long: it is
// made of operations and codes.
func personal(key, s string) bool {
	if len(s) > 64 && key != "err" && key != "msg" {
		return true
	}
	run := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] >= '0' && s[i] <= '9' {
			run++
			continue
		}
		if run == 11 && s[i-11] == '1' && s[i-10] >= '3' || run == 17 || run == 18 {
			return true
		}
		run = 0
	}
	at := strings.IndexByte(s, '@')
	return at > 0 && at < len(s)-3 && strings.IndexByte(s[at:], '.') > 1
}
