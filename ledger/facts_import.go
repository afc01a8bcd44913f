package ledger

import "kexin"

// ImportDeclared: somebody said where a list comes from and what is in it,
// before the list was uploaded (IMP-01). Refs.Batch is the batch.
type ImportDeclared struct {
	Fields []kexin.FieldID
	Object kexin.Object
	Source kexin.SourceKind
}

// ImportRefused: a list was not taken. Nothing of it was kept.
type ImportRefused struct {
	Law  kexin.Law
	Rows int64
}

// ImportReopened: the protection officer let in a list that had been taken for
// an owners' list, on a lawyer's note (IMP-03). Refs.Batch is the refused one,
// Into the one that takes the same file; Alone says that the owner did it in a
// merchant without an officer, and from Opens on the file is taken. The note
// stands in the body.
type ImportReopened struct {
	Alone bool
	Into  kexin.ID
	Opens kexin.Instant
}

// ImportHanded: the rows that were not taken in were handed back to who had
// sent them, in the clear.
type ImportHanded struct{ Rows int64 }

// ImportBatch: up to 1,000 rows were written. Root is the RFC 6962 root over
// the digests of the cells of every record that was made; which they are, and
// the digests, stands in its body.
type ImportBatch struct {
	First int64 // row number of the first, from 1
	Root  Hash
	Rows  int64
}

// ImportDone: the batch is through; the outcomes add up to the rows read. Self
// says that who declared it approved it too, where the meter asked for a second
// act (law IMP-07): for an outside auditor to look at.
type ImportDone struct {
	Aside     int64
	New       int64
	Refused   int64
	Review    int64
	Rows      int64
	Same      int64
	Self      bool
	Unchanged int64
}

// ImportCancelled: somebody stopped it; what was written stays.
type ImportCancelled struct{ Rows int64 }

// ImportPurged: the staged upload or rows set aside were deleted.
type ImportPurged struct {
	Rows int64
	Why  Why
}

// The types of these events.
func (*ImportDeclared) Type() Type  { return "import.declared" }
func (*ImportRefused) Type() Type   { return "import.refused" }
func (*ImportReopened) Type() Type  { return "import.reopened" }
func (*ImportHanded) Type() Type    { return "import.handed" }
func (*ImportBatch) Type() Type     { return "import.batch" }
func (*ImportDone) Type() Type      { return "import.done" }
func (*ImportCancelled) Type() Type { return "import.cancelled" }
func (*ImportPurged) Type() Type    { return "import.purged" }

func (x *ImportDeclared) walk(f *facts) {
	f.fields("fields", &x.Fields)
	f.object("object", &x.Object)
	enum(f, "source", &x.Source, sources)
}

func (x *ImportRefused) walk(f *facts) {
	f.law("law", &x.Law)
	f.count("rows", &x.Rows)
}

func (x *ImportReopened) walk(f *facts) {
	f.flag("alone", &x.Alone)
	f.id("into", &x.Into)
	f.instant("opens", &x.Opens)
}

func (x *ImportHanded) walk(f *facts) { f.count("rows", &x.Rows) }

func (x *ImportBatch) walk(f *facts) {
	f.count("first", &x.First)
	f.digest("root", &x.Root)
	f.count("rows", &x.Rows)
}

func (x *ImportDone) walk(f *facts) {
	f.count("aside", &x.Aside)
	f.count("new", &x.New)
	f.count("refused", &x.Refused)
	f.count("review", &x.Review)
	f.count("rows", &x.Rows)
	f.count("same", &x.Same)
	f.flag("self", &x.Self)
	f.count("unchanged", &x.Unchanged)
}

func (x *ImportCancelled) walk(f *facts) { f.count("rows", &x.Rows) }

func (x *ImportPurged) walk(f *facts) {
	f.count("rows", &x.Rows)
	enum(f, "why", &x.Why, []Why{"done", "refused", "cancelled", "aside_deleted", "aside_expired"})
}
