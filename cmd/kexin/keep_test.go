package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
)

// token makes a token for the owner and has the browser use it.
func (s *server) token() string {
	s.tb.Helper()
	var out struct{ Token string }
	if err := json.Unmarshal([]byte(s.run("token", "create", "--login", ownerLogin, "--name", "t", "--acts", "list,get,create", "--json")), &out); err != nil {
		s.tb.Fatal(err)
	}
	if !strings.HasPrefix(out.Token, "kxt_") {
		s.tb.Fatalf("no token: %q", out.Token)
	}
	s.bear(out.Token)
	return out.Token
}

type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}

func (s *server) bear(token string) {
	s.client = &http.Client{Transport: bearer{token}, Timeout: time.Minute}
}

// add makes a customer.
func (s *server) add(name string) (kexin.ID, error) {
	var out struct{ ID kexin.ID }
	err := s.call("POST", "/api/v1/customers", map[string]any{"fields": map[string]any{"name": name}, "same": "different"}, &out)
	return out.ID, err
}

// holds checks that a customer is there under his name.
func (s *server) holds(id kexin.ID, name string) {
	s.tb.Helper()
	var out json.RawMessage
	if err := s.call("GET", "/api/v1/customers/"+id.String(), nil, &out); err != nil {
		s.tb.Errorf("acknowledged and gone: %v", err)
	} else if !strings.Contains(string(out), name) {
		s.tb.Errorf("%s is not called %s any more: %s", id, name, out)
	}
}

// TestProgram goes the way of whoever keeps a shop's server: it starts, is set
// up, backs itself up by command and by its door; then the machine is lost, and
// with the two files and the code on paper everything stands again on another
// directory and another engine.
func TestProgram(t *testing.T) {
	for i, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			token := s.token()
			id, err := s.add("王淑芬")
			if err != nil {
				t.Fatal(err)
			}
			if out, status := p.try("", "serve", "--addr", "127.0.0.1:0"); status != 1 {
				t.Errorf("a second server on the same directory: %d %s", status, out)
			}
			if out := p.run("keys", "status"); !strings.Contains(out, "active") {
				t.Errorf("keys status: %s", out)
			}
			data, ring := p.backup()
			if out, _ := p.try("", "doctor"); !strings.Contains(out, "Newest backup") || !strings.Contains(out, "place and permissions are right") {
				t.Errorf("doctor: %s", out)
			}
			if out, status := p.try("", "restore", data, ring); status != 1 || !strings.Contains(out, "Another Kexin") {
				t.Errorf("a restore under a running server: %d %s", status, out)
			}
			s.stop()
			if out := p.run("token", "list", "--login", ownerLogin); !strings.Contains(out, "crm.followup") {
				t.Errorf("without a server: %s", out)
			}
			p.forgedRow()
			code := p.code()
			q := newProgram(t, dbtest.Engines[1-i])
			if out, status := q.try("00000-nonsense\n", "restore", data, ring); status != 1 {
				t.Errorf("a wrong code: %d %s", status, out)
			}
			if out, status := q.try(code, "restore", data, ring); status != 0 {
				t.Fatalf("restore: %d %s", status, out)
			}
			r := q.serve()
			r.bear(token)
			r.holds(id, "王淑芬")
			if _, err := r.add("林国栋"); err != nil {
				t.Error(err)
			}
			r.stop()
			if out, status := q.try("", "restore", data, ring); status != 1 || !strings.Contains(out, "--force") {
				t.Errorf("a restore over merchants: %d %s", status, out)
			}
		})
	}
}

// code is the recovery code, as it stands in the key file.
func (p *program) code() string {
	p.tb.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, "keys", "master.key"))
	if err != nil {
		p.tb.Fatal(err)
	}
	return string(b)
}

// forgedRow gives the owner another position in the database itself: doctor
// and verify name the row.
func (p *program) forgedRow() {
	p.tb.Helper()
	if out, _ := p.try("", "doctor"); !strings.Contains(out, "Every row of rights was given in Kexin") {
		p.tb.Errorf("doctor before: %s", out)
	}
	p.past("UPDATE member SET position='pio'")
	if out, status := p.try("", "doctor"); status != 1 || !strings.Contains(out, "the rights table member") {
		p.tb.Errorf("doctor: %d %s", status, out)
	}
	if out, status := p.try("", "verify", "--deep"); status != 1 || !strings.Contains(out, "of member") {
		p.tb.Errorf("verify: %d %s", status, out)
	}
}

// past runs one statement past the program, while it does not run.
func (p *program) past(q string) {
	p.tb.Helper()
	p.inside(func(tx *db.Tx) error { _, err := tx.Exec(dbtest.Past + q); return err })
}

// scan reads one row past the program, while it does not run.
func (p *program) scan(q string, dest ...any) {
	p.tb.Helper()
	p.inside(func(tx *db.Tx) error { return tx.Row(dbtest.Past + q).Scan(dest...) })
}

func (p *program) inside(f func(*db.Tx) error) {
	p.tb.Helper()
	cfg := db.Config{File: filepath.Join(p.dir, "data", "kexin.db")}
	if i := slices.Index(p.args, "--db"); i >= 0 {
		cfg = db.Config{DSN: p.args[i+1]}
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		p.tb.Fatal(err)
	}
	err = d.Update(context.Background(), f)
	if err = errors.Join(err, d.Close()); err != nil {
		p.tb.Fatal(err)
	}
}

// backup makes one by command and gives its files, which hold nothing clear.
func (p *program) backup() (data, ring string) {
	p.tb.Helper()
	var made struct{ Data, Keyring string }
	if err := json.Unmarshal([]byte(p.run("backup", "--json")), &made); err != nil {
		p.tb.Fatal(err)
	}
	for _, f := range []string{made.Data, made.Keyring} {
		b, err := os.ReadFile(f)
		if err != nil || !strings.HasPrefix(string(b), "age-encryption.org/") {
			p.tb.Fatalf("%s is not encrypted: %v", f, err)
		}
		if strings.Contains(string(b), "王淑芬") || strings.Contains(string(b), ownerLogin) {
			p.tb.Errorf("%s holds clear text", f)
		}
	}
	return made.Data, made.Keyring
}
