package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"kexin/internal/db/dbtest"
)

// keeperWord is the argument by which the test binary knows that it is to be
// the program of a key service; the directory behind it holds its keys.
const keeperWord = "keeper-program"

// A keyService is a small program that holds master keys, one file each; the
// last name is the newest.
type keyService struct{ dir string }

func (k keyService) line() string { return os.Args[0] + " " + keeperWord + " " + k.dir }

// draw makes a key; forget deletes one.
func (k keyService) draw(tb testing.TB, id string) {
	tb.Helper()
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	if err := os.WriteFile(filepath.Join(k.dir, id), b, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func (k keyService) forget(tb testing.TB, id string) {
	tb.Helper()
	if err := os.Remove(filepath.Join(k.dir, id)); err != nil {
		tb.Fatal(err)
	}
}

// answer is the program: one question on standard input, one answer.
func (k keyService) answer() error {
	var q struct {
		Op, ID            string
		AAD, Key, Wrapped []byte
	}
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		return err
	}
	var a struct {
		IDs     []string `json:"ids,omitempty"`
		Key     []byte   `json:"key,omitempty"`
		Wrapped []byte   `json:"wrapped,omitempty"`
	}
	if q.Op == "ids" {
		all, err := os.ReadDir(k.dir)
		if err != nil {
			return err
		}
		for _, f := range slices.Backward(all) {
			a.IDs = append(a.IDs, f.Name())
		}
		return json.NewEncoder(os.Stdout).Encode(a)
	}
	key, err := os.ReadFile(filepath.Join(k.dir, filepath.Base(q.ID)))
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	switch q.Op {
	case "wrap":
		a.Wrapped = gcm.Seal(nil, nil, q.Key, q.AAD)
	case "unwrap":
		if a.Key, err = gcm.Open(nil, nil, q.Wrapped, q.AAD); err != nil {
			return err
		}
	default:
		return errors.New("what?")
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// masters are the states of the master keys by their names.
func (p *program) masters() map[string]string {
	p.tb.Helper()
	var all struct {
		Masters []struct{ ID, State string }
	}
	if err := json.Unmarshal([]byte(p.run("keys", "status", "--json")), &all); err != nil {
		p.tb.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range all.Masters {
		out[m.ID] = m.State
	}
	return out
}

// TestKeeperProgram: a server whose master key a program holds never writes one
// to a file, takes up a newer key of the program's by itself, and does not start
// where the program does not answer, in words. Its backup opens elsewhere with
// the same program and the recipient's identity.
func TestKeeperProgram(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	kms := keyService{t.TempDir()}
	kms.draw(t, "alias-7")
	owner, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	p.env = []string{"KEXIN_KEEPER=" + kms.line(), "KEXIN_RECIPIENT=" + owner.Recipient().String()}
	s := p.serve()
	s.foundWithout()
	token := s.token()
	id, err := s.add("王淑芬")
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := p.try("", "doctor"); !strings.Contains(out, "✓ The program that holds the master key exec:alias-7") {
		t.Errorf("doctor: %s", out)
	}
	if out, status := p.try("", "keys", "rotate", "master"); status != 1 || !strings.Contains(out, "kexin keys rotate file") {
		t.Errorf("rotating it here: %d %s", status, out)
	}
	kms.draw(t, "alias-8")
	if out := p.run("keys", "rotate"); !strings.Contains(out, "The new keys are in use") {
		t.Errorf("%s", out)
	}
	if got := p.masters(); got["exec:alias-7"] != "retired" || got["exec:alias-8"] != "active" {
		t.Errorf("%v", got)
	}
	data, ring := p.backup()
	s.stop()
	kms.forget(t, "alias-7")
	s = p.serve()
	s.bear(token)
	s.holds(id, "王淑芬")
	s.stop()
	if left, err := os.ReadDir(filepath.Join(p.dir, "keys")); err == nil && len(left) > 0 {
		t.Errorf("a master key in a file: %v", left)
	}

	q := newProgram(t, dbtest.SQLite)
	q.env = p.env
	file := filepath.Join(q.dir, "identity")
	if err := os.WriteFile(file, []byte(owner.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	q.run("restore", data, ring, "--identity", file)
	r := q.serve()
	r.bear(token)
	r.holds(id, "王淑芬")
	r.stop()

	kms.forget(t, "alias-8")
	for _, cmd := range []string{"serve", "doctor"} {
		if out, status := p.try("", cmd, "--addr", "127.0.0.1:0"); status != 1 || !strings.Contains(out, "The program that keeps the keys did not answer") {
			t.Errorf("%s without the key: %d %s", cmd, status, out)
		}
	}
}

// TestKeeperMoves: a server with its master key in a file goes over to a program
// and back while its data stay, and each time the place it left is needed no
// more.
func TestKeeperMoves(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	s := p.serve()
	s.found()
	token := s.token()
	id, err := s.add("王淑芬")
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	reads := func() {
		t.Helper()
		s := p.serve()
		s.bear(token)
		s.holds(id, "王淑芬")
		s.stop()
	}
	kms := keyService{t.TempDir()}
	kms.draw(t, "alias-1")
	p.env = []string{"KEXIN_KEEPER=" + kms.line()}
	if out, status := p.try("", "keys", "rotate", "wrap"); status == 0 || !strings.Contains(out, "--recipient") {
		t.Errorf("without a recipient no keyring file can be made: %d %s", status, out)
	}
	owner, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "KEXIN_RECIPIENT="+owner.Recipient().String())
	p.run("keys", "rotate")
	old := p.code()
	if err := os.Remove(filepath.Join(p.dir, "keys", "master.key")); err != nil {
		t.Fatal(err)
	}
	reads()
	p.run("keys", "rotate", "file")
	kms.forget(t, "alias-1")
	p.env = nil
	reads()
	if p.code() == old || len(p.masters()) != 3 {
		t.Errorf("%v", p.masters())
	}
}
