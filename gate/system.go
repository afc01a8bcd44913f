package gate

import (
	"slices"

	"kexin"
)

// A Job names work that is done without a person.
type Job string

// The jobs. A test lists every place that asks for one.
const (
	Matching    Job = "matching"
	KeyRotation Job = "key_rotation"
	SubjectCopy Job = "subject_copy"
	Rebuild     Job = "rebuild"
)

// A System is leave for one piece of work without a person: bound to named
// fields, never used from api or portal, one ledger entry per job.
type System struct {
	job    Job
	fields []kexin.FieldID
}

// ForSystem grants it. Fields are the only ones the work may read or write.
func ForSystem(j Job, fields ...kexin.FieldID) System {
	return System{job: j, fields: fields}
}

// Job is what the leave is for; "" means there is none.
func (s System) Job() Job { return s.job }

// Allows reports whether the field is inside.
func (s System) Allows(f kexin.FieldID) bool {
	return slices.Contains(s.fields, f)
}
