package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
)

// A program is the real command in processes of its own: the test binary run
// again as kexin, with a directory, a key and a database of its own.
type program struct {
	tb    testing.TB
	dir   string
	args  []string // where data and key lie
	more  []string // what its server is started with besides
	env   []string // its environment besides
	login string   // of the owner
}

// child is the environment variable by which the test binary knows that it is
// to be kexin.
const child = "KEXIN_TEST_IS_PROGRAM"

// newProgram makes one on an engine; nothing runs yet.
func newProgram(tb testing.TB, engine string) *program {
	tb.Helper()
	dir, err := os.MkdirTemp("", "kx") // short, so that a socket's name fits
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &program{tb: tb, dir: dir, login: ownerLogin}
	p.args = []string{"--data", filepath.Join(dir, "data"), "--master-key-file", filepath.Join(dir, "keys", "master.key"), "--lang", "en"}
	if engine == dbtest.Postgres {
		p.args = append(p.args, "--db", pgtest.Database(tb))
	}
	return p
}

func (p *program) command(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], append(args, p.args...)...)
	c.Env = append(append(os.Environ(), child+"=1"), p.env...)
	return c
}

// try runs a command to its end.
func (p *program) try(stdin string, args ...string) (out string, status int) {
	p.tb.Helper()
	c := p.command(args...)
	var b bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &b, &b
	err := c.Run()
	if c.ProcessState == nil {
		p.tb.Fatal(err)
	}
	return b.String(), c.ProcessState.ExitCode()
}

// run runs a command that must succeed.
func (p *program) run(args ...string) string {
	p.tb.Helper()
	out, status := p.try("", args...)
	if status != 0 {
		p.tb.Fatalf("kexin %v: exit %d: %s", args, status, out)
	}
	return out
}

// A server is a running program with a browser that talks to it.
type server struct {
	*program
	cmd    *exec.Cmd
	url    string
	setup  string
	client *http.Client
	mu     sync.Mutex
	errs   bytes.Buffer
	out    bytes.Buffer // what it printed
}

var (
	atURL    = regexp.MustCompile(`Kexin is running at (https?://\S+)\.\s`)
	setupURL = regexp.MustCompile(`https?://\S+/setup/\S+`)
)

// morning is a zone where it is past ten: no shop there meets midnight.
func morning() string {
	return fmt.Sprintf("Etc/GMT%+d", 12-(10-time.Now().UTC().Hour()+36)%24)
}

// serve starts a server, whose shops lie where it is morning, and waits until it
// says where it is.
func (p *program) serve(args ...string) *server {
	p.tb.Helper()
	s := &server{program: p, cmd: p.command(append([]string{"serve", "--addr", "127.0.0.1:0", "--zone", morning()}, args...)...)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		p.tb.Fatal(err)
	}
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		p.tb.Fatal(err)
	}
	p.tb.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	r := bufio.NewReader(out)
	for s.url == "" {
		line, err := r.ReadString('\n')
		s.out.WriteString(line)
		if m := atURL.FindStringSubmatch(line); m != nil {
			s.url = m[1]
		}
		if err != nil {
			p.tb.Fatalf("the server ended: %v\n%s", err, s.said())
		}
	}
	go func() {
		for {
			line, err := r.ReadString('\n')
			s.mu.Lock()
			s.out.WriteString(line)
			if m := setupURL.FindString(line); m != "" {
				s.setup = m
			}
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	jar, _ := cookiejar.New(nil)
	s.client = &http.Client{Jar: jar, Timeout: time.Minute}
	return s
}

// Write takes what the server says on standard error.
func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errs.Write(b)
}

func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errs.String()
}

// printed is what the server printed until now.
func (s *server) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// kill ends the server as a power cut does.
func (s *server) kill() {
	s.tb.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.tb.Fatal(err)
	}
	_ = s.cmd.Wait()
}

// stop ends it in good order.
func (s *server) stop() {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.tb.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.tb.Fatalf("the server did not end well: %v\n%s", err, s.said())
	}
}

// until waits for something that another process brings about.
func (s *server) until(what string, ok func() bool) {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			s.tb.Fatalf("%s did not come about\n%s", what, s.said())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

const (
	ownerLogin    = "laoban"
	ownerPassword = "Wenzhou-tile-2026!"
)

// found sets the first merchant up by the printed link, as a person does.
func (s *server) found() {
	s.tb.Helper()
	page := s.setUp("/welcome/recovery")
	s.sheet(page)
	s.told()
}

// foundWithout sets it up where the recovery code was noted at the terminal.
func (s *server) foundWithout() {
	s.tb.Helper()
	s.setUp("/welcome")
	s.told()
}

// setUp fills the form of the setup link in and gives the page after it, which
// must be that one.
func (s *server) setUp(next string) string {
	s.tb.Helper()
	s.until("the setup link", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.setup != "" })
	r, err := s.client.PostForm(s.setup, url.Values{"size": {"shop"}, "name": {"永嘉瓷砖店"}, "uscc": {"92330382MAKXDM012G"}, "contact": {"0577-62500001"},
		"owner": {"陈老板"}, "login": {s.login}, "password": {ownerPassword}, "again": {ownerPassword}})
	if err != nil {
		s.tb.Fatal(err)
	}
	b, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if r.Request.URL.Path != next {
		s.tb.Fatalf("setup led to %s: %s", r.Request.URL.Path, b)
	}
	return string(b)
}

// told is the page of what is recorded of staff.
func (s *server) told() {
	s.tb.Helper()
	r, err := s.client.PostForm(s.url+"/welcome", url.Values{})
	if err != nil {
		s.tb.Fatal(err)
	}
	_ = r.Body.Close()
}

var askedGroup = regexp.MustCompile(`第\s*(\d+)\s*组`)

// sheet reads the recovery code off the page, as it stands in the key file,
// and types two groups of it again.
func (s *server) sheet(page string) {
	s.tb.Helper()
	code, err := os.ReadFile(filepath.Join(s.dir, "keys", "master.key"))
	if err != nil {
		s.tb.Fatal(err)
	}
	groups, typed := strings.Split(strings.TrimSpace(string(code)), "-"), url.Values{}
	for _, g := range groups {
		if !strings.Contains(page, g) {
			s.tb.Fatalf("the sheet lacks a group of the code")
		}
	}
	for i, m := range askedGroup.FindAllStringSubmatch(page, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > len(groups) {
			s.tb.Fatalf("group %s", m[1])
		}
		typed.Set("group"+strconv.Itoa(i+1), groups[n-1])
	}
	r, err := s.client.PostForm(s.url+"/welcome/recovery", typed)
	if err != nil {
		s.tb.Fatal(err)
	}
	_ = r.Body.Close()
	if r.Request.URL.Path != "/welcome" {
		s.tb.Fatalf("the sheet led to %s", r.Request.URL.Path)
	}
}

// save keeps what an address answers in a file.
func (s *server) save(path, file string) error {
	r, err := s.client.Get(s.url + path)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d", path, r.StatusCode)
	}
	return os.WriteFile(file, b, 0o600)
}

// call asks the API and decodes its answer.
func (s *server) call(method, path string, body, out any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	q, err := http.NewRequest(method, s.url+path, in)
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := s.client.Do(q)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return err
	}
	if r.StatusCode >= 300 {
		return refusal{r.StatusCode, fmt.Sprintf("%s %s: %d %s", method, path, r.StatusCode, b)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// A refusal is an answer of the server's that it did not do what was asked.
type refusal struct {
	status int
	said   string
}

// Error is what it said.
func (r refusal) Error() string { return r.said }
