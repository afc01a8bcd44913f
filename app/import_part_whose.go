package app

import (
	"cmp"
	"slices"
	"strings"

	"kexin"
	"kexin/kind"
	"kexin/match"
	"kexin/store"
)

// Whose a row is of a list of what hangs on customers: sure where her number, or
// that of her record, and all else that it says fit one customer of the
// importer's. Where they fit several, where her name or another number does not
// fit, or where it has no more than her name and address, a person judges, as with
// rows of customers.

// A claim is a customer that a line may be about.
type claim struct {
	p    *person
	d    match.Decision
	sure bool
}

// claims are the customers of the importer's that a line may be about, the
// likeliest first. A colleague's is none: what is said of the line tells no more
// than that she is not the importer's (security A4).
func (b *book) claims(l *line) (out []claim, err error) {
	hits := []*person{b.known[l.part.id]}
	if l.part.id == 0 {
		if hits, err = b.candidates(l); err != nil {
			return nil, err
		}
	}
	for _, p := range hits {
		if !b.mayHave(p) {
			continue
		}
		c := claim{p: p, d: match.Weigh(l.facts, p.facts)}
		phone := len(l.part.phones) > 0 && l.part.rings(p)
		if l.part.id == 0 && !phone && c.d.Verdict == match.New {
			continue // the same name in the same estate, and another flat
		}
		c.sure = (phone || l.part.id != 0 && len(l.part.phones) == 0) && isNamed(l.part.name, p)
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(x, y claim) int {
		if x.sure != y.sure {
			return map[bool]int{true: -1, false: 1}[x.sure]
		}
		return cmp.Or(cmp.Compare(y.d.Score, x.d.Score), cmp.Compare(x.p.id(), y.p.id()))
	})
	return out, nil
}

// rings reports phones that are hers, or none.
func (l *partLine) rings(p *person) bool {
	return len(l.phones) == 0 || slices.ContainsFunc(l.phones, func(s string) bool { return slices.Contains(p.facts.Phones, s) })
}

// mayHave reports a customer whom the importer may give such a record.
func (b *book) mayHave(p *person) bool {
	return p != nil && !p.outside && b.rules.partFor(b.rules.list, p.owner) != nil
}

// isNamed reports a name, where there is one, that is a customer's.
func isNamed(name string, p *person) bool {
	if name == "" || kind.NameKey(name) == kind.NameKey(p.facts.Name) {
		return true
	}
	there := p.facts
	there.Phones = []string{"+8613800000000"} // the name alone is the question
	return match.Decide(match.Facts{Name: name, Company: there.Company, Phones: there.Phones}, []match.Facts{there}).Verdict == match.Same
}

// judgePart decides what becomes of a line of such a list.
func (b *book) judgePart(l *line, canon func(*line) string) (ruling, error) {
	out := ruling{line: l, outcome: kexin.OutRefused, code: l.refused}
	if l.refused != "" {
		return out, nil
	}
	if l.aside != "" {
		out.outcome, out.code = kexin.OutAside, l.aside
		return out, nil
	}
	all, err := b.claims(l)
	switch {
	case err != nil:
		return out, err
	case len(all) == 0:
		out.code = refusedNobody
		return out, nil
	case all[0].sure && (len(all) == 1 || !all[1].sure):
		return b.takePart(out, all[0].p), nil
	}
	seen, err := b.marked(canon(l))
	if err != nil || seen {
		out.outcome, out.code = kexin.OutUnchanged, ""
		return out, err
	}
	out.mark, out.outcome = true, kexin.OutReview
	out.person, out.code, out.score = all[0].p, whyCode(all[0].d.Why), all[0].d.Score
	return out, nil
}

// takePart makes or completes a record of the customer whose the line is.
func (b *book) takePart(out ruling, p *person) ruling {
	l := out.line
	out.person = p
	x := p.part(b.rules.list, l)
	if out.part = x; x == nil {
		x = &part{vals: l.vals, owner: b.partOwner(p, l.origin.Staff)}
		if b.rules.list == kexin.Contact {
			x.origins = []store.Origin{l.origin}
		}
		if l.part.item != nil {
			x.lines, x.newLines = []store.Values{l.part.item}, []store.Values{l.part.item}
		}
		p.parts, p.touched = append(p.parts, x), true
		out.part, out.outcome, out.code = x, kexin.OutNew, ""
		return out
	}
	changed, kept, code := b.complete(x, l)
	switch {
	case code != "":
		out.outcome, out.person, out.part, out.code = kexin.OutRefused, nil, nil, code
		return out
	case changed:
		p.touched = true
		x.from(b.rules.list, l.origin)
		out.outcome = kexin.OutSame
	default:
		out.outcome = kexin.OutUnchanged
	}
	out.code = keptCode(kept)
	return out
}

// codeKept begins the code of a row whose record says otherwise than the list in
// some fields: they stay as they are, and their names follow.
const codeKept = "kept"

func keptCode(fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return codeKept + " " + strings.Join(fields, " ")
}

// keptOf are the fields of such a code.
func keptOf(code string) []string {
	if rest, ok := strings.CutPrefix(code, codeKept+" "); ok {
		return strings.Fields(rest)
	}
	return nil
}
