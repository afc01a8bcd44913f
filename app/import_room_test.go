package app

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"kexin"
)

// TestRoomForFiles: what one merchant may have on the disk at once is bounded,
// over all his uploads, those that are still coming too. What is refused leaves
// nothing, takes nothing from the others, and is taken once there is room.
func TestRoomForFiles(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.stepped("owner")
		b.app.yard.most = 3 * stageLeast
		files := func() int {
			left, _ := filepath.Glob(filepath.Join(b.app.data, stageRoot, "*", "*"))
			return len(left)
		}
		file := csvOf("王秀英,13800000001,,,,到店登记,,2024-05-06,,,")
		declare := func() kexin.ID {
			x, err := b.app.DeclareImport(ctx, owner, declared())
			b.must(err)
			return x.ID
		}
		full := func(when string, id kexin.ID, body io.Reader, size int64) {
			t.Helper()
			n := files()
			if _, err := b.app.ReceiveImport(ctx, owner, id, body, size); keyOf(err) != "import.no_place" || kexin.CodeOf(err) != kexin.RateLimited {
				t.Errorf("%s: %v", when, err)
			}
			if now := files(); now != n {
				t.Errorf("%s: %d files, were %d", when, now, n)
			}
		}
		one, two, late := b.upload(owner, declared(), file), declare(), declare()
		body := &endless{}
		if full("its size is told", late, body, 3*stageLeast); body.n != 0 {
			t.Errorf("%d bytes were read of what has no room", body.n)
		}
		if full("its size is not told", late, body, -1); body.n < stageLeast || body.n > 2*stageLeast+128<<10 {
			t.Errorf("%d bytes read", body.n)
		}

		w, done := &wire{make(chan []byte), io.EOF}, make(chan error, 1)
		go func() { _, err := b.app.ReceiveImport(ctx, owner, two, w, -1); done <- err }()
		w.parts <- file[:20]
		b.must(os.RemoveAll(b.app.stageDir(b.Org, two))) // it takes its room as long as it comes
		full("another is coming", late, &endless{}, 2*stageLeast)
		w.parts <- file[20:]
		close(w.parts)
		b.must(<-done)

		b.must(os.MkdirAll(b.app.stageDir(b.Org, two), 0o700)) // a try that a crash left
		left := filepath.Join(b.app.stageDir(b.Org, two), "left")
		b.must(os.WriteFile(left, make([]byte, 2*stageLeast), 0o600))
		full("what a crash left", late, bytes.NewReader(file), -1)
		b.must(os.Remove(left))

		if y := b.confirm(owner, one); y.State != impDone {
			t.Errorf("the one that waited: %s %s", y.State, y.Fault)
		}
		_, err := b.app.ReceiveImport(ctx, owner, late, bytes.NewReader(append(file, make([]byte, stageLeast)...)), -1)
		b.must(err)
	})
}
