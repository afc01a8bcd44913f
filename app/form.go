package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"kexin"
)

// formLife is how long a page of hers may stand before its form is sent.
const formLife = 24 * time.Hour

// A nonce is 8 random bytes, the second of its making and a code of this
// server over both, over who holds the page and over where the form goes.
const nonceBytes = 8 + 8 + 16

// FormNonce is what a form of her pages carries (security.md A6): good for one
// browser, by a secret that only its cookie holds, for one path and for a day.
// It is kept nowhere.
func (a *App) FormNonce(ctx context.Context, holder, path string) (string, error) {
	b := make([]byte, 16, nonceBytes)
	rand.Read(b[:8])
	binary.BigEndian.PutUint64(b[8:], uint64(a.now().Unix()))
	mac, err := a.store.FormCode(ctx, formText(holder, path, b))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(b, mac[:]...)), nil
}

func formText(holder, path string, head []byte) string {
	return holder + "\n" + path + "\n" + string(head)
}

// CheckForm is nil for the nonce of a form that this server gave to this
// browser for this path. Errors: forbidden, alike for a missing, foreign, old
// or invented one.
func (a *App) CheckForm(ctx context.Context, holder, path, nonce string) error {
	old := &kexin.Error{Op: "app.form", Code: kexin.Forbidden, Key: "error.form_old"}
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != nonceBytes || holder == "" {
		return old
	}
	ok, err := a.store.FormCodeRight(ctx, formText(holder, path, b[:16]), b[16:])
	if err != nil {
		return err
	}
	age := a.now().Unix() - int64(binary.BigEndian.Uint64(b[8:16]))
	if !ok || age < 0 || age > int64(formLife/time.Second) {
		return old
	}
	return nil
}
