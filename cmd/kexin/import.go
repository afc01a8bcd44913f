package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/law"
)

// An importing is the flags of kexin import.
type importing struct {
	as, code            string
	object              string
	source, collected   string
	page                string
	from, to            string
	answers, columns    list
	encoding, separator string
	sheet               string
	header              int
	batch               int64
	yes, accept         bool
	refused             string
}

// The status of kexin import where nothing was stored and something is still
// to be done: by whoever called, or in the browser.
const (
	importWaits   exitCode = 3 // the result waits to be confirmed
	importRefused exitCode = 4 // the list was refused or could not be read
)

// importCommand takes a list in as the wizard does: it declares the source,
// shows what would become of each row, and stores it once that is confirmed.
func importCommand(o *options, fs *flag.FlagSet) action {
	f := &importing{}
	fs.StringVar(&f.as, "as", "", "cli.flag.as")
	fs.StringVar(&f.code, "code", "", "cli.flag.code")
	fs.StringVar(&f.object, "object", "", "cli.flag.object")
	fs.StringVar(&f.source, "source", "", "cli.flag.source")
	fs.StringVar(&f.collected, "collected", "staff", "cli.flag.collected")
	fs.StringVar(&f.page, "page", "", "cli.flag.page")
	fs.StringVar(&f.from, "from", "", "cli.flag.from")
	fs.StringVar(&f.to, "to", "", "cli.flag.to")
	fs.Var(&f.answers, "answer", "cli.flag.answer")
	fs.Var(&f.columns, "map", "cli.flag.map")
	fs.StringVar(&f.encoding, "encoding", "", "cli.flag.encoding")
	fs.StringVar(&f.separator, "separator", "", "cli.flag.separator")
	fs.StringVar(&f.sheet, "sheet", "", "cli.flag.sheet")
	fs.IntVar(&f.header, "header", 0, "cli.flag.header")
	fs.Int64Var(&f.batch, "batch", 0, "cli.flag.batch")
	fs.BoolVar(&f.accept, "accept", false, "cli.flag.accept")
	fs.BoolVar(&f.yes, "yes", false, "cli.flag.yes")
	fs.StringVar(&f.refused, "refused", "", "cli.flag.refused")
	return func(ctx context.Context, args []string) error {
		if len(args) > 1 || len(args) == 1 == (f.batch != 0) {
			o.print("import.cli_usage", nil)
			return exitCode(2)
		}
		if f.batch == 0 && !slices.ContainsFunc(law.Sources, func(s law.Source) bool { return string(s.Kind) == f.source }) {
			sources(o)
			return exitCode(2)
		}
		if err := f.absolute(o, args); err != nil {
			return err
		}
		if f.batch == 0 && !f.accept && !f.agree(o) {
			return exitCode(2)
		}
		if f.batch == 0 && o.inside == nil && !o.json && terminal(os.Stdin) && !f.yes {
			return f.ask(ctx, o, args[0])
		}
		return f.run(ctx, o, args)
	}
}

// sources lists what may be declared as the source, and what is told to be
// unlawful when it is.
func sources(o *options) {
	list := func(key string, lawful bool) {
		fmt.Fprintln(o.errs, o.words(key, nil))
		for _, s := range law.Sources {
			if s.Lawful == lawful {
				fmt.Fprintf(o.errs, "  %-20s  %s\n      %s\n", s.Kind, o.words(s.LabelKey(), nil), o.words(s.WhyKey(), nil))
			}
		}
	}
	list("import.cli_sources", true)
	list("import.cli_sources_not", false)
}

// absolute makes paths mean the same in the server as where the command was
// given.
func (f *importing) absolute(o *options, args []string) (err error) {
	if o.inside != nil {
		return nil
	}
	for i := range args {
		if args[i], err = filepath.Abs(args[i]); err != nil {
			return err
		}
	}
	o.asked.Args = args
	if f.refused != "" {
		f.refused, err = filepath.Abs(f.refused)
		o.asked.Flags["refused"] = []string{f.refused}
	}
	return err
}

// agree shows the declaration and takes a person's word for it. Where nobody
// is asked, --accept gives it.
func (f *importing) agree(o *options) bool {
	o.print("import.cli_declare", map[string]string{"text": o.words("import.declaration", nil)})
	if o.inside == nil && terminal(os.Stdin) && yes(o, "import.cli_accept") {
		f.accept = true
		o.asked.Flags["accept"] = []string{"true"}
		return true
	}
	o.print("import.cli_need_accept", nil)
	return false
}

// A waiting is a list whose rows are not stored yet, and what a person at the
// terminal may say to have it go on.
type waiting struct {
	Batch kexin.ID `json:"batch"`
	Asks  string   `json:"asks,omitempty"` // "yes" to the result, "code" of the second factor, "" = nothing that he could say here
}

func (w *waiting) Error() string { return importWaits.Error() }

// Unwrap is the status to exit with.
func (w *waiting) Unwrap() error { return importWaits }

// ask does the dry run, asks, and goes on with the batch that it made; where
// so many people need the second factor it asks for that too.
func (f *importing) ask(ctx context.Context, o *options, file string) error {
	args := []string{file}
	for {
		err := f.run(ctx, o, args)
		var w *waiting
		if !errors.As(err, &w) {
			return err
		}
		switch {
		case w.Asks == "yes" && !f.yes && yes(o, "import.cli_confirm"):
			f.batch, f.yes = int64(w.Batch), true
			o.asked.Args = nil
			o.asked.Flags["batch"], o.asked.Flags["yes"] = []string{w.Batch.String()}, []string{"true"}
		case w.Asks == "code" && f.code == "":
			code, e := o.ask("import.cli_code", nil)
			if e != nil || code == "" {
				return err
			}
			f.code = code
			o.asked.Flags["code"] = []string{code}
		default:
			return err
		}
		args = nil
	}
}

// run does the command where the product is: in the running server, or here.
func (f *importing) run(ctx context.Context, o *options, args []string) (err error) {
	x, err := o.door(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	actor, err := x.app.AsMember(ctx, f.as, f.code, o.lang)
	if err != nil {
		return err
	}
	w := &importWork{f: f, o: o, app: x.app, shared: x.shared, actor: actor}
	if f.batch == 0 {
		err = w.read(ctx, args[0])
	} else if w.b, err = x.app.Import(ctx, actor, kexin.ID(f.batch)); err == nil && w.b.State == "ready" && !f.yes {
		w.dry()
	}
	if err == nil {
		err = w.store(ctx)
	}
	return err
}

// An importWork is one batch on its way.
type importWork struct {
	f      *importing
	o      *options
	app    *app.App
	shared bool // a server runs the jobs
	actor  kexin.Actor
	b      app.Batch
}

// read declares, sends and reads the file, and corrects how it is read.
func (w *importWork) read(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	st, err := file.Stat()
	if err != nil {
		return err
	}
	m := app.Manifest{Object: w.f.object, Source: kexin.SourceKind(w.f.source), Page: w.f.page, From: kexin.Day(w.f.from), To: kexin.Day(w.f.to), Collected: w.f.collected, Accept: w.f.accept, Size: st.Size()}
	if w.b, err = w.app.DeclareImport(ctx, w.actor, m); err != nil {
		return err
	}
	if w.b, err = w.app.ReceiveImport(ctx, w.actor, w.b.ID, file, st.Size()); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil || w.b.State != "ready" {
		return err
	}
	c, changed, err := w.f.change()
	if err != nil {
		return err
	}
	if changed {
		if w.b, err = w.app.ChangeImport(ctx, w.actor, w.b.ID, c); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	if w.b.State == "ready" {
		w.dry()
	}
	return nil
}

// change is what the flags correct.
func (f *importing) change() (c app.ImportChange, changed bool, err error) {
	c = app.ImportChange{Encoding: f.encoding, Delimiter: f.separator, Sheet: f.sheet, Header: f.header, Named: map[string]string{}, Answers: map[string]string{}}
	for _, s := range f.answers {
		group, answer, ok := strings.Cut(s, "=")
		if !ok {
			return c, false, &kexin.Error{Op: "import", Code: kexin.Invalid, Key: "import.answer"}
		}
		c.Answers[group] = answer
	}
	for _, s := range f.columns {
		name, target, ok := strings.Cut(s, "=")
		if !ok {
			return c, false, &kexin.Error{Op: "import", Code: kexin.Invalid, Key: "intake.map_column", Args: map[string]string{"column": name}}
		}
		c.Named[name] = target
	}
	return c, len(c.Answers)+len(c.Named) > 0 || c.Encoding+c.Delimiter+c.Sheet != "" || c.Header != 0, nil
}

// settle waits until the batch's job is over, telling how far it is. Where no
// server runs, the jobs are done here.
func (w *importWork) settle(ctx context.Context) error {
	worked := make(chan error, 1)
	if !w.shared {
		go func() {
			_, err := w.app.Jobs().Work(ctx)
			worked <- err
		}()
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	told := -1
	for over := false; ; {
		b, err := w.app.Import(ctx, w.actor, w.b.ID)
		if err != nil {
			return err
		}
		w.b = b
		switch b.State {
		case "received", "reading", "queued", "running":
		default:
			return nil
		}
		if over { // it waits for the machine: why, and that it goes on later
			return &kexin.Error{Op: "import", Code: kexin.Unavailable, Key: cmp.Or(b.Fault, "error.unavailable"), Args: b.Args}
		}
		if b.State == "running" && b.Done != told && !w.o.json {
			told = b.Done
			fmt.Fprintln(w.o.errs, w.o.words("import.cli_progress", map[string]string{"done": strconv.Itoa(b.Done), "total": strconv.Itoa(b.Total)}))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-worked:
			if over = true; err != nil {
				return err
			}
		case <-tick.C:
		}
	}
}

// dry shows what would become of the rows.
func (w *importWork) dry() {
	if w.o.json {
		return
	}
	w.o.print("import.cli_read", map[string]string{"rows": strconv.Itoa(w.b.Rows)})
	w.figures()
	if names := w.unread(); len(names) > 0 {
		w.o.print("import.cli_unread", map[string]string{"columns": strings.Join(names, ", ")})
	}
	var open []string
	for _, g := range w.b.Groups {
		if g.Answer == "" {
			fmt.Fprintln(w.o.out, w.o.words("import.group_"+g.ID, map[string]string{"n": strconv.Itoa(g.N)}))
			open = append(open, g.ID)
		}
	}
	if len(open) > 0 {
		w.o.print("import.cli_groups", map[string]string{"groups": strings.Join(open, ", ")})
	}
}

// unread are the columns that are not taken in because they are sensitive.
func (w *importWork) unread() (names []string) {
	for _, c := range w.b.Columns {
		if c.Fixed {
			names = append(names, cmp.Or(c.Name, "#"+strconv.Itoa(c.Index+1)))
		}
	}
	return names
}

// figures are the outcomes and the causes of refusal.
func (w *importWork) figures() {
	if w.b.Coarse {
		fmt.Fprintf(w.o.out, "  %7d  %s\n", w.b.Taken, w.o.words("web.import.taken", nil))
		w.o.print("import.coarse", map[string]string{"n": strconv.Itoa(law.ImportTries)})
	}
	for _, k := range kexin.Outcomes {
		if _, told := w.b.Outcomes[k]; w.b.Coarse && !told {
			continue
		}
		fmt.Fprintf(w.o.out, "  %7d  %s\n", w.b.Outcomes[k], w.o.words("outcome."+string(k), nil))
	}
	for _, code := range app.RefusalCodes(w.b.Refusals) {
		fmt.Fprintf(w.o.out, "           %7d  %s\n", w.b.Refusals[code], app.RefusalText(w.o.lang, code))
	}
}

// store confirms the batch where that is wished, waits, and writes the rows
// that stayed out.
func (w *importWork) store(ctx context.Context) error {
	if w.b.State == "ready" || w.b.State == "halted" && w.f.yes {
		if !w.f.yes {
			if w.o.json {
				return errors.Join(w.answer(), w.waits("yes"))
			}
			w.o.print("import.cli_dry", map[string]string{"batch": w.b.ID.String()})
			return w.waits("yes")
		}
		b, err := w.app.ConfirmImport(ctx, w.actor, w.b.ID, w.b.Version)
		switch kexin.LawOf(err) {
		case "E_STEP_UP":
			fmt.Fprintln(w.o.errs, sentence(err, w.o.lang))
			w.o.print("import.cli_approve", map[string]string{"batch": w.b.ID.String()})
			return w.waits("code")
		case "E_SOD":
			fmt.Fprintln(w.o.errs, sentence(err, w.o.lang))
			return w.waitsForAnother()
		}
		if err != nil {
			return err
		}
		if w.b = b; b.State == "ready" { // another must confirm too
			w.o.print("import.second_person", nil)
			return w.waitsForAnother()
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	halted := w.b.State == "halted"
	if !halted {
		if err := w.handBack(ctx); err != nil {
			return err
		}
	}
	if w.o.json {
		if err := w.answer(); err != nil {
			return err
		}
	}
	if w.b.State != "done" {
		if w.b.Fault != "" {
			fmt.Fprintln(w.o.errs, i18n.T(w.o.lang, w.b.Fault, w.b.Args))
		}
		if halted {
			fmt.Fprintln(w.o.errs, w.o.words("import.cli_halted", map[string]string{"batch": w.b.ID.String(), "done": strconv.Itoa(w.b.Done), "total": strconv.Itoa(w.b.Total)}))
			return w.waits("")
		}
		return importRefused
	}
	if !w.o.json {
		w.o.print("web.import.done", map[string]string{"n": strconv.Itoa(w.b.Outcomes[kexin.OutNew] + w.b.Outcomes[kexin.OutSame])})
		w.figures()
	}
	return nil
}

func (w *importWork) waits(asks string) error { return &waiting{w.b.ID, asks} }

// waitsForAnother says how somebody else confirms the batch here.
func (w *importWork) waitsForAnother() error {
	w.o.print("import.cli_another", map[string]string{"batch": w.b.ID.String()})
	return w.waits("")
}

// handBack writes the file of rows that were not taken in, where it is wanted
// and there are any.
func (w *importWork) handBack(ctx context.Context) error {
	if w.f.refused == "" || w.b.Outcomes[kexin.OutRefused]+w.b.Outcomes[kexin.OutAside] == 0 {
		return nil
	}
	if w.b.Fetched { // to ask for it by name is the act that makes it anew
		b, err := w.app.RenewRefused(ctx, w.actor, w.b.ID)
		if err != nil {
			return err
		}
		w.b = b
	}
	file, err := os.OpenFile(w.f.refused, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = w.app.WriteRefusedRows(ctx, w.actor, w.b.ID, file, func() {})
	if err = errors.Join(err, file.Close()); err == nil && !w.o.json {
		w.o.print("import.cli_refused_file", map[string]string{"file": w.f.refused})
	}
	return err
}

// answer is the batch for programs.
func (w *importWork) answer() error {
	out := struct {
		Batch    kexin.ID              `json:"batch"`
		State    string                `json:"state"`
		Rows     int                   `json:"rows"`
		Outcomes map[kexin.Outcome]int `json:"outcomes"`
		Refusals map[string]int        `json:"refusals"`
		Unread   []string              `json:"unread,omitempty"` // sensitive columns
		Fault    string                `json:"fault,omitempty"`
	}{w.b.ID, w.b.State, w.b.Rows, w.b.Outcomes, w.b.Refusals, w.unread(), w.b.Fault}
	return w.o.answer(out, func() {})
}

// terminal reports an input at which a person sits.
func terminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// yes asks a question at the terminal.
func yes(o *options, key string) bool {
	line, err := o.ask(key, nil)
	switch strings.ToLower(line) {
	case "y", "yes", "是", "好":
		return err == nil
	}
	return false
}
