package intake

import (
	"kexin"
)

// Map proposes what each column of a list of o is, by its header, else by its
// content. It never proposes a mapping that CheckMap refuses column by column.
func Map(g Guess, s *kexin.Schema, o kexin.Object) []Target {
	m := mapper{g: g, s: s, list: o, places: placesIn(o), taken: map[kexin.FieldID]bool{}, seen: map[concept]bool{}}
	out := make([]Target, len(g.Columns))
	for i, c := range g.Columns {
		m.seen[conceptIn(o, c.Name)] = true
		out[i] = Target{Column: c.Index}
	}
	for _, pass := range []func(Column) Target{m.byHeader, m.byContent} {
		for i, c := range g.Columns {
			if out[i].Role == "" || out[i].Why == SkipUnknown {
				out[i] = m.settle(c, pass(c))
			}
		}
	}
	return out
}

type mapper struct {
	g      Guess
	s      *kexin.Schema
	list   kexin.Object
	places map[concept]Target
	taken  map[kexin.FieldID]bool
	seen   map[concept]bool
	whole  bool // a column with whole addresses is there already
}

// byHeader looks the header up; unknown ones may be custom fields by name.
func (m *mapper) byHeader(c Column) Target {
	if unread(m.g, m.s, m.list, c) {
		return Target{Role: RoleSkip, Why: SkipSensitive}
	}
	is := conceptIn(m.list, c.Name)
	if is == cSalut && !m.seen[cName] && !m.seen[cHolder] {
		is = cName // 称呼 is often all there is: 王女士
	}
	t, ok := m.places[is]
	if !ok {
		return m.custom(c)
	}
	if t.Why == "" {
		t.Why = ByHeader
	}
	return t
}

// custom finds a field of the merchant's own by its name.
func (m *mapper) custom(c Column) Target {
	name := plain(c.Name)
	if def := m.s.Object(m.list); def != nil && name != "" {
		for _, f := range def.Fields {
			if plain(f.Name) == name && fits(RoleField, f, m.list) {
				return Target{Role: RoleField, Field: f.ID, Why: ByHeader}
			}
		}
	}
	return Target{Role: RoleSkip, Why: SkipUnknown}
}

// contents are what a column with an unknown header may be by what is in it,
// the surest first.
var contents = []struct {
	like  func(string) bool
	least float64
	is    concept
}{
	{phoneLike, 0.8, cPhone},
	{emailLike, 0.8, cEmail},
	{genderLike, 0.8, cGender},
	{nameLike, 0.8, cName},
	{addressLike, 0.6, cAddress},
	{dateLike, 0.8, cCameOn},
	{knownWay, 0.8, cWay},
}

// byContent looks at the sample. What a header of its own already says is not
// guessed a second time, but a second number is.
func (m *mapper) byContent(c Column) Target {
	for _, g := range contents {
		t, ok := m.places[g.is]
		if !ok || t.Role == RoleSkip || share(m.g.Sample, c.Index, g.like) < g.least {
			continue
		}
		if m.taken[t.Field] && (g.is != cPhone || t.Role == RoleOf) {
			continue
		}
		t.Why = ByContent
		return t
	}
	return Target{Role: RoleSkip, Why: SkipUnknown}
}

// settle resolves what is there already: a second phone goes to the other
// numbers, a second name or full address to the remark, the rest is skipped.
func (m *mapper) settle(c Column, t Target) Target {
	t.Column = c.Index
	if t.Role == RoleSkip {
		return t
	}
	f := m.s.Field(t.Field)
	switch {
	case f == nil:
		return Target{Column: c.Index, Role: RoleSkip, Why: SkipUnused}
	case f.Class == kexin.Sensitive:
		return Target{Column: c.Index, Role: RoleSkip, Why: SkipSensitive}
	case t.Role != RoleField || m.list != kexin.Customer:
		if m.taken[t.Field] && !manyColumns(f) {
			return Target{Column: c.Index, Role: RoleSkip, Why: SkipSecond}
		}
	case t.Field == kexin.CustPhone && m.taken[t.Field]:
		t.Field = kexin.CustPhones
	case t.Field == kexin.CustName && (m.taken[t.Field] || conceptOf(c.Name) == cCompany && (m.seen[cName] || m.seen[cHolder])):
		t.Field = kexin.CustRemark
	case t.Field == kexin.CustAddress && conceptOf(c.Name) == cAddress && m.whole:
		t.Field = kexin.CustRemark
	case m.taken[t.Field] && !manyColumns(f):
		return Target{Column: c.Index, Role: RoleSkip, Why: SkipSecond}
	}
	if m.s.Field(t.Field) == nil {
		return Target{Column: c.Index, Role: RoleSkip, Why: SkipUnused}
	}
	m.taken[t.Field] = true
	m.whole = m.whole || conceptOf(c.Name) == cAddress
	dress(&t, c.Name, m.list)
	return t
}
