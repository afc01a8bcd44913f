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
	code := fs.String("code-file", "", "cli.flag.code_file")
	return func(ctx context.Context, args []string) (err error) {
		verb, rest := "status", args
		if len(args) > 0 {
			verb, rest = args[0], args[1:]
		}
		if verb == "restore" || verb == "recover" {
			return recoverKey(o, *code)
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

// keyActs are acts on the keys of an opened product.
type keyActs struct {
	o   *options
	x   *opened
	org kexin.ID // 0 = all merchants
}

func (k keyActs) merchants(ctx context.Context) (out []store.Org, err error) {
	all, err := k.x.store.Merchants(ctx)
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
	})
}

// rotate begins rotations and stays until they are through: a new master key
// and new keys that wrap persons' keys, or what is named. Interrupted, it goes
// on by itself wherever a server runs.
func (k keyActs) rotate(ctx context.Context, what []string) error {
	if len(what) == 0 {
		what = []string{"master", "wrap"}
	}
	for _, w := range what {
		if w == "master" {
			if err := k.newMaster(ctx); err != nil {
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
			if err != nil {
				return err
			}
			k.o.print("cli.keys.begun", map[string]string{"use": w, "version": strconv.FormatInt(int64(ver), 10), "org": org.ID.String()})
		}
	}
	if err := k.x.app.DriveKeys(ctx, func(r app.Rotation) {
		k.o.print("cli.keys.moving", map[string]string{"done": strconv.FormatInt(r.Done, 10), "total": strconv.FormatInt(r.Total, 10)})
	}); err != nil {
		return err
	}
	k.o.print("cli.keys.rotated", nil)
	return nil
}

// newMaster draws a new master key into the key file and has everything
// wrapped by it. Its recovery code is shown to the owner on the recovery sheet.
func (k keyActs) newMaster(ctx context.Context) error {
	if k.x.keys.path == "" {
		return &kexin.Error{Op: "keys", Code: kexin.Invalid, Key: "cli.keys.no_file"}
	}
	if busy, err := k.x.store.MasterRotating(ctx); err != nil || busy { // the last one is not through: go on with it
		return err
	}
	now, old, err := vault.NextKeyFile(k.x.keys.path, k.x.keys.data)
	if err != nil {
		return err
	}
	k.o.print("cli.keys.master", map[string]string{"keeper": now.ID(), "old": old})
	return nil
}
