package measure

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"kexin"
	"kexin/bench/load"
)

// A batch is what is looked at of an import's answer.
type batch struct {
	ID      kexin.ID `json:"id"`
	State   string   `json:"state"`
	Version int64    `json:"version"`
	Rows    int      `json:"rows"`
	Counts  []struct {
		Outcome string `json:"outcome"`
		N       int    `json:"n"`
	} `json:"counts"`
	Error *struct {
		Text string `json:"text"`
	} `json:"error"`
}

// takeIn has a server import the list as a shop would: the owner declares and
// sends it, the leader confirms what was found.
func (g *ground) takeIn(ctx context.Context, s *Size) error {
	file := filepath.Join(g.dir, "list.csv")
	if err := writeTo(file, func(w io.Writer) error { return g.people.WriteList(w, g.rows, g.names()) }); err != nil {
		return err
	}
	defer func() { _ = os.Remove(file) }()
	srv, err := g.serve(ctx)
	if err != nil {
		return err
	}
	if err := load.ResetPeak(srv.pid()); err != nil {
		g.Log.Warn("peak memory counts from the start", "err", err.Error())
	}
	err = g.import1(ctx, srv, file, &s.Import)
	m, e := load.MemoryOf(srv.pid())
	s.Memory.Import = m.Peak
	return join(err, e, srv.stop())
}

func (g *ground) import1(ctx context.Context, srv *server, file string, out *Import) error {
	var b batch
	manifest := map[string]any{"source": kexin.FromPOS, "collected": "staff", "accept": true}
	if err := g.ask(ctx, srv, g.owner, http.MethodPost, "/api/v1/imports", manifest, &b); err != nil {
		return err
	}
	g.batch = b.ID
	path := "/api/v1/imports/" + b.ID.String()
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	out.File = st.Size()
	start := time.Now()
	if err := g.send(ctx, srv, g.owner, http.MethodPut, path+"/file", f, st.Size(), &b); err != nil {
		return err
	}
	if b, err = g.await(ctx, srv, path, "ready"); err != nil {
		return err
	}
	out.Read = time.Since(start).Seconds()
	cpu, _ := load.CPU(srv.pid())
	start = time.Now()
	if err := g.ask(ctx, srv, g.leader, http.MethodPost, path+"/confirm", map[string]any{"version": b.Version}, &b); err != nil {
		return err
	}
	if b, err = g.await(ctx, srv, path, "done"); err != nil {
		return err
	}
	out.Store = time.Since(start).Seconds()
	after, _ := load.CPU(srv.pid())
	out.Rate, out.ServerCPU = float64(b.Rows)/out.Store, (after - cpu).Seconds()
	return g.counted(b)
}

// counted wants every row of the list stored: what was refused or set aside
// would make the import look faster than it is.
func (g *ground) counted(b batch) error {
	n := 0
	for _, c := range b.Counts {
		if c.Outcome == "new" || c.Outcome == "same" {
			n += c.N
		}
	}
	if b.Rows != g.rows || n < g.rows*98/100 {
		return fmt.Errorf("%d of %d rows were stored: %+v", n, g.rows, b.Counts)
	}
	return nil
}

// await asks until an import has got to a state.
func (g *ground) await(ctx context.Context, srv *server, path, state string) (b batch, err error) {
	for {
		if err := g.ask(ctx, srv, g.owner, http.MethodGet, path, nil, &b); err != nil {
			return b, err
		}
		switch b.State {
		case state:
			return b, nil
		case "failed", "refused", "cancelled":
			return b, fmt.Errorf("the import is %s: %+v", b.State, b.Error)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return b, ctx.Err()
		}
	}
}

// ask sends JSON and reads JSON.
func (g *ground) ask(ctx context.Context, srv *server, as person, method, path string, in, out any) error {
	if in == nil {
		return g.send(ctx, srv, as, method, path, nil, 0, out)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return g.send(ctx, srv, as, method, path, bytes.NewReader(b), int64(len(b)), out)
}

func (g *ground) send(ctx context.Context, srv *server, as person, method, path string, body io.Reader, size int64, out any) error {
	q, err := http.NewRequestWithContext(ctx, method, "http://"+srv.addr+path, body)
	if err != nil {
		return err
	}
	q.ContentLength = size
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	q.AddCookie(&http.Cookie{Name: "kx", Value: as.cookie})
	r, err := plainClient.Do(q)
	if err != nil {
		return err
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, r.StatusCode, b)
	}
	return json.Unmarshal(b, out)
}

// writeTo writes a file by f.
func writeTo(path string, f func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	return join(f(w), w.Flush(), file.Close())
}
