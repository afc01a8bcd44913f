package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/law"
	"kexin/store"
)

//go:embed hall.html hall.css hall.js
var hallFiles embed.FS

// hallHost is where the demonstration is shown from; the customers' phones are
// hosts below it, so that each has cookies of its own and none of them a
// session of staff.
const hallHost = "phone.localhost"

// A Hall 演示大厅 stands before the site of a demonstration: on phone.localhost
// it shows what to try, the doors of the town's people and the customers'
// phones; on a phone's own host only customers' pages answer, and may stand in
// the phone's frame. Every other host is the site as it is. All answers carry
// the town's time.
type Hall struct {
	Site   http.Handler
	App    *app.App
	Store  *store.Store
	Phones *Phones
	Clock  *Clock
	Dir    string // the directory of the demonstration
	pages  map[string]*template.Template
	mux    *http.ServeMux
	cross  *http.CrossOriginProtection
}

// Open makes the hall ready to answer.
func (h *Hall) Open() error {
	h.pages, h.mux, h.cross = map[string]*template.Template{}, http.NewServeMux(), http.NewCrossOriginProtection()
	for _, lang := range i18n.Langs {
		t, err := template.New("hall.html").Funcs(template.FuncMap{"t": func(key string) string { return i18n.T(lang, key, nil) }, "of": func(key, name string) string { return i18n.T(lang, key, map[string]string{"name": name}) }, "json": func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err }}).ParseFS(hallFiles, "hall.html")
		if err != nil {
			return err
		}
		h.pages[lang] = t
	}
	h.mux.HandleFunc("GET /{$}", h.page)
	h.mux.HandleFunc("GET /state", h.state)
	h.mux.HandleFunc("POST /paste", h.paste)
	h.mux.HandleFunc("POST /door", h.door)
	h.mux.HandleFunc("GET /file/{name}", h.take)
	h.mux.HandleFunc("GET /hall.css", sheet("hall.css", "text/css; charset=utf-8"))
	h.mux.HandleFunc("GET /hall.js", sheet("hall.js", "text/javascript; charset=utf-8"))
	return nil
}

func sheet(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, _ := hallFiles.ReadFile(name)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(b)
	}
}

// ServeHTTP leads a request to the hall, to a phone or to the site.
func (h *Hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", h.Clock.Now().UTC().Format(http.TimeFormat))
	host, port := place(r.Host)
	switch {
	case host == hallHost:
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "same-origin")
		h.cross.Handler(h.mux).ServeHTTP(w, r)
	case strings.HasSuffix(host, "."+hallHost):
		if !hers(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		h.Site.ServeHTTP(&framed{ResponseWriter: w, by: "http://" + net.JoinHostPort(hallHost, port)}, r)
	default:
		h.Site.ServeHTTP(w, r)
	}
}

func place(hostport string) (host, port string) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return strings.ToLower(hostport), "80"
	}
	return strings.ToLower(host), port
}

// hers reports whether a path is of the pages that a customer opens, or they lead to.
func hers(path string) bool {
	return path == "/hers.css" || path == "/portal.css" || path == "/verify" || slices.ContainsFunc([]string{"/l/", "/p/", "/notice/", "/card/"}, func(p string) bool { return strings.HasPrefix(path, p) })
}

// A framed answer may stand in the frame of the phone, and nowhere else.
type framed struct {
	http.ResponseWriter
	by   string
	sent bool
}

// WriteHeader changes the one word of the policy.
func (f *framed) WriteHeader(status int) {
	f.sent = true
	h := f.Header()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors "+f.by, 1))
	f.ResponseWriter.WriteHeader(status)
}

// Write sends the header first.
func (f *framed) Write(b []byte) (int, error) {
	if !f.sent {
		f.WriteHeader(http.StatusOK)
	}
	return f.ResponseWriter.Write(b)
}

// A hallPage is what the template is given.
type hallPage struct {
	Lang, Other string
	Shops       []hallShop
	Steps       []hallStep
	Words       map[string]string // for the script
	Verify      string            // address of the page that checks a file
	State       hallState
}

type hallShop struct {
	Name   string
	People []hallPerson
}

type hallPerson struct{ Host, Name, Position string }

type hallStep struct {
	step
	N      int
	People []hallPerson
	Law    []string
}

// A hallState is what the page asks for again and again.
type hallState struct {
	Now    int64   `json:"now"`
	Phones []Phone `json:"phones"`
}

func (h *Hall) state(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(h.now())
}

func (h *Hall) now() hallState {
	return hallState{Now: int64(kexin.At(h.Clock.Now())), Phones: h.Phones.All()}
}

func langOf(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); slices.Contains(i18n.Langs[:], l) {
		return l
	}
	return i18n.Match(r.Header.Get("Accept-Language"))
}

// scriptWords are the sentences of the script.
var scriptWords = []string{"empty", "pasted", "sms", "open", "back", "copied", "copy", "paste_none", "frame", "number", "other"}

func (h *Hall) page(w http.ResponseWriter, r *http.Request) {
	people, err := People(r.Context(), h.Store)
	if err != nil {
		http.Error(w, i18n.T(langOf(r), "error.internal", nil), http.StatusInternalServerError)
		return
	}
	lang := langOf(r)
	pg := hallPage{Lang: lang, Other: i18n.English, Words: map[string]string{}, State: h.now()}
	if lang == i18n.English {
		pg.Other = i18n.Chinese
	}
	for _, k := range scriptWords {
		pg.Words[k] = i18n.T(lang, "demo.hall."+k, nil)
	}
	known := map[string]hallPerson{}
	for _, m := range merchants {
		s := hallShop{Name: m.name}
		for _, p := range people {
			if p.Org == m.name {
				x := hallPerson{strings.TrimSuffix(p.Host, ".localhost"), p.Name, i18n.T(lang, app.PositionKey(p.Position, p.Size), nil)}
				known[x.Host] = x
				s.People = append(s.People, x)
			}
		}
		pg.Shops = append(pg.Shops, s)
	}
	for i, s := range steps {
		x := hallStep{step: s, N: i + 1}
		for _, host := range s.Who {
			x.People = append(x.People, known[host])
		}
		for _, id := range s.Laws {
			x.Law = append(x.Law, lawLine(lang, id))
		}
		pg.Steps = append(pg.Steps, x)
	}
	_, port := place(r.Host)
	pg.Verify = "http://" + net.JoinHostPort("localhost", port) + "/verify?lang=" + lang
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self' http://*.localhost:"+port+"; frame-src http://*."+hallHost+":"+port+"; frame-ancestors 'none'; base-uri 'none'")
	var b bytes.Buffer
	if err := h.pages[lang].Execute(&b, pg); err != nil {
		http.Error(w, "hall", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b.Bytes())
}

// paste puts copied words on a phone.
func (h *Hall) paste(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "form", http.StatusBadRequest)
		return
	}
	if err := h.Phones.Paste(r.PostForm.Get("phone"), strings.TrimSpace(r.PostForm.Get("text"))); err != nil {
		http.Error(w, i18n.T(langOf(r), "demo.paste_bad", nil), http.StatusUnprocessableEntity)
		return
	}
	h.state(w, r)
}

// door makes a fresh way in and leads to it.
func (h *Hall) door(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	people, err := People(r.Context(), h.Store)
	i := -1
	if err == nil {
		i = slices.IndexFunc(people, func(p Person) bool { return p.Host == r.PostFormValue("who")+".localhost" })
	}
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	path, err := people[i].Door(r.Context(), h.App)
	if err != nil {
		http.Error(w, i18n.T(langOf(r), "error.internal", nil), http.StatusInternalServerError)
		return
	}
	_, port := place(r.Host)
	http.Redirect(w, r, "http://"+net.JoinHostPort(people[i].Host, port)+path+"?lang="+langOf(r), http.StatusSeeOther)
}

// take sends one of the files to try.
func (h *Hall) take(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !slices.Contains(filesToTry, name) {
		http.NotFound(w, r)
		return
	}
	f, err := os.Open(filepath.Join(h.Dir, "demo", name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Disposition", "attachment")
	http.ServeContent(w, r, name, time.Time{}, f)
}

// lawLine is a requirement with its title.
func lawLine(lang, id string) string {
	r, _ := law.RequirementOf(id)
	if lang == i18n.English {
		return id + " " + r.EN
	}
	return id + " " + r.ZH
}
