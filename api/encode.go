package api

import (
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/law"
)

// A cell in a page is a bare value, or {v, m}: what may be seen and the number
// of the reason. These functions write JSON by hand: a page is some 25 kB and
// is what the product answers most.

// appendString writes what json.Marshal does. Chinese goes through as it is.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return appendQuoted(b, s)
		}
		if c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return appendQuoted(b, s)
		}
		i += n
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendQuoted writes a string of which something is escaped.
func appendQuoted(b []byte, s string) []byte {
	q, _ := json.Marshal(s)
	return append(b, q...)
}

func appendID(b []byte, id kexin.ID) []byte {
	b = append(b, '"')
	b = strconv.AppendInt(b, int64(id), 10)
	return append(b, '"')
}

// appendValue writes a value by its field's kind.
func appendValue(b []byte, f *kexin.Field, v kexin.Value) []byte {
	switch {
	case v.Empty() && f.Kind == kexin.KindChoices:
		return append(b, "[]"...)
	case v.Empty():
		return append(b, "null"...)
	case f.Kind == kexin.KindRef:
		return appendID(b, kexin.ID(v.N))
	case v.T == kexin.Number:
		return strconv.AppendInt(b, v.N, 10)
	case v.T == kexin.List || f.Kind == kexin.KindChoices:
		b = append(b, '[')
		for i, s := range v.Strings() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, s)
		}
		return append(b, ']')
	}
	return appendString(b, v.S)
}

func appendCell(b []byte, f *kexin.Field, c kexin.Cell) []byte {
	if c.Level == kexin.Clear {
		return appendValue(b, f, c.Value)
	}
	b = append(b, '{')
	if !c.Value.Empty() {
		b = append(b, `"v":`...)
		b = append(appendValue(b, f, c.Value), ',')
	}
	b = append(b, `"m":`...)
	return append(strconv.AppendInt(b, int64(c.Reason), 10), '}')
}

// encodePage writes a Page.
func encodePage(l app.Listing, lang string) []byte {
	b := make([]byte, 0, 1024+len(l.Rows)*320)
	b = append(b, `{"fields":[`...)
	for i, f := range l.Fields {
		b = comma(b, i)
		b = appendString(b, f.Name)
	}
	b = append(b, `],"reasons":[`...)
	for i, r := range l.Reasons {
		b = comma(b, i)
		b = appendReason(b, reasonOf(r, lang))
	}
	b = append(b, `],"rows":[`...)
	for i, r := range l.Rows {
		b = comma(b, i)
		b = appendRow(b, l.Fields, r)
	}
	b = append(b, ']')
	if len(l.Names) > 0 {
		b = appendNames(append(b, `,"names":`...), namesOf(l.Names))
	}
	if l.Next != "" {
		b = appendString(append(b, `,"next":`...), l.Next)
	}
	if l.More {
		b = append(b, `,"more":true`...)
	}
	b = append(b, `,"scene":`...)
	return append(appendString(b, string(l.Scene)), '}')
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

func appendRow(b []byte, fields []*kexin.Field, r kexin.View) []byte {
	b = append(b, `{"id":`...)
	b = appendID(b, r.ID)
	b = append(b, `,"rev":`...)
	b = strconv.AppendInt(b, r.Rev, 10)
	if r.Own {
		b = append(b, `,"mine":true`...)
	}
	b = append(b, `,"cells":{`...)
	for i, f := range fields {
		b = comma(b, i)
		b = append(appendString(b, f.Name), ':')
		b = appendCell(b, f, r.Cells[i])
	}
	return append(b, "}}"...)
}

// namesOf are the names that may be seen of the customers pointed to.
func namesOf(cells map[kexin.ID]kexin.Cell) map[string]string {
	out := make(map[string]string, len(cells))
	for id, c := range cells {
		out[id.String()] = c.Value.S
	}
	return out
}

func reasonsOf(rs []kexin.Reason, lang string) []Reason {
	out := make([]Reason, len(rs))
	for i, r := range rs {
		out[i] = reasonOf(r, lang)
	}
	return out
}

func reasonOf(r kexin.Reason, lang string) Reason {
	args := r.Args
	if c, ok := args["class"]; ok {
		args = map[string]string{"class": i18n.T(lang, "class."+c, nil)}
	}
	key := "reason." + r.Code
	if !r.CanAsk && (r.Code == "own_contact" || r.Code == "others_contact") {
		key += "_only" // no word of a way to see more where there is none
	}
	return Reason{Code: r.Code, Rule: r.Rule, CanAsk: r.CanAsk, Text: i18n.T(lang, key, args)}
}

// encodeRecord writes a Record.
func encodeRecord(r app.Record, c Caller) []byte {
	b := make([]byte, 0, 4096)
	b = append(b, `{"id":`...)
	b = appendID(b, r.View.ID)
	b = appendString(append(b, `,"object":`...), r.Object.Name)
	b = strconv.AppendInt(append(b, `,"rev":`...), r.View.Rev, 10)
	b = strconv.AppendBool(append(b, `,"mine":`...), r.View.Own)
	b = append(b, `,"fields":[`...)
	for i, f := range r.Fields {
		b = comma(b, i)
		b = appendField(b, f, r.View.Cells[i], r.Reasons, c.Lang)
	}
	b = append(b, `],`...)
	return appendRest(b, recordRest(r, c))
}

func appendField(b []byte, f *kexin.Field, cell kexin.Cell, reasons []kexin.Reason, lang string) []byte {
	b = appendString(append(b, `{"name":`...), f.Name)
	b = appendValue(append(b, `,"value":`...), f, cell.Value)
	b = appendString(append(b, `,"level":`...), cell.Level.String())
	if cell.Reason > 0 {
		b = appendReason(append(b, `,"reason":`...), reasonOf(reasons[cell.Reason-1], lang))
	}
	return append(b, '}')
}

// A rest is what a record's answer holds beside its fields.
type rest struct {
	Names   map[string]string `json:"names,omitempty"`
	Can     []string          `json:"can"`
	Contact []MayContact      `json:"contact"`
	Source  *Provenance       `json:"source"`
	Created int64             `json:"created"`
	Updated int64             `json:"updated"`
}

// recordRest gathers it.
func recordRest(r app.Record, c Caller) rest {
	out := rest{Names: namesOf(r.Names), Can: []string{}, Contact: []MayContact{}, Created: int64(r.Meta.Made), Updated: int64(r.Meta.Edited)}
	for _, a := range r.Can {
		out.Can = append(out.Can, string(a))
	}
	out.Source = provenanceOf(r, c)
	if r.Object.Object != kexin.Customer {
		if slices.Contains(r.Can, kexin.ActEdit) {
			out.Can = append(out.Can, "delete") // who may change what hangs on a customer may take it away
		}
		return out
	}
	for _, m := range r.Mays {
		out.Contact = append(out.Contact, mayOf(c, m, r.Zone))
	}
	return out
}

// provenanceOf is where a record comes from.
func provenanceOf(r app.Record, c Caller) *Provenance {
	p := &Provenance{Source: r.Meta.Source, Batch: r.Meta.Batch, By: r.By, Origins: make([]Origin, len(r.Meta.Origins))}
	if p.Source == "" {
		p.Source, p.Label = "manual", t(c, "web.source.kind_manual", nil)
	} else {
		p.Label = t(c, law.Source{Kind: kexin.SourceKind(p.Source)}.LabelKey(), nil)
	}
	for i, o := range r.Meta.Origins {
		p.Origins[i] = Origin{Way: o.Way, On: string(o.Day), Evident: o.Kind, Batch: o.Batch}
	}
	if len(p.Origins) > 0 {
		o := p.Origins[0]
		p.Way, p.On, p.Evident = o.Way, o.On, o.Evident
	}
	if r.Object.Object != kexin.Customer {
		return p
	}
	if p.KeptTo, p.Basis = string(r.Kept), "contract"; r.Kept != "" {
		p.Basis = "request"
	}
	if p.Evident == "" {
		p.Evident = "manual"
	}
	return p
}
