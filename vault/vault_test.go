package vault

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"kexin"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newRing is a fresh merchant's ring.
func newRing(t testing.TB, org kexin.ID) *Ring {
	t.Helper()
	k := NewMasterKeeper(NewKey())
	rows, err := NewOrgKeys(context.Background(), k, org)
	if err != nil {
		t.Fatal(err)
	}
	return openRing(t, k, org, rows)
}

func openRing(t testing.TB, k Keeper, org kexin.ID, rows []OrgKey) *Ring {
	t.Helper()
	r, err := OpenRing(context.Background(), Keepers{k}, org, rows)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newSubject(t testing.TB, r *Ring, subject kexin.ID, part Part, gen uint8) (WrappedKey, *SubjectKey) {
	t.Helper()
	w, k, err := NewSubjectKey(r, subject, part, gen)
	if err != nil {
		t.Fatal(err)
	}
	return w, k
}

// mustInternal checks that err is Internal and has the given cause.
func mustInternal(t testing.TB, what string, err, cause error) {
	t.Helper()
	if kexin.CodeOf(err) != kexin.Internal || !errors.Is(err, cause) {
		t.Errorf("%s: %v, want internal: %v", what, err, cause)
	}
}

// The GCM specification's test case 16 (McGrew, Viega 2005) through the
// suite's engine.
func TestEngineVectors(t *testing.T) {
	e, err := INTL.Engine()
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.AEAD(unhex(t, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
	if err != nil {
		t.Fatal(err)
	}
	if a.NonceSize() != 0 || a.Overhead() != overhead {
		t.Fatalf("nonce %d, overhead %d", a.NonceSize(), a.Overhead())
	}
	sealed := unhex(t, "cafebabefacedbaddecaf888"+
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"+
		"76fc6ece0f4e1768cddf8853bb2d551b")
	plain, err := a.Open(nil, nil, sealed, unhex(t, "feedfacedeadbeeffeedfacedeadbeefabaddad2"))
	if err != nil {
		t.Fatal(err)
	}
	want := unhex(t, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
	if !bytes.Equal(plain, want) {
		t.Errorf("%x", plain)
	}

	// RFC 4231, test case 2.
	m := e.MAC([]byte("Jefe"))
	m.Write([]byte("what do ya want for nothing?"))
	if got := hex.EncodeToString(m.Sum(nil)); got != "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" {
		t.Error(got)
	}
}

func TestUnknownSuite(t *testing.T) {
	for _, s := range []Suite{0, GM, 3, 255} {
		_, err := s.Engine()
		mustInternal(t, "suite", err, ErrFormat)
	}
	if _, err := NewSealer(GM, make([]byte, KeySize)); !errors.Is(err, ErrFormat) {
		t.Error("a sealer of an unbuilt suite")
	}
	if _, err := NewSealer(INTL, make([]byte, 5)); !errors.Is(err, ErrFormat) {
		t.Error("a sealer with a short key")
	}
}

// The layout of a cell, put together by hand with the standard library.
func TestCellFormat(t *testing.T) {
	r := newRing(t, 0x0102030405060708)
	w, k := newSubject(t, r, 0x1112131415161718, Evidence, 7)
	wrapKey := r.active[UseWrap].key[:]
	aad := append([]byte("kexin/wrap/1"), unhex(t, "02"+"00000007"+"0102030405060708"+"1112131415161718")...)
	raw := plainGCM(t, wrapKey, w.Wrapped, aad)
	if len(raw) != KeySize || len(w.Wrapped) != 60 || w.WrapVer != 1 {
		t.Fatalf("key %d, wrapped %d, version %d", len(raw), len(w.Wrapped), w.WrapVer)
	}

	cell := SealCell(k, CellAddr{Object: 0x21222324, Field: 0x31323334, Record: 0x4142434445464748}, []byte("王阿姨"))
	if got := hex.EncodeToString(cell[:4]); got != "01010207" {
		t.Errorf("header %s", got)
	}
	if len(cell) != CellOverhead+len("王阿姨") || CellOverhead != 32 {
		t.Errorf("length %d, overhead %d", len(cell), CellOverhead)
	}
	aad = append([]byte("kexin/cell/1"), unhex(t, "01010207"+"0102030405060708"+"1112131415161718"+"21222324"+"31323334"+"4142434445464748")...)
	if got := plainGCM(t, raw, cell[4:], aad); string(got) != "王阿姨" {
		t.Errorf("%q", got)
	}
	if k.Part() != Evidence || k.Gen() != 7 {
		t.Error(k.Part(), k.Gen())
	}
}

// plainGCM opens nonce | ct | tag without this package.
func plainGCM(t *testing.T, key, sealed, aad []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := g.Open(nil, sealed[:12], sealed[12:], aad)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestIndexFormat(t *testing.T) {
	r := newRing(t, 9)
	sum := func(use Use, msg string) []byte {
		m := hmac.New(sha256.New, r.active[use].key[:])
		m.Write([]byte(msg))
		return m.Sum(nil)
	}
	if b := Index(r, kexin.KeyPhone, "+8613800138000"); b.KV != 1 || !bytes.Equal(b.Idx[:], sum(UseIndex, "kexin/idx/1\x01+8613800138000")[:16]) {
		t.Error("index", b)
	}
	if b := Suppression(r, kexin.KeyEmail, "a@b.cn"); !bytes.Equal(b.Idx[:], sum(UseSuppress, "kexin/sup/1\x02a@b.cn")[:16]) {
		t.Error("suppression", b)
	}
	be := func(b []byte) (n int64) {
		for _, x := range b[:8] {
			n = n<<8 | int64(x)
		}
		return n
	}
	if got := Token(r, "王芳"); got != be(sum(UseToken, "name王芳")) {
		t.Error("token", got)
	}
	if got := TailToken(r, "8000"); got != be(sum(UseToken, "p48000")) {
		t.Error("tail", got)
	}
	row, leaf := NewRow("consent").ID(5), [32]byte{1}
	want := sum(UseOrg, "kexin/row/1\x02\x00\x00\x00\x07consent\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x05"+string(leaf[:]))[:16]
	if got := RowMAC(r, row, leaf); !bytes.Equal(got[:], want) {
		t.Error("row", got)
	}
}
