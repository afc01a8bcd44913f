package vault

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

// A keyroom plays the life of one merchant's keys: rows as the database has
// them, and what was written under them.
type keyroom struct {
	t      *rapid.T
	keeper *MasterKeeper
	rows   []OrgKey
	people map[kexin.ID]map[Part]WrappedKey
	cells  map[kexin.ID][]sealedCell
	blinds map[string][]Blind // all that were ever written for a number
	hashes map[string]Blind   // suppression, written once
	secret []byte
}

type sealedCell struct {
	part Part
	addr CellAddr
	text string
	data []byte
}

func (m *keyroom) ring() *Ring {
	r, err := OpenRing(context.Background(), Keepers{m.keeper}, 9, m.rows)
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

// The things that can happen.

func (m *keyroom) newPerson() {
	id := kexin.ID(len(m.people) + 1)
	m.people[id] = map[Part]WrappedKey{}
	for _, part := range []Part{Data, Evidence} {
		w, _, err := NewSubjectKey(m.ring(), id, part, 1)
		if err != nil {
			m.t.Fatal(err)
		}
		m.people[id][part] = w
	}
}

func (m *keyroom) somebody() kexin.ID {
	if len(m.people) == 0 {
		m.newPerson()
	}
	return kexin.ID(rapid.IntRange(1, len(m.people)).Draw(m.t, "person"))
}

func (m *keyroom) write() {
	id, r := m.somebody(), m.ring()
	part := rapid.SampledFrom([]Part{Data, Evidence}).Draw(m.t, "part")
	w, ok := m.people[id][part]
	if !ok {
		return // erased
	}
	k, err := OpenSubjectKey(r, w)
	if err != nil {
		m.t.Fatal(err)
	}
	c := sealedCell{part: part, addr: CellAddr{kexin.Customer, kexin.FieldID(rapid.IntRange(1001, 1004).Draw(m.t, "field")), id}, text: rapid.String().Draw(m.t, "text")}
	c.data = SealCell(k, c.addr, []byte(c.text))
	m.cells[id] = append(m.cells[id], c)
	number := fmt.Sprintf("+86138%08d", id)
	m.blinds[number] = append(m.blinds[number], Indexes(r, kexin.KeyPhone, number)...)
	if _, ok := m.hashes[number]; !ok {
		m.hashes[number] = Suppression(r, kexin.KeyPhone, number)
	}
}

// rotate makes the next version of a use active; the old one stays accepted.
func (m *keyroom) rotate() {
	use := rapid.SampledFrom(Uses[:]).Draw(m.t, "use")
	ver := Version(1)
	for i := range m.rows {
		if m.rows[i].Use == use {
			ver = max(ver, m.rows[i].Ver+1)
			if m.rows[i].State == Active {
				if !Active.May(use, Accept) {
					m.t.Fatal("a rotation is not allowed")
				}
				m.rows[i].State = Accept
			}
		}
	}
	row, err := NewOrgKey(context.Background(), m.keeper, 9, use, ver, Active)
	if err != nil {
		m.t.Fatal(err)
	}
	m.rows = append(m.rows, row)
}

// rewrap moves every person under the active wrap key, then retires the old
// wrap keys and destroys them.
func (m *keyroom) rewrap() {
	r := m.ring()
	for _, parts := range m.people {
		for part, w := range parts {
			next, err := RewrapSubjectKey(r, w)
			if err != nil {
				m.t.Fatal(err)
			}
			parts[part] = next
		}
	}
	for i := range m.rows {
		if m.rows[i].Use == UseWrap && m.rows[i].State == Accept {
			m.rows[i].State = Destroyed
		}
	}
}

// newMaster wraps all keys with another master key and forgets the old one.
func (m *keyroom) newMaster() {
	next := NewMasterKeeper(NewKey())
	for i := range m.rows {
		row, err := m.rows[i].Rewrap(context.Background(), Keepers{m.keeper}, next)
		if err != nil {
			m.t.Fatal(err)
		}
		m.rows[i] = row
	}
	m.keeper = next
}

// erase deletes a person's data key: the row, nothing else.
func (m *keyroom) erase() { delete(m.people[m.somebody()], Data) }

// check: everything written opens, unless its key's row is gone; every index
// and suppression that was written is found.
func (m *keyroom) check() {
	r := m.ring()
	for id, cells := range m.cells {
		for _, c := range cells {
			w, ok := m.people[id][c.part]
			if !ok {
				continue
			}
			k, err := OpenSubjectKey(r, w)
			if err != nil {
				m.t.Fatal(err)
			}
			if got, err := OpenCell(k, c.addr, c.data); err != nil || string(got) != c.text {
				m.t.Fatalf("a cell is lost: %v", err)
			}
		}
	}
	for number, hash := range m.hashes {
		if !slices.Contains(Suppressions(r, kexin.KeyPhone, number), hash) {
			m.t.Fatal("somebody who said stop is forgotten")
		}
		found := slices.ContainsFunc(Indexes(r, kexin.KeyPhone, number), func(b Blind) bool { return slices.Contains(m.blinds[number], b) })
		if !found {
			m.t.Fatal("a number is not found any more")
		}
	}
	if got, err := OpenOrg(r, "smtp", 1, m.secret); err != nil || string(got) != "secret" {
		m.t.Fatal("a secret is lost:", err)
	}
}

// Through any history of rotations, new masters, erasures and writes.
func TestKeyHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &keyroom{t: rt, keeper: NewMasterKeeper(NewKey()), people: map[kexin.ID]map[Part]WrappedKey{}, cells: map[kexin.ID][]sealedCell{}, blinds: map[string][]Blind{}, hashes: map[string]Blind{}}
		var err error
		if m.rows, err = NewOrgKeys(context.Background(), m.keeper, 9); err != nil {
			rt.Fatal(err)
		}
		m.secret = SealOrg(m.ring(), "smtp", 1, []byte("secret"))
		acts := []func(){m.newPerson, m.write, m.write, m.write, m.rotate, m.rewrap, m.newMaster, m.erase}
		for range rapid.IntRange(1, 25).Draw(rt, "acts") {
			rapid.SampledFrom(acts).Draw(rt, "act")()
			m.check()
		}
	})
}

// An erased person cannot be read by anything that is left, not even by the
// master key and every row but his.
func TestErasedIsUnreadable(t *testing.T) {
	r := newRing(t, 1)
	_, gone := newSubject(t, r, 5, Data, 1)
	w2, other := newSubject(t, r, 6, Data, 1)
	evidence, ev := newSubject(t, r, 5, Evidence, 1)
	addr := CellAddr{kexin.Customer, kexin.CustName, 5}
	cell := SealCell(gone, addr, []byte("王阿姨"))
	for what, k := range map[string]*SubjectKey{"another person's key": other, "her evidence key": ev} {
		if _, err := OpenCell(k, addr, cell); err == nil {
			t.Error(what, "opened it")
		}
	}
	for what, w := range map[string]WrappedKey{"another's row": w2, "her evidence row": evidence} {
		w.Subject, w.Part = 5, Data
		if _, err := OpenSubjectKey(r, w); err == nil {
			t.Error(what, "passed for hers")
		}
	}
}

// The cache against the plainest one there can be: a list in order of use.
func TestCacheModel(t *testing.T) {
	type slot struct {
		org   kexin.ID
		until kexin.Instant
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newShelf(t)
		c := NewCache(s.load, func() kexin.Instant { return s.now })
		var model []slot
		loads := map[kexin.ID]int{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				s.now = s.now.Add(cacheTTL / 3)
			case 1:
				c.SetEpoch(c.epoch + 1)
				model = nil
			default:
				org := kexin.ID(rapid.IntRange(1, 8).Draw(rt, "org"))
				if _, err := c.Ring(context.Background(), org); err != nil {
					rt.Fatal(err)
				}
				i := slices.IndexFunc(model, func(x slot) bool { return x.org == org })
				hit := i >= 0 && s.now < model[i].until
				until := s.now.Add(cacheTTL)
				if i >= 0 {
					if hit {
						until = model[i].until
					}
					model = slices.Delete(model, i, i+1)
				}
				model = append(model, slot{org, until})
				if !hit {
					loads[org]++
				}
				if s.loads[org] != loads[org] {
					rt.Fatalf("org %d was loaded %d times, want %d", org, s.loads[org], loads[org])
				}
			}
		}
	})
}
