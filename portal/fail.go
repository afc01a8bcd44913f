package portal

import (
	"net/http"
	"strconv"

	"kexin"
	"kexin/i18n"
	"kexin/law"
)

// Fail answers an error with a page of the same look.
func (p *Portal) Fail(w http.ResponseWriter, r *http.Request, err error) {
	v := p.visit(w, r)
	status, code := v.failed(err)
	pg := v.page("portal.fail."+string(code), nil)
	pg.OtherHref = ""
	pg.Body = failure{Code: string(code), More: v.more(pg.Lang, code, err), Request: v.ID}
	v.sent(v.show("fail", status, pg), status)
}

// failed gives the status and code of an error that a page cannot answer, sets
// the headers that go with it, and logs what is nobody's doing.
func (v *visit) failed(err error) (int, kexin.Code) {
	code := kexin.CodeOf(err)
	status := law.StatusOf(code)
	if status == http.StatusInternalServerError {
		code = kexin.Internal
		v.p.Log.Error("page failed", "request", v.ID, "err", err.Error())
	}
	if code == kexin.Withheld {
		code = kexin.Forbidden
	}
	if status == http.StatusServiceUnavailable {
		v.w.Header().Set("Retry-After", "5")
	}
	v.wait(err)
	return status, code
}

// sent answers with the bare status where even the error page failed.
func (v *visit) sent(err error, status int) {
	if err != nil {
		v.p.Log.Error("error page failed", "request", v.ID, "err", err.Error())
		http.Error(v.w, strconv.Itoa(status), status)
	}
}

// A failure is what an error page shows.
type failure struct{ Code, More, Request string }

// more is the second sentence: the error's own, or that of its code.
func (v *visit) more(lang string, code kexin.Code, err error) string {
	if e, ok := err.(*kexin.Error); ok && e.Key != "" && code != kexin.Internal && code != kexin.NotFound {
		return i18n.T(lang, e.Key, e.Args)
	}
	if key := "portal.fail." + string(code) + "_more"; i18n.Has(key) {
		return i18n.T(lang, key, nil)
	}
	return i18n.T(lang, "error."+string(code), nil)
}

// wrongMethod answers a method that a page does not have.
func (p *Portal) wrongMethod(w http.ResponseWriter, r *http.Request) {
	v := p.visit(w, r)
	w.Header().Set("Allow", "GET, HEAD, POST")
	pg := v.page("portal.fail.method", nil)
	pg.OtherHref = ""
	pg.Body = failure{Code: "invalid", More: i18n.T(pg.Lang, "portal.fail.not_found_more", nil), Request: v.ID}
	if err := v.show("fail", http.StatusMethodNotAllowed, pg); err != nil {
		p.Log.Error("error page failed", "request", v.ID, "err", err.Error())
	}
}
