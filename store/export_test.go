package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
)

// Base64 is a blob as a dump writes it.
func Base64(b []byte) []byte { return base64.StdEncoding.AppendEncode(nil, b) }

// Rewrite gives a stream that was changed the digest that fits.
func Rewrite(dump []byte) []byte {
	all := bytes.SplitAfter(bytes.TrimSuffix(dump, []byte("\n")), []byte("\n"))
	body := bytes.Join(all[:len(all)-1], nil)
	var t trailer
	if err := json.Unmarshal(all[len(all)-1], &t); err != nil {
		panic(err)
	}
	sum := sha256.Sum256(body)
	t.SHA256 = hex.EncodeToString(sum[:])
	line, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return append(append(body, line...), '\n')
}

// Define puts a draft schema in use. Its columns must be there.
func (s *Store) Define(x *kexin.Schema) {
	s.define(x)
	s.merchants = map[kexin.ID]*merchant{}
}

// PageSQL is the statement by which Find reads a page.
func (tx *Tx) PageSQL(p *gate.Permit) (string, []any, error) {
	f, err := tx.finder(p)
	if err != nil {
		return "", nil, err
	}
	var s stmt
	if len(f.toks) > 0 && f.ordered() == "" {
		f.among(&s, []kexin.ID{1, 2})
	} else {
		f.page(&s)
	}
	return s.b.String(), s.args, nil
}

// HeadsBefore are every person's last entries below a place of the log.
func (tx *Tx) HeadsBefore(size int64) ([]ledger.Head, error) { return tx.headsBefore(size) }
