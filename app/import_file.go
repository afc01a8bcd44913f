package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"

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

// stageName is the sealed upload, stagePart while it is being written.
const (
	stageName = "upload"
	stagePart = "upload.part"
)

// ReceiveImport takes the bytes of a declared batch and seals them onto the
// disk as they come; at no time do they lie there in clear (security A14). size
// is what the sender says, -1 where he does not; a batch that is not waiting
// for its file refuses before a byte is read. Errors: conflict, invalid with
// an intake key, unavailable where the disk is full.
func (a *App) ReceiveImport(ctx context.Context, actor kexin.Actor, id kexin.ID, body io.Reader, size int64) (Batch, error) {
	b, keys, err := a.expect(ctx, actor, id, size)
	if err != nil {
		return Batch{}, err
	}
	m := unpack[Manifest](b.Manifest)
	dir := a.stageDir(actor.Org, id)
	most := intake.DefaultLimits().Upload
	for _, said := range []int64{size, m.Size} {
		if said > 0 {
			most = min(most, said)
		}
	}
	n, sum, err := stage(dir, keys.File, body, most)
	switch {
	case err != nil:
	case size >= 0 && n != size, m.Size > 0 && n != m.Size, m.SHA256 != "" && m.SHA256 != hex.EncodeToString(sum):
		err = &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "import.changed_on_way"}
	default:
		err = os.Rename(filepath.Join(dir, stagePart), filepath.Join(dir, stageName))
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
			b.State, b.Size, b.SHA = impReceived, n, sum
			plan := unpack[importPlan](b.Plan)
			plan.Place = a.importKind
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
		a.unstage(actor.Org, id)
		return Batch{}, fileError(err)
	}
	return out, nil
}

// expect checks that the batch waits for its file and draws its keys, which
// are stored before the first byte is.
func (a *App) expect(ctx context.Context, actor kexin.Actor, id kexin.ID, size int64) (b store.Import, keys store.ImportKeys, err error) {
	if size > intake.DefaultLimits().Upload {
		return b, keys, &kexin.Error{Op: "app.import", Code: kexin.Invalid, Key: "intake.too_large"}
	}
	file, rows := vault.NewKey(), vault.NewKey()
	keys = store.ImportKeys{File: file[:], Rows: rows[:]}
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if b, err = a.mine(tx, actor, id, true); err != nil {
			return err
		}
		if b.State != impDeclared || b.By != actor.User {
			return badState("app.import")
		}
		return tx.SetImportKeys(id, keys)
	})
	return b, keys, err
}

// stage seals body into dir, and reads at most one byte more than most. Two
// uploads to one batch at once: the second is
// refused while the first is under way.
func stage(dir string, key []byte, body io.Reader, most int64) (n int64, sum []byte, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, stagePart), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
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
	f *os.File
}

// openStage opens the upload of a batch with its key.
func (a *App) openStage(org, id kexin.ID, keys store.ImportKeys) (*staged, error) {
	if keys.File == nil {
		return nil, &kexin.Error{Op: "app.import", Code: kexin.NotFound, Key: "import.file_gone"}
	}
	f, err := os.Open(filepath.Join(a.stageDir(org, id), stageName))
	if err != nil {
		return nil, &kexin.Error{Op: "app.import", Code: kexin.Unavailable, Key: "import.file_gone", Err: errors.Unwrap(err)}
	}
	st, err := f.Stat()
	if err == nil {
		var s *vault.Stage
		if s, err = vault.OpenStage(f, st.Size(), keys.File); err == nil {
			return &staged{s, f}, nil
		}
	}
	return nil, orElse(f.Close(), err)
}

// Close closes the file below.
func (s *staged) Close() error { return s.f.Close() }

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
