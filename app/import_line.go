package app

import (
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/intake"
	"kexin/kind"
	"kexin/law"
	"kexin/match"
	"kexin/store"
)

// A lineReader makes lines of the rows of one file: what each says about one
// person, or why it is not taken in. It decides nothing by what is stored, so
// that a line is the same in the dry run and at the commit.
type lineReader struct {
	s        *kexin.Schema
	list     kexin.Object // what the list holds
	own      *kexin.ObjectDef
	customer *kexin.ObjectDef
	order    *kexin.ObjectDef
	targets  []intake.Target
	labels   map[kexin.FieldID]string
	env      kind.Env
	answers  map[string]string
	members  map[string]kexin.ID // staff by name
	importer kexin.ID
	owner    func(kexin.ID) kexin.ID // whom the gate lets a record be given to
	seed     maphash.Seed
}

// newReader makes one for the rows of a batch, read in env.
func newReader(s *kexin.Schema, b store.Import, env kind.Env) *lineReader {
	list, _ := listOf(s, unpack[Manifest](b.Manifest).Object)
	return &lineReader{s: s, list: list, own: s.Object(list), customer: s.Object(kexin.Customer), order: s.Object(kexin.Order), env: env,
		seed: maphash.MakeSeed()}
}

// A line is one row made ready.
type line struct {
	n       int
	cells   []string
	refused string // cause, "" for none
	aside   string // group without a source, "" for none
	group   string // the same, also where its question was answered
	vals    store.Values
	orders  []store.Values
	origin  store.Origin
	owner   kexin.ID
	facts   match.Facts
	keys    []kexin.Key
	strong  bool // has a key that decides by itself
	issues  []kexin.Issue
	part    *partLine // of a list of what hangs on customers
}

// The causes of refusal that no parser gives.
const (
	refusedEmpty    = "row_empty"
	refusedUnlawful = intake.IssueUnlawful
	refusedLong     = kind.CodeTextLong
)

// The groups of rows without a source, by what they do say.
const (
	groupDayStaff = "day_staff"
	groupDay      = "day"
	groupStaff    = "staff"
	groupWay      = "way" // a way, but no day
	groupNothing  = "nothing"
)

// importGroups are all groups, in the order in which they are asked about.
var importGroups = []string{groupDayStaff, groupDay, groupStaff, groupWay, groupNothing}

// importAnswers are the answers to a group, and the way that each gives.
var importAnswers = map[string]string{"store": "store", "phone": "phone", "order": "order", "unknown": ""}

// read makes a line of a row.
func (r *lineReader) read(row intake.Row) *line {
	l := &line{n: row.N, cells: row.Cells, owner: r.importer}
	if blank(row.Cells) {
		l.refused = refusedEmpty
		return l
	}
	if r.list != kexin.Customer {
		return r.part(l, row)
	}
	d, order, ev := intake.Drafts(row, r.targets, r.s, r.parse)
	r.staff(l, &d, ev.Staff, kexin.CustRemark, kexin.CustOwner)
	kind.Normalise(r.s, &d, r.env)
	l.vals, l.issues = d.Values, d.Issues
	if order != nil {
		kind.Normalise(r.s, order, r.env)
		l.issues = append(l.issues, order.Issues...)
	}
	if l.refused = fatal(l.issues); l.refused != "" {
		return l
	}
	r.source(l, ev)
	r.tidy(l, order)
	if !r.fits(l.vals) {
		l.refused = refusedLong
		return l
	}
	r.find(l)
	return l
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// parse reads a cell for intake.Drafts. What is not clean stays text: package
// kind judges it with the whole row in view and moves the rest to the remark.
func (r *lineReader) parse(f *kexin.Field, raw string) (kexin.Value, []kexin.Issue) {
	switch f.Kind {
	case kexin.KindChoice, kexin.KindChoices:
		return kind.Parse(f, raw, r.env)
	case kexin.KindDay:
		if v, issues := kind.Parse(f, raw, r.env); len(issues) == 0 {
			return v, nil
		}
	}
	return kexin.Str(raw), nil
}

// fatal is the first issue that refuses the row.
func fatal(issues []kexin.Issue) string {
	for _, i := range issues {
		if i.Fatal || i.Code == refusedUnlawful {
			return i.Code
		}
	}
	return ""
}

// staff finds the colleague in charge by his name. A name that is nobody's
// stands in the remark, and the record goes to the importer.
func (r *lineReader) staff(l *line, d *kexin.Draft, name string, remark, owner kexin.FieldID) {
	if name == "" {
		return
	}
	if id, ok := r.members[strings.TrimSpace(name)]; ok && id != 0 {
		l.origin.Staff, l.owner = id, r.owner(id)
		return
	}
	d.Values[remark] = kexin.Str(joined(d.Values[remark].S, r.labelled(owner, name)))
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "；" + b
}

// labelled puts the column's header before a text.
func (r *lineReader) labelled(id kexin.FieldID, text string) string {
	if s := r.labels[id]; s != "" {
		return s + "：" + text
	}
	return text
}

func (r *lineReader) label(id kexin.FieldID) string { return r.labels[id] }

// source settles where the row comes from (law IMP-05).
func (r *lineReader) source(l *line, ev intake.Evidence) {
	l.origin.Kind, l.origin.Day, l.origin.Way = string(ev.Kind), ev.On, ev.Way
	if ev.Kind == intake.EvidenceNone {
		l.group = groupOf(ev)
		way := importAnswers[r.answers[l.group]]
		if way == "" {
			l.aside = l.group
			return
		}
		l.origin.Kind, l.origin.Way = "answered", way
		if ev.Way != "" {
			l.origin.Way = ev.Way
		}
	}
	if l.origin.Way == "" {
		l.origin.Way = "order"
	}
	if r.list != kexin.Customer {
		return
	}
	if l.vals[kexin.CustSource].Empty() {
		l.vals[kexin.CustSource] = kexin.Str(l.origin.Way)
	}
	if l.vals[kexin.CustSourceOn].Empty() && ev.On != "" {
		l.vals[kexin.CustSourceOn] = kexin.Str(string(ev.On))
	}
}

func groupOf(ev intake.Evidence) string {
	switch {
	case ev.Way != "":
		return groupWay
	case ev.On != "" && ev.Staff != "":
		return groupDayStaff
	case ev.On != "":
		return groupDay
	case ev.Staff != "":
		return groupStaff
	}
	return groupNothing
}

// tidy takes the order, and what cannot be stored as it is.
func (r *lineReader) tidy(l *line, order *kexin.Draft) {
	if order != nil {
		v := store.Values(order.Values)
		switch {
		case !v[kexin.OrdNo].Empty(), !v[kexin.OrdAmount].Empty() && !v[kexin.OrdOn].Empty():
			l.orders = append(l.orders, v)
		case !v[kexin.OrdAmount].Empty():
			text := r.labelled(kexin.OrdAmount, kexin.Money(v[kexin.OrdAmount].N).String())
			l.vals[kexin.CustRemark] = kexin.Str(joined(l.vals[kexin.CustRemark].S, text))
		}
	}
	// what was to be done before today is no plan any more
	if next := l.vals[kexin.CustNextAt]; !next.Empty() && kexin.Instant(next.N) < startOfDay(r.env.Now, r.zone()) {
		day := string(kexin.DayOf(kexin.Instant(next.N).Time().In(r.zone())))
		l.vals[kexin.CustRemark] = kexin.Str(joined(l.vals[kexin.CustRemark].S, r.labelled(kexin.CustNextAt, day)))
		delete(l.vals, kexin.CustNextAt)
	}
	if l.vals[kexin.CustType].Empty() {
		l.vals[kexin.CustType] = kexin.Str(typeOf(l.vals))
	}
}

func (r *lineReader) zone() *time.Location {
	if r.env.Zone != nil {
		return r.env.Zone
	}
	return time.UTC
}

// firms end the names of companies and shops.
var firms = []string{"公司", "集团", "工作室", "事务所", "酒店", "学校", "医院", "co.,ltd", "ltd", "ltd.", "inc", "llc"}

// typeOf tells companies by a credit code or by the end of their name.
func typeOf(vals store.Values) string {
	name := strings.ToLower(vals[kexin.CustName].S)
	for _, end := range firms {
		if len(name) > len(end)+3 && strings.HasSuffix(name, end) {
			return "company"
		}
	}
	if !vals[kexin.CustUSCC].Empty() {
		return "company"
	}
	return "person"
}

// fits reports a remark that is not too long for its field.
func (r *lineReader) fits(vals store.Values) bool {
	f := r.s.Field(kexin.CustRemark)
	return f == nil || kind.Check(f, vals[kexin.CustRemark]) == nil
}

// find works out what the row's person is known by.
func (r *lineReader) find(l *line) {
	var numbers []string
	for _, o := range l.orders {
		if no := o[kexin.OrdNo].S; no != "" {
			numbers = append(numbers, no)
		}
	}
	l.facts = match.FactsOf(l.vals, numbers...)
	l.keys = match.Keys(l.facts)
	for _, k := range l.keys {
		l.strong = l.strong || k.Kind != match.KeyHome
	}
}

// canon is the whole line as one text, by which the same row is known again.
func (r *lineReader) canon(l *line) string {
	var b strings.Builder
	write := func(vals store.Values) {
		for _, id := range slices.Sorted(maps.Keys(vals)) {
			v := vals[id]
			b.WriteString(strconv.Itoa(int(id)) + "\x1f" + v.S + "\x1f" + strconv.FormatInt(v.N, 10) + "\x1e")
		}
	}
	write(l.vals)
	for _, o := range l.orders {
		b.WriteByte('\x1d')
		write(o)
	}
	if l.part != nil {
		write(l.part.item)
		b.WriteString("\x1d" + l.part.who() + "\x1f" + l.part.name + "\x1f" + l.part.place + "\x1f" + strconv.Itoa(l.part.nth))
	}
	b.WriteString("\x1d" + l.origin.Kind + "\x1f" + string(l.origin.Day) + "\x1f" + l.origin.Way)
	return b.String()
}

// tier is the gravest tier of the law's meter among the values of a line
// (law.md §7): the smaller the graver, 0 for none.
func (r *lineReader) tier(l *line) kexin.Tier {
	out := kexin.TierNone
	graver := func(o *kexin.ObjectDef, vals store.Values) {
		for id, v := range vals {
			f := r.s.Field(id)
			if f == nil || v.Empty() || f.Object != o.Object || f.Tier == kexin.TierNone {
				continue
			}
			if out == kexin.TierNone || f.Tier < out {
				out = f.Tier
			}
		}
	}
	graver(r.own, l.vals)
	for _, o := range l.orders {
		graver(r.order, o)
	}
	return out
}

// ratio is the law's meter over distinct persons (IMP-07).
func ratio(tiers map[kexin.Tier]int) float64 { return law.Ratio(tiers, false) }
