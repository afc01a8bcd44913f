package store

import (
	"encoding/json"

	"kexin"
	"kexin/internal/db"
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

// Alerts are the newest, open ones first.
func (tx *Tx) Alerts(limit int) (out []Alert, err error) {
	err = each(tx.Tx, "SELECT id,at,code,args,done_at FROM alert WHERE org_id=$1 ORDER BY CASE WHEN done_at=0 THEN 0 ELSE 1 END,id DESC LIMIT $2", []any{tx.Org, limit}, func(r *db.Rows) error {
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

// AlertDone marks one as dealt with; a door frozen with it opens again.
func (tx *Tx) AlertDone(id, by kexin.ID) error {
	var code, args string
	if err := tx.Row("SELECT code,args FROM alert WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&code, &args); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE alert SET done_at=$1,done_by=$2 WHERE org_id=$3 AND id=$4 AND done_at=0", tx.Now, by, tx.Org, id); err != nil {
		return err
	}
	if code != "lookup_frozen" {
		return nil
	}
	m := map[string]string{}
	if err := json.Unmarshal([]byte(args), &m); err != nil {
		return &kexin.Error{Op: "store.alert", Err: err}
	}
	member, err := kexin.ParseID(m["member"])
	if err != nil {
		return err
	}
	_, err = tx.Exec("DELETE FROM frozen WHERE org_id=$1 AND member_id=$2 AND kind='lookup'", tx.Org, member)
	return err
}
