package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kexin/internal/db/dbtest"
)

// A screen is a pseudo-terminal with a command at its other end.
type screen struct {
	t     *testing.T
	own   *os.File
	mu    sync.Mutex
	said  string
	more  chan struct{}
	ended chan int
}

// onTerminal runs a command whose input and output are a terminal.
func onTerminal(t *testing.T, p *program, args ...string) *screen {
	t.Helper()
	own, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = own.Close() })
	n, err := unix.IoctlGetInt(int(own.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(own.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	far, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := p.command(args...)
	c.Stdin, c.Stdout, c.Stderr = far, far, far
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = far.Close()
	x := &screen{t: t, own: own, more: make(chan struct{}, 1), ended: make(chan int, 1)}
	heard := make(chan struct{})
	go func() { defer close(heard); x.listen() }()
	go func() {
		_ = c.Wait()
		<-heard // its last words stand in the terminal when it has ended
		x.ended <- c.ProcessState.ExitCode()
	}()
	return x
}

func (x *screen) listen() {
	b := make([]byte, 4096)
	for {
		n, err := x.own.Read(b)
		x.mu.Lock()
		x.said += string(b[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (x *screen) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.said
}

// answers waits for a question and types.
func (x *screen) answers(question, typed string) {
	x.t.Helper()
	for !strings.Contains(x.text(), question) {
		select {
		case <-x.more:
		case status := <-x.ended:
			x.t.Fatalf("ended with %d before %q: %s", status, question, x.text())
		}
	}
	if _, err := x.own.WriteString(typed); err != nil {
		x.t.Fatal(err)
	}
}

// shows reports whether the terminal shows what is typed.
func (x *screen) shows() bool {
	x.t.Helper()
	s, err := unix.IoctlGetTermios(int(x.own.Fd()), unix.TCGETS)
	if err != nil {
		x.t.Fatal(err)
	}
	return s.Lflag&unix.ECHO != 0
}

// hidden waits until the terminal no longer shows what is typed.
func (x *screen) hidden() {
	x.t.Helper()
	for x.shows() {
		select {
		case status := <-x.ended:
			x.t.Fatalf("ended with %d: %s", status, x.text())
		case <-time.After(time.Millisecond):
		}
	}
}

// TestPasswordOnTerminal: a password typed at a terminal is not shown, and
// Ctrl+C ends a question at once with the terminal as it was.
func TestPasswordOnTerminal(t *testing.T) {
	p, data, ring := olderRing(t)
	open := func() *screen {
		q := newProgram(t, dbtest.SQLite)
		x := onTerminal(t, q, "restore", data, ring, "--accept-lost-erasures")
		x.answers("Recovery code:", p.code())
		x.answers("Account:", ownerLogin+"\n")
		x.answers("Password:", "")
		x.hidden()
		return x
	}
	x := open()
	x.answers("", ownerPassword+"\n")
	x.answers("second person's code", "\n")
	if status := <-x.ended; status != 0 || strings.Contains(x.text(), ownerPassword) || !strings.Contains(x.text(), "must be erased again") {
		t.Errorf("%d: %s", status, x.text())
	}
	x = open()
	x.answers("", "\x03")
	if status := <-x.ended; status != int(stopped) || !x.shows() {
		t.Errorf("stopped: %d, shown again: %v", status, x.shows())
	}
}

// TestImportOnTerminal: kexin import asks a person for what it needs, one after
// the other: his word for the source, his yes to the result, his second factor
// where so many people need it; beside the running server and without it. An
// answer that is not yes, or no code, leaves the batch for later.
func TestImportOnTerminal(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	s := p.serve()
	s.found()
	paper := s.enrol()
	list := func(from, n int) string {
		rows := "客户姓名,手机,地址,登记方式,登记日期\n"
		for i := range n {
			rows += fmt.Sprintf("李%c英,1390577%04d,温州市鹿城区滨江家园%d栋,到店登记,2026-03-0%d\n", '一'+rune(from+i), from+i, 1+i%9, 1+i%9)
		}
		file := filepath.Join(p.dir, fmt.Sprintf("list%d.csv", from))
		if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	args := []string{"--source", "own_visit"}
	few := func() {
		t.Helper()
		x := onTerminal(t, p, append([]string{"import", list(1, 3)}, args...)...)
		x.answers("Do you accept", "y\n")
		x.answers("Import now?", "n\n")
		if status := <-x.ended; status != int(importWaits) {
			t.Errorf("%d: %s", status, x.text())
		}
	}
	many := func(from int, code string, want int) {
		t.Helper()
		x := onTerminal(t, p, append([]string{"import", list(from, 520)}, args...)...)
		x.answers("Do you accept", "y\n")
		x.answers("Import now?", "y\n")
		x.answers("Six-digit code", code+"\n")
		if status := <-x.ended; status != want || (want == 0) != strings.Contains(x.text(), "520 rows\r") {
			t.Errorf("%d, want %d: %s", status, want, x.text())
		}
	}
	few()
	many(100, paper[0], 0)
	many(1000, "", int(importWaits))
	s.stop()
	few()
	many(2000, paper[1], 0)
}
