package store

import (
	"encoding/json"
	"slices"
	"strings"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/share"
)

// An Alert is something the protection officer should look at. Args hold ids
// and counts, never values.
type Alert struct {
	ID   kexin.ID
	At   kexin.Instant
	Code string
	Args map[string]string
	Done kexin.Instant
}

// Alert writes one.
func (tx *Tx) Alert(code string, args map[string]string) error {
	b, err := json.Marshal(args)
	if err != nil {
		return &kexin.Error{Op: "store.alert", Err: err}
	}
	_, err = tx.Exec("INSERT INTO alert(org_id,id,at,code,args,done_at,done_by) VALUES($1,$2,$3,$4,$5,0,0)", tx.Org, tx.NewID(), tx.Now, code, string(b))
	return err
}

// Alerted reports whether the same about the same is open.
func (tx *Tx) Alerted(code string, args map[string]string) (bool, error) {
	b, err := json.Marshal(args)
	if err != nil {
		return false, &kexin.Error{Op: "store.alert", Err: err}
	}
	var n int64
	err = tx.Row("SELECT COUNT(*) FROM alert WHERE org_id=$1 AND code=$2 AND args=$3 AND done_at=0", tx.Org, code, string(b)).Scan(&n)
	return n > 0, err
}

// AlertOnce writes one unless the same about the same is open.
func (tx *Tx) AlertOnce(code string, args map[string]string) error {
	if open, err := tx.Alerted(code, args); err != nil || open {
		return err
	}
	return tx.Alert(code, args)
}

// Alerts are the newest, open ones first.
func (tx *Tx) Alerts(limit int) (out []Alert, err error) {
	err = tx.Each("SELECT id,at,code,args,done_at FROM alert WHERE org_id=$1 ORDER BY CASE WHEN done_at=0 THEN 0 ELSE 1 END,id DESC LIMIT $2", []any{tx.Org, limit}, func(r *db.Rows) error {
		var a Alert
		var args string
		if err := r.Scan(&a.ID, &a.At, &a.Code, &args, &a.Done); err != nil {
			return err
		}
		out = append(out, a)
		return json.Unmarshal([]byte(args), &out[len(out)-1].Args)
	})
	return out, err
}

// AlertByID is one alert. Errors: not_found.
func (tx *Tx) AlertByID(id kexin.ID) (Alert, error) {
	a := Alert{ID: id}
	var args string
	if err := tx.Row("SELECT at,code,args,done_at FROM alert WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&a.At, &a.Code, &args, &a.Done); err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(args), &a.Args); err != nil {
		return a, &kexin.Error{Op: "store.alert", Err: err}
	}
	return a, nil
}

// Opens reports whether something that is shut opens when the alert is closed:
// a frozen door, a number that the officer asked her about, a shop that has
// answered a withdrawal at last.
func (a Alert) Opens() bool {
	return slices.Contains([]string{alertFrozen, AlertDisputed, AlertSilent, AlertUndelivered}, a.Code)
}

// AlertDone marks an open one as dealt with, and opens what it had shut.
// Errors: conflict while the shop of a withdrawal has not answered.
func (tx *Tx) AlertDone(a Alert, by kexin.ID) error {
	if err := tx.mayClose(a); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE alert SET done_at=$1,done_by=$2 WHERE org_id=$3 AND id=$4 AND done_at=0", tx.Now, by, tx.Org, a.ID); err != nil {
		return err
	}
	switch a.Code {
	case AlertDisputed:
		return tx.settled(a.Args, by)
	case alertFrozen:
		member, err := kexin.ParseID(a.Args["member"])
		if err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM frozen WHERE org_id=$1 AND member_id=$2 AND kind='lookup'", tx.Org, member)
		return err
	}
	return nil
}

// OpenAlerts is how many nobody has dealt with.
func (tx *Tx) OpenAlerts() (int, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM alert WHERE org_id=$1 AND done_at=0", tx.Org).Scan(&n)
	return int(n), err
}

// The alerts that shut something while they are open.
const (
	AlertSilent      = "withdrawal_overdue"     // a shop does not answer a withdrawal: args peer, referral
	AlertUndelivered = "withdrawal_undelivered" // it has not got it yet: args peer, referral
	AlertDisputed    = "number_disputed"        // args subject; with: who else was suspended, their ids with spaces
	alertFrozen      = "lookup_frozen"          // args member
)

func (tx *Tx) mayClose(a Alert) error {
	if a.Code != AlertSilent && a.Code != AlertUndelivered {
		return nil
	}
	id, err := kexin.ParseID(a.Args["referral"])
	if err != nil {
		return &kexin.Error{Op: "store.alert", Err: err}
	}
	r, err := tx.Referral(id)
	if err == nil && r.State == share.Revoking {
		err = &kexin.Error{Op: "store.alert", Code: kexin.Conflict, Key: "error.pair_waits"}
	}
	return absent(err)
}

// settled ends a dispute for everybody whom it suspended: the officer asked. What
// was suspended stays without effect; she may say it anew. What she sent is
// doubted no longer.
func (tx *Tx) settled(args map[string]string, by kexin.ID) error {
	m, err := tx.Member(by)
	if err != nil {
		return err
	}
	who := ledger.Actor{Kind: ledger.ByStaff, Ref: by, Position: m.Position}
	for _, text := range append(strings.Fields(args["with"]), args["subject"]) {
		id, err := kexin.ParseID(text)
		if err != nil {
			return &kexin.Error{Op: "store.alert", Err: err}
		}
		row, _, err := tx.marked(id)
		if err != nil {
			return err
		}
		if row.State == consent.Suspended {
			if err := tx.mark(id, consent.Expired, 0, who, ""); err != nil {
				return err
			}
		}
		if err := tx.failDispute(id, consent.Officer, who); err != nil {
			return err
		}
		list, err := tx.ReferralsOf(id)
		if err != nil {
			return err
		}
		for _, r := range list {
			if r.Doubt != DoubtNotMe {
				continue
			}
			r.Doubt = ""
			if err := tx.SaveReferral(r.State, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// Records are the customers that an alert is about: by the persons or by the
// referral that it names.
func (tx *Tx) Records(a Alert) (out []kexin.ID, err error) {
	for _, text := range append(strings.Fields(a.Args["subject"]), strings.Fields(a.Args["with"])...) {
		subject, err := kexin.ParseID(text)
		if err != nil {
			return nil, &kexin.Error{Op: "store.alert", Err: err}
		}
		ids, err := tx.idList("SELECT id FROM customer WHERE org_id=$1 AND subject_id=$2 AND state<=1 ORDER BY id", tx.Org, subject)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	id, err := kexin.ParseID(a.Args["referral"])
	if err != nil {
		return out, nil // it is about none
	}
	r, err := tx.Referral(id)
	if err == nil && r.Customer != 0 {
		out = append(out, r.Customer)
	}
	if Damaged(err) {
		err = nil
	}
	return out, absent(err)
}

// Silent are the merchants who have not answered a withdrawal for fifteen days,
// or not got it: while the alert is open nobody is recommended to them (WDR-05).
func (tx *Tx) Silent() (map[kexin.ID]bool, error) {
	out := map[kexin.ID]bool{}
	err := tx.Each("SELECT args FROM alert WHERE org_id=$1 AND code IN ($2,$3) AND done_at=0", []any{tx.Org, AlertSilent, AlertUndelivered}, func(r *db.Rows) error {
		var args string
		if err := r.Scan(&args); err != nil {
			return err
		}
		m := map[string]string{}
		if err := json.Unmarshal([]byte(args), &m); err != nil {
			return &kexin.Error{Op: "store.alert", Err: err}
		}
		peer, err := kexin.ParseID(m["peer"])
		out[peer] = true
		return err
	})
	return out, err
}
