package main

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/internal/db/dbtest"
	"kexin/internal/front/fronttest"
	"kexin/law"
)

// TestLevel2: the table is whole, in order, in both languages, and names only
// findings that there are; what is found for the list stands somewhere in it.
func TestLevel2(t *testing.T) {
	if len(law.Level2) != 68 {
		t.Errorf("%d control points", len(law.Level2))
	}
	parts, used := 0, map[string]bool{}
	for _, c := range law.Level2 {
		if c.ZH == "" || c.EN == "" || c.AskZH == "" || c.AskEN == "" || (c.PartZH == "") != (c.PartEN == "") {
			t.Errorf("%s lacks words", c.Ref)
		}
		if (c.PartZH != "") != strings.HasSuffix(c.Ref, ".1") {
			t.Errorf("%s: a part begins here or not", c.Ref)
		}
		if c.PartZH != "" {
			parts++
		}
		for _, f := range c.Facts {
			used[f] = true
			if !i18n.Has("cli.doctor."+f) && !i18n.Has("cli."+f) {
				t.Errorf("%s names %s, which nothing finds", c.Ref, f)
			}
		}
	}
	if parts != 10 {
		t.Errorf("%d parts", parts)
	}
	d := &doctor{o: newOptions(nil, nil)}
	d.merchant(app.Posture{Org: "x", Staff: 1, Must: 1, Bare: 1})
	d.merchant(app.Posture{Org: "x", Staff: 1, Must: 1, Officer: "x", Notice: 1, Auditors: 1, Logged: 1})
	for _, f := range d.all {
		if !used[f.Code] || strings.Contains(f.Text, "{") {
			t.Errorf("%s stands nowhere or is no sentence: %s", f.Code, f.Text)
		}
	}
}

// TestSelfcheck: the list of a real server changes with what is so; the first
// backup is one that nobody asked for.
func TestSelfcheck(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	s := p.serve()
	check := func() (points map[string]point, text string) {
		var list []point
		out, _ := p.try("", "selfcheck", "--json")
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		points = map[string]point{}
		for _, x := range list {
			points[x.Ref] = x
		}
		text, _ = p.try("", "selfcheck")
		return points, text
	}
	level := func(points map[string]point, ref, code string) string {
		i := slices.IndexFunc(points[ref].Seen, func(f finding) bool { return f.Code == code })
		if i < 0 {
			return ""
		}
		return points[ref].Seen[i].Level
	}
	if empty, _ := check(); level(empty, "7.1.4.8", "backup_none") != "warn" { // once there is a merchant, a backup may come at any moment
		t.Errorf("nothing is saved yet, and the list says: %+v", empty["7.1.4.8"])
	}
	s.found()
	before, text := check()
	for what, x := range map[string][2]string{"an owner without a second factor": {level(before, "7.1.4.1", "self_factor"), "bad"}, "no notice": {level(before, "7.1.4.10", "self_notice"), "warn"},
		"no outside address": {level(before, "7.1.4.2", "no_public"), ""}, "a log": {level(before, "7.1.4.3", "self_log"), "ok"}} {
		if x[0] != x[1] {
			t.Errorf("%s: %q, want %q", what, x[0], x[1])
		}
	}
	if _, status := p.try("", "selfcheck"); status != 1 {
		t.Errorf("something must be mended and the status is %d", status)
	}
	if n := strings.Count(text, "\n### "); n != len(law.Level2) || strings.Count(text, "- □ ") != n || strings.Contains(text, "{") {
		t.Errorf("%d points: %s", n, text)
	}
	if strings.Contains(text, ownerLogin) {
		t.Error("an account stands in the list")
	}

	s.enrol()
	p.run("keys", "rotate", "wrap") // wakes what looks after keys and backups, which would look by itself within lookEvery
	var after map[string]point
	s.until("a backup by itself", func() bool {
		after, text = check()
		return level(after, "7.1.4.8", "backup_ok") != ""
	})
	if made, _ := filepath.Glob(filepath.Join(p.dir, "data", "backups", "*.kxb")); len(made) == 0 {
		t.Error("the list speaks of a backup that is not there")
	}
	if level(after, "7.1.4.1", "self_factor") != "ok" || level(after, "7.1.4.8", "backup_ok") != "ok" {
		t.Errorf("mended, and the list says: %+v %+v", after["7.1.4.1"], after["7.1.4.8"])
	}
	if !strings.Contains(text, "no claim of conformity") {
		t.Errorf("%s", text)
	}
}

var seedText = regexp.MustCompile(`<p class="secret"><code>([A-Z2-7 ]+)</code>`)

var paperCode = regexp.MustCompile(`<code>([^<]+)</code>`)

// enrol gives the owner a second factor, on the pages, and gives his recovery
// codes.
func (s *server) enrol() (paper []string) {
	s.tb.Helper()
	post := func(path string, v url.Values) string {
		r, err := s.client.PostForm(s.url+path, v)
		if err != nil {
			s.tb.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		b, err := io.ReadAll(r.Body)
		if err != nil {
			s.tb.Fatal(err)
		}
		return string(b)
	}
	m := seedText.FindStringSubmatch(post("/totp", url.Values{}))
	if m == nil {
		s.tb.Fatal("no seed")
	}
	code := fronttest.Code(strings.ReplaceAll(m[1], " ", ""), kexin.At(time.Now()))
	out := post("/totp/confirm", url.Values{"code": {code}})
	for _, m := range paperCode.FindAllStringSubmatch(out, -1) {
		paper = append(paper, m[1])
	}
	if len(paper) != 10 {
		s.tb.Fatalf("no recovery codes: %s", out)
	}
	return paper
}
