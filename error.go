package kexin

import (
	"errors"
	"strings"
)

// A Code says what kind of failure an Error is; api maps it to one HTTP status.
type Code string

// The codes. Internal is also what any error of another type counts as.
const (
	Invalid      Code = "invalid"      // the request is wrong; Field or Fields say where
	Conflict     Code = "conflict"     // true at another version, or already so
	NotFound     Code = "not_found"    // absent, or outside the actor's scope: the two look alike
	Withheld     Code = "withheld"     // the query needs a field that is not clear on every row of its scope
	Forbidden    Code = "forbidden"    // the action's existence is no secret, but this actor may not
	Unauthorized Code = "unauthorized" // nobody is signed in, or a second factor is needed
	RateLimited  Code = "rate_limited" // a budget is used up; Until says until when
	Unavailable  Code = "unavailable"  // try again: engine busy, disk full, keys not readable
	Internal     Code = "internal"     // a defect; the cause is for the log only
)

// A Law is a refusal code, such as "E_IMP_NO_PROVENANCE". Package law has the
// table of those that a requirement of the law gives; the others, such as
// "E_STEP_UP", tell programs what to do next.
type Law string

// An Error is the one error type. Key and Args make the public sentence from
// the catalogue; Err is the private cause and never reaches a response.
type Error struct {
	Op     string            // what was being done: "store.find"
	Code   Code              // zero counts as Internal
	Law    Law               // "" or an E_ code
	Key    string            // catalogue key of the public sentence; "" = the code's own
	Args   map[string]string // its parameters; never personal values
	Field  string            // path of the field at fault, "" for none
	Fields []FieldError      // several fields at fault
	Until  Instant           // when it may be tried again, for RateLimited
	Err    error             // private cause
}

// A FieldError is one field's fault: its path and the catalogue key.
type FieldError struct {
	Path string
	Key  string
	Args map[string]string
}

// Error is for the log: operation, code, law and cause, without values.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	b.WriteString(string(e.code()))
	for _, s := range []string{string(e.Law), e.Key, e.Field} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	for _, f := range e.Fields {
		b.WriteString(" " + f.Path + "=" + f.Key)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) code() Code {
	if e.Code == "" {
		return Internal
	}
	return e.Code
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of the first *Error in err's chain; "" for nil, Internal
// for an error of another type.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.code()
	}
	return Internal
}

// LawOf is the refusal code of err, "" where it has none.
func LawOf(err error) Law {
	var e *Error
	if errors.As(err, &e) {
		return e.Law
	}
	return ""
}
