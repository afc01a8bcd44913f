package db

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"kexin"
	"kexin/internal/disk"
)

// A syncer puts commits on disk and then answers their callers, so that the
// next functions run while the disk writes (the writer's connection does not
// sync by itself). Nobody is told anything, not even an error, before the log
// has been synced up to what his function may have seen. What a View reads may
// be some milliseconds ahead of the disk.
//
// When the disk refuses, nobody knows what it holds of the commits since the
// last sync: their callers are told so, and nothing more is written until the
// database is opened again.
type syncer struct {
	w     *writer
	log   walFile
	free  chan struct{} // holds one token while no batch is on its way to disk
	due   chan []*call
	ended chan struct{}
}

func newSyncer(w *writer, file string) *syncer {
	s := &syncer{w: w, log: walFile{name: file + "-wal", sync: syncData}, free: make(chan struct{}, 1), due: make(chan []*call, 1), ended: make(chan struct{})}
	s.free <- struct{}{}
	go s.loop()
	return s
}

// loop syncs and answers one batch after another. Each comes from who has
// taken the token.
func (s *syncer) loop() {
	defer close(s.ended)
	for batch := range s.due {
		s.sync(batch)
		s.free <- struct{}{}
		for _, c := range batch {
			s.w.served.Add(1) // as in writer.answer
			close(c.done)
		}
	}
}

// sync returns when everything that was committed is on disk, or sets what the
// callers of committed functions are told where it is not.
func (s *syncer) sync(batch []*call) {
	err := s.log.flush(s.w.commits.Load())
	for _, c := range batch {
		if err != nil && c.err == nil {
			c.err = fail("db.commit", kexin.Unavailable, KeyUnknown, err)
		}
	}
}

func (s *syncer) stop() {
	close(s.due)
	<-s.ended
	s.log.close()
}

// A walFile is SQLite's write-ahead log by a handle of our own. A new file may
// take the old one's name when the last connection closes and another opens.
type walFile struct {
	name string
	sync func(*os.File) error

	mu   sync.Mutex
	done int64 // how many commits are on disk
	f    *os.File
	info fs.FileInfo
	lost atomic.Pointer[error] // the first sync that failed
}

// flush returns when the first commits are on disk. Once it has failed it fails
// for ever: the system forgets what it could not write.
func (w *walFile) flush(commits int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.failed(); err != nil || w.done >= commits {
		return err
	}
	err := w.flushed()
	if err != nil {
		w.lost.Store(&err)
		return err
	}
	w.done = commits
	return nil
}

func (w *walFile) flushed() error {
	now, err := os.Stat(w.name)
	if err != nil {
		return err
	}
	if w.f == nil || !os.SameFile(now, w.info) {
		f, err := os.OpenFile(w.name, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if w.f != nil {
			_ = w.f.Close()
		}
		w.f = f
		if w.info, err = f.Stat(); err != nil {
			return err
		}
		if err := disk.SyncDir(filepath.Dir(w.name)); err != nil {
			return err
		}
	}
	return w.sync(w.f)
}

// failed is the first failure of flush, nil where there was none. It does not
// wait for one that is under way.
func (w *walFile) failed() error {
	if err := w.lost.Load(); err != nil {
		return *err
	}
	return nil
}

func (w *walFile) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.f != nil {
		_ = w.f.Close()
		w.f = nil
	}
}
