package store

import (
	"bytes"
	"crypto/ed25519"
	"reflect"
	"testing"
	"time"

	"kexin"
)

// FuzzLetter: only what the sender signed is a letter, whole and unchanged.
func FuzzLetter(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	good := Letter{Kind: "referral.moved", From: 5, To: 6, Seq: 7, Created: 8, Ref: 9, Word: "accepted", N: 2, Told: true, Proved: []int64{3, 1<<53 - 1}}
	for _, l := range []Letter{good, {}, {From: 1, To: 2, Kind: "credit.counted", Word: "2026-03"}} {
		sealed, err := l.seal(key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sealed)
	}
	f.Add([]byte("kexin-msg/1\n{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := openLetter(key.Public().(ed25519.PublicKey), b)
		if err != nil {
			if !reflect.DeepEqual(l, Letter{}) || kexin.CodeOf(err) != kexin.Unauthorized {
				t.Errorf("%+v %v", l, err)
			}
			return
		}
		again, err := l.seal(key)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%+v is another letter than was signed (%v)", l, err)
		}
		if _, err := openLetter(other.Public().(ed25519.PublicKey), b); err == nil {
			t.Error("somebody else's signature counts")
		}
	})
}

// TestLetterWithin: a letter is of today within a day either way; a stop and its
// answer always are; a letter tells the same whenever it was signed.
func TestLetterWithin(t *testing.T) {
	now := kexin.At(time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC))
	for _, off := range []time.Duration{-25 * time.Hour, -23 * time.Hour, 0, 23 * time.Hour, 25 * time.Hour} {
		for _, kind := range []string{"referral.moved", "credit.counted", "alliance.member", "consent.withdrawn", "consent.outcome"} {
			l := Letter{Kind: kind, Created: now.Add(off)}
			if want := off.Abs() < letterSkew || kind[:7] == "consent"; l.within(letterSkew, now) != want {
				t.Errorf("%s %v: not %v", kind, off, want)
			}
		}
	}
	a, err := Letter{Kind: "referral.moved", Word: "submit", Created: 1}.says()
	b, err2 := Letter{Kind: "referral.moved", Word: "submit", Created: 2}.says()
	c, err3 := Letter{Kind: "referral.moved", Word: "accept", Created: 1}.says()
	if err != nil || err2 != nil || err3 != nil || a != b || a == c {
		t.Error("what a letter tells is not what its hash stands for")
	}
}
