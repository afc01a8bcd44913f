package gate

import (
	"strconv"

	"kexin"
)

// A State is everything a decision looks at beside the record itself: an
// immutable snapshot by version, checked against the version row in each
// transaction.
type State struct {
	Org     kexin.ID
	Version int64
	Schema  *kexin.Schema
	Matrix  *Matrix
	Tree    *Tree
	plans   map[planKey]*plan
}

type planKey struct {
	post   kexin.Position
	object kexin.Object
	all    bool // every field, for one record; else the list's fields
}

// A plan is what one position sees of one object's fields.
type plan struct {
	rules   []rule
	reasons []kexin.Reason
}

// A rule is one field's levels and reasons. flag is what counts instead where
// the text was found to hold contact data (remarks are searched on entry).
type rule struct {
	field      *kexin.Field
	own, other level
	flagOwn    level
	flagOther  level
}

type level struct {
	at     kexin.Level
	reason int
}

// NewState compiles the snapshot: for each position and object it is worked
// out once what is seen of each field and why.
func NewState(org kexin.ID, version int64, schema *kexin.Schema, m *Matrix, t *Tree) *State {
	s := &State{Org: org, Version: version, Schema: schema, Matrix: m, Tree: t, plans: map[planKey]*plan{}}
	for pos, post := range m.Posts {
		for _, o := range schema.Objects() {
			var list []*kexin.Field
			for _, f := range o.Fields {
				if f.List {
					list = append(list, f)
				}
			}
			s.plans[planKey{pos, o.Object, false}] = s.compile(pos, post, list)
			s.plans[planKey{pos, o.Object, true}] = s.compile(pos, post, o.Fields)
		}
	}
	return s
}

func (s *State) compile(pos kexin.Position, post *Post, fields []*kexin.Field) *plan {
	p := &plan{}
	for _, f := range fields {
		r := post.right(f, f.Class)
		c := rule{field: f, own: p.level(s, pos, f, f.Class, r.Own, post, true), other: p.level(s, pos, f, f.Class, r.Other, post, false)}
		c.flagOwn, c.flagOther = c.own, c.other
		if Searched(f) {
			g := post.right(f, kexin.Reach)
			c.flagOwn = lower(c.own, p.level(s, pos, f, kexin.Reach, g.Own, post, true))
			c.flagOther = lower(c.other, p.level(s, pos, f, kexin.Reach, g.Other, post, false))
		}
		p.rules = append(p.rules, c)
	}
	return p
}

// Searched reports whether a field is free text that is searched on entry for
// phones, ID numbers and door codes; what holds one counts as contact data.
func Searched(f *kexin.Field) bool {
	return f.Kind == kexin.KindText && f.Sealed && f.Class == kexin.Service
}

func lower(a, b level) level {
	if b.at < a.at {
		return b
	}
	return a
}

// right is the matrix cell; a position that may know no person sees nothing of
// a sealed field whatever its class.
func (p *Post) right(f *kexin.Field, c kexin.Class) Right {
	if p.NoPerson && (f.Sealed || f.ID == kexin.CustSalut) {
		return Right{no, no}
	}
	r := p.Rights[c]
	if c == kexin.Basic && !f.Sealed && r.Other == ma {
		return Right{cl, cl} // masking basic data means masking names
	}
	return r
}

// level finds or adds the reason of a level that is not clear.
func (p *plan) level(s *State, pos kexin.Position, f *kexin.Field, c kexin.Class, l kexin.Level, post *Post, own bool) level {
	if l == cl {
		return level{at: cl}
	}
	why := kexin.Reason{Code: reasonCode(l, c, own, c != f.Class), Rule: ruleName(pos, c, s.Matrix.Version)}
	if why.Code == "position" || why.Code == "exists_only" || why.Code == "masked_class" {
		why.Args = map[string]string{"class": c.String()}
	}
	why.CanAsk = l == ma && post.Acts[kexin.ActReveal] && c == kexin.Reach
	for i := range p.reasons {
		if p.reasons[i].Code == why.Code && p.reasons[i].Rule == why.Rule && p.reasons[i].CanAsk == why.CanAsk {
			return level{l, i + 1}
		}
	}
	p.reasons = append(p.reasons, why)
	return level{l, len(p.reasons)}
}

// reasonCode is the catalogue key "reason.<code>".
func reasonCode(l kexin.Level, c kexin.Class, own, flagged bool) string {
	switch {
	case flagged:
		return "text_has_contact"
	case l == no:
		return "position"
	case l == is:
		return "exists_only"
	case c == kexin.Reach && own:
		return "own_contact"
	case c == kexin.Reach:
		return "others_contact"
	}
	return "masked_class"
}

func ruleName(pos kexin.Position, c kexin.Class, version int64) string {
	return "matrix:" + string(pos) + "/" + c.String() + "@" + strconv.FormatInt(version, 10)
}

// plan gives the compiled plan for the wanted fields; nil or none = default.
func (s *State) plan(pos kexin.Position, o kexin.Object, all bool, want []kexin.FieldID) (*plan, error) {
	if len(want) == 0 {
		return s.plans[planKey{pos, o, all}], nil
	}
	if of := s.Schema.Object(o); of == nil || len(want) > len(of.Fields) {
		return nil, invalid("gate.fields", "error.no_field", "")
	}
	fields := make([]*kexin.Field, 0, len(want))
	for _, id := range want {
		f := s.Schema.Field(id)
		if f == nil || f.Object != o {
			return nil, invalid("gate.fields", "error.no_field", "")
		}
		fields = append(fields, f)
	}
	return s.compile(pos, s.Matrix.Posts[pos], fields), nil
}

// Levels tells what a position sees of a field on own and on others' records,
// for forms and the schema answer.
func (s *State) Levels(pos kexin.Position, f *kexin.Field) (own, other kexin.Level) {
	post := s.Matrix.Posts[pos]
	if post == nil {
		return no, no
	}
	r := post.right(f, f.Class)
	return r.Own, r.Other
}
