package main

import (
	"bytes"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kexin/i18n"
	"kexin/internal/sitetest"
	"kexin/ledger"
)

// TestVerifyPage: the page says of an evidence file in both languages what is
// true of it: consistent; intact, with a line from outside; and what is wrong
// with one that was changed, cut, mixed up, or is of a log that was rewritten.
func TestVerifyPage(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		id := s.NewCustomer("rep", map[string]any{"name": "王秀兰", "phone": "13812345678", "source": "store"})
		other := s.NewCustomer("rep", map[string]any{"name": "张伟", "phone": "13900001111", "source": "store"})
		s.Get("rep", "/api/v1/customers/"+id.String(), nil)
		evidence := func(id string) []byte {
			r := s.As("owner", http.MethodGet, "/api/v1/customers/"+id+"/evidence", nil)
			if r.Status != http.StatusOK || bytes.Contains(r.Body, []byte("13812345678")) {
				t.Fatalf("evidence: %d", r.Status)
			}
			return r.Body
		}
		good := evidence(id.String())
		// the log's page shows the line of the day, which may end before the file
		e, err := ledger.ParseEvidence(good)
		if err != nil {
			t.Fatal(err)
		}
		newest, err := ledger.ParseLine(e.Checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		line := newest.Line()
		forged := regexp.MustCompile(`[A-Za-z0-9+/]{43}=`).ReplaceAllString(line, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		if forged == line {
			t.Fatalf("no hash in %q", line)
		}
		changed := func(old, new string) []byte {
			b := bytes.Replace(good, []byte(old), []byte(new), 1)
			if bytes.Equal(b, good) {
				t.Fatalf("the file does not hold %s: %.300s", old, good)
			}
			return b
		}
		for _, c := range []struct {
			what, known string
			file        []byte
			verdict     string
			says        []string // keys of sentences that stand there
		}{
			{"a good file", "", good, "unwitnessed", []string{"portal.verify.proves", "portal.verify.silent"}},
			{"with a line from outside", line, good, "valid", []string{"portal.verify.proves"}},
			{"with a line of a log that says something else", forged, good, "invalid", []string{"verify.fault.rewritten"}},
			{"one byte changed", "", changed(`"position":"rep"`, `"position":"reb"`), "invalid", []string{"portal.verify.nothing", "portal.verify.faults"}},
			{"cut in half", "", good[:len(good)/2], "invalid", []string{"verify.fault.format"}},
			{"no evidence file", "", []byte(`{"name":"王秀兰"}`), "invalid", []string{"verify.fault.format"}},
			{"one file behind another", "", append(bytes.Clone(good), evidence(other.String())...), "invalid", []string{"verify.fault.format"}},
		} {
			for _, lang := range i18n.Langs {
				r := upload(s, "", lang, c.known, c.file)
				page := html.UnescapeString(string(r.Body))
				_, verdict, ok := strings.Cut(page, `<section class="card verdict `)
				verdict, _, _ = strings.Cut(verdict, "</section>")
				if r.Status != http.StatusOK || !ok || !strings.HasPrefix(verdict, c.verdict+`"`) || !strings.Contains(page, `lang="`+lang+`"`) {
					t.Errorf("%s, %s: %d %.200s", c.what, lang, r.Status, verdict)
				}
				for _, key := range append(c.says, "portal.verify."+c.verdict) {
					sentence, _, _ := strings.Cut(i18n.T(lang, key, nil), "{") // as far as it is the same for all
					if !strings.Contains(verdict, sentence) {
						t.Errorf("%s, %s: not said: %s\n%s", c.what, lang, sentence, verdict)
					}
				}
				if read := strings.Contains(verdict, `class="entries"`); read == (c.verdict == "invalid") {
					t.Errorf("%s, %s: entries are read out: %v", c.what, lang, read)
				}
				if strings.Contains(page, "王秀兰") || r.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s, %s: shows what is in the file, or may be kept: %s", c.what, lang, r.Header.Get("Cache-Control"))
				}
			}
		}
	})
}
