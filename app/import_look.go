package app

import (
	"slices"
	"strings"
	"unicode/utf8"

	"kexin"
	"kexin/intake"
	"kexin/kind"
	"kexin/kind/region"
)

// A columnLook gathers what is shown of each column.
type columnLook struct {
	columns []columnFound
	at      map[int]int           // column of the file → index
	of      map[kexin.FieldID]int // field → its first column
}

func newColumnLook(r *importRun) *columnLook {
	c := &columnLook{columns: make([]columnFound, len(r.guess.Columns)), at: map[int]int{}, of: map[kexin.FieldID]int{}}
	for i, col := range r.guess.Columns {
		c.at[col.Index] = i
	}
	for _, t := range r.targets {
		i, ok := c.at[t.Column]
		if !ok {
			continue
		}
		if _, had := c.of[t.Field]; !had && t.Role != intake.RoleSkip {
			c.of[t.Field] = i
		}
		c.columns[i].Sample = samples(r, t)
	}
	return c
}

// add looks at one line.
func (c *columnLook) add(l *line) {
	for col, i := range c.at {
		if col < len(l.cells) && strings.TrimSpace(l.cells[col]) != "" {
			c.columns[i].Filled++
		}
	}
	seen := -1
	for _, x := range l.issues {
		if i, ok := c.of[x.Field]; ok && i != seen && x.Code != kind.CodeTextContact {
			c.columns[i].Bad++
			seen = i
		}
	}
}

// samplesMost is how many values of a column are shown.
const samplesMost = 5

// samples are the first different values of a column, masked.
func samples(r *importRun, t intake.Target) []string {
	out := []string{}
	if t.Why == intake.SkipSensitive {
		return out
	}
	for _, row := range r.guess.Sample {
		if t.Column >= len(row) || len(out) == samplesMost {
			continue
		}
		if s := maskSample(r.reader, t, strings.TrimSpace(row[t.Column])); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// maskSample shows enough of a value to know what the column is, and no more.
func maskSample(r *lineReader, t intake.Target, raw string) string {
	f := r.s.Field(t.Field)
	if raw == "" {
		return ""
	}
	if t.Role == intake.RoleSkip || f == nil {
		return firstRune(raw) + "***"
	}
	switch f.Kind {
	case kexin.KindPhone, kexin.KindName:
		v, _ := kind.Parse(f, raw, r.env)
		if v.T == kexin.List {
			v = kexin.Str(v.Strings()[0])
		}
		if v.Empty() {
			return "***"
		}
		return kind.Mask(f.Kind, v).S
	case kexin.KindWeChat, kexin.KindEmail:
		return "***"
	case kexin.KindAddress:
		code, _, _ := region.Split(raw)
		return region.Full(code) + "***"
	case kexin.KindText:
		return firstRune(raw) + "***"
	}
	if f.ID == kexin.CustBirthday {
		return "***"
	}
	if utf8.RuneCountInString(raw) > 40 {
		return firstRune(raw) + "***"
	}
	return raw
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
