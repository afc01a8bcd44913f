package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Server is one PostgreSQL: ours with a directory, or another's with a DSN.
type Server struct {
	dsn   string // of another's server; then all else is empty
	dir   string // data in dir/data, socket in dir
	bin   string
	fsync bool

	mu   sync.Mutex
	proc *os.Process
	done chan struct{} // closed when proc has ended
	log  bytes.Buffer
}

// start makes a cluster and runs it.
func start(fsync bool) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(memory(fsync), "kexin-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, fsync: fsync}
	if err = s.initdb(); err == nil {
		err = s.run()
	}
	if err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// memory is a directory in memory, where there is one with room: copying a
// database of some hundred files costs a tenth there. "" is the usual one, also
// for a server that writes to the disk.
func memory(fsync bool) string {
	const dir, room = "/dev/shm", 2 << 30
	if fsync || free(dir) < room {
		return ""
	}
	return dir
}

// programs finds the newest directory with initdb and postgres.
func programs() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Slice(dirs, func(i, j int) bool {
		return len(dirs[i]) > len(dirs[j]) || len(dirs[i]) == len(dirs[j]) && dirs[i] > dirs[j]
	})
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "postgres")); err == nil {
			return d, nil
		}
	}
	return "", errors.New("no initdb and postgres in /usr/lib/postgresql or PATH")
}

func (s *Server) initdb() error {
	attr, err := attributes(s.dir)
	if err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.dir+"/data", "-U", "kexin", "-A", "trust",
		"-E", "UTF8", "--locale=C.UTF-8", "-N")
	cmd.Dir, cmd.SysProcAttr = s.dir, attr
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// run starts the server and waits until it answers. After a kill the old
// processes may still hold its memory, so it tries again for a while.
func (s *Server) run() error {
	deadline := time.Now().Add(60 * time.Second)
	for {
		if err := s.launch(); err != nil {
			return err
		}
		for time.Now().Before(deadline) {
			if s.answers() {
				return nil
			}
			select {
			case <-s.done:
			case <-time.After(20 * time.Millisecond):
				continue
			}
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not start: %s", s.log.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// launch starts the process on a thread of its own that lives as long as the
// server: on Linux the server ends when that thread does, so also when the
// test binary is killed.
func (s *Server) launch() error {
	attr, err := attributes(s.dir)
	if err != nil {
		return err
	}
	args := []string{"-D", s.dir + "/data", "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=200",
		"-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal"}
	if !s.fsync {
		args = append(args, "-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...)
	s.log.Reset()
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = s.dir, attr, &s.log, &s.log
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		if cmd.Process != nil {
			_ = cmd.Wait()
		}
		close(done)
	}()
	if err := <-started; err != nil {
		return err
	}
	s.proc, s.done = cmd.Process, done
	return nil
}

func (s *Server) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return false
	}
	return c.Close(ctx) == nil
}

// Create makes an empty database and gives its DSN.
func (s *Server) Create(name string) (string, error) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close(ctx) }()
	_, err = c.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
	return s.DSN(name), err
}

// Restart stops the server as an operator would, cutting its connections, and
// starts it again.
func (s *Server) Restart() error {
	s.end(syscall.SIGINT)
	return s.run()
}

// Kill ends the server without warning. Run brings it back.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Run starts the server again after Kill.
func (s *Server) Run() error { return s.run() }

// Stop ends the server and removes its files.
func (s *Server) Stop() {
	if s.dir == "" {
		return
	}
	s.end(syscall.SIGQUIT)
	for range 100 { // children of a killed server may still write
		if os.RemoveAll(s.dir) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) end(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return
	}
	_ = s.proc.Signal(sig)
	<-s.done
	s.proc = nil
}
