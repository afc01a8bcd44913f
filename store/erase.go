package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/kind"
	"kexin/ledger"
)

// Lock takes everything about a person out of the sight of staff, but for the
// protection officer: a withdrawal, in its own transaction (WDR-01, RET-03).
// Tasks about her end, and what is queued to her is cancelled.
func (tx *Tx) Lock(s *Subject, by ledger.Actor) error {
	for _, o := range tx.s.schema.Objects() {
		to := gate.Restricted
		if o.Object == kexin.Task {
			to = gate.Gone
		}
		if _, err := tx.Exec("UPDATE "+tables[o.Object]+" SET state="+strconv.FormatInt(to, 10)+",rev=rev+1 WHERE org_id=$1 AND subject_id=$2 AND state="+strconv.FormatInt(gate.Active, 10), tx.Org, s.ID); err != nil {
			return err
		}
	}
	_, err := tx.CancelSending(s, by)
	return err
}

// backupDays is how long physical copies of the database may hold what was
// erased (security.md A3).
const backupDays = 30

// Erase destroys a person's data key and everything she could be found by
// 删除, in one transaction. Her evidence stays under its own key. Doing it again
// is nothing.
func (tx *Tx) Erase(subject kexin.ID, why ledger.Why) error {
	s, err := tx.subjectOf(subject)
	if err != nil {
		return absent(err)
	}
	if s.data == nil {
		return nil
	}
	if _, err := tx.CancelSending(s, ledger.Actor{Kind: ledger.BySystem}); err != nil {
		return err
	}
	if err := tx.bury(s, tx.Now); err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM subject_key WHERE org_id=$1 AND part=1 AND subject_id=$2",
		"DELETE FROM touched WHERE org_id=$1 AND subject_id=$2",
		"UPDATE sending SET to_c=NULL,text_c=NULL WHERE org_id=$1 AND subject_id=$2",
		"UPDATE referral SET given_c=NULL,words_c=NULL,browser=NULL WHERE org_id=$1 AND subject_id=$2",
	} {
		if _, err := tx.Exec(q, tx.Org, s.ID); err != nil {
			return err
		}
	}
	if err := tx.eraseRecords(s.ID); err != nil {
		return err
	}
	tx.AfterCommit(func() { tx.s.residue.Store(true) })
	horizon := kexin.DayOf(tx.Now.Time().In(tx.Zone).AddDate(0, 0, backupDays))
	return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.BySystem}, Subject: s, Facts: &ledger.SubjectErased{Horizon: horizon, Why: why}})
}

// Scrub takes out of the file and its write-ahead log what erased persons left
// there (security.md A3). Readers in the way make it an unavailable error: what
// is left is taken next time.
func (s *Store) Scrub(ctx context.Context) error {
	if !s.residue.Swap(false) {
		return nil
	}
	err := s.db.Checkpoint(ctx)
	if err != nil {
		s.residue.Store(true)
	}
	return err
}

// bury writes down that a person was erased at that time.
func (tx *Tx) bury(s *Subject, at kexin.Instant) error {
	salt := make([]byte, 16)
	rand.Read(salt)
	sum := sha256.Sum256(append(salt, s.Tag[:]...))
	_, err := tx.Exec("INSERT INTO tombstone(org_id,subject_id,at,tag) VALUES($1,$2,$3,$4) ON CONFLICT(org_id,subject_id) DO NOTHING", tx.Org, s.ID, at, append(salt, sum[:16]...))
	return err
}

// eraseRecords empties her records and drops what they could be found by.
func (tx *Tx) eraseRecords(subject kexin.ID) error {
	if err := tx.unfind("subject_id=$2", tx.Org, subject); err != nil {
		return err
	}
	for _, o := range tx.s.schema.Objects() {
		if _, err := tx.Exec("UPDATE "+tables[o.Object]+" SET "+emptied(o)+" WHERE org_id=$1 AND subject_id=$2", tx.Org, subject); err != nil {
			return err
		}
	}
	return nil
}

// unfind drops what records of some persons could be found by. Each table is
// gone through once, so that nothing is left whatever was made of their values.
func (tx *Tx) unfind(persons string, args ...any) error {
	var of []string
	for _, o := range tx.s.schema.Objects() {
		of = append(of, "SELECT id FROM "+tables[o.Object]+" WHERE org_id=$1 AND "+persons)
	}
	ids := " WHERE org_id=$1 AND record_id IN (" + strings.Join(of, " UNION ALL ") + ")"
	for _, q := range []string{"DELETE FROM record_key", "DELETE FROM name_token", "UPDATE import_row SET cells_c=NULL"} {
		if _, err := tx.Exec(q+ids, args...); err != nil {
			return err
		}
	}
	return nil
}

// emptied sets every field but references, days, moments and amounts to
// nothing and takes the record out of every scope.
func emptied(o *kexin.ObjectDef) string {
	set := "state=" + strconv.FormatInt(gate.Gone, 10)
	for _, f := range fieldCols(o) {
		switch {
		case f.Sealed:
			set += "," + column(f) + "=NULL"
		case shapeOf(f) != asNumber && f.Kind != kexin.KindDay:
			set += "," + column(f) + "=''"
		}
	}
	return set
}

// Erased reports whether a person's data key is gone.
func (tx *Tx) Erased(subject kexin.ID) (bool, error) {
	s, err := tx.subjectOf(subject)
	if kexin.CodeOf(err) == kexin.NotFound {
		return true, nil
	}
	return err == nil && s.data == nil, err
}

// Locked reports whether nobody of the staff but the protection officer sees a
// person's record any more.
func (tx *Tx) Locked(subject kexin.ID) (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM customer WHERE org_id=$1 AND subject_id=$2 AND state="+strconv.FormatInt(gate.Restricted, 10), tx.Org, subject).Scan(&n)
	return n > 0, err
}

// Ordered reports whether the person has an order here: then the order carries
// what it needs, and the rest goes.
func (tx *Tx) Ordered(subject kexin.ID) (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM sale_order WHERE org_id=$1 AND subject_id=$2 AND state<="+strconv.FormatInt(gate.Restricted, 10)+" AND status<>'cancelled'", tx.Org, subject).Scan(&n)
	return n > 0, err
}

// MoreThanEnquiry reports whether something else hangs on a person's record than
// the enquiry that she sent: a deal, or another way in which she came.
func (tx *Tx) MoreThanEnquiry(subject kexin.ID) (bool, error) {
	var n int64
	err := tx.Row(`SELECT (SELECT COUNT(*) FROM deal WHERE org_id=$1 AND subject_id=$2 AND state<=1)
 + (SELECT COUNT(*) FROM origin o JOIN customer c ON c.org_id=o.org_id AND c.id=o.customer_id WHERE o.org_id=$1 AND c.subject_id=$2 AND o.way<>'referral')`, tx.Org, subject).Scan(&n)
	return n > 0, err
}

// A Held is what a merchant holds of a person, for her own page.
type Held struct {
	Record  kexin.ID
	State   int64
	Made    kexin.Instant
	Fields  []HeldField
	Orders  int64
	Visits  int64
	Origins []Origin
	Seen    []Seen
}

// A HeldField is one field that is filled, with its value.
type HeldField struct {
	Field *kexin.Field
	Value kexin.Value
}

// HeldOf reads what there is of a person, opened for the person alone: the
// leave must name every sealed field (gate.SubjectCopy). Errors: not_found
// where nothing is left.
func (tx *Tx) HeldOf(sys gate.System, subject kexin.ID) (h Held, err error) {
	o := tx.s.schema.Object(kexin.Customer)
	for _, f := range fieldCols(o) {
		if f.Sealed && (sys.Job() != gate.SubjectCopy || !sys.Allows(f.ID)) {
			return h, &kexin.Error{Op: "store.held", Code: kexin.Internal, Key: "error.permit"}
		}
	}
	if err := tx.Row("SELECT id,made_at FROM customer WHERE org_id=$1 AND subject_id=$2 AND state<=1 ORDER BY id LIMIT 1", tx.Org, subject).Scan(&h.Record, &h.Made); err != nil {
		return h, err
	}
	r, err := tx.stored(o, h.Record)
	if err != nil {
		return h, err
	}
	h.State = r.state
	for _, f := range o.Fields {
		if v := r.vals[f.ID]; !v.Empty() && !f.Computed && f.Kind != kexin.KindRef && f.Class != kexin.Service {
			h.Fields = append(h.Fields, HeldField{f, v})
		}
	}
	if err := tx.Row("SELECT COUNT(*) FROM sale_order WHERE org_id=$1 AND subject_id=$2 AND state<=1", tx.Org, subject).Scan(&h.Orders); err != nil {
		return h, err
	}
	if err := tx.Row("SELECT COUNT(*) FROM visit WHERE org_id=$1 AND subject_id=$2 AND state<=1", tx.Org, subject).Scan(&h.Visits); err != nil {
		return h, err
	}
	err = tx.Each("SELECT kind,day,way FROM origin WHERE org_id=$1 AND customer_id=$2 ORDER BY day,kind", []any{tx.Org, h.Record}, func(r *db.Rows) error {
		var g Origin
		var day string
		err := r.Scan(&g.Kind, &day, &g.Way)
		g.Day = kexin.Day(day)
		h.Origins = append(h.Origins, g)
		return err
	})
	if err != nil {
		return h, err
	}
	h.Seen, err = tx.seenOf(r.subject)
	return h, err
}

// onFile is the number or the e-mail address that the merchant has on file of
// a person, to write to herself (gate.SubjectCopy). Errors: not_found.
func (tx *Tx) onFile(sys gate.System, subject kexin.ID, field kexin.FieldID) (string, error) {
	if sys.Job() != gate.SubjectCopy || !sys.Allows(field) {
		return "", &kexin.Error{Op: "store.on_file", Code: kexin.Internal, Key: "error.permit"}
	}
	f := tx.s.schema.Field(field)
	var id kexin.ID
	var ct []byte
	if err := tx.Row("SELECT id,"+column(f)+" FROM customer WHERE org_id=$1 AND subject_id=$2 AND state<=1 AND "+column(f)+" IS NOT NULL ORDER BY id LIMIT 1", tx.Org, subject).Scan(&id, &ct); err != nil {
		return "", err
	}
	s, err := tx.subjectOf(subject)
	if err != nil {
		return "", err
	}
	r := stored{id: id, subject: s}
	v, err := r.unseal(f, ct)
	if err != nil || v.Empty() {
		return "", err
	}
	return v.Strings()[0], nil
}

// minorUnder is the age from which a person answers for himself (SEN-04).
const minorUnder = 14

// Minor reports whether the birthday on file is that of a child under fourteen.
func (tx *Tx) Minor(sys gate.System, subject kexin.ID) (bool, error) {
	born, err := tx.onFile(sys, subject, kexin.CustBirthday)
	if err != nil || born == "" {
		return false, absent(err)
	}
	t, err := time.Parse(time.DateOnly, born)
	return err == nil && tx.Today() < kexin.DayOf(t.AddDate(minorUnder, 0, 0)), nil
}

// AddressesOf are the telephone number and the e-mail address that the merchant
// has on file of a person, or that she typed, the telephone first; none where
// there is nothing. A code goes to one of them.
func (tx *Tx) AddressesOf(sys gate.System, subject kexin.ID) ([]kexin.Key, error) {
	typed, err := tx.GivenOf(sys, subject)
	if err := absent(err); err != nil {
		return nil, err
	}
	phone, err := tx.onFile(sys, subject, kexin.CustPhone)
	if err := absent(err); err != nil {
		return nil, err
	}
	email, err := tx.onFile(sys, subject, kexin.CustEmail)
	return addresses(cmp.Or(phone, typed.Phone), cmp.Or(email, typed.Email)), absent(err)
}

// addresses are a number and an address in their canonical form.
func addresses(phone, email string) (out []kexin.Key) {
	for _, a := range []kexin.Key{{Kind: kexin.KeyPhone, Canon: phone, Field: kexin.CustPhone}, {Kind: kexin.KeyEmail, Canon: email, Field: kexin.CustEmail}} {
		if canon, err := kind.Canon(a.Kind, a.Canon); err == nil {
			a.Canon = canon
			out = append(out, a)
		}
	}
	return out
}

// Showed writes that her own data was shown to her.
func (tx *Tx) Showed(subject kexin.ID, what ledger.Why, fields []kexin.FieldID) error {
	s, err := tx.subjectOf(subject)
	if err != nil {
		return absent(err)
	}
	return tx.Log(Event{Actor: ledger.Actor{Kind: ledger.ByCustomer}, Subject: s, Facts: &ledger.PageShown{What: what, Fields: fields}})
}

// Subject opens a person's keys for the length of the transaction, for Lock.
func (tx *Tx) Subject(id kexin.ID) (*Subject, error) { return tx.subjectOf(id) }
