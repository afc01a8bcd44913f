package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/api"
	"kexin/app"
	"kexin/vault"
)

// doctorCommand says in words what is wrong with this installation, and what
// to do. It exits with 1 where something must be mended.
func doctorCommand(o *options, fs *flag.FlagSet) action {
	serveFlags(o, fs)
	return func(ctx context.Context, _ []string) (err error) {
		x, err := o.door(ctx)
		var code exitCode
		if errors.As(err, &code) {
			return err
		}
		d := &doctor{o: o}
		if err != nil { // what keeps it from opening is what is wrong
			d.bad("cli.doctor.closed", map[string]string{"why": sentence(err, o.lang)})
			if o.keeper == "" {
				d.place(o.keyFile)
			}
			d.disk(o.data)
			return d.tell()
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		if x.options != nil {
			d.o = x.options // what the running server was started with
		}
		d.look(ctx, x)
		d.o = o
		return d.tell()
	}
}

// look looks at everything.
func (d *doctor) look(ctx context.Context, x *opened) {
	d.transport(ctx)
	d.channels()
	d.keeper(ctx, x)
	d.disk(d.o.data)
	d.data(ctx, x)
	d.postgres(ctx, x)
}

// A finding is one thing that was looked at. Level is ok, warn or bad.
type finding struct {
	Level string `json:"level"`
	Code  string `json:"code"`
	Text  string `json:"text"`
}

// A doctor collects findings.
type doctor struct {
	o   *options
	all []finding
}

func (d *doctor) note(level, key string, args map[string]string) {
	d.all = append(d.all, finding{level, strings.TrimPrefix(strings.TrimPrefix(key, "cli.doctor."), "cli."), d.o.words(key, args)})
}
func (d *doctor) ok(key string, args map[string]string)   { d.note("ok", key, args) }
func (d *doctor) warn(key string, args map[string]string) { d.note("warn", key, args) }
func (d *doctor) bad(key string, args map[string]string)  { d.note("bad", key, args) }

// tell prints what was found.
func (d *doctor) tell() error {
	marks, worst := map[string]string{"ok": "✓", "warn": "!", "bad": "✗"}, false
	for _, f := range d.all {
		worst = worst || f.Level == "bad"
	}
	err := d.o.answer(d.all, func() {
		for _, f := range d.all {
			fmt.Fprintln(d.o.out, marks[f.Level]+" "+f.Text)
		}
	})
	if err == nil && worst {
		err = exitCode(1)
	}
	return err
}

// transport looks at how browsers and phones reach the server.
func (d *doctor) transport(ctx context.Context) {
	if err := checkTransport(d.o); err != nil {
		d.bad("cli.doctor.transport", map[string]string{"why": sentence(err, d.o.lang)})
		return
	}
	public := d.o.publicURL
	if public == "" && d.o.acmeHost != "" {
		public = guessURL(d.o, nil)
	}
	u, err := url.Parse(public)
	switch {
	case public == "":
		d.warn("cli.doctor.no_public", nil)
	case err != nil || u.Host == "":
		d.bad("cli.doctor.public", map[string]string{"url": public})
	case u.Scheme != "https" && !loopback(u.Hostname()):
		d.bad("cli.doctor.public_plain", map[string]string{"url": public})
	case loopback(u.Hostname()):
		d.warn("cli.doctor.no_public", nil)
	default:
		d.ok("cli.doctor.public_ok", map[string]string{"url": public})
	}
	switch {
	case d.o.tlsCert != "":
		d.file(u)
	case d.o.acmeHost != "":
		d.acme(ctx, u)
	}
}

// channels says over which channels messages reach customers.
func (d *doctor) channels() {
	if d.o.demo { // its messages end on the phones of its own hall
		return
	}
	c, _, err := d.o.outside()
	if err == nil {
		_, err = d.o.transports(c)
	}
	var replies func(http.Header, []byte) error
	if err == nil {
		replies, err = d.o.replies()
	}
	if err != nil {
		d.bad("cli.doctor.channels", map[string]string{"why": sentence(err, d.o.lang)})
		return
	}
	for _, x := range []struct{ set, name string }{{d.o.smsURL, "sms"}, {d.o.smtp, "mail"}} {
		if x.set == "" {
			d.warn("cli.doctor.no_"+x.name, nil)
			continue
		}
		u, _ := url.Parse(x.set) // read before
		d.ok("cli.doctor."+x.name+"_ok", map[string]string{"host": u.Host})
	}
	switch {
	case replies != nil:
		d.ok("cli.doctor.sms_replies_ok", map[string]string{"path": api.RepliesPath})
	case d.o.smsURL != "":
		d.warn("cli.doctor.no_sms_replies", nil)
	}
}

// keeper looks at what holds the master key.
func (d *doctor) keeper(ctx context.Context, x *opened) {
	active := x.store.Keepers()[0]
	if _, ok := active.(*vault.ExecKeeper); !ok {
		d.place(x.keys.path)
		return
	}
	canary, err := vault.NewCanary(ctx, active)
	if err == nil {
		err = vault.CheckCanary(ctx, active, canary)
	}
	switch {
	case err != nil:
		d.bad("cli.doctor.keeper", map[string]string{"keeper": active.ID(), "why": sentence(err, d.o.lang)})
	case len(d.o.recipient) == 0: // no code that could be on paper
		d.bad("cli.doctor.keeper_alone", map[string]string{"keeper": active.ID()})
	default:
		d.ok("cli.doctor.keeper_ok", map[string]string{"keeper": active.ID()})
	}
}

// place looks at the master key file: who may read it, and where it lies.
func (d *doctor) place(file string) {
	if file == "" {
		d.warn("cli.doctor.key_elsewhere", nil)
		return
	}
	if _, err := vault.OpenKeyFiles(file, d.o.data); err != nil {
		d.bad("cli.doctor.key", map[string]string{"file": file, "why": sentence(err, d.o.lang)})
		return
	}
	d.ok("cli.doctor.key_ok", map[string]string{"file": file})
}

// Less free space than this is little, and much too little.
const (
	littleSpace = 2 << 30
	noSpace     = 200 << 20
)

// disk looks at the room where the data lie.
func (d *doctor) disk(dir string) {
	if free, ok := freeSpace(dir); ok {
		d.room(dir, free)
	}
}

// room judges how many bytes are free.
func (d *doctor) room(dir string, free uint64) {
	args := map[string]string{"dir": dir, "mb": strconv.FormatUint(free>>20, 10)}
	switch {
	case free < noSpace:
		d.bad("cli.doctor.disk", args)
	case free < littleSpace:
		d.warn("cli.doctor.disk", args)
	default:
		d.ok("cli.doctor.disk_ok", args)
	}
}

// data looks at backups, the log, the clock and the keys.
func (d *doctor) data(ctx context.Context, x *opened) {
	b, err := x.app.BackupState(ctx)
	switch at := b.At.Time().Local().Format("2006-01-02 15:04"); {
	case err != nil:
		d.bad("cli.doctor.database", map[string]string{"why": sentence(err, d.o.lang)})
		return
	case b.State == "failed":
		d.bad("cli.doctor.backup_failed", map[string]string{"why": d.o.words(b.Error, nil)})
	case b.State == "none":
		d.warn("cli.doctor.backup_none", nil)
	case b.State == "late":
		d.bad("cli.doctor.backup_late", map[string]string{"at": at})
	default:
		d.ok("cli.doctor.backup_ok", map[string]string{"at": at})
	}
	d.rings(b)
	lag, err := x.lag(ctx)
	switch seconds := map[string]string{"n": strconv.Itoa(int(lag.Seconds()))}; {
	case err != nil:
		d.bad("cli.doctor.database", map[string]string{"why": sentence(err, d.o.lang)})
	case lag > time.Minute && x.options == nil:
		d.warn("cli.doctor.lag_idle", nil)
	case lag > time.Minute:
		d.bad("cli.doctor.lag", seconds)
	default:
		d.ok("cli.doctor.lag_ok", seconds)
	}
	d.clock(ctx, x)
	d.rights(ctx, x)
	if len(x.witnesses()) == 0 {
		d.warn("cli.doctor.no_witness", nil)
	}
}

// rings looks at the keyring files beside the backups: data cannot be restored
// with keys that are older than they are.
func (d *doctor) rings(b app.BackupState) {
	at := map[string]string{"at": b.Keyring.Time().Local().Format("2006-01-02 15:04")}
	switch {
	case b.At == 0: // told already
	case b.Keyring == 0:
		d.bad("cli.doctor.ring_none", nil)
	case b.Keyring < b.Data:
		d.bad("cli.doctor.ring_old", at)
	default:
		d.ok("cli.doctor.ring_ok", at)
	}
}

// rights names rows that give rights and were written past the program.
func (d *doctor) rights(ctx context.Context, x *opened) {
	rows, err := x.store.ForgedRows(ctx)
	if err != nil {
		d.bad("cli.doctor.database", map[string]string{"why": sentence(err, d.o.lang)})
		return
	}
	for _, r := range rows {
		d.bad("cli.doctor.forged", map[string]string{"org": r.Org.String(), "table": r.Table, "row": r.ID.String()})
	}
	if len(rows) == 0 {
		d.ok("cli.doctor.rights_ok", nil)
	}
}

// witnesses are those the server was started with.
func (x *opened) witnesses() list {
	if x.options == nil {
		return nil
	}
	return x.options.witnesses
}

// clock compares this machine's clock with the database's and with the newest
// entry of the log: a clock that went back makes entries that look old.
func (d *doctor) clock(ctx context.Context, x *opened) {
	t, err := x.db.ServerTime(ctx)
	if err != nil {
		d.bad("cli.doctor.database", map[string]string{"why": sentence(err, d.o.lang)})
		return
	}
	off := time.Since(t).Abs()
	last, err := x.store.LastSealed(ctx)
	if err != nil {
		d.bad("cli.doctor.database", map[string]string{"why": sentence(err, d.o.lang)})
		return
	}
	d.clocks(off, last, kexin.At(x.now()))
}

// clocks judges how far the database's clock is off, and whether the newest
// entry of the log lies ahead of now.
func (d *doctor) clocks(off time.Duration, last, now kexin.Instant) {
	switch {
	case last > now.Add(time.Minute):
		d.bad("cli.doctor.clock_back", map[string]string{"at": last.Time().Local().Format("2006-01-02 15:04")})
	case off > 10*time.Second:
		d.warn("cli.doctor.clock", map[string]string{"n": strconv.Itoa(int(off.Seconds()))})
	default:
		d.ok("cli.doctor.clock_ok", nil)
	}
}

// wanted are the settings of PostgreSQL that Kexin relies on, or that keep
// customers' data out of its logs (security.md A15).
var wanted = []struct{ name, want, level string }{
	{"fsync", "on", "bad"}, {"full_page_writes", "on", "bad"}, {"synchronous_commit", "on", "bad"}, {"server_encoding", "UTF8", "bad"},
	{"log_parameter_max_length", "0", "warn"}, {"log_parameter_max_length_on_error", "0", "warn"},
}

func (d *doctor) postgres(ctx context.Context, x *opened) {
	names := make([]string, len(wanted))
	for i, w := range wanted {
		names[i] = w.name
	}
	have, err := x.db.Settings(ctx, names...)
	if err != nil {
		d.bad("cli.doctor.database", map[string]string{"why": sentence(err, d.o.lang)})
		return
	}
	fine := len(have) > 0
	for _, w := range wanted {
		v, ok := have[w.name]
		if !ok || v == w.want || w.name == "synchronous_commit" && v != "off" && v != "local" {
			continue
		}
		fine = false
		d.note(w.level, "cli.doctor.pg_setting", map[string]string{"name": w.name, "value": v, "want": w.want})
	}
	if fine {
		d.ok("cli.doctor.pg_ok", nil)
	}
}
