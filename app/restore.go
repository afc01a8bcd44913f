package app

import (
	"context"
	"errors"
	"os"

	"filippo.io/age"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/store"
	"kexin/vault"
)

// A Restore is what kexin restore is asked to do: bring a backup back into the
// database of DB, on whichever engine.
type Restore struct {
	DB            db.Config
	Data, Keyring string         // paths of the files
	With          []age.Identity // that open them
	Keepers       vault.Keepers  // that open the keys inside
	Force         bool           // over a database that holds merchants
	AcceptLost    bool           // with a keyring older than the data
	Known         []string       // checkpoint lines that people kept
	Seen          SeenBy
	Now           func() kexin.Instant
	Say           store.Say
}

// A SeenBy asks outside for the largest size of a log that is known there, 0
// for none.
type SeenBy func(context.Context, ledger.Checkpoint) int64

// Restored is what came of it.
type Restored struct {
	store.Checked
	Logs []store.Resumed
	Old  string // where the old database lies, "" = there was none
}

// Run checks the files to their ends, fills a database beside the real one,
// finishes it (migrations, erasures, new log epochs), and exchanges the two in
// one step. Until then nothing of the real one is touched; interrupted at any
// point it is the old one or the new one, whole.
//
// Errors: invalid and unavailable under "backup.", conflict "backup.full"
// where the database holds merchants and Force is not set, conflict
// "backup.in_use" where a server runs on it.
func (r Restore) Run(ctx context.Context) (out Restored, err error) {
	in := store.Restoring{Data: fileOpener(r.Data, r.With), Keyring: fileOpener(r.Keyring, r.With), AcceptLost: r.AcceptLost, Say: r.Say}
	if out.Checked, err = in.Check(ctx, r.Keepers); err != nil {
		return out, err
	}
	full, err := r.target(ctx)
	if err != nil {
		return out, err
	}
	st, err := db.Stage(ctx, r.DB)
	if err != nil {
		return out, err
	}
	if out.Logs, err = r.fill(ctx, in, st.DB, out.Checked); err != nil {
		return out, errors.Join(err, st.Discard(context.WithoutCancel(ctx)))
	}
	out.Old, err = st.Swap(ctx, full)
	return out, err
}

// target looks at the real database: whether it may be replaced, and whether
// it holds anything.
func (r Restore) target(ctx context.Context) (full bool, err error) {
	if r.DB.DSN == "" {
		if _, err := os.Stat(r.DB.File); errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
	}
	d, err := db.Open(ctx, r.DB)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if d.Postgres() {
		used, err := store.InUse(ctx, d)
		if err != nil {
			return false, err
		}
		if used {
			return false, backupErr(kexin.Conflict, "backup.in_use", nil)
		}
	}
	if full, err = store.Full(ctx, d); err == nil && full && !r.Force {
		err = backupErr(kexin.Conflict, "backup.full", nil)
	}
	return full, err
}

func (r Restore) fill(ctx context.Context, in store.Restoring, d *db.DB, c store.Checked) ([]store.Resumed, error) {
	if err := in.Load(ctx, d, c); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, d, r.Keepers, r.Now)
	if err != nil {
		return nil, err
	}
	logs, err := s.Resume(ctx, c, c.Why(d), r.seen(ctx))
	return logs, errors.Join(err, s.Leave(ctx))
}

// seen is the largest size that lines or witnesses know of a log.
func (r Restore) seen(ctx context.Context) func(ledger.Checkpoint) int64 {
	return func(end ledger.Checkpoint) int64 {
		n := largest(r.Known, end.Origin)
		if r.Seen != nil {
			n = max(n, r.Seen(ctx, end))
		}
		return n
	}
}

// largest is the largest size of a log in lines that people kept.
func largest(lines []string, o ledger.Origin) (n int64) {
	for _, l := range lines {
		if c, err := ledger.ParseLine(l); err == nil && c.Origin == o {
			n = max(n, c.Size)
		}
	}
	return n
}

// ResumeHere begins a new epoch of every log on a database that was put back
// by other means, such as a snapshot of the machine. The server must not run.
func ResumeHere(ctx context.Context, s *store.Store, known []string, seen SeenBy) ([]store.Resumed, error) {
	r := Restore{Known: known, Seen: seen}
	return s.Resume(ctx, store.Checked{}, "restore", r.seen(ctx))
}
