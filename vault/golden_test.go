package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"kexin"
)

var update = flag.Bool("update", false, "write testdata/golden.json anew; only with a new version byte")

// golden is one thing of every kind, as this program once stored it. Later
// programs must open it: it stands in databases, backups and on paper.
type golden struct {
	Recovery  string
	Canary    []byte
	OrgKeys   []goldenKey
	Subject   []goldenWrapped
	Cells     [][]byte // one under each of Subject
	Org       []byte
	Token     string
	Stage     []byte
	Index     []byte
	Suppress  []byte
	NameToken int64
	TailToken int64
	ProbeTail int64
	ProbeHead int64
	RowMAC    []byte
}

type goldenKey struct {
	Use, State string
	Ver        uint32
	Keeper     string
	Wrapped    []byte
}

type goldenWrapped struct {
	Part, Gen uint8
	Ver       uint32
	Wrapped   []byte
}

const (
	goldenOrg     kexin.ID = 1234567890123456789
	goldenSubject kexin.ID = 987654321
)

func goldenAddr() CellAddr { return CellAddr{kexin.Customer, kexin.CustPhone, 555} }

func goldenRow() *Row { return NewRow("consent").ID(7).Text("marketing.own.sms").Bool(true) }

func readGolden(t *testing.T) golden {
	t.Helper()
	b, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGolden(t *testing.T) {
	if *update {
		writeGolden(t)
	}
	g, ctx := readGolden(t), context.Background()
	key, err := ParseRecovery(g.Recovery)
	if err != nil {
		t.Fatal(err)
	}
	k := NewMasterKeeper(key)
	if err := CheckCanary(ctx, k, g.Canary); err != nil {
		t.Error(err)
	}
	r, err := OpenRing(ctx, Keepers{k}, goldenOrg, g.rows(t))
	if err != nil {
		t.Fatal(err)
	}
	g.people(t, r)
	g.hashes(t, r)
	if got, err := OpenOrg(r, "smtp", 42, g.Org); err != nil || string(got) != "secret" {
		t.Error("secret:", string(got), err)
	}
	s, err := r.Sealer("cursor")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenToken(s, []byte("aad"), g.Token); err != nil || string(got) != "after" {
		t.Error("token:", string(got), err)
	}
	stage := goldenStageKey(t)
	if got, err := readStage(g.Stage, stage[:]); err != nil || string(got) != "姓名,电话\n" {
		t.Error("stage:", string(got), err)
	}
}

// goldenStageKey is the fixed key of the golden stage file.
func goldenStageKey(testing.TB) (k [KeySize]byte) {
	copy(k[:], "stage key of the golden file 000")
	return k
}

func (g golden) rows(t *testing.T) []OrgKey {
	t.Helper()
	var rows []OrgKey
	for _, o := range g.OrgKeys {
		use, err := ParseUse(o.Use)
		if err != nil {
			t.Fatal(err)
		}
		state, err := ParseState(o.State)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, OrgKey{goldenOrg, use, Version(o.Ver), state, o.Keeper, o.Wrapped})
	}
	return rows
}

func (g golden) people(t *testing.T, r *Ring) {
	t.Helper()
	for i, w := range g.Subject {
		k, err := OpenSubjectKey(r, WrappedKey{goldenOrg, goldenSubject, Part(w.Part), w.Gen, Version(w.Ver), w.Wrapped})
		if err != nil {
			t.Fatal(i, err)
		}
		if got, err := OpenCell(k, goldenAddr(), g.Cells[i]); err != nil || string(got) != "+8613800138000" {
			t.Error(i, string(got), err)
		}
	}
}

func (g golden) hashes(t *testing.T, r *Ring) {
	t.Helper()
	idx, sup := Index(r, kexin.KeyPhone, "+8613800138000"), Suppression(r, kexin.KeyPhone, "+8613800138000")
	if !bytes.Equal(idx.Idx[:], g.Index) || !bytes.Equal(sup.Idx[:], g.Suppress) {
		t.Error("blind indexes")
	}
	for what, pair := range map[string][2]int64{
		"name": {Token(r, "王芳"), g.NameToken}, "tail": {TailToken(r, "8000"), g.TailToken},
		"probe tail": {ProbeTail(r, "8000"), g.ProbeTail}, "probe head": {ProbeHead(r, "1380013"), g.ProbeHead},
	} {
		if pair[0] != pair[1] {
			t.Error(what, "token")
		}
	}
	if !CheckRow(r, goldenRow(), [32]byte{9}, g.RowMAC) {
		t.Error("row code")
	}
}

func writeGolden(t *testing.T) {
	t.Helper()
	ctx, key := context.Background(), NewKey()
	k := NewMasterKeeper(key)
	rows, err := NewOrgKeys(ctx, k, goldenOrg)
	if err != nil {
		t.Fatal(err)
	}
	r := openRing(t, k, goldenOrg, rows)
	g := golden{Recovery: RecoveryCode(key), Org: SealOrg(r, "smtp", 42, []byte("secret"))}
	if g.Canary, err = NewCanary(ctx, k); err != nil {
		t.Fatal(err)
	}
	for _, o := range rows {
		g.OrgKeys = append(g.OrgKeys, goldenKey{o.Use.String(), o.State.String(), uint32(o.Ver), o.KeeperID, o.Wrapped})
	}
	for _, part := range []Part{Data, Evidence} {
		w, sk := newSubject(t, r, goldenSubject, part, uint8(part)*3)
		g.Subject = append(g.Subject, goldenWrapped{uint8(w.Part), w.Gen, uint32(w.WrapVer), w.Wrapped})
		g.Cells = append(g.Cells, SealCell(sk, goldenAddr(), []byte("+8613800138000")))
	}
	s, err := r.Sealer("cursor")
	if err != nil {
		t.Fatal(err)
	}
	stage := goldenStageKey(t)
	g.Token, g.Stage = SealToken(s, []byte("aad"), []byte("after")), stageOf(t, stage[:], []byte("姓名,电话\n"))
	idx, sup, code := Index(r, kexin.KeyPhone, "+8613800138000"), Suppression(r, kexin.KeyPhone, "+8613800138000"), RowMAC(r, goldenRow(), [32]byte{9})
	g.Index, g.Suppress, g.RowMAC = idx.Idx[:], sup.Idx[:], code[:]
	g.NameToken, g.TailToken, g.ProbeTail, g.ProbeHead = Token(r, "王芳"), TailToken(r, "8000"), ProbeTail(r, "8000"), ProbeHead(r, "1380013")
	b, err := json.MarshalIndent(g, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/golden.json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Nothing that is stored shows a piece of what went in: not in clear, not in
// base64, and never the same twice.
func TestNothingShowsThrough(t *testing.T) {
	r := newRing(t, 1)
	plain := []byte("canary-王阿姨-+8613800138000-浙江省温州市")
	w, k := newSubject(t, r, 2, Data, 1)
	s, err := r.Sealer("x")
	if err != nil {
		t.Fatal(err)
	}
	key := NewKey()
	makers := map[string]func() []byte{
		"cell":   func() []byte { return SealCell(k, CellAddr{kexin.Customer, kexin.CustName, 1}, plain) },
		"secret": func() []byte { return SealOrg(r, "smtp", 1, plain) },
		"stage":  func() []byte { return stageOf(t, key[:], plain) },
		"token": func() []byte {
			b, err := base64.RawURLEncoding.DecodeString(SealToken(s, nil, plain))
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
		"wrapped key": func() []byte {
			again, err := RewrapSubjectKey(r, w)
			if err != nil {
				t.Fatal(err)
			}
			return again.Wrapped
		},
	}
	for what, seal := range makers {
		seen := map[string]bool{}
		for range 200 {
			b := seal()
			if seen[string(b)] {
				t.Fatalf("%s: the same bytes twice", what)
			}
			seen[string(b)] = true
			for n := 0; n+8 <= len(plain); n++ {
				if bytes.Contains(b, plain[n:n+8]) {
					t.Fatalf("%s shows %q", what, plain[n:n+8])
				}
			}
		}
	}
}
