package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kexin/internal/db/dbtest"
)

var askedFor = regexp.MustCompile(`Type group (\d+) again`)

// TestInit: a server is made ready at a terminal; the recovery code is shown
// until two groups of it were typed again, and then no page shows it.
func TestInit(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	out, status := p.try("nonsense\nnonsense\nnonsense\n", "init")
	if status != 1 || !strings.Contains(out, "▀") {
		t.Fatalf("wrong groups: %d %s", status, out)
	}
	groups := strings.Split(strings.TrimSpace(p.code()), "-")
	for _, g := range groups {
		if !strings.Contains(out, g) {
			t.Fatal("the sheet lacks a group")
		}
	}
	// Each group is asked for until it is right; the same ones at every start.
	typed := ""
	for len(askedFor.FindAllString(out, -1)) > 0 {
		m := askedFor.FindAllStringSubmatch(out, -1)
		n, err := strconv.Atoi(m[len(m)-1][1])
		if err != nil {
			t.Fatal(err)
		}
		typed += strings.ToLower(groups[n-1]) + "\n"
		if out, status = p.try(typed, "init"); status == 0 {
			break
		}
		if len(typed) > 60 {
			t.Fatalf("no end: %s", out)
		}
	}
	if out := p.run("init"); !strings.Contains(out, "was noted") || strings.Contains(out, groups[0]) {
		t.Errorf("the second time: %s", out)
	}
	s := p.serve()
	s.until("the setup link", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.setup != "" })
	s.foundWithout()
	if out, status := p.try("", "init"); status != 1 || !strings.Contains(out, "merchants here already") {
		t.Errorf("with a merchant: %d %s", status, out)
	}
	s.stop()
}

// TestLostKeys: a database without its keys is refused at the start in words,
// and stands again with a keyring file, once a second person has signed.
func TestLostKeys(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p := newProgram(t, engine)
			s := p.serve()
			s.found()
			token := s.token()
			id, err := s.add("王淑芬")
			if err != nil {
				t.Fatal(err)
			}
			_, ring := p.backup()
			s.stop()
			for _, table := range []string{"subject_key", "org_key", "keeper"} {
				p.past("DELETE FROM " + table)
			}
			for _, c := range []struct {
				typed, says string
				status      int
			}{
				{"", "password", 1},
				{ownerLogin + "\nwrong-password-1\n\n", "password", 1},
				{"nobody\n" + ownerPassword + "\n\n", "password", 1},
				{ownerLogin + "\n" + ownerPassword + "\n\n", "rows are back", 0}, // so none were brought before
				{ownerLogin + "\n" + ownerPassword + "\n\n", "No key is missing", 1},
			} {
				if out, status := p.try(c.typed, "keys", "restore", ring); status != c.status || !strings.Contains(out, c.says) {
					t.Errorf("%q: %d %s", c.typed, status, out)
				}
			}
			s = p.serve()
			s.bear(token)
			s.holds(id, "王淑芬")
			s.stop()
		})
	}
}

// olderRing is a program with a backup of its data and a keyring older than it.
func olderRing(t *testing.T) (p *program, data, ring string) {
	t.Helper()
	p = newProgram(t, dbtest.SQLite)
	s := p.serve()
	s.found()
	s.token()
	if _, err := s.add("王淑芬"); err != nil {
		t.Fatal(err)
	}
	_, first := p.backup()
	ring = filepath.Join(p.dir, "older.kxk")
	if err := os.Rename(first, ring); err != nil {
		t.Fatal(err)
	}
	data, _ = p.backup()
	s.stop()
	return p, data, ring
}

// TestLostErasures: a keyring older than the data is taken only with the
// agreement of a second person, whose account stands in the backup.
func TestLostErasures(t *testing.T) {
	p, data, kept := olderRing(t)
	for _, c := range []struct {
		typed, says string
		flags       []string
		status      int
	}{
		{p.code(), "older than the data", nil, 1},
		{p.code() + ownerLogin + "\nwrong-password-1\n\n", "password", []string{"--accept-lost-erasures"}, 1},
		{p.code() + "nobody\n" + ownerPassword + "\n\n", "password", []string{"--accept-lost-erasures"}, 1},
		{p.code() + ownerLogin + "\n" + ownerPassword + "\n\n", "must be erased again", []string{"--accept-lost-erasures"}, 0},
	} {
		q := newProgram(t, dbtest.SQLite)
		out, status := q.try(c.typed, append([]string{"restore", data, kept}, c.flags...)...)
		if status != c.status || !strings.Contains(out, c.says) {
			t.Errorf("%v: %d %s", c.flags, status, out)
		}
		_, err := os.Stat(filepath.Join(q.dir, "data", "kexin.db"))
		if (err == nil) != (c.status == 0) {
			t.Errorf("%v: a database: %v", c.flags, err)
		}
	}
}
