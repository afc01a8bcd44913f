package vault

import (
	"bytes"
	"strings"
	"testing"

	"kexin"
)

func FuzzRecoveryCode(f *testing.F) {
	f.Add(RecoveryCode([KeySize]byte{1, 2, 3}))
	f.Add(strings.ToLower(strings.ReplaceAll(RecoveryCode([KeySize]byte{9}), "-", " ")))
	f.Add("０１２３")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := ParseRecovery(s)
		if err != nil {
			if kexin.CodeOf(err) != kexin.Invalid || key != [KeySize]byte{} {
				t.Fatal(err, key)
			}
			return
		}
		again, err := ParseRecovery(RecoveryCode(key))
		if err != nil || again != key {
			t.Fatal("does not come back")
		}
	})
}

// Whatever is put in the database, a cell opens to what was sealed or not at
// all.
func FuzzCell(f *testing.F) {
	r := newRing(f, 1)
	_, k := newSubject(f, r, 2, Data, 1)
	addr := CellAddr{kexin.Customer, kexin.CustName, 3}
	good := SealCell(k, addr, []byte("王阿姨"))
	secret := SealOrg(r, "smtp", 1, []byte("pass"))
	f.Add(good)
	f.Add(secret)
	f.Add(good[:CellOverhead])
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := OpenCell(k, addr, b); err == nil && !bytes.Equal(b, good) {
			t.Fatalf("opened: %q", got)
		} else if err != nil && kexin.CodeOf(err) != kexin.Internal {
			t.Fatal(err)
		}
		if _, err := OpenOrg(r, "smtp", 1, b); err == nil && !bytes.Equal(b, secret) {
			t.Fatal("opened a secret")
		}
		if h, err := ParseHeader(b); err == nil && (h.Suite != INTL || h.Gen == 0) {
			t.Fatal(h)
		}
	})
}

func FuzzStage(f *testing.F) {
	key := NewKey()
	good := stageOf(f, key[:], []byte("姓名,电话\n"))
	long := stageOf(f, key[:], text(stageChunk+3))
	f.Add(good)
	f.Add(stageOf(f, key[:], nil))
	f.Add(good[:stageHead+tagSize])
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readStage(b, key[:])
		if err == nil && !bytes.Equal(b, good) && len(got) > 0 {
			t.Fatalf("read %d bytes of a file that was never written", len(got))
		}
		// The same bytes laid over a real file.
		n := min(len(b), len(long))
		over := append(append([]byte(nil), b[:n]...), long[n:]...)
		if _, err := readStage(over, key[:]); err == nil && !bytes.Equal(over, long) {
			t.Fatal("did not notice the change")
		}
	})
}

func FuzzOpenToken(f *testing.F) {
	s, err := newRing(f, 0).Sealer("cursor")
	if err != nil {
		f.Fatal(err)
	}
	good := SealToken(s, []byte("a"), []byte("after 5"))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := OpenToken(s, []byte("a"), token); err == nil && token != good {
			t.Fatal("opened")
		} else if err != nil && kexin.CodeOf(err) != kexin.Invalid {
			t.Fatal(err)
		}
	})
}
