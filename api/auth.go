package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"kexin"
	"kexin/internal/front"
)

// document is where the API's own description lies, for everybody.
const document = "/api/v1/openapi"

// Callers tells the operations who asks: the person of the session cookie, or
// of an API token in the Authorization header. A token gets no further than
// the acts it was made for. It stands behind front.Wrap, which refuses
// requests from other sites.
func Callers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := front.Of(r.Context())
		seat, err := q.Seat()
		if err == nil && q.Token() {
			if err = tokenMay(seat.Acts, r); err == nil && !seat.Somebody() {
				err = &kexin.Error{Op: "api.token", Code: kexin.Unauthorized, Key: "error.token"}
			}
		}
		if err == nil && seat.Actor.User == 0 && !strings.HasPrefix(r.URL.Path, document) {
			err = &kexin.Error{Op: "api", Code: kexin.Unauthorized} // before anything he sent is read
		}
		if err != nil {
			Fail(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		c := Caller{Actor: seat.Actor, Lang: q.Lang(), Request: q.ID, Addr: q.Addr.String(), Acts: seat.Acts}
		c.Actor.Lang = c.Lang
		next.ServeHTTP(w, r.WithContext(WithCaller(r.Context(), c)))
	})
}

// Fail answers with a problem a request that reaches no operation.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	q := front.Of(r.Context())
	p := ProblemOf(err, q.Lang(), q.ID)
	h := w.Header()
	maps.Copy(h, p.GetHeaders())
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// tokenActs says which act a program needs for each path under /api/v1, by
// method and pattern; * stands for one part. What is not in the table is for
// people: rights, sessions, keys, settings.
var tokenActs = []struct {
	method, path string
	act          kexin.Act
}{
	{"GET", "me", ""}, {"GET", "schema", ""},
	{"GET", "today", kexin.ActList},
	{"POST", "lookup", kexin.ActLookup},
	{"POST", "customers/count", kexin.ActCount},
	{"POST", "*/search", kexin.ActList},
	{"GET", "customers/*/timeline", kexin.ActGet}, {"GET", "customers/*/consents", kexin.ActGet}, {"PATCH", "customers/*/consents", kexin.ActGet}, // refused by name: ConsentByStaff
	{"GET", "customers/*/evidence", kexin.ActLedger},
	{"POST", "customers/*/contact", kexin.ActContact}, {"POST", "customers/*/owner", kexin.ActMove},
	{"POST", "*/*/reveal", kexin.ActReveal},
	{"GET", "import-sources", kexin.ActImport}, {"GET", "imports", kexin.ActImport}, {"POST", "imports", kexin.ActImport},
	{"GET", "imports/*", kexin.ActImport}, {"PATCH", "imports/*", kexin.ActImport}, {"PUT", "imports/*/file", kexin.ActImport},
	{"POST", "imports/*/confirm", kexin.ActImport}, {"POST", "imports/*/cancel", kexin.ActImport},
	{"GET", "imports/*/refused", kexin.ActImport}, {"POST", "imports/*/refused", kexin.ActImport}, {"GET", "imports/*/rows", kexin.ActImport}, {"GET", "imports/*/reviews", kexin.ActImport}, {"POST", "imports/*/reviews/*", kexin.ActImport},
	{"GET", "ledger", kexin.ActLedger},
}

// plurals are the records that a program may get, make and change by id.
var plurals = []string{"customers", "contacts", "orders", "order-lines", "deals", "visits", "tasks"}

// actOf is the act that a request needs; ok is false where programs may not
// ask at all.
func actOf(method, path string) (act kexin.Act, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/")
	for _, row := range tokenActs {
		if row.method == method && fits(strings.Split(row.path, "/"), parts) {
			return row.act, true
		}
	}
	if !slices.Contains(plurals, parts[0]) || len(parts) > 2 {
		return "", false
	}
	switch {
	case method == http.MethodPost && len(parts) == 1:
		return kexin.ActCreate, true
	case method == http.MethodGet && len(parts) == 2:
		return kexin.ActGet, true
	case (method == http.MethodPatch || method == http.MethodDelete) && len(parts) == 2:
		return kexin.ActEdit, true
	}
	return "", false
}

func fits(pattern, parts []string) bool {
	if len(pattern) != len(parts) {
		return false
	}
	for i, p := range pattern {
		if p == "*" && i == 0 && !slices.Contains(plurals, parts[0]) || p != "*" && p != parts[i] {
			return false
		}
	}
	return true
}

// tokenMay refuses what a token was not made for.
func tokenMay(acts []kexin.Act, r *http.Request) error {
	if acts == nil {
		return nil // no such token: unauthorized, whatever it asked
	}
	if act, ok := actOf(r.Method, r.URL.Path); !ok || act != "" && !slices.Contains(acts, act) {
		return tokenAct()
	}
	return nil
}

func tokenAct() error {
	return &kexin.Error{Op: "api.token", Code: kexin.Forbidden, Key: "error.token_act"}
}
