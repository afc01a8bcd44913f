package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/law"
)

// A Problem is an error answer (RFC 9457). It never echoes a value.
type Problem struct {
	Type     string        `json:"type"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Detail   string        `json:"detail" doc:"ready to show, in the caller's language"`
	Code     string        `json:"code" enum:"invalid,conflict,not_found,withheld,forbidden,unauthorized,rate_limited,unavailable,internal"`
	Law      string        `json:"law,omitempty" doc:"E_ code"`
	Ref      string        `json:"ref,omitempty" doc:"requirement of the law page, e.g. IMP-01"`
	Request  string        `json:"request" doc:"number to give when asking for help"`
	Errors   []FieldFault  `json:"errors,omitempty" nullable:"false"`
	Until    int64         `json:"until,omitempty" doc:"when it may be tried again, ms"`
	Narrower string        `json:"narrower,omitempty" doc:"scene in which the same question may be asked"`
	Same     *LookupAnswer `json:"same,omitempty"`
}

// FieldFault is one field's fault.
type FieldFault struct {
	Location string `json:"location"`
	Message  string `json:"message"`
	Key      string `json:"key"`
}

// Error is for the log.
func (p *Problem) Error() string { return p.Code + " " + p.Law }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders says when to try again what was not possible just now.
func (p *Problem) GetHeaders() http.Header {
	if p.Status == http.StatusServiceUnavailable {
		return http.Header{"Retry-After": {"1"}}
	}
	return nil
}

// head writes its status and headers where huma does not.
func (p *Problem) head(ctx huma.Context) {
	ctx.SetHeader("Content-Type", p.ContentType(""))
	for k, v := range p.GetHeaders() {
		ctx.SetHeader(k, v[0])
	}
	ctx.SetStatus(p.Status)
}

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// ProblemOf turns an error into its answer in the caller's language.
func ProblemOf(err error, lang, request string) *Problem {
	code := kexin.CodeOf(err)
	p := &Problem{Type: "about:blank", Code: string(code), Status: law.StatusOf(code), Request: request, Title: i18n.T(lang, "error."+string(code), map[string]string{"request": request})}
	p.Detail = p.Title
	var e *kexin.Error
	if !errors.As(err, &e) || code == kexin.Internal {
		return p
	}
	p.Law, p.Until, p.Narrower = string(e.Law), int64(e.Until), e.Args["scene"]
	if r, ok := law.RefusalOf(e.Law); ok {
		p.Ref, p.Status = r.Ref, law.StatusOf(r.Code)
		p.Detail = i18n.T(lang, "law."+string(e.Law), e.Args)
	}
	if e.Key != "" {
		p.Detail = i18n.T(lang, e.Key, e.Args)
	}
	if e.Field != "" {
		p.Errors = append(p.Errors, FieldFault{Location: e.Field, Message: p.Detail, Key: e.Key})
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, FieldFault{Location: f.Path, Message: i18n.T(lang, f.Key, f.Args), Key: f.Key})
	}
	var same *app.ErrSame
	if errors.As(err, &same) {
		a := answerOf(same.Looked)
		p.Same = &a
	}
	return p
}

// bare makes the problem of something huma refused before any use-case ran:
// its own details would echo what was sent.
func bare(c Caller, status int, errs []error) huma.StatusError {
	code, key := kexin.Invalid, ""
	switch {
	case status >= 500:
		code = kexin.Internal
	case status == http.StatusRequestEntityTooLarge:
		key = "error.too_large"
	case status == http.StatusNotFound:
		code = kexin.NotFound
	}
	p := ProblemOf(&kexin.Error{Op: "api", Code: code, Key: key}, c.Lang, c.Request)
	p.Status = status
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			p.Errors = append(p.Errors, FieldFault{Location: placeOf(d.Location), Message: i18n.T(c.Lang, "error.field_bad", nil), Key: "error.field_bad"})
		}
	}
	return p
}

// names are those of the API's properties and parameters, set by the first
// Mount.
var names map[string]bool

// ownNames takes them down.
func ownNames(doc *huma.OpenAPI) {
	names = map[string]bool{}
	for _, schema := range doc.Components.Schemas.Map() {
		for name := range schema.Properties {
			names[name] = true
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			for _, p := range op.Parameters {
				names[p.Name] = true
			}
		}
	}
}

// placeOf is where in a request a fault is, as far as the way there has names of
// the API's own: others are what somebody sent.
func placeOf(location string) string {
	parts := strings.Split(location, ".")
	for i, p := range parts[1:] {
		if name, at, _ := strings.Cut(p, "["); !names[name] || !index(at) {
			return strings.Join(parts[:i+1], ".")
		}
	}
	return location
}

// index reports whether what follows "[" is the place of an element, or nothing
// does: a name in brackets is one that was sent.
func index(s string) bool {
	n, found := strings.CutSuffix(s, "]")
	if !found {
		return s == ""
	}
	_, err := strconv.ParseUint(n, 10, 16) // at most five digits: no telephone number
	return err == nil && len(n) <= 5
}
