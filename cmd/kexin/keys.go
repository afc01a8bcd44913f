package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"text/tabwriter"

	"kexin"
	"kexin/app"
	"kexin/store"
	"kexin/vault"
)

// keysCommand looks after master keys and merchants' keys while the server
// works. No flag ever prints a key.
func keysCommand(o *options, fs *flag.FlagSet) action {
	recipientFlag(o, fs)
	org := fs.Int64("org", 0, "cli.flag.org")
	r := &restoring{}
	fs.StringVar(&r.code, "code-file", "", "cli.flag.code_file")
	fs.StringVar(&r.identity, "identity", "", "cli.flag.identity")
	fs.BoolVar(&r.accept, "accept-lost", false, "cli.flag.accept_unreadable")
	return func(ctx context.Context, args []string) (err error) {
		verb, rest := "status", args
		if len(args) > 0 {
			verb, rest = args[0], args[1:]
		}
		if verb == "restore" && len(rest) == 1 {
			return r.keyring(ctx, o, rest[0])
		}
		if verb == "restore" {
			return recoverKey(o, r.code)
		}
		if !slices.Contains([]string{"status", "rotate", "backup"}, verb) {
			o.print("cli.keys.usage", nil)
			return exitCode(2)
		}
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		k := keyActs{o, x, kexin.ID(*org)}
		switch verb {
		case "rotate":
			return k.rotate(ctx, rest)
		case "backup":
			made, err := x.app.BackupKeyring(ctx)
			if err != nil {
				return err
			}
			return o.answer(map[string]string{"keyring": made.Keyring}, func() { fmt.Fprintln(o.out, made.Keyring) })
		}
		return k.status(ctx)
	}
}

// recoverKey writes the master key file anew from the recovery code, where it
// is lost. An existing file is never touched.
func recoverKey(o *options, codeFile string) error {
	if o.keyFile == "" {
		o.keyFile = keyPath()
	}
	code, err := readCode(o, codeFile)
	if err != nil {
		return err
	}
	k, err := vault.RestoreKeyFile(o.keyFile, o.data, code)
	if err != nil {
		return err
	}
	return o.answer(map[string]string{"keeper": k.ID(), "file": o.keyFile}, func() {
		o.print("cli.keys.recovered", map[string]string{"keeper": k.ID(), "file": o.keyFile})
	})
}

// keyring brings a keyring file back into a database that lost its keys.
func (r *restoring) keyring(ctx context.Context, o *options, file string) error {
	x, undo, shut, err := r.open(o)
	if err != nil {
		return err
	}
	defer shut()
	x.Keyring = file
	done, err := x.RestoreKeyring(ctx)
	if err != nil {
		return errors.Join(err, undo())
	}
	return o.answer(done, func() {
		o.print("cli.keys.back", map[string]string{"n": strconv.FormatInt(done.Keys, 10), "at": done.Keyring.Created.Time().Local().Format("2006-01-02 15:04")})
		if done.Unreadable > 0 {
			o.print("cli.keys.unreadable", map[string]string{"n": strconv.FormatInt(done.Unreadable, 10)})
		}
	})
}

// keyActs are acts on the keys of an opened product.
type keyActs struct {
	o   *options
	x   *opened
	org kexin.ID // 0 = all merchants
}

func (k keyActs) merchants(ctx context.Context) (out []store.Org, err error) {
	all, err := k.x.store.Holders(ctx)
	for _, o := range all {
		if k.org == 0 || k.org == o.ID {
			out = append(out, o)
		}
	}
	if err == nil && len(out) == 0 && k.org != 0 {
		err = &kexin.Error{Op: "keys", Code: kexin.NotFound, Key: "cli.keys.no_org"}
	}
	return out, err
}

// A keyLine is one key as it is told.
type keyLine struct {
	Org   kexin.ID      `json:"org"`
	Use   string        `json:"use"`
	Ver   int64         `json:"version"`
	State string        `json:"state"`
	Rows  int64         `json:"rows"`
	Made  kexin.Instant `json:"made"`
	Opens bool          `json:"opens"`
}

// A masterLine is one master key as it is told.
type masterLine struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Wraps int64  `json:"wraps"`
	Here  bool   `json:"here"`
}

func (k keyActs) status(ctx context.Context) error {
	var out struct {
		Masters []masterLine  `json:"masters"`
		Keys    []keyLine     `json:"keys"`
		Keyring kexin.Instant `json:"keyring"`
		Left    []leftLine    `json:"left"`
	}
	masters, err := k.x.store.Masters(ctx)
	if err != nil {
		return err
	}
	for _, m := range masters {
		out.Masters = append(out.Masters, masterLine{m.ID, m.State.String(), m.Wraps, m.Here})
	}
	all, err := k.merchants(ctx)
	if err != nil {
		return err
	}
	for _, org := range all {
		s, err := k.x.store.Keys(ctx, org.ID)
		if err != nil {
			return err
		}
		for _, r := range s.Rows {
			out.Keys = append(out.Keys, keyLine{org.ID, r.Use.String(), int64(r.Ver), r.State.String(), r.Rows, r.Made, s.Opens})
		}
	}
	b, err := k.x.app.BackupState(ctx)
	if err != nil {
		return err
	}
	out.Keyring = b.Keyring
	if out.Left, err = k.left(ctx); err != nil {
		return err
	}
	return k.o.answer(out, func() {
		w := tabwriter.NewWriter(k.o.out, 0, 0, 2, ' ', 0)
		for _, m := range out.Masters {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", m.ID, m.State, m.Wraps, k.o.words(map[bool]string{true: "cli.keys.here", false: "cli.keys.away"}[m.Here], nil))
		}
		for _, l := range out.Keys {
			rows := ""
			if l.Rows >= 0 {
				rows = strconv.FormatInt(l.Rows, 10)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", l.Org, l.Use, l.Ver, l.State, rows, l.Made.Time().Local().Format("2006-01-02"))
		}
		_ = w.Flush()
		if out.Keyring != 0 {
			k.o.print("cli.keys.keyring", map[string]string{"at": out.Keyring.Time().Local().Format("2006-01-02 15:04")})
		}
		k.sayLeft(out.Left)
	})
}

// A leftLine is what of a rotation is still to come, by itself.
type leftLine struct {
	Org   kexin.ID      `json:"org,omitempty"`
	Use   string        `json:"use"` // master, or a merchant's key
	Key   string        `json:"key"` // the master key's name, or the version
	Next  bool          `json:"next"`
	Until kexin.Instant `json:"until,omitempty"`
}

func (k keyActs) left(ctx context.Context) ([]leftLine, error) {
	all, err := k.x.store.KeysLeft(ctx)
	out := []leftLine{}
	for _, x := range all {
		l := leftLine{Use: "master", Key: x.Master, Next: x.Next}
		if x.Master == "" {
			l = leftLine{x.Org, x.Use.String(), strconv.FormatInt(int64(x.Ver), 10), x.Next, x.Until}
		}
		if l.Org == 0 || k.org == 0 || k.org == l.Org {
			out = append(out, l)
		}
	}
	return out, err
}

// sayLeft says what is still to come; it reports whether that is more than old
// log keys that sign along for their thirty days.
func (k keyActs) sayLeft(list []leftLine) (unfinished bool) {
	for _, l := range list {
		what := k.o.words("cli.keys.what_master", map[string]string{"keeper": l.Key})
		if l.Use != "master" {
			what = k.o.words("cli.keys.what", map[string]string{"use": l.Use, "version": l.Key, "org": l.Org.String()})
		}
		args := map[string]string{"key": what}
		switch {
		case l.Until != 0:
			args["day"] = l.Until.Time().Local().Format("2006-01-02")
			k.o.print("cli.keys.left_log", args)
		case l.Next:
			unfinished = true
			k.o.print("cli.keys.left_next", args)
		default:
			unfinished = true
			k.o.print("cli.keys.left_old", args)
		}
	}
	return unfinished
}

// rotate begins rotations and stays until they are through: a new master key
// and new keys that wrap persons' keys, or what is named. A master key that a
// program holds rotates there, and "file" leaves it for one in the key file.
// Interrupted, it goes on by itself wherever a server runs.
func (k keyActs) rotate(ctx context.Context, what []string) error {
	what, err := k.named(what)
	if err != nil {
		return err
	}
	var master, old string
	for _, w := range what {
		if w == "master" || w == "file" {
			if master, old, err = k.newMaster(ctx); err != nil {
				return err
			}
			continue
		}
		use, err := vault.ParseUse(w)
		if err != nil {
			return err
		}
		all, err := k.merchants(ctx)
		if err != nil {
			return err
		}
		for _, org := range all {
			ver, err := k.x.app.Rotate(ctx, org.ID, use, byHost())
			var e *kexin.Error
			if errors.As(err, &e) && e.Key == "keys.rotating" { // the last one is not through: go on with it
				k.o.print("cli.keys.last_first", map[string]string{"key": k.o.words("cli.keys.what_use", map[string]string{"use": w, "org": org.ID.String()})})
				continue
			}
			if err != nil {
				return err
			}
			k.o.print("cli.keys.begun", map[string]string{"use": w, "version": strconv.FormatInt(int64(ver), 10), "org": org.ID.String()})
		}
	}
	if err := k.x.app.DriveKeys(ctx, func(r app.Rotation) {
		k.o.print("cli.keys.moving", map[string]string{"done": strconv.FormatInt(r.Done, 10), "total": strconv.FormatInt(r.Total, 10)})
	}); err != nil {
		return errors.Join(err, k.toCome(context.WithoutCancel(ctx)))
	}
	left, err := k.left(ctx)
	if err != nil {
		return err
	}
	masters, err := k.x.store.Masters(ctx)
	if err != nil {
		return err
	}
	if master != "" && !slices.ContainsFunc(masters, func(m store.Master) bool { return m.ID == master && m.State == vault.Active }) {
		return &kexin.Error{Op: "keys", Code: kexin.Unavailable, Key: "cli.keys.not_through"}
	}
	if k.sayLeft(left) { // begun by somebody else meanwhile
		return &kexin.Error{Op: "keys", Code: kexin.Unavailable, Key: "cli.keys.not_through"}
	}
	k.o.print("cli.keys.rotated", nil)
	if master != "" {
		k.o.print("cli.keys.master_done", map[string]string{"keeper": master, "old": old})
	}
	return nil
}

// toCome says what goes on without this command.
func (k keyActs) toCome(ctx context.Context) error {
	left, err := k.left(ctx)
	if k.sayLeft(left) {
		k.o.print("cli.keys.goes_on", nil)
	}
	return err
}

// named are the keys to rotate.
func (k keyActs) named(what []string) ([]string, error) {
	program := k.x.keys.program != ""
	switch {
	case program && slices.Contains(what, "master"):
		return nil, &kexin.Error{Op: "keys", Code: kexin.Invalid, Key: "cli.keys.program"}
	case len(what) > 0:
		return what, nil
	case program:
		return []string{"wrap"}, nil
	}
	return []string{"master", "wrap"}, nil
}

// newMaster draws a new master key into the key file and has everything
// wrapped by it. Its recovery code is shown to the owner on the recovery sheet.
func (k keyActs) newMaster(ctx context.Context) (keeper, old string, err error) {
	if k.x.keys.path == "" {
		return "", "", &kexin.Error{Op: "keys", Code: kexin.Invalid, Key: "cli.keys.no_file"}
	}
	busy, err := k.x.store.MasterRotating(ctx)
	if err != nil {
		return "", "", err
	}
	if busy { // the last one is not through: go on with it
		k.o.print("cli.keys.last_first", map[string]string{"key": k.o.words("cli.keys.master_word", nil)})
		return "", "", nil
	}
	now, old, err := vault.NextKeyFile(k.x.keys.path, k.x.keys.data)
	if kexin.CodeOf(err) == kexin.NotFound && k.x.keys.program != "" {
		now, _, err = vault.CreateKeyFile(k.x.keys.path, k.x.keys.data)
		old = k.x.store.Keepers()[0].ID()
	}
	if err != nil {
		return "", "", err
	}
	k.o.print("cli.keys.master", map[string]string{"keeper": now.ID(), "old": old})
	return now.ID(), old, nil
}
