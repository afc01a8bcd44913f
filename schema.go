package kexin

import "fmt"

// A Schema is an immutable compiled snapshot of all objects and fields. A
// change makes a new one with the next Version.
type Schema struct {
	Version int64
	objects map[Object]*ObjectDef
	byID    map[FieldID]*Field
	byTable map[string]*ObjectDef
}

// An ObjectDef is one object with its fields in display order.
type ObjectDef struct {
	Object  Object
	Name    string // "customer": API path (plural) and table
	Plural  string
	Person  bool // has a subject of its own (customer, contact)
	Fields  []*Field
	byName  map[string]*Field
	Default FieldID // the field lists are sorted by when nothing is asked; 0 = id
}

// Field finds a field by name, nil where there is none.
func (o *ObjectDef) Field(name string) *Field { return o.byName[name] }

// Compile checks the fields and builds the snapshot.
func Compile(version int64, defs []ObjectDef, fields []Field) (*Schema, error) {
	s := &Schema{Version: version, objects: map[Object]*ObjectDef{}, byID: map[FieldID]*Field{}, byTable: map[string]*ObjectDef{}}
	for i := range defs {
		d := defs[i]
		d.byName = map[string]*Field{}
		s.objects[d.Object], s.byTable[d.Name] = &d, &d
	}
	for i := range fields {
		f := fields[i]
		if err := f.Validate(); err != nil {
			return nil, err
		}
		d := s.objects[f.Object]
		if d == nil || s.byID[f.ID] != nil || d.byName[f.Name] != nil {
			return nil, &Error{Op: "schema", Code: Invalid, Key: "error.field", Err: fmt.Errorf("field %d %s: no object, or twice", f.ID, f.Name)}
		}
		s.byID[f.ID], d.byName[f.Name] = &f, &f
		d.Fields = append(d.Fields, &f)
	}
	return s, nil
}

// Object gives the definition of o, nil where there is none.
func (s *Schema) Object(o Object) *ObjectDef { return s.objects[o] }

// Named gives the definition of the object with this name, nil where there is
// none.
func (s *Schema) Named(name string) *ObjectDef { return s.byTable[name] }

// Field gives the field with this id, nil where there is none.
func (s *Schema) Field(id FieldID) *Field { return s.byID[id] }

// Objects are the built-in objects in order.
func (s *Schema) Objects() []*ObjectDef {
	out := make([]*ObjectDef, 0, len(s.objects))
	for o := Customer; o <= Task; o++ {
		if d := s.objects[o]; d != nil {
			out = append(out, d)
		}
	}
	return out
}
