package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/db"
	"kexin/internal/site"
	"kexin/store"
	"kexin/vault"
)

// An opened product: what serve, import, keys and the like work on.
type opened struct {
	db      *db.DB
	store   *store.Store
	app     *app.App
	log     *slog.Logger
	keys    keyring
	unlock  func()
	stop    context.CancelFunc
	done    chan struct{}
	public  string                          // address of a running server
	options *options                        // its settings
	replies func(http.Header, []byte) error // checks who brings customers' replies; nil = none are taken
	shared  bool                            // the server's own, in the hands of a command that came in by its door
}

// open opens database, keys and store for this process. As a server it does
// everything that goes on beside requests; else only what acts depend on.
func open(ctx context.Context, o *options, server bool) (*opened, error) {
	x := &opened{log: site.NewLogger(o.errs), unlock: func() {}}
	var err error
	if x.keys, err = openKeyring(o); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return nil, err
	}
	if o.dsn == "" || server {
		if x.unlock, err = db.LockDir(o.data); err != nil {
			return nil, err
		}
	}
	if err := x.connect(ctx, o, server); err != nil {
		x.unlock()
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	x.stop, x.done = stop, make(chan struct{})
	go func() {
		defer close(x.done)
		if server {
			x.app.Run(run)
		} else {
			x.app.Attend(run)
		}
	}()
	return x, nil
}

// dbConfig is where the data lie.
func (o *options) dbConfig(log *slog.Logger) db.Config {
	if o.dsn != "" {
		return db.Config{DSN: o.dsn, Log: log, Clock: o.now}
	}
	return db.Config{File: o.dbFile, Log: log, Clock: o.now}
}

func (x *opened) connect(ctx context.Context, o *options, server bool) (err error) {
	if _, err := time.LoadLocation(o.zone); err != nil {
		return &kexin.Error{Op: "open", Code: kexin.Invalid, Key: "cli.zone_bad", Args: map[string]string{"zone": o.zone}}
	}
	out, witnesses, err := o.outside()
	if err != nil {
		return err
	}
	transports, err := o.transports(out)
	if err != nil {
		return err
	}
	if x.replies, err = o.replies(); err != nil {
		return err
	}
	if x.db, err = db.Open(ctx, o.dbConfig(x.log)); err != nil {
		return err
	}
	keepers, err := x.keys.keepers()
	if err == nil {
		x.store, err = store.Open(ctx, x.db, keepers, func() kexin.Instant { return kexin.At(o.now()) })
	}
	if err == nil && server {
		err = x.town(ctx, o)
	}
	if err != nil {
		return errors.Join(err, x.db.Close())
	}
	x.app = app.New(app.Config{Store: x.store, Log: x.log, Now: o.now, Data: o.data,
		Seal: func() app.Sealing { return x.sealing(o) }, Keepers: x.keys.keepers, Witnesses: witnesses, Out: out,
		Transports: transports, Replies: x.replies != nil, Public: o.publicURL, Zone: o.zone})
	return nil
}

// sealing says how backups are encrypted: to the recipients named, else to the
// recovery code of the master key in use.
func (x *opened) sealing(o *options) app.Sealing {
	s := app.Sealing{Recipients: o.recipient}
	if k, ok := x.store.Keepers()[0].(*vault.MasterKeeper); ok {
		s.Code = k.Code()
	}
	return s
}

// recovery is the recovery code for the owner's sheet. A key from elsewhere
// than its file is known to whoever put it there.
func (x *opened) recovery() (code string, ok bool) {
	k, ok := x.store.Keepers()[0].(*vault.MasterKeeper)
	if !ok || x.keys.path == "" || x.keys.data == "" { // from elsewhere, or of a demonstration
		return "", false
	}
	return k.Code(), true
}

// Close stops what goes on, writes what waits, gives back what this process
// leased and closes the database. What belongs to a running server stays.
func (x *opened) Close() error {
	if x.shared {
		return nil
	}
	x.stop()
	<-x.done
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := x.store.Leave(ctx); err != nil {
		x.log.Warn("leaving", "err", err.Error())
	}
	err := x.store.Close()
	x.unlock()
	return err
}

// A keyring is where master keys come from: a program, a file with older keys
// beside it, or the environment.
type keyring struct {
	path, data string              // the file, "" = none; the directory it must not lie in
	fixed      *vault.MasterKeeper // from the environment
	program    string              // "" = none
}

// keepers reads the keys as they are now, the newest first. Where a program
// holds them, those of the file are there to open what they wrapped before, and
// there may be none.
func (k keyring) keepers() (vault.Keepers, error) {
	out, err := programKeys(k.program)
	if err != nil || k.fixed != nil {
		return append(out, k.fixed), err
	}
	files, err := vault.OpenKeyFiles(k.path, k.data)
	for _, f := range files {
		out = append(out, f.MasterKeeper)
	}
	if k.program != "" && kexin.CodeOf(err) == kexin.NotFound {
		err = nil
	}
	return out, err
}

// programKeys asks the program of --keeper which keys it has; "" has none.
func programKeys(line string) (out vault.Keepers, err error) {
	if line == "" {
		return nil, nil
	}
	all, err := vault.OpenExecKeepers(context.Background(), strings.Fields(line)...)
	for _, k := range all {
		out = append(out, k)
	}
	return out, err
}

// openKeyring finds the master key, or makes one in a file on the first start
// where no program holds one. The file comes before the environment, which other
// programs can read.
func openKeyring(o *options) (keyring, error) {
	if o.keyFile == "" {
		if v := os.Getenv("KEXIN_MASTER_KEY"); v != "" {
			key, err := vault.ParseRecovery(v)
			if err != nil {
				return keyring{}, err
			}
			fmt.Fprintln(o.errs, o.words("cli.key_in_environment", nil))
			return keyring{fixed: vault.NewMasterKeeper(key), program: o.keeper}, nil
		}
		o.keyFile = keyPath()
	}
	k := keyring{path: o.keyFile, data: o.data, program: o.keeper}
	if o.demo { // a demonstration is thrown away as a whole
		k.data = ""
	}
	_, err := vault.OpenKeyFile(k.path, k.data)
	if kexin.CodeOf(err) != kexin.NotFound {
		return k, err
	}
	if k.program != "" {
		return k, nil
	}
	if _, err := os.Stat(o.dbFile); err == nil && o.dsn == "" {
		return k, &kexin.Error{Op: "serve", Code: kexin.Unavailable, Key: "keys.lost", Args: map[string]string{"file": k.path}}
	}
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return k, err
	}
	_, _, err = vault.CreateKeyFile(k.path, k.data)
	return k, err
}
