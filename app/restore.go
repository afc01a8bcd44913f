package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"filippo.io/age"

	"kexin"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/outbound"
	"kexin/store"
	"kexin/vault"
)

// A Restore is what kexin restore is asked to do: bring a backup back into the
// database of DB, on whichever engine.
type Restore struct {
	DB            db.Config
	Data, Keyring string                    // paths of the files
	With          []age.Identity            // that open them
	Keepers       vault.Keepers             // that open the keys inside
	Force         bool                      // over a database that holds merchants
	AcceptLost    bool                      // with a keyring older than the data
	Second        func() (Signature, error) // a second person signs for a loss, and for keys that come back
	Known         []string                  // checkpoint lines that people kept
	Witnesses     []Witness                 // who are asked what they have seen of the logs
	Out           *outbound.Client
	Log           *slog.Logger
	Now           func() kexin.Instant
	Say           store.Say
}

// Restored is what came of it.
type Restored struct {
	store.Checked
	Logs  []store.Resumed
	Words []WitnessWord
	Old   string // where the old database lies, "" = there was none
}

// A WitnessWord is what a witness said of a merchant's log as it is restored.
type WitnessWord struct {
	Org     kexin.ID
	Witness string // whose it is, or its address
	Seen    int64  // entries that it has seen
	Size    int64  // entries that are here
	Other   bool   // it has seen other entries in the place of these
	Away    bool   // it could not be asked
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
	if err = r.fill(ctx, in, st.DB, &out); err != nil {
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

func (r Restore) fill(ctx context.Context, in store.Restoring, d *db.DB, out *Restored) error {
	if err := in.Load(ctx, d, out.Checked); err != nil {
		return err
	}
	s, err := store.Open(ctx, d, r.Keepers, r.Now)
	if err != nil {
		return err
	}
	if out.Lost {
		if out.Second, err = r.signed(ctx, s); err != nil {
			return errors.Join(err, s.Leave(ctx))
		}
	}
	out.Logs, err = s.Resume(ctx, out.Checked, out.Why(d), r.seen(ctx, s, out))
	return errors.Join(err, s.Leave(ctx))
}

// signed asks a second person for his signature, by his account as it stands in
// the backup.
func (r Restore) signed(ctx context.Context, s *store.Store) (kexin.ID, error) {
	if r.Second == nil {
		return 0, backupErr(kexin.Forbidden, "backup.second", nil)
	}
	by, err := r.Second()
	if err != nil {
		return 0, err
	}
	return New(Config{Store: s, Log: r.Log, Now: func() time.Time { return r.Now().Time() }}).second(ctx, by)
}

// unused opens the database, which no server may be using.
func (r Restore) unused(ctx context.Context) (*db.DB, error) {
	d, err := db.Open(ctx, r.DB)
	if err != nil || !d.Postgres() {
		return d, err
	}
	if used, err := store.InUse(ctx, d); err != nil || used {
		return nil, errors.Join(err, backupErr(kexin.Conflict, "backup.in_use", nil), d.Close())
	}
	return d, nil
}

// RestoreKeyring brings the keys of a keyring file back into a database that
// lost its own, once a second person has signed: his password stands in the
// database, the rest is judged with the keys that the file brings, before they
// are there. The server must not run. Errors: those of store.KeyringRestore and
// of second, conflict "backup.in_use".
func (r Restore) RestoreKeyring(ctx context.Context) (out store.KeyringRestored, err error) {
	d, err := r.unused(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if r.Second == nil {
		return out, backupErr(kexin.Forbidden, "backup.second", nil)
	}
	keyless, err := store.OpenReading(ctx, d, nil, r.Now)
	if err != nil {
		return out, err
	}
	by, err := r.Second()
	if err != nil {
		return out, err
	}
	l, err := New(Config{Store: keyless, Log: r.Log, Now: func() time.Time { return r.Now().Time() }}).signer(ctx, by)
	if err != nil {
		return out, err
	}
	return store.KeyringRestore{Keyring: fileOpener(r.Keyring, r.With), Accept: r.AcceptLost, Org: l.Org, Second: l.Member, Agrees: func(tx *store.Tx) error {
		refused, err := agrees(tx, l, by.Code)
		return errors.Join(err, refused) // either undoes everything
	}}.Run(ctx, d, r.Keepers, r.Now)
}

// Here begins a new epoch of every log on a database that was put back by
// other means, such as a snapshot of the machine (security.md A9). The server
// must not run. Errors: conflict "backup.in_use".
func (r Restore) Here(ctx context.Context) (out Restored, err error) {
	d, err := r.unused(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	s, err := store.Open(ctx, d, r.Keepers, r.Now)
	if err != nil {
		return out, err
	}
	out.Logs, err = s.Resume(ctx, store.Checked{}, "restore", r.seen(ctx, s, &out))
	return out, errors.Join(err, s.Leave(ctx))
}

// seen is the largest size that lines or witnesses know of a log. A witness
// that knows no more signs where the log ends here; what each says is kept for
// whoever restores.
func (r Restore) seen(ctx context.Context, s *store.Store, out *Restored) func(kexin.ID, ledger.Checkpoint) int64 {
	a := New(Config{Store: s, Log: r.Log, Now: func() time.Time { return r.Now().Time() }, Out: r.Out, Witnesses: r.Witnesses})
	return func(org kexin.ID, end ledger.Checkpoint) int64 {
		n := largest(r.Known, end.Origin)
		for _, w := range r.Witnesses {
			word := WitnessWord{Org: org, Witness: w.name(), Size: end.Size}
			seen, err := a.ask(ctx, org, w)
			word.Seen = seen
			switch {
			case errors.Is(err, errAhead):
				word.Other = seen <= end.Size
				n = max(n, seen)
			case err != nil:
				word.Away = true
			}
			out.Words = append(out.Words, word)
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
