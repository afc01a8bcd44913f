package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kexin/i18n"
)

// options are every setting. Each flag has an environment twin: --public-url
// is KEXIN_PUBLIC_URL.
type options struct {
	addr      string
	data      string
	dbFile    string
	dsn       string
	publicURL string
	tlsCert   string
	tlsKey    string
	acmeHost  string
	proxy     string
	json      bool
	open      bool
	metrics   string
	keyFile   string
	witnesses list
	lang      string
	out, errs io.Writer
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, strings.Fields(s)...); return nil }

var errHelp = errors.New("help")

// flags is the one table of settings: name, where it goes, default and help.
func flags(o *options, fs *flag.FlagSet) {
	fs.StringVar(&o.addr, "addr", "127.0.0.1:8080", "address to listen on")
	fs.StringVar(&o.data, "data", dataDir(), "directory of the embedded database, backups and staged files")
	fs.StringVar(&o.dbFile, "db-file", "", "SQLite file (default DATA/kexin.db)")
	fs.StringVar(&o.dsn, "db", "", "PostgreSQL, as postgres://user@host/name; password by PGPASSWORD or ~/.pgpass")
	fs.StringVar(&o.publicURL, "public-url", "", "address by which browsers and phones reach this server, https://…")
	fs.StringVar(&o.tlsCert, "tls-cert", "", "certificate file (PEM)")
	fs.StringVar(&o.tlsKey, "tls-key", "", "its key file (PEM)")
	fs.StringVar(&o.acmeHost, "acme-host", "", "host name to get a certificate for by ACME")
	fs.StringVar(&o.proxy, "behind-proxy", "", "addresses of the proxy in front, CIDR")
	fs.StringVar(&o.metrics, "metrics", "", "loopback address for /metrics, off when empty")
	fs.StringVar(&o.keyFile, "master-key-file", "", "master key file (default "+keyPath()+")")
	fs.Var(&o.witnesses, "witness", "witness of the log, URL,vkey; may be repeated")
	fs.BoolVar(&o.json, "json", false, "answer in JSON where a program may read it")
	fs.BoolVar(&o.open, "open", false, "open the browser")
	fs.StringVar(&o.lang, "lang", i18n.Match(os.Getenv("LANG")), "language of messages, zh-CN or en")
}

// parse reads flags; what is not given comes from the environment.
func parse(name string, args []string, out, errs io.Writer) (*options, []string, error) {
	o := &options{out: out, errs: errs}
	fs := flag.NewFlagSet("kexin "+name, flag.ContinueOnError)
	fs.SetOutput(errs)
	flags(o, fs)
	var bad error
	fs.VisitAll(func(f *flag.Flag) {
		if v, ok := os.LookupEnv(envName(f.Name)); ok && v != "" {
			if err := fs.Set(f.Name, v); err != nil {
				bad = fmt.Errorf("%s: %w", envName(f.Name), err)
			}
		}
	})
	if bad != nil {
		return o, nil, bad
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, nil, errHelp
		}
		return o, nil, exitCode(2)
	}
	if o.dbFile == "" {
		o.dbFile = filepath.Join(o.data, "kexin.db")
	}
	return o, fs.Args(), nil
}

func envName(flag string) string {
	return "KEXIN_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// dataDir is where data lies when nothing else is said.
func dataDir() string {
	if d, err := os.UserHomeDir(); err == nil {
		return filepath.Join(d, ".local", "share", "kexin")
	}
	return "data"
}

// keyPath is where the master key lies when nothing else is said: never with
// the data, so that a backup of one is not a backup of both.
func keyPath() string {
	if d, err := os.UserConfigDir(); err == nil {
		return filepath.Join(d, "kexin", "master.key")
	}
	return "master.key"
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: kexin [command] [flags]")
	for _, c := range commands {
		fmt.Fprintln(w, "  "+c.name)
	}
	fmt.Fprintln(w, "kexin serve -h lists the flags; each has an environment twin: --public-url is KEXIN_PUBLIC_URL.")
}
