package demo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kexin/demo"
)

// A stand is a hall before a site that answers who was asked.
func stand(t *testing.T, b *built) http.Handler {
	t.Helper()
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
		_, _ = io.WriteString(w, r.Host+" "+r.URL.Path)
	})
	h := &demo.Hall{Site: site, App: b.app, Store: b.store, Phones: b.phones, Clock: b.clock, Dir: b.dir}
	if err := h.Open(); err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h http.Handler, method, address string, body url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// hall: a phone's host answers customers' pages alone, so that nobody of
// the staff has a session there, and they alone may stand in the hall's frame;
// what comes from another site does nothing; every answer tells the town's
// time.
func (b *built) hall(t *testing.T) {
	h := stand(t, b)
	const phone, hall = "http://paa.phone.localhost:8080", "http://phone.localhost:8080"
	for _, path := range []string{"/l/abc", "/p/intro", "/p/receipt", "/notice/1", "/card/1/photo", "/hers.css", "/verify"} {
		w := ask(h, "GET", phone+path, nil)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors "+hall+";") {
			t.Errorf("%s on a phone: %d %s", path, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/", "/login", "/enter/abc", "/api/v1/me", "/customers", "/setup/abc", "/state", "/lx", "/p"} {
		if w := ask(h, "GET", phone+path, nil); w.Code != 404 {
			t.Errorf("%s on a phone: %d", path, w.Code)
		}
	}
	for _, host := range []string{"http://chen.localhost:8080", "http://127.0.0.1:8080", "http://phone.localhost.evil.example"} {
		if w := ask(h, "GET", host+"/l/abc", nil); w.Code != 200 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %d %s", host, w.Code, w.Header())
		}
	}
	told, err := http.ParseTime(ask(h, "GET", "http://chen.localhost/", nil).Header().Get("Date"))
	if err != nil || told.Sub(b.clock.Now()).Abs() > time.Minute {
		t.Errorf("it is %s there, said %s (%v)", b.clock.Now(), told, err)
	}
	for _, path := range []string{"/paste", "/door"} {
		if w := ask(h, "POST", hall+path, url.Values{"who": {"chen"}, "phone": {"paa"}, "text": {"x"}}, "Sec-Fetch-Site", "cross-site"); w.Code != 403 {
			t.Errorf("%s from another site: %d", path, w.Code)
		}
	}
	if w := ask(h, "POST", hall+"/door", url.Values{"who": {"nobody"}}); w.Code != 404 {
		t.Errorf("a door for nobody: %d", w.Code)
	}
	w := ask(h, "POST", hall+"/door", url.Values{"who": {"chen"}}, "Sec-Fetch-Site", "same-origin")
	if at := w.Header().Get("Location"); w.Code != 303 || !strings.HasPrefix(at, "http://chen.localhost:8080/enter/") {
		t.Errorf("the door: %d %s", w.Code, at)
	}
	b.pasted(h, hall)
	for _, name := range []string{"phones.json", "../kexin.db", "%2e%2e%2fkexin.db", "nothing.csv"} {
		if w := ask(h, "GET", hall+"/file/"+name, nil); w.Code == 200 {
			t.Errorf("%s is served", name)
		}
	}
	for _, name := range []string{demo.OwnList, demo.OwnersList, demo.EvidenceFile, demo.AlteredFile} {
		want, err := os.ReadFile(filepath.Join(b.dir, "demo", name))
		if got := ask(h, "GET", hall+"/file/"+url.PathEscape(name), nil); err != nil || got.Code != 200 || got.Body.String() != string(want) {
			t.Errorf("%s: %d %v", name, got.Code, err)
		}
	}
}

// pasted: words land on the phone that was meant, are kept, and too many are
// refused.
func (b *built) pasted(h http.Handler, hall string) {
	var s struct{ Phones []demo.Phone }
	w := ask(h, "POST", hall+"/paste", url.Values{"phone": {"paa"}, "text": {" 王阿姨，您好 <b> /l/xyz "}})
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 200 {
		b.t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if m := s.Phones[0].Messages; s.Phones[0].Name != "王秀兰" || len(m) != 1 || m[0].Text != "王阿姨，您好 <b> /l/xyz" || m[0].Kind != "pasted" {
		b.t.Errorf("%+v", s.Phones[0])
	}
	for _, v := range []url.Values{{"phone": {"paa"}, "text": {"  "}}, {"phone": {"paa"}, "text": {strings.Repeat("字", 2001)}}, {"phone": {"zzz"}, "text": {"x"}}} {
		if w := ask(h, "POST", hall+"/paste", v); w.Code != 422 {
			b.t.Errorf("%.40v: %d", v, w.Code)
		}
	}
	again, err := demo.NewPhones(b.dir, b.phones.Now)
	if err != nil || len(again.All()) != len(b.phones.All()) || len(again.All()[0].Messages) != 1 {
		b.t.Errorf("after a restart: %v", err)
	}
}
