package store

import (
	"kexin"
	"kexin/internal/db"
	"kexin/vault"
)

// A Dept is one department 部门; Parent 0 is the root. The row carries a code:
// where a department stands decides who sees whose customers.
type Dept struct {
	ID, Parent kexin.ID
	Name       string
}

func (d Dept) row(org kexin.ID) *vault.Row {
	return vault.NewRow("dept").ID(org).ID(d.ID).ID(d.Parent).Text(d.Name)
}

// Depts are all departments by name: for pages, not what a decision rests on.
func (tx *Tx) Depts() (out []Dept, err error) {
	err = tx.Each("SELECT id,parent_id,name FROM dept WHERE org_id=$1 ORDER BY name,id", []any{tx.Org}, func(r *db.Rows) error {
		var d Dept
		defer func() { out = append(out, d) }()
		return r.Scan(&d.ID, &d.Parent, &d.Name)
	})
	return out, err
}

// Dept reads one and checks its code. Errors: not_found, Forged.
func (tx *Tx) Dept(id kexin.ID) (d Dept, err error) {
	var code []byte
	if err := tx.Row("SELECT id,parent_id,name,mac FROM dept WHERE org_id=$1 AND id=$2", tx.Org, id).Scan(&d.ID, &d.Parent, &d.Name, &code); err != nil {
		return d, err
	}
	return d, tx.genuine(d.row(tx.Org), code, "dept", id)
}

// AddDept writes a new one. It belongs together with Changed.
func (tx *Tx) AddDept(d Dept) (kexin.ID, error) {
	d.ID = tx.NewID()
	_, err := tx.Exec("INSERT INTO dept(org_id,id,parent_id,name,mac) VALUES($1,$2,$3,$4,$5)", tx.Org, d.ID, d.Parent, d.Name, tx.code(d.row(tx.Org)))
	return d.ID, err
}

// SaveDept renames or moves one: name and parent are the caller's, so that a
// forged row is mended by it. It belongs together with Changed.
func (tx *Tx) SaveDept(d Dept) error {
	_, err := tx.Exec("UPDATE dept SET parent_id=$3,name=$4,mac=$5 WHERE org_id=$1 AND id=$2", tx.Org, d.ID, d.Parent, d.Name, tx.code(d.row(tx.Org)))
	return err
}

// DropDept closes an empty one: no department below, nobody in it, nobody
// invited to it. Errors: conflict.
func (tx *Tx) DropDept(id kexin.ID) error {
	n, err := tx.Exec(`DELETE FROM dept WHERE org_id=$1 AND id=$2 AND NOT EXISTS (SELECT 1 FROM dept c WHERE c.org_id=$1 AND c.parent_id=$2)
 AND NOT EXISTS (SELECT 1 FROM member m WHERE m.org_id=$1 AND m.dept_id=$2)`, tx.Org, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return &kexin.Error{Op: "store.dept", Code: kexin.Conflict, Key: "error.dept_full"}
	}
	return nil
}
