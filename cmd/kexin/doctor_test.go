package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
	"kexin/store/storetest"
	"kexin/vault"
)

// finds has a doctor look at something, once in each language: the finding of
// that code must be there with its words, and the command ends with 1 where it
// must be mended. Words are English, then Chinese.
func finds(t *testing.T, level, code, en, zh string, set func(*options), look func(*doctor)) {
	t.Helper()
	for lang, words := range map[string]string{i18n.English: en, i18n.Chinese: zh} {
		var out bytes.Buffer
		o := newOptions(&out, io.Discard)
		o.lang, o.publicURL = lang, "https://crm.example.com"
		if set != nil {
			set(o)
		}
		d := &doctor{o: o}
		look(d)
		i := slices.IndexFunc(d.all, func(f finding) bool { return f.Code == code })
		if i < 0 || d.all[i].Level != level || !strings.Contains(d.all[i].Text, words) || strings.Contains(d.all[i].Text, "cli.") {
			t.Errorf("%s: %+v, want %s %s: %s", lang, d.all, level, code, words)
			continue
		}
		d.all = d.all[i : i+1]
		var want error
		if level == "bad" {
			want = exitCode(1)
		}
		mark := map[string]string{"ok": "✓ ", "warn": "! ", "bad": "✗ "}[level]
		if err := d.tell(); err != want || !strings.HasPrefix(out.String(), mark) || !strings.Contains(out.String(), words) { //nolint:errorlint // an exit code is told apart by its value
			t.Errorf("%s: ends with %v and says %s", lang, err, out.String())
		}
	}
}

// issued writes a certificate for crm.example.com that holds until then.
func issued(t *testing.T, until time.Time) (file string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.Add(-90 * 24 * time.Hour), NotAfter: until, DNSNames: []string{"crm.example.com"}}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDoctorTransport: how browsers reach the server, and its certificate.
func TestDoctorTransport(t *testing.T) {
	look := func(d *doctor) { d.transport(context.Background()) }
	day := 24 * time.Hour
	cert := func(until time.Duration, url string) func(*options) {
		file := issued(t, time.Now().Add(until))
		return func(o *options) { o.tlsCert, o.tlsKey, o.publicURL = file, file, url }
	}
	const ours, other = "https://crm.example.com", "https://crm.example.org"
	finds(t, "bad", "cert_over", "The certificate ended on", "已到期", cert(-time.Hour, ours), look)
	finds(t, "warn", "cert_soon", "renew it soon", "请尽快更新", cert(13*day, ours), look)
	finds(t, "ok", "cert_ok", "The certificate holds until", "证书有效到", cert(30*day, ours), look)
	finds(t, "bad", "cert_name", "not for crm.example.org", "不是给 crm.example.org 的", cert(30*day, other), look)
	finds(t, "bad", "cert", "cannot be read", "读不出来", func(o *options) { o.tlsCert, o.tlsKey = "/no/such/file", "x" }, look)
	finds(t, "bad", "transport", "--tls-cert", "--tls-cert", func(o *options) { o.addr = ":443" }, look)
	finds(t, "bad", "public", "is not an address", "不是网址", func(o *options) { o.addr, o.publicURL = "127.0.0.1:8080", "crm" }, look)
	finds(t, "bad", "public_plain", "is not encrypted", "没有加密", func(o *options) { o.addr, o.publicURL = "127.0.0.1:8080", "http://crm.example.com" }, look)
	finds(t, "warn", "no_public", "phones cannot reach", "手机连不上", func(o *options) { o.addr, o.publicURL = "127.0.0.1:8080", "" }, look)
}

// TestDoctorMachine: room on the disk, the clocks, the place of the master key.
func TestDoctorMachine(t *testing.T) {
	room := func(free uint64) func(*doctor) { return func(d *doctor) { d.room("/srv/kexin", free) } }
	finds(t, "bad", "disk", "Only 100 MB are free where /srv/kexin lies", "/srv/kexin 所在磁盘只剩 100 MB", nil, room(100<<20))
	finds(t, "warn", "disk", "Only 2047 MB", "只剩 2047 MB", nil, room(2<<30-1))
	finds(t, "ok", "disk_ok", "2048 MB are free", "还有 2048 MB", nil, room(2<<30))
	d := &doctor{o: newOptions(nil, nil)}
	if d.disk(t.TempDir()); len(d.all) != 1 || d.all[0].Code != "disk" && d.all[0].Code != "disk_ok" {
		t.Errorf("this machine's disk: %+v", d.all)
	}

	now := kexin.At(time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC))
	clocks := func(off time.Duration, last kexin.Instant) func(*doctor) {
		return func(d *doctor) { d.clocks(off, last, now) }
	}
	finds(t, "warn", "clock", "differ by 11 seconds", "差 11 秒", nil, clocks(11*time.Second, now))
	finds(t, "bad", "clock_back", "The clock went back", "时间倒退", nil, clocks(0, now.Add(2*time.Minute)))
	finds(t, "ok", "clock_ok", "The clocks agree", "时间一致", nil, clocks(10*time.Second, now.Add(time.Minute)))

	dir := t.TempDir()
	data, key := filepath.Join(dir, "data"), filepath.Join(dir, "master.key")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := vault.CreateKeyFile(key, data); err != nil {
		t.Fatal(err)
	}
	at := func(o *options) { o.data = data }
	finds(t, "ok", "key_ok", "place and permissions are right", "位置和权限都对", at, func(d *doctor) { d.place(key) })
	finds(t, "warn", "key_elsewhere", "recovery code is kept elsewhere", "别处有恢复码", at, func(d *doctor) { d.place("") })
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	finds(t, "bad", "key", "Master key file", "主密钥文件", at, func(d *doctor) { d.place(key) })
}

// TestDoctorData: backups and their keyring files, the sealing of the log, the
// clock behind it, and settings of PostgreSQL.
func TestDoctorData(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			clock := storetest.NewClock()
			w := storetest.New(t, storetest.Ready(t, engine)(db.Config{Clock: clock.Now}), clock)
			dir, code, ctx := t.TempDir(), vault.RecoveryCode(vault.NewKey()), context.Background()
			a := app.New(app.Config{Store: w.Store, Log: slog.New(slog.DiscardHandler), Now: clock.Now, Data: dir, Seal: func() app.Sealing { return app.Sealing{Code: code} }})
			x := &opened{db: w.DB, store: w.Store, app: a}
			look := func(d *doctor) { d.data(ctx, x) }
			finds(t, "warn", "backup_none", "There is no backup yet", "还没有备份", nil, look)
			finds(t, "warn", "lag_idle", "wait to be sealed", "等着封存", nil, look)
			finds(t, "warn", "no_witness", "Use --witness", "请用 --witness", nil, look)
			backup := func() {
				t.Helper()
				if _, err := a.Backup(ctx, ledger.Actor{Kind: ledger.BySystem}, nil); err != nil {
					t.Fatal(err)
				}
			}
			backup()
			finds(t, "ok", "backup_ok", "Newest backup", "最近一次备份", nil, look)
			finds(t, "ok", "ring_ok", "Newest keyring file", "最新的密钥文件", nil, look)
			clock.Move(37 * time.Hour)
			finds(t, "bad", "backup_late", "one is overdue", "已经晚了", nil, look)
			rings, err := filepath.Glob(filepath.Join(dir, "backups", "*.kxk"))
			if err != nil || len(rings) != 1 {
				t.Fatalf("%v %v", rings, err)
			}
			backup()
			newer, _ := filepath.Glob(filepath.Join(dir, "backups", "*.kxk"))
			for _, f := range newer {
				if f != rings[0] {
					if err := os.Remove(f); err != nil {
						t.Fatal(err)
					}
				}
			}
			finds(t, "bad", "ring_old", "older than the newest backup", "比最新的备份还旧", nil, look)
			if err := os.Remove(rings[0]); err != nil {
				t.Fatal(err)
			}
			finds(t, "bad", "ring_none", "There is no keyring file", "没有密钥文件", nil, look)
			if err := w.Store.BackupFailed(ctx, "backup.write"); err != nil {
				t.Fatal(err)
			}
			finds(t, "bad", "backup_failed", "The last backup failed", "最近一次备份没成功", nil, look)

			x.options = newOptions(io.Discard, io.Discard) // as of a running server
			finds(t, "bad", "lag", "look at the messages", "请看日志", nil, look)
			clock.Move(100 * 365 * 24 * time.Hour)
			if _, err := w.Store.Seal(ctx, w.Org); err != nil {
				t.Fatal(err)
			}
			finds(t, "bad", "clock_back", "The clock went back", "时间倒退", nil, look)
			if engine == dbtest.Postgres { // as it is installed it logs parameters
				finds(t, "warn", "pg_setting", "PostgreSQL: log_parameter_max_length is", "log_parameter_max_length 是", nil, func(d *doctor) {
					d.postgres(ctx, x)
					d.all = slices.DeleteFunc(d.all, func(f finding) bool { return f.Level == "bad" }) // a test's server may write without waiting for the disk
				})
			}
		})
	}
}

// TestDoctorClosed: a database that cannot be reached is told by the real
// command, with status 1, in words.
func TestDoctorClosed(t *testing.T) {
	for lang, want := range map[string]string{i18n.English: "The data cannot be opened: The database cannot be reached", i18n.Chinese: "数据打不开：连不上数据库"} {
		p := newProgram(t, dbtest.SQLite)
		p.args = append(p.args, "--lang", lang)
		out, status := p.try("", "doctor", "--db", "postgres://kexin@127.0.0.1:1/kexin")
		if status != 1 || !strings.Contains(out, "✗ "+want) {
			t.Errorf("%s: %d %s", lang, status, out)
		}
	}
}

// TestDoctorPostgres: what a real server answers of itself: that it is of an old
// version, that its clock is an hour ahead, what its settings are. The functions
// that are asked are put before the server's own, in a schema of the database.
func TestDoctorPostgres(t *testing.T) {
	for lang, words := range map[string]struct{ old, ahead, fsync string }{
		i18n.English: {"15 or newer", "The clocks of this machine and the database differ by 3", "PostgreSQL: fsync is off"},
		i18n.Chinese: {"15 或更新", "电脑和数据库的时间差 3", "PostgreSQL 的 fsync 是 off"},
	} {
		p := newProgram(t, dbtest.Postgres)
		p.args = append(p.args, "--lang", lang)
		i := slices.Index(p.args, "--db") + 1
		plain := p.args[i]
		for _, q := range []string{
			"CREATE SCHEMA older", "CREATE SCHEMA ahead",
			"CREATE FUNCTION older.current_setting(n text) RETURNS text LANGUAGE sql AS 'SELECT CASE n WHEN ''server_version_num'' THEN ''140013'' ELSE pg_catalog.current_setting(n) END'",
			"CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.clock_timestamp() + interval ''1 hour'''",
		} {
			p.past(q)
		}
		first := func(schema string) string {
			u, err := url.Parse(plain)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			q.Set("search_path", "public,"+schema+",pg_catalog")
			u.RawQuery = q.Encode()
			return u.String()
		}
		p.args[i] = first("older")
		if out, status := p.try("", "doctor"); status != 1 || !strings.Contains(out, words.old) {
			t.Errorf("an old server: %d %s", status, out)
		}
		p.args[i] = first("ahead")
		if out, _ := p.try("", "doctor"); !strings.Contains(out, "! "+words.ahead) {
			t.Errorf("a server ahead: %s", out)
		}
		p.args[i] = plain
		if out, status := p.try("", "doctor"); status != 1 || !strings.Contains(out, "✗ "+words.fsync) || strings.Contains(out, words.ahead) {
			t.Errorf("a server that does not wait for the disk: %d %s", status, out)
		}
	}
}

// TestDoctorChannels: doctor says of SMS and of mail whether they are set, and
// what is wrong with the settings; no secret is in what it says.
func TestDoctorChannels(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "sms")
	if err := os.WriteFile(secret, []byte("whsec_"+gatewaySecret), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  func(o *options)
		want []string
	}{
		{func(*options) {}, []string{"warn no_sms", "warn no_mail"}},
		{func(o *options) {
			o.smtp, o.mailFrom, o.smsURL, o.smsKey, o.publicURL = "smtps://crm@mail.example.com", "crm@example.com", "https://sms.example.com/send", secret, "https://crm.example.com"
		}, []string{"ok sms_ok", "ok mail_ok", "warn no_sms_replies"}},
		{func(o *options) { o.smsURL, o.publicURL = "http://sms.example.com", "https://crm.example.com" }, []string{"bad channels"}},
		{func(o *options) {
			o.smsURL, o.smsKey, o.publicURL, o.smsTemplates = "https://sms.example.com", secret, "https://crm.example.com", list{"nothing=1"}
		}, []string{"bad channels"}},
		{func(o *options) {
			o.smsURL, o.smsKey, o.smsReplyKey, o.publicURL = "https://sms.example.com", secret, secret, "https://crm.example.com"
		}, []string{"ok sms_ok", "warn no_mail", "ok sms_replies_ok"}},
		{func(o *options) { o.smsReplyKey = secret }, []string{"bad channels"}},
		{func(o *options) {
			o.smsURL, o.smsKey, o.smsReplyKey, o.publicURL = "https://sms.example.com", secret, secret+"none", "https://crm.example.com"
		}, []string{"bad channels"}},
		{func(o *options) { o.demo = true }, nil},
	} {
		o := newOptions(io.Discard, io.Discard)
		c.set(o)
		d := &doctor{o: o}
		d.channels()
		var got []string
		for _, f := range d.all {
			got = append(got, f.Level+" "+f.Code)
			if strings.Contains(f.Text, gatewaySecret) || strings.HasPrefix(f.Text, "cli.") {
				t.Errorf("%s", f.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}
