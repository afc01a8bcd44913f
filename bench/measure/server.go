package measure

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func join(errs ...error) error { return errors.Join(errs...) }

// A server is a program that answers HTTP while it is measured.
type server struct {
	cmd   *exec.Cmd
	addr  string
	log   string
	ended chan error
}

// serve starts Kexin on the ground's database.
func (g *ground) serve(ctx context.Context) (*server, error) {
	args := []string{"serve", "--data", g.data, "--master-key-file", g.key}
	if g.dsn != "" {
		args = append(args, "--db", g.dsn)
	}
	return start(ctx, filepath.Join(g.dir, "server.log"), "/healthz", func(addr string) *exec.Cmd {
		return exec.Command(g.Kexin, append(args, "--addr", addr)...)
	})
}

// start runs a program and waits until a path of it answers.
func start(ctx context.Context, log, path string, program func(addr string) *exec.Cmd) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	s := &server{cmd: program(addr), addr: addr, log: log, ended: make(chan error, 1)}
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Env = f, f, plainEnv()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- s.cmd.Wait() }()
	return s, s.ready(ctx, path)
}

// plainEnv is the environment without Kexin's own settings: they would change
// what is measured.
func plainEnv() (out []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "KEXIN_") {
			out = append(out, v)
		}
	}
	return out
}

// freeAddr is a port of this machine that nobody has now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// startWithin is how long a server may take until it answers.
const startWithin = 2 * time.Minute

func (s *server) ready(ctx context.Context, path string) error {
	until := time.Now().Add(startWithin)
	for time.Now().Before(until) && ctx.Err() == nil {
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server ended: %w\n%s", orEnd(err), s.tail())
		case <-time.After(20 * time.Millisecond):
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+path, nil)
		if err != nil {
			return err
		}
		r, err := plainClient.Do(q)
		if err != nil {
			continue
		}
		_ = r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return nil
		}
	}
	return join(fmt.Errorf("the server does not answer\n%s", s.tail()), s.stop())
}

// plainClient waits as long as an answer takes.
var plainClient = &http.Client{}

func orEnd(err error) error {
	if err == nil {
		return errors.New("without an error")
	}
	return err
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// stop ends the server in order and waits.
func (s *server) stop() error {
	plainClient.CloseIdleConnections()
	if runtime.GOOS == "windows" {
		_ = s.cmd.Process.Kill()
		<-s.ended
		return nil
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.ended:
		if err != nil {
			return fmt.Errorf("%w\n%s", err, s.tail())
		}
		return nil
	case <-time.After(time.Minute):
		return join(errors.New("the server does not end"), s.cmd.Process.Kill())
	}
}

// tail is the end of what the server said.
func (s *server) tail() string {
	b, _ := os.ReadFile(s.log)
	return string(b[max(0, len(b)-2000):])
}
