package store

import (
	"kexin"
	"kexin/ledger"
)

// notePlace remembers who was put where.
func (c *deepCheck) notePlace(f ledger.Facts) {
	switch x := f.(type) {
	case *ledger.DeptChanged:
		c.places[x.Dept] = x
	case *ledger.MemberPosition:
		c.places[x.Member] = x
	case *ledger.MemberDisabled:
		c.places[x.Member], c.left[x.Member] = x, true
	case *ledger.AllianceMember:
		if was, ok := c.places[x.Member].(*ledger.AllianceMember); !ok || was.Said <= x.Said {
			c.places[x.Member] = x
		}
	}
}

// letterWay is how long a change of a membership may be on its way to the
// alliance's log, in ms.
const letterWay = 10 * 60_000

// memberships compares the rows of an alliance with what its own log said last
// of each member: an older row that was put back has a code of its own.
func (c *deepCheck) memberships() error {
	al, all, err := c.tx.AllianceOf(c.tx.Org)
	if kexin.CodeOf(err) == kexin.NotFound {
		return nil // a merchant's log
	}
	if err != nil {
		return err
	}
	now := map[kexin.ID]MemberState{}
	for _, m := range all {
		c.checked++
		if now[m.Org] = m.State; c.tx.Now-m.Changed < letterWay {
			delete(c.places, m.Org)
		}
	}
	for id, f := range c.places {
		x, ok := f.(*ledger.AllianceMember)
		if !ok {
			continue
		}
		want := MemberState(x.Change)
		switch x.Change {
		case "founded":
			want = Verified
		case "left":
			want = ""
		case "renamed":
			want = Joined
		}
		if now[id] != want && (id != al.Founder || x.Change == "founded") {
			c.fault("row_old", "table", "membership", "row", id.String())
		}
	}
	return nil
}

// rights checks the codes of the rows that give rights, and whether
// departments and members stand where the log put them last: an older row that
// was put back has a code of its own.
func (c *deepCheck) rights() error {
	bad := map[Forged]bool{}
	err := c.tx.rights(func(f *Forged) {
		if f == nil {
			c.checked++
			return
		}
		bad[*f] = true
		c.fault("row", "table", f.Table, "row", f.ID.String())
	})
	if err != nil {
		return err
	}
	old := func(table string, id kexin.ID) {
		if !bad[Forged{table, id}] {
			c.fault("row_old", "table", table, "row", id.String())
		}
	}
	depts, err := c.tx.Depts()
	if err != nil {
		return err
	}
	for _, d := range depts {
		if x, ok := c.places[d.ID].(*ledger.DeptChanged); ok && (x.Change == "closed" || x.Parent != d.Parent) {
			old("dept", d.ID)
		}
	}
	members, err := c.tx.Members()
	if err != nil {
		return err
	}
	for _, m := range members {
		switch x := c.places[m.ID].(type) {
		case *ledger.MemberDisabled:
			if m.Active {
				old("member", m.ID)
			}
		case *ledger.MemberPosition:
			if !m.Active || m.Position != x.To || m.Dept != x.Dept {
				old("member", m.ID)
			}
		}
	}
	return nil
}
