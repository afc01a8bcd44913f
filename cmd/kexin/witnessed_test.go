package main

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/db/dbtest"
)

var witnessSays = regexp.MustCompile(`runs at (\S+)\. .*URL,(\S+)`)

// witness runs kexin witness for this server's log, and gives the flags by
// which a server or a restore reaches it.
func (s *server) witness() []string {
	s.tb.Helper()
	var page struct{ Key string }
	s.until("the first seal", func() bool {
		if err := s.call("GET", "/api/v1/ledger", nil, &page); err != nil {
			s.tb.Fatal(err)
		}
		return page.Key != ""
	})
	c := exec.Command(s.command().Path, "witness", "--listen", "127.0.0.1:0", "--state", filepath.Join(s.dir, "witness"), "--name", "xingfu", "--add-log", page.Key, "--lang", "en")
	c.Env = s.command().Env
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	m := witnessSays.FindStringSubmatch(line)
	if m == nil {
		s.tb.Fatalf("the witness said %q, %v", line, err)
	}
	return []string{"--witness", "http://" + m[1] + "," + m[2] + ",幸福家具店", "--outbound-allow", "127.0.0.1"}
}

// evidence has the log sealed and the witness asked.
func (s *server) evidence(id kexin.ID) {
	s.tb.Helper()
	var file json.RawMessage
	if err := s.call("GET", "/api/v1/customers/"+id.String()+"/evidence", nil, &file); err != nil || !strings.Contains(string(file), "xingfu") {
		s.tb.Fatalf("an evidence file without the witness: %v", err)
	}
}

// unsealed is how many entries wait for their place.
func (p *program) unsealed() (n int64) {
	p.scan("SELECT COUNT(*) FROM ledger_entry WHERE idx IS NULL", &n)
	return n
}

// TestRestoreAsksWitness: a restored backup that is older than what a witness
// saw is told from it, as is a database that was put back as a whole; and a
// command beside no server, which knows no witness, seals nothing.
func TestRestoreAsksWitness(t *testing.T) {
	for i, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			id, err := s.add("王淑芬")
			if err != nil {
				t.Fatal(err)
			}
			flags, session := s.witness(), s.client
			s.stop()

			if n := p.unsealed(); n != 0 {
				t.Errorf("a server that ended left %d entries unsealed", n)
			}
			p.run("token", "create", "--login", ownerLogin, "--name", "t", "--acts", "list", "--json")
			if n := p.unsealed(); n == 0 {
				t.Error("a command without a server sealed the log")
			}
			if out, _ := p.try("", "doctor"); strings.Contains(out, "look at the messages") {
				t.Errorf("doctor takes what waits for a server for a fault: %s", out)
			}

			s = p.serve(flags...)
			s.client = session
			s.evidence(id)
			old, ring := p.backup()
			for _, name := range []string{"林国栋", "陈秀英"} {
				if id, err = s.add(name); err != nil {
					t.Fatal(err)
				}
			}
			s.evidence(id)
			newer, _ := p.backup()
			s.stop()

			code := p.code()
			restore := func(q *program, args ...string) string {
				out, status := q.try(code, append([]string{"restore"}, args...)...)
				if status != 0 {
					t.Fatalf("restore: %d %s", status, out)
				}
				return out
			}
			q := newProgram(t, dbtest.Engines[1-i])
			if out := restore(q, append([]string{old, ring}, flags...)...); !strings.Contains(out, "older than what it saw") || !strings.Contains(out, "more entries of the log were seen outside") {
				t.Errorf("an old backup: %s", out)
			}
			if out := restore(newProgram(t, engine), old, ring); !strings.Contains(out, "No witness was asked") {
				t.Errorf("without a witness: %s", out)
			}
			_, rings := filepath.Split(newer)
			if out := restore(newProgram(t, engine), append([]string{newer, strings.TrimSuffix(newer, rings) + strings.TrimSuffix(rings, ".kxb") + ".kxk"}, flags...)...); !strings.Contains(out, "they agree") {
				t.Errorf("the newest backup: %s", out)
			}
			away := append([]string{old, ring}, "--witness", "http://127.0.0.1:1,"+strings.Split(flags[1], ",")[1], "--outbound-allow", "127.0.0.1")
			if out := restore(newProgram(t, engine), away...); !strings.Contains(out, "could not be asked") {
				t.Errorf("a witness that is away: %s", out)
			}
			r := q.serve(flags...)
			r.client = session
			r.stop()
			if out := restore(q, append([]string{"--here"}, flags...)...); !strings.Contains(out, "The log goes on from") {
				t.Errorf("in its place: %s", out)
			}
		})
	}
}
