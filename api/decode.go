package api

import (
	"math"
	"strings"

	"kexin"
	"kexin/app"
	"kexin/kind"
	"kexin/store"
)

// queryOf turns a Search into a query. Names that are not fields are invalid.
func (s *Server) queryOf(o *kexin.ObjectDef, in Search) (kexin.Query, error) {
	q := kexin.Query{Object: o.Object, Scene: kexin.Scene(in.Scene), Search: strings.TrimSpace(in.Search), Desc: in.Desc, After: in.After, Limit: in.Limit, Parent: in.Parent}
	for _, name := range in.Fields {
		f := o.Field(name)
		if f == nil {
			return q, badField("fields")
		}
		q.Fields = append(q.Fields, f.ID)
	}
	if in.Sort != "" {
		f := o.Field(in.Sort)
		if f == nil {
			return q, badField("sort")
		}
		q.Sort = f.ID
	}
	var err error
	q.Where, err = condsOf(o, in.Where)
	return q, err
}

func condsOf(o *kexin.ObjectDef, in []Cond) (out []kexin.Cond, err error) {
	for _, c := range in {
		f := o.Field(c.Field)
		if f == nil {
			return nil, badField("where")
		}
		k := kexin.Cond{Field: f.ID, Op: kexin.Op(c.Op)}
		for _, v := range c.Values {
			val, err := condValue(f, v)
			if err != nil {
				return nil, err
			}
			k.Values = append(k.Values, val)
		}
		out = append(out, k)
	}
	return out, nil
}

// badField says where a field is named that is none; what was sent is never
// echoed.
func badField(where string) error {
	return &kexin.Error{Op: "api.decode", Code: kexin.Invalid, Key: "error.no_field", Field: where}
}

func badValue(f *kexin.Field) error {
	return &kexin.Error{Op: "api.decode", Code: kexin.Invalid, Key: "error.field_bad", Field: f.Name}
}

// condValue reads a value to compare with: plain codes, numbers, days, ids.
func condValue(f *kexin.Field, v any) (kexin.Value, error) {
	switch x := v.(type) {
	case string:
		if f.Kind == kexin.KindRef {
			id, err := kexin.ParseID(x)
			return kexin.Num(int64(id)), err
		}
		if isNumber(f) {
			return kexin.Value{}, badValue(f)
		}
		return kexin.Str(x), nil
	case float64:
		if !isNumber(f) || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return kexin.Value{}, badValue(f)
		}
		return kexin.Num(int64(x)), nil
	}
	return kexin.Value{}, badValue(f)
}

func isNumber(f *kexin.Field) bool {
	switch f.Kind {
	case kexin.KindMoney, kexin.KindNumber, kexin.KindInstant, kexin.KindRef:
		return true
	}
	return false
}

// draftOf turns a Write into a draft: references become parent and owner, text
// is read the way people type it.
func (s *Server) draftOf(o *kexin.ObjectDef, in Write, env kind.Env) (app.Draft, error) {
	d := app.Draft{Object: o.Object, Values: store.Values{}, Shared: in.Same == "different", Task: in.Task}
	if in.Task != 0 && (o.Object != kexin.Visit || in.Rev != 0) {
		return d, badField("task")
	}
	var faults []kexin.FieldError
	for name, raw := range in.Fields {
		f := o.Field(name)
		switch {
		case f == nil:
			return d, badField("fields")
		case f.Computed:
			faults = append(faults, kexin.FieldError{Path: f.Name, Key: "error.computed"})
			continue
		}
		if f.Kind == kexin.KindRef {
			if err := setRef(&d, f, raw); err != nil {
				return d, err
			}
			continue
		}
		v, fault := writeValue(f, raw, env)
		if fault != "" {
			faults = append(faults, kexin.FieldError{Path: f.Name, Key: fault})
			continue
		}
		d.Values[f.ID] = v
	}
	if len(faults) > 0 {
		return d, &kexin.Error{Op: "api.decode", Code: kexin.Invalid, Key: "error.fields", Fields: faults}
	}
	return d, nil
}

func setRef(d *app.Draft, f *kexin.Field, raw any) error {
	text, _ := raw.(string)
	id, err := kexin.ParseID(text)
	if err != nil {
		return badValue(f)
	}
	if f.Name == "owner" {
		d.Owner = id
	} else {
		d.Parent = id
	}
	return nil
}

// writeValue reads one value to be stored; the second result is the catalogue
// key of what is wrong with it.
func writeValue(f *kexin.Field, raw any, env kind.Env) (kexin.Value, string) {
	switch x := raw.(type) {
	case nil:
		return kexin.Value{}, ""
	case float64:
		if !isNumber(f) || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return kexin.Value{}, "error.field_bad"
		}
		return kexin.Num(int64(x)), ""
	case []any:
		items := make([]string, 0, len(x))
		for _, i := range x {
			t, ok := i.(string)
			if !ok {
				return kexin.Value{}, "error.field_bad"
			}
			items = append(items, t)
		}
		return parsed(f, strings.Join(items, "\n"), env)
	case string:
		return parsed(f, x, env)
	}
	return kexin.Value{}, "error.field_bad"
}

func parsed(f *kexin.Field, text string, env kind.Env) (kexin.Value, string) {
	v, issues := kind.Parse(f, text, env)
	for _, i := range issues {
		if i.Fatal || i.Code == "choice_unknown" {
			return kexin.Value{}, "issue." + i.Code
		}
	}
	return v, ""
}
