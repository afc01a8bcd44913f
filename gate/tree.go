package gate

import (
	"slices"

	"kexin"
)

// A Tree is who belongs where in one merchant: departments 部门 and staff.
// It is immutable; a change makes a new one.
type Tree struct {
	parent  map[kexin.ID]kexin.ID
	dept    map[kexin.ID]kexin.ID       // member → department, 0 = none
	inDept  map[kexin.ID][]kexin.ID     // department → members, sorted
	below   map[kexin.ID][]kexin.ID     // department → members of it and below, sorted
	posts   map[kexin.ID]kexin.Position // of those at work
	members []kexin.ID
}

// A Dept is one department; Parent 0 is the root.
type Dept struct{ ID, Parent kexin.ID }

// A Seat is one member of staff in a department; 0 = in none. Who is not at
// work has no Post.
type Seat struct {
	Member, Dept kexin.ID
	Post         kexin.Position
}

// NewTree builds it. A department whose chain of parents does not end, or ends
// in an unknown one, counts as a root: nobody above sees it by mistake.
func NewTree(depts []Dept, seats []Seat) *Tree {
	t := &Tree{parent: map[kexin.ID]kexin.ID{}, dept: map[kexin.ID]kexin.ID{}, inDept: map[kexin.ID][]kexin.ID{}, below: map[kexin.ID][]kexin.ID{}, posts: map[kexin.ID]kexin.Position{}}
	for _, d := range depts {
		t.parent[d.ID] = d.Parent
	}
	for _, s := range seats {
		t.members = append(t.members, s.Member)
		t.dept[s.Member], t.posts[s.Member] = s.Dept, s.Post
		if s.Dept == 0 {
			continue
		}
		t.inDept[s.Dept] = append(t.inDept[s.Dept], s.Member)
		for _, d := range t.chain(s.Dept) {
			t.below[d] = append(t.below[d], s.Member)
		}
	}
	slices.Sort(t.members)
	for _, m := range []map[kexin.ID][]kexin.ID{t.inDept, t.below} {
		for _, l := range m {
			slices.Sort(l)
		}
	}
	return t
}

// chain is d and every department above it; a loop ends it.
func (t *Tree) chain(d kexin.ID) []kexin.ID {
	var out []kexin.ID
	for d != 0 && !slices.Contains(out, d) {
		if _, known := t.parent[d]; !known {
			break
		}
		out = append(out, d)
		d = t.parent[d]
	}
	return out
}

// Loops reports whether making parent the parent of d would close a circle.
func (t *Tree) Loops(d, parent kexin.ID) bool {
	return slices.Contains(t.chain(parent), d)
}

// A Scope is the set of owners whose records an actor may reach.
type Scope struct {
	Every  bool       // every record of the merchant
	Owners []kexin.ID // sorted; used when Every is false
}

// Has reports whether the owner's records are inside.
func (s Scope) Has(owner kexin.ID) bool {
	if s.Every {
		return true
	}
	_, ok := slices.BinarySearch(s.Owners, owner)
	return ok
}

// scope is the owner set of a scene for one actor. A person without a
// department has a department of one.
func (t *Tree) scope(a kexin.Actor, s kexin.Scene) Scope {
	d := t.dept[a.User]
	switch {
	case s == kexin.All:
		return Scope{Every: true}
	case s == kexin.Dept && d != 0:
		return Scope{Owners: with(t.inDept[d], a.User)}
	case s == kexin.Subtree && d != 0:
		return Scope{Owners: with(t.below[d], a.User)}
	}
	return Scope{Owners: []kexin.ID{a.User}}
}

// with is the sorted list with id in it.
func with(l []kexin.ID, id kexin.ID) []kexin.ID {
	i, found := slices.BinarySearch(l, id)
	if found {
		return l
	}
	return slices.Insert(slices.Clone(l), i, id)
}
