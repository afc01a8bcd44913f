package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"kexin"
	"kexin/gate"
	"kexin/internal/disk"
	"kexin/ledger"
	"kexin/store"
)

// What is kept of backups (security.md A3).
const (
	keepData   = 14                  // days of which the last data file stays
	keepNewest = 5                   // data files that stay whatever their day
	keepRings  = 2                   // keyring files,
	ringAge    = 7 * 24 * time.Hour  // none older than this once a newer one was opened
	backupLate = 36 * time.Hour      // after which the home page says so
	backupTry  = time.Hour           // between tries after a failure
	clockOff   = time.Hour           // a time that lies further ahead was told by a clock that was wrong
	beforeAge  = 30 * 24 * time.Hour // a database from before a restore holds data and keys together
)

// Suffixes of the two files: data without keys, keys without data.
const (
	dataSuffix = ".kxb"
	ringSuffix = ".kxk"
)

// backups makes backup files, one at a time.
type backups struct {
	dir  string
	seal func() Sealing // asked each time: a rotation changes the code

	mu          sync.Mutex // held while one is made
	state       sync.Mutex
	running     bool
	done, total int64
}

// A BackupState is what the home page and the backup page show.
type BackupState struct {
	At      kexin.Instant // of the newest, 0 = none
	State   string        // ok, late, failed, none
	Error   string        // catalogue key of why the last try failed
	Kept    int           // data files in the directory
	Data    kexin.Instant // newest data file, 0 = none
	Keyring kexin.Instant // newest keyring file, 0 = none
	Running bool
	Done    int64
	Total   int64
}

// BackupState reads it.
func (a *App) BackupState(ctx context.Context) (b BackupState, err error) {
	n, err := a.store.LastBackup(ctx)
	if err != nil {
		return b, err
	}
	data := a.backupFiles(dataSuffix)
	b = BackupState{At: n.At, State: backedUp(n, kexin.At(a.now())), Error: n.Error, Kept: len(data), Data: newest(data), Keyring: newest(a.backupFiles(ringSuffix))}
	a.backups.state.Lock()
	defer a.backups.state.Unlock()
	b.Running, b.Done, b.Total = a.backups.running, a.backups.done, a.backups.total
	return b, nil
}

// backedUp is where the backup stands: ok, late, failed or none.
func backedUp(n store.BackupNote, now kexin.Instant) string {
	switch {
	case n.Error != "":
		return "failed"
	case n.At == 0:
		return "none"
	case now.Sub(n.At) > backupLate, n.At > now.Add(clockOff):
		return "late"
	}
	return "ok"
}

// backupFiles are the whole files of one kind, the oldest first: their names
// are their times. One that lies ahead was named by a clock that was wrong, and
// stands before those of which it is known when they were made.
func (a *App) backupFiles(suffix string) []string {
	all, err := disk.Glob(a.backups.dir+string(filepath.Separator), "*"+suffix)
	if err != nil {
		return nil
	}
	slices.Sort(all)
	ahead := kexin.At(a.now()).Add(clockOff)
	i, _ := slices.BinarySearchFunc(all, ahead, func(f string, at kexin.Instant) int { return cmp.Compare(madeAt(f), at) })
	return slices.Concat(all[i:], all[:i])
}

// newest is when the last of these files was made, 0 for none.
func newest(files []string) kexin.Instant {
	if len(files) == 0 {
		return 0
	}
	return madeAt(files[len(files)-1])
}

const backupName = "kexin-20060102T150405.000Z"

// madeAt is the time in a file's name.
func madeAt(path string) kexin.Instant {
	name := filepath.Base(path)
	t, err := time.Parse(backupName, strings.TrimSuffix(name, filepath.Ext(name)))
	if err != nil {
		return 0
	}
	return kexin.At(t)
}

// BackupNow makes a backup for a person who may look after keys and has just
// shown his second factor (security A10).
func (a *App) BackupNow(ctx context.Context, actor kexin.Actor, say store.Say) (BackupState, error) {
	if err := a.mayKeys(ctx, actor, true); err != nil {
		return BackupState{}, err
	}
	if _, err := a.Backup(ctx, ledger.Who(actor), say); err != nil {
		return BackupState{}, err
	}
	return a.BackupState(ctx)
}

// BackupOf is the state of backups for a person who may look after them.
func (a *App) BackupOf(ctx context.Context, actor kexin.Actor) (BackupState, error) {
	if err := a.mayBackUp(ctx, actor); err != nil {
		return BackupState{}, err
	}
	return a.BackupState(ctx)
}

// mayBackUp lets those through who keep keys or run the merchant.
func (a *App) mayBackUp(ctx context.Context, actor kexin.Actor) error {
	return a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if gate.Check(tx.State, actor, kexin.ActKeys) == nil {
			return nil
		}
		return gate.Check(tx.State, actor, kexin.ActAdmin)
	})
}

// A BackupMade names the files of a backup.
type BackupMade struct {
	Data, Keyring string
	Rows          int64
	At            kexin.Instant
}

// Backup makes a backup of the whole server: a data file and a keyring file
// of one moment, encrypted, each under its name only when it is whole and on
// disk. The keyring file is opened again and every key in it unwrapped before
// older ones go. It runs one at a time; a second caller waits.
func (a *App) Backup(ctx context.Context, by ledger.Actor, say store.Say) (made BackupMade, err error) {
	a.backups.mu.Lock()
	defer a.backups.mu.Unlock()
	a.backups.begin()
	defer a.backups.end()
	taken, made, err := a.writeBackup(ctx, true, a.backups.saying(say))
	if err == nil {
		err = a.store.BackedUp(ctx, taken, by)
	}
	if err != nil {
		a.log.Error("backup", "err", err.Error())
		return made, errors.Join(err, a.store.BackupFailed(context.WithoutCancel(ctx), keyOfErr(err)))
	}
	return made, a.prune()
}

// BackupKeyring makes a keyring file alone, as every act on keys does.
func (a *App) BackupKeyring(ctx context.Context) (made BackupMade, err error) {
	a.backups.mu.Lock()
	defer a.backups.mu.Unlock()
	_, made, err = a.writeBackup(ctx, false, nil)
	if err != nil {
		return made, err
	}
	return made, a.prune()
}

// keyOfErr is the catalogue key of what to tell about a failure.
func keyOfErr(err error) string {
	var e *kexin.Error
	if errors.As(err, &e) && e.Key != "" {
		return e.Key
	}
	return "backup.failed"
}

// writeBackup writes the files. Nothing is left of them on failure.
func (a *App) writeBackup(ctx context.Context, withData bool, say store.Say) (taken store.Taken, made BackupMade, err error) {
	to, with, err := a.backups.keys()
	if err != nil {
		return taken, made, err
	}
	if err := a.backups.prepare(); err != nil {
		return taken, made, err
	}
	base := filepath.Join(a.backups.dir, a.now().UTC().Format(backupName))
	ring, err := createArchive(base+ringSuffix, to)
	if err != nil {
		return taken, made, err
	}
	files := []*archive{ring}
	defer func() {
		if err != nil {
			for _, f := range files {
				f.abandon()
			}
		}
	}()
	var data io.Writer
	if withData {
		d, err := createArchive(base+dataSuffix, to)
		if err != nil {
			return taken, made, err
		}
		files, data = append(files, d), d
		made.Data = d.path
	}
	if taken, err = a.store.Dump(ctx, data, ring, say); err != nil {
		return taken, made, err
	}
	for _, f := range files {
		if err := f.seal(); err != nil {
			return taken, made, err
		}
	}
	if err := a.checkRing(ctx, ring.path+partSuffix, with); err != nil {
		return taken, made, err
	}
	for _, f := range files { // the keyring first: data without it are no use
		if err := f.publish(); err != nil {
			return taken, made, err
		}
	}
	made.Keyring, made.At, made.Rows = ring.path, taken.Keyring.Created, taken.Data.Rows()+taken.Keyring.Rows()
	return taken, made, nil
}

// keys are what the files are encrypted to, and what opens them again here:
// the code, or beside the recipients a key that lives for this one check.
func (b *backups) keys() ([]age.Recipient, []age.Identity, error) {
	var s Sealing // where nobody says how, there is nothing to encrypt to
	if b.seal != nil {
		s = b.seal()
	}
	to, err := s.recipients()
	if err != nil {
		return nil, nil, err
	}
	if len(s.Recipients) == 0 {
		return to, Identities(s.Code), nil
	}
	once, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, backupErr(kexin.Internal, "", err)
	}
	return append(to, once.Recipient()), []age.Identity{once}, nil
}

// prepare makes the directory and clears what a killed process left in it.
func (b *backups) prepare() error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return backupErr(kexin.Unavailable, "backup.write", err)
	}
	left, _ := disk.Glob(b.dir+string(filepath.Separator), "kexin-*"+partSuffix)
	for _, f := range left {
		if err := os.Remove(f); err != nil {
			return backupErr(kexin.Unavailable, "backup.write", err)
		}
	}
	return nil
}

// checkRing opens a keyring file as it lies on disk and unwraps every key.
func (a *App) checkRing(ctx context.Context, path string, with []age.Identity) error {
	f, err := openArchive(path, with)
	if err != nil {
		return err
	}
	_, _, err = store.CheckKeyring(ctx, f, a.store.Keepers())
	return errors.Join(err, f.Close())
}

// prune deletes data files other than the last of each of the fourteen newest
// days that have one and the five newest of all, so that backups made by hand
// displace no day; and keyring files beyond two or older than seven days. The
// newest of each stays whatever its age; it is the one that was just opened.
func (a *App) prune() error {
	data, rings := a.backupFiles(dataSuffix), a.backupFiles(ringSuffix)
	var old []string
	days := map[kexin.Day]bool{}
	for i := len(data) - 1; i >= 0; i-- {
		day := kexin.DayOf(madeAt(data[i]).Time())
		last := !days[day] && len(days) < keepData
		if days[day] = true; !last && len(data)-i > keepNewest {
			old = append(old, data[i])
		}
	}
	for i, f := range rings {
		left := len(rings) - i // with this one
		if left > keepRings || left > 1 && kexin.At(a.now()).Sub(madeAt(f)) > ringAge {
			old = append(old, f)
		}
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return backupErr(kexin.Unavailable, "backup.write", err)
		}
	}
	return nil
}

func (b *backups) begin() {
	b.state.Lock()
	defer b.state.Unlock()
	b.running, b.done, b.total = true, 0, 0
}

func (b *backups) end() {
	b.state.Lock()
	defer b.state.Unlock()
	b.running = false
}

// saying passes progress on and keeps it for who looks.
func (b *backups) saying(say store.Say) store.Say {
	return func(done, total int64) {
		b.state.Lock()
		b.done, b.total = done, total
		b.state.Unlock()
		if say != nil {
			say(done, total)
		}
	}
}

// backupHour is when the daily backup is made, in the zone where merchants
// are.
const backupHour = 3

// backupDue reports whether a backup is to be made: none yet, the newest is a
// day old, three in the morning has passed since, or it was made by a clock that
// was ahead.
func backupDue(last, now time.Time, in *time.Location) bool {
	if last.IsZero() || now.Sub(last) >= 24*time.Hour || last.After(now.Add(clockOff)) {
		return true
	}
	t := now.In(in)
	mark := time.Date(t.Year(), t.Month(), t.Day(), backupHour, 0, 0, 0, in)
	if mark.After(t) {
		mark = mark.AddDate(0, 0, -1)
	}
	return last.Before(mark)
}

// backupDaily makes the backup when it is due, on one of several servers. A
// server without a merchant has nothing to save yet.
func (a *App) backupDaily(ctx context.Context) error {
	if a.backups.seal == nil {
		return nil
	}
	all, err := a.store.Merchants(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	zone, err := time.LoadLocation(all[0].Zone)
	if err != nil {
		return backupErr(kexin.Internal, "", err)
	}
	due := func() (bool, error) {
		n, err := a.store.LastBackup(ctx)
		var last time.Time
		if n.At != 0 {
			last = n.At.Time()
		}
		return err == nil && backupDue(last, a.now(), zone), err
	}
	if ok, err := due(); err != nil || !ok || a.now().Sub(a.duties.tried).Abs() < backupTry {
		return err
	}
	_, err = a.hold(ctx, "backup", func(ctx context.Context) error {
		if ok, err := due(); err != nil || !ok { // another server did
			return err
		}
		a.duties.tried = a.now()
		_, err := a.Backup(ctx, ledger.Actor{Kind: ledger.BySystem}, nil)
		return err
	})
	return err
}
