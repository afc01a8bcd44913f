package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"kexin"
)

// What the files of one merchant may take of this server's disk at once, all his
// uploads together: those that wait to be confirmed or are stored, and those that
// come. Two of the largest find room.
const (
	stageMost  = 4 << 30
	stageLeast = 1 << 20 // what a file counts at least: tiny ones take room too
)

// A yard keeps the staged files of a merchant within their bound. What lies there
// is measured on the disk, so that files which a crash left count as well; what
// comes is counted byte by byte, though its file be removed meanwhile.
type yard struct {
	dir    string
	most   int64
	mu     sync.Mutex
	coming map[string]*upload // by path
}

// An upload is one file on its way in. It is a writer that refuses what finds no
// room.
type upload struct {
	y    *yard
	org  kexin.ID
	path string
	n    int64
	lies int64 // what the merchant's other files took when they were measured last
}

// begin makes room known for a file that comes to path; size is what the sender
// says of it, -1 for nothing. Errors: rate_limited with import.no_place.
func (y *yard) begin(org kexin.ID, path string, size int64) (*upload, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	u := &upload{y: y, org: org, path: path}
	y.coming[path] = u
	if err := u.fits(max(size, 0)); err != nil {
		delete(y.coming, path)
		return nil, err
	}
	return u, nil
}

// end is called once the file is the batch's or gone.
func (u *upload) end() {
	u.y.mu.Lock()
	defer u.y.mu.Unlock()
	delete(u.y.coming, u.path)
}

// Write counts what comes.
func (u *upload) Write(p []byte) (int, error) {
	u.y.mu.Lock()
	defer u.y.mu.Unlock()
	if err := u.fits(u.n + int64(len(p))); err != nil {
		return 0, err
	}
	u.n += int64(len(p))
	return len(p), nil
}

// fits says whether the upload may be n bytes long. Where it seems not, it
// measures anew: something may have been finished or thrown away.
func (u *upload) fits(n int64) error {
	for _, measured := range []bool{u.n == 0, true} {
		if measured {
			var err error
			if u.lies, err = u.y.lie(u.org); err != nil {
				return err
			}
		}
		sum := u.lies + max(n, stageLeast)
		for _, o := range u.y.coming {
			if o.org == u.org && o != u {
				sum += max(o.n, stageLeast)
			}
		}
		if sum <= u.y.most {
			return nil
		}
	}
	return &kexin.Error{Op: "app.import", Code: kexin.RateLimited, Key: "import.no_place", Field: "file"}
}

// lie is what a merchant's files take on the disk that have come.
func (y *yard) lie(org kexin.ID) (sum int64, err error) {
	batches, err := os.ReadDir(y.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, b := range batches {
		if !strings.HasPrefix(b.Name(), org.String()+"-") {
			continue
		}
		dir := filepath.Join(y.dir, b.Name())
		files, _ := os.ReadDir(dir) // one that goes meanwhile takes nothing
		for _, f := range files {
			if y.coming[filepath.Join(dir, f.Name())] != nil {
				continue
			}
			if i, err := f.Info(); err == nil {
				sum += max(i.Size(), stageLeast)
			}
		}
	}
	return sum, err
}
