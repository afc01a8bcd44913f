package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"kexin"
	"kexin/i18n"
	"kexin/internal/site"
	"kexin/ledger"
)

// witnessFlags are the settings of kexin witness.
type witnessFlags struct {
	listen  string
	state   string
	name    string
	logs    list
	logFile string
}

// witnessCommand runs a witness 见证: it signs checkpoints of the logs it
// knows, each only if it goes on from the last one that it signed
// (c2sp.org/tlog-witness). It needs no database and no master key.
func witnessCommand(o *options, fs *flag.FlagSet) action {
	var w witnessFlags
	fs.StringVar(&w.listen, "listen", "127.0.0.1:8081", "cli.flag.listen")
	fs.StringVar(&w.state, "state", "", "cli.flag.state")
	fs.StringVar(&w.name, "name", "", "cli.flag.witness_name")
	fs.Var(&w.logs, "add-log", "cli.flag.add_log")
	fs.StringVar(&w.logFile, "logs", "", "cli.flag.logs")
	fs.StringVar(&o.tlsCert, "tls-cert", "", "cli.flag.tls_cert")
	fs.StringVar(&o.tlsKey, "tls-key", "", "cli.flag.tls_key")
	return func(ctx context.Context, _ []string) error { return o.witness(ctx, w) }
}

func (o *options) witness(ctx context.Context, f witnessFlags) error {
	if f.state == "" {
		return &kexin.Error{Op: "witness", Code: kexin.Invalid, Key: "witness.state_needed"}
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return &kexin.Error{Op: "witness", Code: kexin.Invalid, Key: "tls.pair"}
	}
	known, err := f.known()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen) // before the state: a second process with these settings ends here
	if err != nil {
		return err
	}
	defer l.Close()
	state, name, key, err := f.open()
	if err != nil {
		return err
	}
	defer state.Close()
	w, err := ledger.NewWitness(name, key, state, known.Keys, func() kexin.Instant { return kexin.At(time.Now()) })
	if err != nil {
		return err
	}
	log := site.NewLogger(o.errs)
	fmt.Fprintln(o.out, i18n.T(o.lang, "witness.runs", map[string]string{"addr": l.Addr().String(), "vkey": w.VKey()}))
	srv := &http.Server{Handler: witnessHandler(w, log), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: httpLog(log)}
	failed := make(chan error, 1)
	go func() { failed <- listen(srv, l, o, log) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return o.shutdown(srv, nil)
}

// known are the logs that this witness watches, from flags and from a file of
// one verifier key a line.
func (f witnessFlags) known() (*ledger.LogList, error) {
	keys := []string(f.logs)
	if f.logFile != "" {
		b, err := os.ReadFile(f.logFile)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				keys = append(keys, line)
			}
		}
	}
	if len(keys) == 0 {
		return nil, &kexin.Error{Op: "witness", Code: kexin.Invalid, Key: "witness.no_logs"}
	}
	return ledger.NewLogList(keys)
}

// open reads the state and the key beside it, FILE.key. Both are made together
// at the first start; one without the other is refused, since a witness that
// lost its state must not sign with its old key again.
func (f witnessFlags) open() (*ledger.StateFile, string, ed25519.PrivateKey, error) {
	path := f.state + ".key"
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f.create(path)
	}
	if err != nil {
		return nil, "", nil, err
	}
	name, key, err := ledger.ParseWitnessKey(string(b))
	if err != nil {
		return nil, "", nil, err
	}
	state, err := ledger.OpenStateFile(f.state)
	return state, name, key, err
}

func (f witnessFlags) create(path string) (*ledger.StateFile, string, ed25519.PrivateKey, error) {
	name := f.name
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			return nil, "", nil, err
		}
		name = host
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", nil, err
	}
	text := ledger.FormatWitnessKey(name, key)
	if _, _, err := ledger.ParseWitnessKey(text); err != nil { // a name that keys cannot have
		return nil, "", nil, &kexin.Error{Op: "witness", Code: kexin.Invalid, Key: "witness.name"}
	}
	state, err := ledger.NewStateFile(f.state)
	if err != nil {
		return nil, "", nil, err
	}
	if err := writeOnce(path, text+"\n"); err != nil {
		return nil, "", nil, errors.Join(err, state.Close())
	}
	return state, name, key, nil
}

// writeOnce writes a secret to a new file and syncs it.
func writeOnce(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// addMax bounds a request's body; the protocol's own bound is the same.
const addMax = 64 << 10

// witnessHandler answers POST /add-checkpoint, and GET / with the verifier key
// for whoever sets up a server.
func witnessHandler(w *ledger.Witness, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, addMax))
		if err != nil {
			http.Error(rw, "", http.StatusRequestEntityTooLarge)
			return
		}
		status, answer := w.Add(body)
		kind := "text/plain; charset=utf-8"
		if status == ledger.AddConflict {
			kind = ledger.SizeType
		}
		rw.Header().Set("Content-Type", kind)
		rw.Header().Set("X-Content-Type-Options", "nosniff")
		rw.WriteHeader(status)
		if _, err := io.WriteString(rw, answer); err != nil {
			log.Warn("answer", "err", err.Error())
		}
		if status != ledger.AddOK {
			log.Warn("not signed", "status", status)
		}
	})
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(rw, w.VKey())
	})
	return mux
}
