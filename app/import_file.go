package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"kexin"
	"kexin/intake"
	"kexin/ledger"
	"kexin/store"
	"kexin/vault"
)

// stageDir is where the staged file of a batch lies, sealed.
func (a *App) stageDir(org, id kexin.ID) string {
	return filepath.Join(a.data, stageRoot, org.String()+"-"+id.String())
}

// stageRoot is the directory of all staged files.
const stageRoot = "stage"

// ReceiveImport takes the bytes of a declared batch and seals them onto the
// disk as they come; at no time do they lie there in clear (security A14). size
// is what the sender says, -1 where he does not; a batch that is not waiting
// for its file refuses before a byte is read. Errors: conflict, invalid with
// an intake key, rate_limited where the merchant's other files leave it no room,
// unavailable where the disk is full.
func (a *App) ReceiveImport(ctx context.Context, actor kexin.Actor, id kexin.ID, body io.Reader, size int64) (Batch, error) {
	b, err := a.expect(ctx, actor, id, size)
	if err != nil {
		return Batch{}, err
	}
	m := unpack[Manifest](b.Manifest)
	most := intake.DefaultLimits().Upload
	for _, said := range []int64{size, m.Size} {
		if said > 0 {
			most = min(most, said)
		}
	}
	file, rows := vault.NewKey(), vault.NewKey()
	path := filepath.Join(a.stageDir(actor.Org, id), rand.Text())
	up, err := a.yard.begin(actor.Org, path, max(size, m.Size))
	if err != nil {
		return Batch{}, fileError(err)
	}
	defer up.end()
	n, sum, err := stage(path, file[:], io.TeeReader(body, up), most)
	switch {
	case err != nil:
	case size >= 0 && n != size, m.Size > 0 && n != m.Size, m.SHA256 != "" && m.SHA256 != hex.EncodeToString(sum):
		err = &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.changed_on_way"}
		if unpack[importPlan](b.Plan).Reopens != 0 {
			err = &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.not_that_file"}
		}
	}
	var out Batch
	if err == nil {
		err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
			b, err := a.mine(tx, actor, id, true)
			if err != nil {
				return err
			}
			if b.State != impDeclared {
				return badState("app.import")
			}
			if err := tx.SetImportKeys(id, store.ImportKeys{File: file[:], Rows: rows[:]}); err != nil {
				return err
			}
			b.State, b.Size, b.SHA = impReceived, n, sum
			plan := unpack[importPlan](b.Plan)
			plan.Place, plan.File = a.importKind, filepath.Base(path)
			if err := a.putDown(tx, &b, plan); err != nil {
				return err
			}
			if err := tx.SaveImport(b); err != nil {
				return err
			}
			out, err = a.batch(tx, actor, id)
			return err
		})
	}
	if err != nil {
		a.discard(path)
		return Batch{}, fileError(err)
	}
	return out, nil
}

// discard removes one upload that did not become the batch's file; nothing else
// of the batch is touched. Its key was never stored.
func (a *App) discard(path string) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		a.log.Error("upload not removed", "err", err.Error())
	}
	_ = os.Remove(filepath.Dir(path)) // only where it is empty
}

// expect checks that the batch waits for its file, before a byte is read.
func (a *App) expect(ctx context.Context, actor kexin.Actor, id kexin.ID, size int64) (b store.Import, err error) {
	if size > intake.DefaultLimits().Upload {
		return b, &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "intake.too_large"}
	}
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if b, err = a.mine(tx, actor, id, true); err != nil {
			return err
		}
		if b.State != impDeclared || b.By != actor.User {
			return badState("app.import")
		}
		if opens := unpack[importPlan](b.Plan).Opens; opens > tx.Now {
			return &kexin.Error{Op: "app.import", Code: kexin.Conflict, Key: "import.opens_later", Until: opens}
		}
		return nil
	})
	return b, err
}

// stage seals body into a file of its own, and reads at most one byte more than
// most. Of several uploads to one batch, each under its own name and key, the
// one that is whole first becomes the batch's file; a try that hangs takes
// nothing from the next one.
func stage(path string, key []byte, body io.Reader, most int64) (n int64, sum []byte, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w, err := vault.NewStageWriter(f, key)
	if err != nil {
		return 0, nil, err
	}
	h := sha256.New()
	n, err = io.CopyBuffer(io.MultiWriter(w, h), io.LimitReader(body, most+1), make([]byte, 64<<10))
	switch {
	case err != nil:
		return n, nil, err
	case n > intake.DefaultLimits().Upload:
		return n, nil, &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "intake.too_large"}
	}
	if err := w.Close(); err != nil {
		return n, nil, err
	}
	return n, h.Sum(nil), f.Sync()
}

// fileError makes an error of reading the body or writing the disk one of
// ours; a body that broke off is the sender's.
func fileError(err error) error {
	var own *kexin.Error
	var path *os.PathError
	switch {
	case errors.As(err, &own):
		return err
	case errors.As(err, &path):
		return &kexin.Error{Op: "app.import", Code: kexin.Unavailable, Key: "import.no_room", Err: path.Err}
	}
	return &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.broken_off", Err: err}
}

// unstage removes what lies on the disk of a batch. Its key must be destroyed
// before, where anything was ever written with it.
func (a *App) unstage(org, id kexin.ID) {
	if err := os.RemoveAll(a.stageDir(org, id)); err != nil {
		a.log.Error("staged file not removed", "batch", id.String(), "err", err.Error())
	}
}

// A staged file is an upload that decrypts while it is read.
type staged struct {
	*vault.Stage
	f    *os.File
	pass *pass // nil where only the head is looked at
	over sync.Once
}

// ReadAt reads as long as the pass is within its bounds.
func (s *staged) ReadAt(b []byte, off int64) (int, error) {
	if s.pass != nil {
		if err := s.pass.check(); err != nil {
			return 0, err
		}
	}
	return s.Stage.ReadAt(b, off)
}

// openStage opens the upload of a batch with its key.
func (a *App) openStage(org kexin.ID, b store.Import, keys store.ImportKeys) (*staged, error) {
	if keys.File == nil {
		return nil, &kexin.Error{Op: "app.import", Code: kexin.NotFound, Key: "import.file_gone"}
	}
	f, err := os.Open(filepath.Join(a.stageDir(org, b.ID), unpack[importPlan](b.Plan).File))
	if err != nil {
		return nil, &kexin.Error{Op: "app.import", Code: kexin.Unavailable, Key: "import.file_gone", Err: errors.Unwrap(err)}
	}
	st, err := f.Stat()
	if err == nil {
		var s *vault.Stage
		if s, err = vault.OpenStage(f, st.Size(), keys.File); err == nil {
			return &staged{Stage: s, f: f}, nil
		}
	}
	return nil, cmp.Or(f.Close(), err)
}

// Close closes the file below and ends its pass.
func (s *staged) Close() error {
	if s.pass != nil {
		s.over.Do(s.pass.end)
	}
	return s.f.Close()
}

// end closes a batch of which nothing is kept: both keys first, and what was
// found in the file; the file goes once this is stored.
func (a *App) end(tx *store.Tx, b *store.Import, state string, facts ledger.Facts, who ledger.Actor) error {
	if err := tx.DropImportKeys(b.ID, true, true); err != nil {
		return err
	}
	b.State, b.Found, b.DoneAt, b.Due = state, nil, tx.Now, 0
	if err := tx.SaveImport(*b); err != nil {
		return err
	}
	return tx.Log(store.Event{Actor: who, Refs: ledger.Refs{Batch: b.ID}, Facts: facts})
}
