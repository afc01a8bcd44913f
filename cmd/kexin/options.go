package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/acme/autocert"

	"kexin/demo"
	"kexin/i18n"
)

// options are every setting. Each flag has an environment twin: --public-url
// is KEXIN_PUBLIC_URL.
type options struct {
	addr          string
	data          string
	dbFile        string
	dsn           string
	publicURL     string
	zone          string
	tlsCert       string
	tlsKey        string
	acmeHost      string
	acmeDirectory string
	proxy         string
	demo          bool
	clock         *demo.Clock // of a demonstration, nil = the real one
	phones        *demo.Phones
	json          bool
	open          bool
	metrics       string
	keyFile       string
	keeper        string // a program that holds the master key, with what it is given
	witnesses     list
	allow         list
	ports         list // more ports that may be dialled outside
	smtp          string
	smtpKey       string
	mailFrom      string
	smsURL        string
	smsKey        string
	smsReplyKey   string
	smsSign       string
	smsTemplates  list
	recipient     list
	lang          string
	out, errs     io.Writer
	in            *bufio.Reader   // what is typed; nil until asked
	soft          context.Context // ends when a person is no longer to be asked: the first signal
	hard          context.Context // ends when work must be cut: the second signal
	asked         request         // the command line as it was read
	inside        *opened         // the running server, where the command came in by its door
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, strings.Fields(s)...); return nil }

var errHelp = errors.New("help")

// newOptions has what holds before the command line is read: where to write
// and in which language, so that a wrong command line is told in it too.
func newOptions(out, errs io.Writer) *options {
	o := &options{out: out, errs: errs, lang: terminalLang(), soft: context.Background(), hard: context.Background()}
	if v := os.Getenv(envName("lang")); v != "" {
		o.lang = v
	}
	return o
}

// terminalLang is the language of the terminal: English where the locale says
// so, else Chinese.
func terminalLang() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v, _, _ = strings.Cut(v, ".")
			return i18n.Match(strings.ReplaceAll(v, "_", "-"))
		}
	}
	return i18n.Chinese
}

// commonFlags are the settings of every command: where data and keys lie, and
// how to speak.
func commonFlags(o *options, fs *flag.FlagSet) {
	fs.StringVar(&o.data, "data", dataDir(), "cli.flag.data")
	fs.StringVar(&o.dbFile, "db-file", "", "cli.flag.db_file")
	fs.StringVar(&o.dsn, "db", "", "cli.flag.db")
	fs.StringVar(&o.keyFile, "master-key-file", "", "cli.flag.master_key_file")
	fs.StringVar(&o.keeper, "keeper", "", "cli.flag.keeper")
	fs.BoolVar(&o.json, "json", false, "cli.flag.json")
	fs.StringVar(&o.lang, "lang", o.lang, "cli.flag.lang")
}

// serveFlags are the settings of the server.
func serveFlags(o *options, fs *flag.FlagSet) {
	fs.StringVar(&o.addr, "addr", "127.0.0.1:8080", "cli.flag.addr")
	fs.StringVar(&o.publicURL, "public-url", "", "cli.flag.public_url")
	fs.StringVar(&o.zone, "zone", "Asia/Shanghai", "cli.flag.zone")
	fs.StringVar(&o.tlsCert, "tls-cert", "", "cli.flag.tls_cert")
	fs.StringVar(&o.tlsKey, "tls-key", "", "cli.flag.tls_key")
	fs.StringVar(&o.acmeHost, "acme-host", "", "cli.flag.acme_host")
	fs.StringVar(&o.acmeDirectory, "acme-directory", autocert.DefaultACMEDirectory, "cli.flag.acme_directory")
	fs.StringVar(&o.proxy, "behind-proxy", "", "cli.flag.behind_proxy")
	fs.StringVar(&o.metrics, "metrics", "", "cli.flag.metrics")
	fs.Var(&o.witnesses, "witness", "cli.flag.witness")
	fs.Var(&o.allow, "outbound-allow", "cli.flag.outbound_allow")
	fs.Var(&o.ports, "outbound-port", "cli.flag.outbound_port")
	recipientFlag(o, fs)
	fs.BoolVar(&o.open, "open", o.open, "cli.flag.open")
	sendFlags(o, fs)
	fs.BoolVar(&o.demo, "demo", false, "cli.flag.demo")
}

// recipientFlag says to whom backups are encrypted.
func recipientFlag(o *options, fs *flag.FlagSet) {
	fs.Var(&o.recipient, "recipient", "cli.flag.recipient")
}

// parse reads the flags of a command; what is not given comes from the
// environment. Flags may stand before and after the other arguments, until
// "--".
func (o *options) parse(c command, args []string) (do action, rest []string, err error) {
	fs, do := c.flagSet(o)
	fs.SetOutput(o.errs)
	fs.Usage = func() { explain(o.errs, o.lang, c, fs) }
	fs.VisitAll(func(f *flag.Flag) {
		if v := os.Getenv(envName(f.Name)); v != "" && err == nil {
			if bad := fs.Set(f.Name, v); bad != nil {
				err = fmt.Errorf("%s: %w", envName(f.Name), bad)
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	o.lang = langOf(args, o.lang) // help and a wrong flag are told in it wherever it stands
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, nil, errHelp
			}
			return nil, nil, exitCode(2)
		}
		left := fs.Args()
		read := len(args) - len(left)
		if len(left) == 0 || read > 0 && args[read-1] == "--" {
			rest = append(rest, left...)
			break
		}
		rest, args = append(rest, left[0]), left[1:]
	}
	if o.dbFile == "" {
		o.dbFile = filepath.Join(o.data, "kexin.db")
	}
	o.asked = request{Command: c.name, Args: rest, Flags: map[string][]string{}}
	fs.Visit(func(f *flag.Flag) { o.asked.Flags[f.Name] = flagValues(f) })
	return do, rest, nil
}

// langOf is the language that a command line asks for, otherwise what is given.
func langOf(args []string, otherwise string) string {
	for i, a := range args {
		name, v, whole := strings.Cut(strings.TrimPrefix(a, "-"), "=")
		switch {
		case a == "--":
			return otherwise
		case name != "lang" && name != "-lang" || !strings.HasPrefix(a, "-"):
		case whole:
			return v
		case i+1 < len(args):
			return args[i+1]
		}
	}
	return otherwise
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
