package store

import (
	"strings"

	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A Token is a key for a program 接口密钥: bound to a person, a purpose and a
// set of acts. Only a digest of it is known here; the row carries a code.
type Token struct {
	Digest      []byte
	ID          kexin.ID
	Org, Member kexin.ID
	Name        string
	Purpose     kexin.PurposeCode
	Acts        []kexin.Act
	Made, Ends  kexin.Instant
	Used        kexin.Instant // last use, to the minute; 0 = never
}

func (k Token) acts() string {
	s := make([]string, len(k.Acts))
	for i, a := range k.Acts {
		s[i] = string(a)
	}
	return strings.Join(s, " ")
}

// row is what the code stands for. Name and Used give no right.
func (k Token) row() *vault.Row {
	return vault.NewRow("api_token").Bytes(k.Digest).ID(k.ID).ID(k.Org).ID(k.Member).Text(string(k.Purpose)).Text(k.acts()).
		Int(int64(k.Made)).Int(int64(k.Ends))
}

// AddToken writes a token and gives it its id.
func (tx *Tx) AddToken(k Token) (Token, error) {
	k.ID, k.Org, k.Made = tx.NewID(), tx.Org, tx.Now
	_, err := tx.Exec("INSERT INTO api_token(digest,id,org_id,member_id,name,purpose,acts,made_at,ends_at,used_at,mac) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,0,$10)",
		k.Digest, k.ID, k.Org, k.Member, k.Name, string(k.Purpose), k.acts(), k.Made, k.Ends, tx.code(k.row()))
	return k, err
}

const tokenList = "digest,id,org_id,member_id,name,purpose,acts,made_at,ends_at,used_at"

func scanToken(scan func(...any) error) (k Token, err error) {
	var purpose, acts string
	err = scan(&k.Digest, &k.ID, &k.Org, &k.Member, &k.Name, &purpose, &acts, &k.Made, &k.Ends, &k.Used)
	k.Purpose = kexin.PurposeCode(purpose)
	for _, a := range strings.Fields(acts) {
		k.Acts = append(k.Acts, kexin.Act(a))
	}
	return k, err
}

// Token reads the token of a digest and checks its code. Errors: not_found,
// also when its time is over; Forged.
func (tx *Tx) Token(digest []byte) (Token, error) {
	var code []byte
	k, err := scanToken(func(dest ...any) error {
		return tx.Row("SELECT "+tokenList+",mac FROM api_token WHERE digest=$1 AND org_id=$2", digest, tx.Org).Scan(append(dest, &code)...)
	})
	if err != nil {
		return Token{}, err
	}
	if err := tx.genuine(k.row(), code, "api_token", k.ID); err != nil {
		return Token{}, err
	}
	if k.Ends <= tx.Now {
		return Token{}, &kexin.Error{Op: "store.api_token", Code: kexin.NotFound}
	}
	return k, nil
}

// TouchToken notes that a token was used.
func (tx *Tx) TouchToken(digest []byte) error {
	_, err := tx.Exec("UPDATE api_token SET used_at=$2 WHERE digest=$1", digest, tx.Now)
	return err
}

// TokensOf are a member's live tokens, the newest first.
func (tx *Tx) TokensOf(member kexin.ID) (out []Token, err error) {
	err = tx.Each("SELECT "+tokenList+" FROM api_token WHERE org_id=$1 AND member_id=$2 AND ends_at>$3 ORDER BY id DESC", []any{tx.Org, member, tx.Now}, func(r *db.Rows) error {
		k, err := scanToken(r.Scan)
		out = append(out, k)
		return err
	})
	return out, err
}

// DropToken ends a token of a member, 0 for anybody's. Errors: not_found.
func (tx *Tx) DropToken(id, member kexin.ID) error {
	n, err := tx.Exec("DELETE FROM api_token WHERE org_id=$1 AND id=$2 AND (member_id=$3 OR CAST($3 AS BIGINT)=0)", tx.Org, id, member)
	if err == nil && n == 0 {
		err = &kexin.Error{Op: "store.api_token", Code: kexin.NotFound}
	}
	return err
}
