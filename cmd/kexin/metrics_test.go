package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kexin/internal/db/dbtest"
)

var metricsURL = regexp.MustCompile(`http://\S+/metrics`)

// TestMetrics: the figures of a server at work, of connections and the writer
// too; no label says anything of a merchant or a person.
func TestMetrics(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			s := newProgram(t, engine).serve("--metrics", "127.0.0.1:0")
			s.found()
			if _, err := s.add("王淑芬"); err != nil {
				t.Fatal(err)
			}
			s.until("the address of the figures", func() bool { return s.metrics() != "" })
			r, err := http.Get(s.metrics())
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"kexin_db_up 1", `kexin_db_connections{state="idle"} `, `kexin_db_connections{state="in_use"} `, "kexin_db_connection_waits_total ", "kexin_db_bytes "}
			if engine == dbtest.SQLite {
				want = append(want, "kexin_db_write_queue ", "kexin_db_commits_total ", "kexin_db_writes_total ", "kexin_db_wal_bytes ")
			}
			for _, line := range want {
				if !strings.Contains(string(b), "\n"+line) {
					t.Errorf("no %q", line)
				}
			}
			if regexp.MustCompile(`kexin_db_bytes 0\n`).Match(b) || strings.Contains(string(b), "永嘉") || strings.Contains(string(b), ownerLogin) {
				t.Errorf("%s", b)
			}
			s.stop()
		})
	}
}

// metrics is where the server shows its figures, "" where it has not said yet.
func (s *server) metrics() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return metricsURL.FindString(s.out.String())
}
