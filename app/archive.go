package app

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"

	"kexin"
	"kexin/internal/disk"
	"kexin/store"
	"kexin/vault"
)

// A Sealing says how backup files are encrypted: with age (age-encryption.org),
// in its own format, so that its own tool opens them. Either to a passphrase,
// which is the recovery code of the master key as it stands on paper, or to
// X25519 recipients. Files hold gzip'd JSON lines of package store.
type Sealing struct {
	Code       string   // recovery code, "" where the keeper has none to give
	Recipients []string // age1…; if any, the code is not used
}

// workFactor is the logarithm of scrypt's cost. The code is a random key of
// 256 bits, so stretching it adds nothing; 12 takes 4 MiB and a few ms.
const workFactor = 12

// recipients are those of age.
func (s Sealing) recipients() (out []age.Recipient, err error) {
	for _, r := range s.Recipients {
		x, err := age.ParseX25519Recipient(r)
		if err != nil {
			return nil, backupErr(kexin.Invalid, "backup.recipient", errors.New("not an age1… recipient"))
		}
		out = append(out, x)
	}
	if len(out) > 0 {
		return out, nil
	}
	if s.Code == "" {
		return nil, backupErr(kexin.Unavailable, "backup.no_recipient", nil)
	}
	p, err := age.NewScryptRecipient(s.Code)
	if err != nil {
		return nil, backupErr(kexin.Internal, "", err)
	}
	p.SetWorkFactor(workFactor)
	return []age.Recipient{p}, nil
}

// Identities are what opens files of these recovery codes.
func Identities(codes ...string) (out []age.Identity) {
	for _, c := range codes {
		key, err := vault.ParseRecovery(c)
		if err != nil {
			continue
		}
		id, err := age.NewScryptIdentity(vault.RecoveryCode(key))
		if err == nil {
			out = append(out, id)
		}
	}
	return out
}

// An archive is a file being written: encrypted and compressed, under a name
// of its own until it is whole and on disk.
type archive struct {
	path string // what it will be called
	file *os.File
	age  io.WriteCloser
	gzip *gzip.Writer
}

// partSuffix marks a file that is not finished.
const partSuffix = ".part"

func createArchive(path string, to []age.Recipient) (*archive, error) {
	f, err := os.OpenFile(path+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, backupErr(kexin.Unavailable, "backup.write", err)
	}
	a := &archive{path: path, file: f}
	if a.age, err = age.Encrypt(f, to...); err == nil {
		a.gzip, err = gzip.NewWriterLevel(a.age, gzip.BestSpeed)
	}
	if err != nil {
		a.abandon()
		return nil, backupErr(kexin.Unavailable, "backup.write", err)
	}
	return a, nil
}

// Write takes clear text.
func (a *archive) Write(p []byte) (int, error) { return a.gzip.Write(p) }

// seal ends the streams and brings the file to disk, still under its
// provisional name.
func (a *archive) seal() error {
	err := errors.Join(a.gzip.Close(), a.age.Close(), a.file.Sync(), a.file.Close())
	if err != nil {
		return backupErr(kexin.Unavailable, "backup.write", err)
	}
	return nil
}

// publish gives the file its name.
func (a *archive) publish() error {
	if err := errors.Join(os.Rename(a.path+partSuffix, a.path), disk.SyncDir(filepath.Dir(a.path))); err != nil {
		return backupErr(kexin.Unavailable, "backup.write", err)
	}
	return nil
}

// abandon deletes what was written.
func (a *archive) abandon() {
	_ = a.file.Close()
	_ = os.Remove(a.path + partSuffix)
}

// openArchive opens a file with whichever of the identities fits. Errors: not
// found, invalid "backup.wrong_key", "backup.format", "backup.damaged".
func openArchive(path string, with []age.Identity) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		code := kexin.Unavailable
		if errors.Is(err, os.ErrNotExist) {
			code = kexin.NotFound
		}
		return nil, &kexin.Error{Op: "app.backup", Code: code, Key: "backup.file", Args: map[string]string{"file": filepath.Base(path)}, Err: err}
	}
	r, err := unseal(bufio.NewReaderSize(f, ageBuffer), with)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return openFile{r, f}, nil
}

type openFile struct {
	io.Reader
	io.Closer
}

const (
	ageBuffer = 64 << 10
	ageIntro  = "age-encryption.org/" // how every age file begins
)

// unseal decrypts and decompresses.
func unseal(r *bufio.Reader, with []age.Identity) (io.Reader, error) {
	if intro, _ := r.Peek(len(ageIntro)); string(intro) != ageIntro {
		return nil, backupErr(kexin.Invalid, "backup.format", nil)
	}
	if len(with) == 0 {
		return nil, backupErr(kexin.Invalid, "backup.wrong_key", nil)
	}
	clear, err := age.Decrypt(r, with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, backupErr(kexin.Invalid, "backup.wrong_key", nil)
	case err != nil:
		return nil, damaged(err)
	}
	z, err := gzip.NewReader(whole{clear})
	if err != nil {
		return nil, damaged(err)
	}
	return whole{z}, nil
}

// whole is a reader whose every failure means that the file is damaged: age
// finds a flipped bit and a missing end.
type whole struct{ r io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

func damaged(err error) error {
	var own *kexin.Error
	if errors.As(err, &own) {
		return err
	}
	return backupErr(kexin.Invalid, "backup.damaged", err)
}

func backupErr(code kexin.Code, key string, cause error) error {
	return &kexin.Error{Op: "app.backup", Code: code, Key: key, Err: cause}
}

// fileOpener opens a backup file as often as it is asked to.
func fileOpener(path string, with []age.Identity) store.Opener {
	return func() (io.ReadCloser, error) { return openArchive(path, with) }
}
