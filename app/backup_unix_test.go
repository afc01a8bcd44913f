//go:build linux || darwin

package app

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kexin"
	"kexin/ledger"
	"kexin/store"
	"kexin/vault"
)

// A disk that is full while a backup is written leaves nothing of it, above
// all nothing under a name that looks whole; the home page says "failed"; with
// room again the next one is made. The disk's end is the limit of the
// operating system on the size of a file; it holds for a whole process, so the
// test has one of its own.
func TestBackupDiskFull(t *testing.T) {
	if os.Getenv("KEXIN_DISK_FULL") == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBackupDiskFull$", "-test.v")
		c.Env = append(os.Environ(), "KEXIN_DISK_FULL=1")
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestBackupDiskFull/sqlite") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	both(t, func(t *testing.T, b *bench) {
		code := vault.RecoveryCode(vault.NewKey())
		b.app.backups.seal = func() Sealing { return Sealing{Code: code} }
		for i := range 120 {
			b.Customer("owner", store.Values{kexin.CustName: kexin.Str(fmt.Sprintf("客户%c", '一'+rune(i)))})
		}
		ctx, by := context.Background(), ledger.Actor{Kind: ledger.BySystem}
		signal.Ignore(syscall.SIGXFSZ)
		defer signal.Reset(syscall.SIGXFSZ)
		var was syscall.Rlimit
		b.must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
		b.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 16 << 10, Max: was.Max}))
		_, _, err := b.app.writeBackup(ctx, true, nil)
		b.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was))
		if err == nil {
			t.Fatal("a backup on a full disk")
		}
		b.must(b.Store.BackupFailed(ctx, keyOfErr(err)))
		if s, err := b.app.BackupState(ctx); err != nil || s.State != "failed" || s.Error != "backup.write" || s.Kept != 0 {
			t.Errorf("%+v %v", s, err)
		}
		left, _ := os.ReadDir(filepath.Join(b.app.data, "backups"))
		for _, f := range left {
			t.Errorf("left behind: %s", f.Name())
		}
		made, err := b.app.Backup(ctx, by, nil)
		b.must(err)
		if s, err := b.app.BackupState(ctx); err != nil || s.State != "ok" || s.Kept != 1 || !strings.HasSuffix(made.Data, dataSuffix) {
			t.Errorf("%+v %v", s, err)
		}
	})
}

// TestBackupsKept: of backups made day after day fourteen data files stay, and
// two keyring files.
func TestBackupsKept(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		code := vault.RecoveryCode(vault.NewKey())
		b.app.backups.seal = func() Sealing { return Sealing{Code: code} }
		for range 16 {
			if err := b.app.backupDaily(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := b.app.backupDaily(context.Background()); err != nil { // nothing is due twice
				t.Fatal(err)
			}
			b.Clock.Move(24 * time.Hour)
		}
		days := func() map[kexin.Day]bool {
			out := map[kexin.Day]bool{}
			for _, f := range b.app.backupFiles(dataSuffix) {
				out[kexin.DayOf(madeAt(f).Time())] = true
			}
			return out
		}
		was := days()
		if d, r := len(b.app.backupFiles(dataSuffix)), len(b.app.backupFiles(ringSuffix)); d != keepData || r != keepRings {
			t.Errorf("%d data files, %d keyring files", d, r)
		}
		for range keepData + 2 { // by hand, in one afternoon
			b.must(os.WriteFile(filepath.Join(b.app.backups.dir, b.Clock.Now().UTC().Format(backupName)+dataSuffix), nil, 0o600))
			b.Clock.Move(time.Minute)
			b.must(b.app.prune())
		}
		is, files := days(), len(b.app.backupFiles(dataSuffix))
		if len(is) != keepData || files != keepData+keepNewest-1 {
			t.Errorf("%d files of %d days are left of %d days", files, len(is), len(was))
		}
	})
}

// TestBackupClockAhead: backups that were made while the clock was a year ahead
// count as the oldest once it is right: the page says late, the next one is made,
// and its keyring file stays.
func TestBackupClockAhead(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		code, ctx := vault.RecoveryCode(vault.NewKey()), context.Background()
		b.app.backups.seal = func() Sealing { return Sealing{Code: code} }
		b.must(b.app.backupDaily(ctx))
		const wrong = 365 * 24 * time.Hour
		b.Clock.Move(wrong)
		b.must(b.app.backupDaily(ctx))
		b.Clock.Move(time.Hour)
		_, err := b.app.BackupKeyring(ctx)
		b.must(err)
		b.Clock.Move(-wrong)
		if s, err := b.app.BackupState(ctx); err != nil || s.State != "late" {
			t.Errorf("%+v %v", s, err)
		}
		for range 2 {
			b.Clock.Move(24 * time.Hour)
			b.must(b.app.backupDaily(ctx))
			now := b.Clock.Instant()
			for _, suffix := range []string{dataSuffix, ringSuffix} {
				files := b.app.backupFiles(suffix)
				if d := now.Sub(newest(files)); d < 0 || d > time.Hour {
					t.Errorf("the newest %s of %d is %s old", suffix, len(files), d)
				}
			}
		}
		if n := len(b.app.backupFiles(ringSuffix)); n != keepRings {
			t.Errorf("%d keyring files", n)
		}
	})
}

// TestBackupDue: none yet, a day old, or three in the morning has passed; not
// while the newest is the work of a clock that was ahead.
func TestBackupDue(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	at := func(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 0, 0, 0, zone) }
	for _, x := range []struct {
		last, now time.Time
		due       bool
	}{
		{time.Time{}, at(1, 12), true}, {at(1, 12), at(1, 13), false}, {at(1, 12), at(2, 2), false}, {at(1, 12), at(2, 3), true},
		{at(1, 3), at(2, 2), false}, {at(1, 3), at(2, 3), true}, {at(1, 2), at(1, 4), true}, {at(1, 4), at(1, 5), false},
		{at(20, 4), at(1, 5), true}, {at(1, 5), at(1, 5).Add(-time.Minute), false},
	} {
		if got := backupDue(x.last, x.now, zone); got != x.due {
			t.Errorf("made %s, now %s: %v", x.last, x.now, got)
		}
	}
}
