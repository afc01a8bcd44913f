package ledger

import "kexin"

// ExportAsked: somebody asked for a file of records. Refs.Export is the
// export; what was asked stands in the body.
type ExportAsked struct {
	Fields []kexin.FieldID
	Format Way
	Object kexin.Object
	Rows   int64
}

// ExportApproved: a second person said yes.
type ExportApproved struct{ Member kexin.ID }

// ExportRefused: no file was made.
type ExportRefused struct {
	Law kexin.Law
	Why Why
}

// ExportDone: the file was made. The list of records stands in the body.
type ExportDone struct{ Rows int64 }

// ExportHeld: this person was in the file.
type ExportHeld struct{ Fields []kexin.FieldID }

// ExportFetched: the file was taken away.
type ExportFetched struct{ Member kexin.ID }

// EvidenceTaken: an evidence file was made 出凭证.
type EvidenceTaken struct {
	Entries int64
	Way     Way
}

// The types of these events.
func (*ExportAsked) Type() Type    { return "export.asked" }
func (*ExportApproved) Type() Type { return "export.approved" }
func (*ExportRefused) Type() Type  { return "export.refused" }
func (*ExportDone) Type() Type     { return "export.done" }
func (*ExportHeld) Type() Type     { return "export.held" }
func (*ExportFetched) Type() Type  { return "export.fetched" }
func (*EvidenceTaken) Type() Type  { return "evidence.taken" }

func (x *ExportAsked) walk(f *facts) {
	f.fields("fields", &x.Fields)
	enum(f, "format", &x.Format, []Way{"csv", "xlsx", "json", "ndjson", "pdf"})
	f.object("object", &x.Object)
	f.count("rows", &x.Rows)
}

func (x *ExportApproved) walk(f *facts) { f.id("member", &x.Member) }

func (x *ExportRefused) walk(f *facts) {
	f.law("law", &x.Law)
	enum(f, "why", &x.Why, []Why{"approver", "law", "budget", "cancelled", "failed"})
}

func (x *ExportDone) walk(f *facts)    { f.count("rows", &x.Rows) }
func (x *ExportHeld) walk(f *facts)    { f.fields("fields", &x.Fields) }
func (x *ExportFetched) walk(f *facts) { f.id("member", &x.Member) }

func (x *EvidenceTaken) walk(f *facts) {
	f.count("entries", &x.Entries)
	enum(f, "way", &x.Way, []Way{"staff", "customer", "cli", "authority"})
}
