package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/term"

	"kexin"
	"kexin/app"
	"kexin/internal/db"
	"kexin/internal/site"
	"kexin/ledger"
	"kexin/vault"
)

// byHost is who acts by the command line: whoever may use the server's own
// account.
func byHost() ledger.Actor { return ledger.Actor{Kind: ledger.ByCLI} }

// backupCommand makes a backup now.
func backupCommand(o *options, fs *flag.FlagSet) action {
	recipientFlag(o, fs)
	keyring := fs.Bool("keyring", false, "cli.flag.keyring")
	return func(ctx context.Context, _ []string) (err error) {
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		var made app.BackupMade
		if *keyring {
			made, err = x.app.BackupKeyring(ctx)
		} else {
			made, err = x.app.Backup(ctx, byHost(), nil)
		}
		if err != nil {
			return err
		}
		out := struct {
			Data    string        `json:"data,omitempty"`
			Keyring string        `json:"keyring"`
			Rows    int64         `json:"rows"`
			At      kexin.Instant `json:"at"`
		}{made.Data, made.Keyring, made.Rows, made.At}
		return o.answer(out, func() {
			for _, f := range []string{made.Data, made.Keyring} {
				if f != "" {
					fmt.Fprintln(o.out, f)
				}
			}
			o.print("cli.backup.made", map[string]string{"rows": strconv.FormatInt(made.Rows, 10)})
		})
	}
}

// A restoring is the flags of kexin restore.
type restoring struct {
	force, accept, here      bool
	code, identity, knownLog string
}

// restoreCommand brings a backup back.
func restoreCommand(o *options, fs *flag.FlagSet) action {
	r := &restoring{}
	fs.BoolVar(&r.force, "force", false, "cli.flag.force")
	fs.BoolVar(&r.accept, "accept-lost-erasures", false, "cli.flag.accept_lost")
	fs.StringVar(&r.code, "code-file", "", "cli.flag.code_file")
	fs.StringVar(&r.identity, "identity", "", "cli.flag.identity")
	fs.StringVar(&r.knownLog, "known", "", "cli.flag.known")
	fs.BoolVar(&r.here, "here", false, "cli.flag.here")
	fs.Var(&o.witnesses, "witness", "cli.flag.witness")
	fs.Var(&o.allow, "outbound-allow", "cli.flag.outbound_allow")
	fs.Var(&o.ports, "outbound-port", "cli.flag.outbound_port")
	return func(ctx context.Context, args []string) error {
		if r.here && len(args) == 0 {
			return r.run(ctx, o, "", "")
		}
		if r.here || len(args) != 2 || !strings.HasSuffix(args[0], ".kxb") || !strings.HasSuffix(args[1], ".kxk") {
			o.print("cli.restore.usage", nil)
			return exitCode(2)
		}
		return r.run(ctx, o, args[0], args[1])
	}
}

func (r *restoring) run(ctx context.Context, o *options, data, ring string) (err error) {
	x, undo, shut, err := r.open(o)
	if err != nil {
		return err
	}
	defer shut()
	x.Data, x.Keyring = data, ring
	act := x.Run
	if r.here {
		act = x.Here
	}
	done, err := act(ctx)
	if err != nil {
		return errors.Join(err, undo())
	}
	return o.answer(done, func() { told(o, done, r.here) })
}

// open takes the lock of the directory and reads what opens the files and the
// keys in them. undo takes back what it wrote, shut gives the lock back.
func (r *restoring) open(o *options) (x app.Restore, undo func() error, shut func(), err error) {
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return x, nil, nil, err
	}
	unlock, err := db.LockDir(o.data)
	if err != nil {
		return x, nil, nil, err
	}
	defer func() {
		if err != nil {
			unlock()
		}
	}()
	k, err := r.secrets(o)
	if err != nil {
		return x, nil, nil, err
	}
	out, witnesses, err := o.outside()
	if err != nil {
		return x, nil, nil, err
	}
	log := site.NewLogger(o.errs)
	x = app.Restore{DB: o.dbConfig(log), Witnesses: witnesses, Out: out, Log: log, With: k.with, Keepers: k.keepers,
		Force: r.force, AcceptLost: r.accept, Second: o.signature, Now: func() kexin.Instant { return kexin.At(time.Now()) }}
	if x.Known, err = knownLines(r.knownLog); err != nil {
		return x, nil, nil, err
	}
	undo, err = k.settle(o)
	return x, undo, unlock, err
}

// told says what came of a restore.
func told(o *options, done app.Restored, here bool) {
	if !here {
		o.print("cli.restore.done", map[string]string{"rows": strconv.FormatInt(done.Data.Rows(), 10), "keys": strconv.FormatInt(done.Keys, 10),
			"at": done.Data.Created.Time().Local().Format("2006-01-02 15:04")})
	}
	for _, l := range done.Logs {
		o.print("cli.restore.log", map[string]string{"old": string(l.Old), "new": string(l.New), "size": strconv.FormatInt(l.Size, 10)})
		if l.Seen > l.Size {
			o.print("cli.restore.seen", map[string]string{"n": strconv.FormatInt(l.Seen-l.Size, 10)})
		}
	}
	heard(o, done.Words)
	if done.Lost {
		o.print("cli.restore.lost", nil)
	}
	if done.Old != "" {
		o.print("cli.restore.old", map[string]string{"place": done.Old})
	}
}

// heard says what the witnesses said; that a log is longer outside stands with
// the log.
func heard(o *options, words []app.WitnessWord) {
	if len(words) == 0 {
		o.print("cli.restore.unasked", nil)
	}
	for _, w := range words {
		key := "cli.restore.same"
		switch {
		case w.Away:
			key = "cli.restore.away"
		case w.Other:
			key = "cli.restore.other"
		case w.Seen > w.Size:
			key = "cli.restore.more"
		}
		o.print(key, map[string]string{"witness": w.Witness, "seen": strconv.FormatInt(w.Seen, 10), "size": strconv.FormatInt(w.Size, 10)})
	}
}

// secrets are what opens backup files and the keys in them.
type secrets struct {
	with    []age.Identity
	keepers vault.Keepers
	code    string // to be written down where no key file lies
}

// secrets reads the recovery code from its file, else takes the program or the
// key file that is here, else asks for the code on standard input.
func (r *restoring) secrets(o *options) (k secrets, err error) {
	if o.keyFile == "" {
		o.keyFile = keyPath()
	}
	files, err := vault.OpenKeyFiles(o.keyFile, o.data)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return k, err
	}
	if k.keepers, err = programKeys(o.keeper); err != nil {
		return k, err
	}
	var codes []string
	for _, f := range files {
		k.keepers, codes = append(k.keepers, f.MasterKeeper), append(codes, f.Code())
	}
	if r.code != "" || len(k.keepers) == 0 {
		code, err := readCode(o, r.code)
		if err != nil {
			return k, err
		}
		key, err := vault.ParseRecovery(code)
		if err != nil {
			return k, err
		}
		m := vault.NewMasterKeeper(key)
		if _, err := k.keepers.Find(m.ID()); err != nil {
			k.keepers = append(k.keepers, m)
		}
		if codes = append(codes, m.Code()); len(files) == 0 {
			k.code = m.Code()
		}
	}
	k.with = app.Identities(codes...)
	if r.identity != "" {
		f, err := os.Open(r.identity)
		if err != nil {
			return k, err
		}
		more, err := age.ParseIdentities(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return k, &kexin.Error{Op: "restore", Code: kexin.Invalid, Key: "backup.identity"}
		}
		k.with = append(k.with, more...)
	}
	return k, nil
}

// settle writes the key file where there was none; undo takes it away again.
func (k secrets) settle(o *options) (undo func() error, err error) {
	if k.code == "" {
		return func() error { return nil }, nil
	}
	_, err = vault.RestoreKeyFile(o.keyFile, o.data, k.code)
	return func() error { return os.Remove(o.keyFile) }, err
}

// readCode reads a recovery code from a file or from standard input, never
// from the command line, which others can see.
func readCode(o *options, file string) (string, error) {
	if file != "" {
		b, err := os.ReadFile(file)
		return strings.TrimSpace(string(b)), err
	}
	return o.ask("cli.ask_code", nil)
}

// typedMost bounds what is typed, in bytes.
const typedMost = 64 << 10

// ask asks for a line on standard input.
func (o *options) ask(key string, args map[string]string) (string, error) {
	fmt.Fprint(o.errs, o.words(key, args)+" ")
	if o.in == nil {
		o.in = bufio.NewReader(io.LimitReader(os.Stdin, typedMost))
	}
	line, err := o.typed(func() (string, error) { return o.in.ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// typed waits for what read brings, or for the signal to stop: nobody has to
// press Enter before Ctrl+C is heard.
func (o *options) typed(read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	came := make(chan answer, 1)
	go func() {
		text, err := read()
		came <- answer{text, err}
	}()
	select {
	case a := <-came:
		return a.text, a.err
	case <-o.soft.Done():
		fmt.Fprintln(o.errs)
		return "", stopped
	}
}

// askHidden asks for a password, which a terminal does not show.
func (o *options) askHidden(key string) (string, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return o.ask(key, nil)
	}
	fmt.Fprint(o.errs, o.words(key, nil)+" ")
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	text, err := o.typed(func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
	if err == nil {
		fmt.Fprintln(o.errs)
	}
	return text, errors.Join(err, term.Restore(fd, before)) // a read that was left does not turn the echo on again
}

// signature asks a second person to sign for what is lost.
func (o *options) signature() (s app.Signature, err error) {
	if s.Login, err = o.ask("cli.second.login", nil); err != nil {
		return s, err
	}
	if s.Password, err = o.askHidden("cli.second.password"); err != nil {
		return s, err
	}
	s.Code, err = o.ask("cli.second.code", nil)
	return s, err
}

// knownLines are the checkpoint lines of a file that people kept.
func knownLines(file string) ([]string, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	return strings.Split(strings.TrimSpace(string(b)), "\n"), err
}
