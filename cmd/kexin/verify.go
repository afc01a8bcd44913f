package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/store"
	"kexin/vault"
)

// verifyFlags are the settings of kexin verify.
type verifyFlags struct {
	policy, receipt string
	keys            string
	known           list
	deep            bool
	org             string
}

// verifyCommand checks an evidence file or a receipt, or the logs of a database 验真. It
// needs neither the server nor its keys, and changes nothing. Status 0: valid;
// 1: something contradicts; 2: valid, but nobody outside vouches for all of
// it, or a tail is not sealed.
func verifyCommand(o *options, fs *flag.FlagSet) action {
	var f verifyFlags
	fs.StringVar(&f.policy, "policy", "", "cli.flag.policy")
	fs.Var(&f.known, "known", "cli.flag.known")
	fs.StringVar(&f.receipt, "receipt", "", "cli.flag.receipt")
	fs.StringVar(&f.keys, "keys", "", "cli.flag.keys")
	fs.BoolVar(&f.deep, "deep", false, "cli.flag.deep")
	fs.StringVar(&f.org, "org", "", "cli.flag.org")
	return func(ctx context.Context, args []string) error {
		if len(args) > 1 {
			explain(o.errs, o.lang, command{"verify", "[FILE|DIR]", verifyCommand}, fs)
			return exitCode(2)
		}
		return o.verify(ctx, f, args)
	}
}

func (o *options) verify(ctx context.Context, f verifyFlags, args []string) error {
	opt, err := f.read()
	if err != nil {
		return err
	}
	file, evidence, err := o.subject(args)
	if err != nil {
		return err
	}
	var list []ledger.Verdict
	if evidence {
		r, err := os.Open(file)
		if err != nil {
			return err
		}
		defer r.Close()
		lists, err := f.lists()
		if err != nil {
			return err
		}
		list = append(list, consent.VerifyFile(bufio.NewReader(r), opt, lists))
	} else if list, err = o.verifyDB(ctx, f, file, opt); err != nil {
		return err
	}
	return o.report(list)
}

// read reads what the reader brings: whom he trusts, what people kept.
func (f verifyFlags) read() (opt ledger.VerifyOptions, err error) {
	opt.Strict = true
	if f.policy != "" {
		b, err := os.ReadFile(f.policy)
		if err != nil {
			return opt, err
		}
		if opt.Policy, err = ledger.ParsePolicy(string(b)); err != nil {
			return opt, &kexin.Error{Op: "verify", Code: kexin.Invalid, Key: "verify.policy_form", Err: err}
		}
	}
	for _, name := range f.known {
		b, err := os.ReadFile(name)
		if err != nil {
			return opt, err
		}
		lines := ledger.ParseKnown(string(b))
		if len(lines) == 0 {
			return opt, &kexin.Error{Op: "verify", Code: kexin.Invalid, Key: "verify.known_none", Args: map[string]string{"file": name}}
		}
		opt.Known = append(opt.Known, lines...)
	}
	if f.receipt != "" {
		b, err := os.ReadFile(f.receipt)
		if err != nil {
			return opt, err
		}
		r, err := ledger.ParseReceipt(b)
		if err != nil {
			return opt, &kexin.Error{Op: "verify", Code: kexin.Invalid, Key: "verify.receipt_form", Err: err}
		}
		c, err := consent.CheckReceipt(b, nil)
		if err != nil {
			return opt, &kexin.Error{Op: "verify", Code: kexin.Invalid, Law: kexin.LawOf(err), Key: "verify.fault.receipt_signature", Err: err}
		}
		if lists, err := f.lists(); err != nil {
			return opt, err
		} else if lists != nil {
			if k, _ := lists(r.Origin); !k.Signed(c) {
				return opt, &kexin.Error{Op: "verify", Code: kexin.Invalid, Law: "E_RCPT_SIG", Key: "verify.fault.receipt_key", Args: map[string]string{"key": c.KeyID(), "shop": k.Name, "code": k.USCC}}
			}
		}
		opt.Receipt = &r
	}
	return opt, nil
}

// lists is the list of a shop's keys that the reader brings, for every receipt;
// nil where he brings none.
func (f verifyFlags) lists() (consent.KeyList, error) {
	if f.keys == "" {
		return nil, nil
	}
	b, err := os.ReadFile(f.keys)
	if err != nil {
		return nil, err
	}
	k, err := consent.ParseKeys(b)
	return func(ledger.Origin) (consent.Keys, bool) { return k, true }, err
}

// subject is what is to be checked: the file that was named, the database in
// the directory that was named, or that of the settings. A file is a database
// where it begins as one.
func (o *options) subject(args []string) (file string, evidence bool, err error) {
	if len(args) == 0 {
		return o.dbFile, false, nil
	}
	file, o.dsn = args[0], ""
	st, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, &kexin.Error{Op: "verify", Code: kexin.NotFound, Key: "verify.no_file", Args: map[string]string{"file": file}}
	}
	if err != nil {
		return "", false, err
	}
	if st.IsDir() {
		o.data = file
		return filepath.Join(file, "kexin.db"), false, nil
	}
	r, err := os.Open(file)
	if err != nil {
		return "", false, err
	}
	defer r.Close()
	head := make([]byte, 16)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	return file, !bytes.Equal(head[:n], []byte("SQLite format 3\x00")), nil
}

// verifyDB checks the logs of a database, beside a server that runs on it too.
func (o *options) verifyDB(ctx context.Context, f verifyFlags, file string, opt ledger.VerifyOptions) ([]ledger.Verdict, error) {
	cfg := db.Config{DSN: o.dsn, ReadOnly: true}
	if o.dsn == "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, &kexin.Error{Op: "verify", Code: kexin.NotFound, Key: "verify.no_file", Args: map[string]string{"file": file}}
		}
		cfg.File = file
	}
	keepers, err := o.keysForReading()
	if err != nil {
		return nil, err
	}
	s, err := reading(ctx, cfg, keepers)
	if err != nil {
		return nil, err
	}
	defer func() { s.Close() }()
	all, err := s.Holders(ctx)
	if err != nil {
		return nil, err
	}
	if len(keepers) > 0 && len(all) > 0 && s.CanOpen(ctx, all[0].ID) != nil && o.keyFile == "" {
		// the key that lies on this machine is another database's
		if err := s.Close(); err != nil {
			return nil, err
		}
		if s, err = reading(ctx, cfg, nil); err != nil {
			return nil, err
		}
	}
	var list []ledger.Verdict
	met := false
	for _, org := range all {
		if f.org != "" && org.ID.String() != f.org {
			continue
		}
		own := opt
		if r := opt.Receipt; r != nil && len(all) > 1 { // it is one log's; the others need not have its entry
			if o, err := ledger.NewOrigin(s.Installation(), org.ID, 1); err != nil || !o.SameLog(r.Origin) {
				own.Receipt = nil
			}
		}
		met = met || own.Receipt != nil
		v, err := s.Verify(ctx, org.ID, own, f.deep)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if opt.Receipt != nil && !met && len(list) > 0 {
		list[0].Fails("receipt", opt.Receipt.Origin, -1, 0)
	}
	return list, nil
}

func reading(ctx context.Context, cfg db.Config, keepers vault.Keepers) (*store.Store, error) {
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s, err := store.OpenReading(ctx, d, keepers, func() kexin.Instant { return kexin.At(time.Now()) })
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return s, nil
}

// keysForReading are the master keys at hand, of a rotation under way both; a
// check needs none.
func (o *options) keysForReading() (vault.Keepers, error) {
	path := o.keyFile
	if path == "" {
		if v := os.Getenv("KEXIN_MASTER_KEY"); v != "" {
			key, err := vault.ParseRecovery(v)
			if err != nil {
				return nil, err
			}
			return vault.Keepers{vault.NewMasterKeeper(key)}, nil
		}
		path = keyPath()
	}
	all, err := keyring{path: path, data: o.data, program: o.keeper}.keepers()
	if o.keyFile == "" && kexin.CodeOf(err) == kexin.NotFound {
		return nil, nil
	}
	return all, err
}

// report prints the verdicts and gives the worst as the status.
func (o *options) report(list []ledger.Verdict) error {
	if o.json {
		if err := o.reportJSON(list); err != nil {
			return err
		}
	} else if len(list) == 0 {
		fmt.Fprintln(o.out, i18n.T(o.lang, "verify.no_logs", nil))
	}
	for i, v := range list {
		if !o.json {
			if i > 0 {
				fmt.Fprintln(o.out)
			}
			o.say(v)
		}
	}
	if s := worst(list); s != ledger.Valid {
		return exitCode(s)
	}
	return nil
}

// worst is the status of all: a fault before a doubt.
func worst(list []ledger.Verdict) ledger.Status {
	out := ledger.Valid
	for _, v := range list {
		if v.Status == ledger.Invalid {
			return ledger.Invalid
		}
		out = max(out, v.Status)
	}
	return out
}

// say prints one verdict: what is wrong, and the two lists.
func (o *options) say(v ledger.Verdict) {
	if v.Tree.Origin != "" {
		fmt.Fprintln(o.out, i18n.T(o.lang, "verify.log_name", map[string]string{"origin": string(v.Tree.Origin)}))
	}
	fmt.Fprintln(o.out, v.Status.Title(o.lang))
	if len(v.Faults) > 0 {
		fmt.Fprintln(o.out, i18n.T(o.lang, "verify.faults", nil))
	}
	for _, f := range v.Faults {
		at, text := f.In(o.lang)
		if f.Entry != 0 {
			at += i18n.T(o.lang, "verify.entry_id", map[string]string{"id": f.Entry.String()})
		}
		if at != "" {
			at += " "
		}
		fmt.Fprintln(o.out, "  ✗ "+at+text)
	}
	for _, l := range []struct {
		key, mark string
		list      []ledger.Statement
	}{{"verify.list_proves", "  ✓ ", v.Proves}, {"verify.list_silent", "  · ", v.Silent}} {
		if len(l.list) == 0 {
			continue
		}
		fmt.Fprintln(o.out, i18n.T(o.lang, l.key, nil))
		for _, s := range l.list {
			fmt.Fprintln(o.out, l.mark+s.In(o.lang))
		}
	}
	o.sayEntries(v)
	o.sayNotices(v)
}

// sayEntries prints the entries of an evidence file as sentences.
func (o *options) sayEntries(v ledger.Verdict) {
	if len(v.Read) == 0 {
		return
	}
	n := strconv.Itoa(len(v.Read))
	fmt.Fprintln(o.out, i18n.T(o.lang, "portal.verify.entries", map[string]string{"shown": n, "n": n}))
	for _, e := range v.Read {
		use := e.For(o.lang)
		if use != "" {
			use = "  (" + i18n.T(o.lang, "ledger.for", map[string]string{"purpose": use}) + ")"
		}
		fmt.Fprintf(o.out, "  %s  %s  %s%s\n", e.T.Time().Local().Format("2006-01-02 15:04"), e.Who(o.lang), e.Sentence(o.lang), use)
	}
}

// sayNotices prints the notices that the entries name, as they were shown.
func (o *options) sayNotices(v ledger.Verdict) {
	for _, n := range v.Notices {
		fmt.Fprintln(o.out, i18n.T(o.lang, "verify.notice", map[string]string{"version": strconv.FormatInt(n.Version, 10), "title": n.Title}))
		for _, p := range n.Text {
			fmt.Fprintln(o.out, "  "+p)
		}
	}
}

// A verdictJSON is a verdict for a program; the sentences are in the language
// of the terminal, the codes are stable.
type verdictJSON struct {
	Status  string          `json:"status"`
	Exit    int             `json:"exit"`
	Origin  string          `json:"origin"`
	Size    int64           `json:"size"`
	Root    string          `json:"root"`
	Entries int64           `json:"entries"`
	Persons int64           `json:"persons"`
	Faults  []statementJSON `json:"faults"`
	Proves  []statementJSON `json:"proves"`
	DoesNot []statementJSON `json:"does_not_prove"`
	Notices []noticeJSON    `json:"notices,omitempty"`
}

// A noticeJSON is a notice that entries of an evidence file name.
type noticeJSON struct {
	Version int64    `json:"version"`
	Lang    string   `json:"lang"`
	Title   string   `json:"title"`
	Text    []string `json:"text"`
	Hash    string   `json:"hash"`
}

type statementJSON struct {
	Code  string            `json:"code"`
	Args  map[string]string `json:"args,omitempty"`
	Text  string            `json:"text"`
	Index *int64            `json:"index,omitempty"` // place in the log, from 0
	Entry string            `json:"entry,omitempty"`
}

func (o *options) reportJSON(list []ledger.Verdict) error {
	out := struct {
		Status string        `json:"status"`
		Exit   int           `json:"exit"`
		Logs   []verdictJSON `json:"logs"`
	}{worst(list).String(), int(worst(list)), []verdictJSON{}}
	for _, v := range list {
		j := verdictJSON{Status: v.Status.String(), Exit: int(v.Status), Origin: string(v.Tree.Origin), Size: v.Tree.Size, Root: v.Tree.Root.String(), Entries: v.Entries, Persons: v.Persons,
			Faults: []statementJSON{}, Proves: o.statements(v.Proves), DoesNot: o.statements(v.Silent)}
		for _, f := range v.Faults {
			_, text := f.In(o.lang)
			s := statementJSON{Code: f.Key, Args: f.Args, Text: text}
			if f.Index >= 0 {
				s.Index = &f.Index
			}
			if f.Entry != 0 {
				s.Entry = f.Entry.String()
			}
			j.Faults = append(j.Faults, s)
		}
		for _, n := range v.Notices {
			j.Notices = append(j.Notices, noticeJSON{n.Version, n.Lang, n.Title, n.Text, n.Hash.String()})
		}
		out.Logs = append(out.Logs, j)
	}
	enc := json.NewEncoder(o.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func (o *options) statements(list []ledger.Statement) []statementJSON {
	out := []statementJSON{}
	for _, s := range list {
		out = append(out, statementJSON{Code: s.Key, Args: s.Args, Text: s.In(o.lang)})
	}
	return out
}
