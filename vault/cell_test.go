package vault

import (
	"bytes"
	"context"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// place is everything that a cell is bound to.
type place struct {
	Org, Subject kexin.ID
	Part         Part
	Gen          uint8
	Addr         CellAddr
}

func genPlace(rt *rapid.T) place {
	id := rapid.Custom(func(rt *rapid.T) kexin.ID { return kexin.ID(rapid.Int64Range(1, 3).Draw(rt, "id")) })
	return place{
		Org: id.Draw(rt, "org"), Subject: id.Draw(rt, "subject"),
		Part: Part(rapid.IntRange(1, 2).Draw(rt, "part")), Gen: uint8(rapid.IntRange(1, 2).Draw(rt, "gen")),
		Addr: CellAddr{kexin.Object(rapid.IntRange(1, 2).Draw(rt, "object")), kexin.FieldID(rapid.IntRange(1, 2).Draw(rt, "field")), id.Draw(rt, "record")},
	}
}

// A cell opens in its own place and in no other: neither with the other
// place's own key, nor with the same secret put in the other place.
func TestCellBound(t *testing.T) {
	raw := NewKey()
	arm := func(p place) *SubjectKey {
		k, key := &SubjectKey{}, raw
		if err := k.arm(INTL, intl{}, WrappedKey{Org: p.Org, Subject: p.Subject, Part: p.Part, Gen: p.Gen}, key[:]); err != nil {
			t.Fatal(err)
		}
		return k
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := genPlace(rt), genPlace(rt)
		text := rapid.SliceOf(rapid.Byte()).Draw(rt, "text")
		cell := SealCell(arm(a), a.Addr, text)
		if got, err := OpenCell(arm(a), a.Addr, cell); err != nil || !bytes.Equal(got, text) {
			rt.Fatalf("own place: %v", err)
		}
		if a == b {
			return
		}
		if _, err := OpenCell(arm(b), b.Addr, cell); err == nil {
			rt.Fatalf("%+v opened in %+v", a, b)
		}
		// The header forged to fit the other place's key, too.
		forged := append([]byte{version, byte(INTL), byte(b.Part), b.Gen}, cell[headerSize:]...)
		_, err := OpenCell(arm(b), b.Addr, forged)
		mustInternal(t, "forged header", err, ErrTampered)
	})
}

func TestCellTampered(t *testing.T) {
	r := newRing(t, 1)
	_, k := newSubject(t, r, 2, Data, 1)
	a := CellAddr{kexin.Customer, kexin.CustPhone, 3}
	cell := SealCell(k, a, []byte("+8613800138000"))
	for i := range cell {
		for bit := range 8 {
			bad := bytes.Clone(cell)
			bad[i] ^= 1 << bit
			out, err := AppendOpened([]byte("kept"), k, a, bad)
			if kexin.CodeOf(err) != kexin.Internal || string(out) != "kept" {
				t.Fatalf("byte %d: %q %v", i, out, err)
			}
		}
	}
	for n := range cell {
		if _, err := OpenCell(k, a, cell[:n]); err == nil {
			t.Fatalf("%d bytes opened", n)
		}
	}
	for what, head := range map[string][]byte{"version": {2, 1, 1, 1}, "suite GM": {1, 2, 1, 1}, "suite 0": {1, 0, 1, 1}, "part": {1, 1, 9, 1}, "gen 0": {1, 1, 1, 0}, "org part": {1, 1, 3, 0}} {
		_, err := OpenCell(k, a, append(head, cell[4:]...))
		mustInternal(t, what, err, ErrFormat)
		_, err = ParseHeader(append(head, cell[4:]...))
		mustInternal(t, what, err, ErrFormat)
	}
	if h, err := ParseHeader(cell); err != nil || h != (Header{INTL, Data, 1}) {
		t.Error(h, err)
	}
}

func TestWrappedKeyBound(t *testing.T) {
	r := newRing(t, 1)
	w, _ := newSubject(t, r, 2, Data, 1)
	for name, change := range map[string]func(*WrappedKey){
		"subject":   func(w *WrappedKey) { w.Subject = 3 },
		"part":      func(w *WrappedKey) { w.Part = Evidence },
		"gen":       func(w *WrappedKey) { w.Gen = 2 },
		"bytes":     func(w *WrappedKey) { w.Wrapped = append([]byte{w.Wrapped[0] ^ 1}, w.Wrapped[1:]...) },
		"org":       func(w *WrappedKey) { w.Org = 9 },
		"no part":   func(w *WrappedKey) { w.Part = 0 },
		"org part":  func(w *WrappedKey) { w.Part = orgPart },
		"no gen":    func(w *WrappedKey) { w.Gen = 0 },
		"nobody":    func(w *WrappedKey) { w.Subject = 0 },
		"length":    func(w *WrappedKey) { w.Wrapped = w.Wrapped[:59] },
		"no bytes":  func(w *WrappedKey) { w.Wrapped = nil },
		"no such":   func(w *WrappedKey) { w.WrapVer = 7 },
		"no wrap 0": func(w *WrappedKey) { w.WrapVer = 0 },
	} {
		bad := w
		change(&bad)
		if _, err := OpenSubjectKey(r, bad); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := RewrapSubjectKey(r, bad); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("rewrap %s: %v", name, err)
		}
	}
	if _, _, err := NewSubjectKey(r, 0, Data, 1); err == nil {
		t.Error("a key for nobody")
	}
	if _, err := OpenSubjectKey(newRing(t, 1), w); err == nil {
		t.Error("opened with another merchant's keys")
	}
}

// A key that is opened in the place of another's opens no cell of that person,
// and none at all where its row does not open.
func TestKeyInPlace(t *testing.T) {
	r := newRing(t, 1)
	w1, k1 := newSubject(t, r, 2, Data, 1)
	w2, k2 := newSubject(t, r, 3, Data, 1)
	at := CellAddr{kexin.Customer, kexin.CustName, 5}
	c1, c2 := SealCell(k1, at, []byte("王芳")), SealCell(k2, at, []byte("李雷"))
	k, err := OpenSubjectKey(r, w1)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Open(r, &w2); err != nil {
		t.Fatal(err)
	}
	if b, err := OpenCell(k, at, c2); err != nil || string(b) != "李雷" {
		t.Errorf("%q %v", b, err)
	}
	if _, err := OpenCell(k, at, c1); err == nil {
		t.Error("the first person's cell opens")
	}
	for _, wrapped := range [][]byte{w1.Wrapped[:59], w1.Wrapped} { // the second is another's
		w2.Wrapped = wrapped
		if err := k.Open(r, &w2); err == nil {
			t.Fatal("a wrong wrapped key opens")
		}
		for _, c := range [][]byte{c1, c2} {
			if _, err := OpenCell(k, at, c); err == nil {
				t.Error("a cell opens without a key")
			}
		}
	}
}

func TestRingRefuses(t *testing.T) {
	ctx, k := context.Background(), NewMasterKeeper(NewKey())
	rows, err := NewOrgKeys(ctx, k, 4)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]OrgKey) []OrgKey{
		"none":          func(r []OrgKey) []OrgKey { return nil },
		"one missing":   func(r []OrgKey) []OrgKey { return r[1:] },
		"other org":     func(r []OrgKey) []OrgKey { r[0].Org = 5; return r },
		"other use":     func(r []OrgKey) []OrgKey { r[0].Use, r[1].Use = r[1].Use, r[0].Use; return r },
		"unknown use":   func(r []OrgKey) []OrgKey { r[0].Use = useEnd; return r },
		"other version": func(r []OrgKey) []OrgKey { r[0].Ver = 2; return r },
		"version 0":     func(r []OrgKey) []OrgKey { r[0].Ver = 0; return r },
		"no state":      func(r []OrgKey) []OrgKey { r[0].State = 0; return r },
		"none active":   func(r []OrgKey) []OrgKey { r[0].State = Accept; return r },
		"destroyed":     func(r []OrgKey) []OrgKey { r[0].State = Destroyed; return r },
		"twice":         func(r []OrgKey) []OrgKey { return append(r, r[0]) },
		"tampered":      func(r []OrgKey) []OrgKey { r[0].Wrapped = []byte("short"); return r },
		"two active": func(r []OrgKey) []OrgKey {
			two, err := NewOrgKey(ctx, k, 4, UseWrap, 2, Active)
			if err != nil {
				t.Fatal(err)
			}
			return append(r, two)
		},
	} {
		if _, err := OpenRing(ctx, Keepers{k}, 4, change(append([]OrgKey(nil), rows...))); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenRing(ctx, nil, 4, rows); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error("no keeper:", err)
	}
	if _, err := rows[0].Rewrap(ctx, nil, k); kexin.CodeOf(err) != kexin.Unavailable {
		t.Error("no keeper:", err)
	}
	r := openRing(t, k, 4, rows)
	if _, err := r.Signing(UseWrap, 1); err == nil {
		t.Error("signs with a wrap key")
	}
	if _, err := r.Signing(UseLog, 2); err == nil {
		t.Error("signs with an absent key")
	}
	if s, err := r.Signing(UseLog, 1); err != nil || len(s) != 64 {
		t.Error(err)
	}
	if r.Org() != 4 || r.Suite() != INTL || len(r.Versions(UseLog, Active)) != 1 || len(r.Versions(UseLog, Accept, Retired)) != 0 {
		t.Error("what the ring says of itself")
	}
}

func TestSealOrg(t *testing.T) {
	r, other := newRing(t, 1), newRing(t, 1)
	sealed := SealOrg(r, "smtp", 7, []byte("secret"))
	if got, err := OpenOrg(r, "smtp", 7, sealed); err != nil || string(got) != "secret" {
		t.Fatal(string(got), err)
	}
	for what, open := range map[string]func() ([]byte, error){
		"label": func() ([]byte, error) { return OpenOrg(r, "totp", 7, sealed) },
		"id":    func() ([]byte, error) { return OpenOrg(r, "smtp", 8, sealed) },
		"ring":  func() ([]byte, error) { return OpenOrg(other, "smtp", 7, sealed) },
	} {
		_, err := open()
		mustInternal(t, what, err, ErrTampered)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x40
		if _, err := OpenOrg(r, "smtp", 7, bad); kexin.CodeOf(err) != kexin.Internal {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	_, k := newSubject(t, r, 2, Data, 1)
	if _, err := OpenOrg(r, "smtp", 7, SealCell(k, CellAddr{}, []byte("0123456789"))); err == nil {
		t.Error("a cell opened as a secret")
	}
}
