package measure

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"kexin"
	"kexin/bench/load"
	"kexin/internal/sample"
)

// A peer is the other product with the same customers in it.
type peer struct {
	g     *ground
	dir   string
	users []peerUser
	made  atomic.Int64
}

// A peerUser is one of its users with his customers.
type peerUser struct {
	ID    string   `json:"id"`
	Token string   `json:"token"`
	IDs   []string `json:"ids"`
}

// newPeer fills the peer's database by its own program.
func (g *ground) newPeer(ctx context.Context) (*peer, error) {
	p := &peer{g: g, dir: filepath.Join(g.dir, "peer")}
	p.made.Store(int64(g.rows))
	people, tokens := filepath.Join(g.dir, "people.csv"), filepath.Join(g.dir, "tokens.json")
	defer func() { _ = os.Remove(people); _ = os.Remove(tokens) }()
	if err := os.RemoveAll(p.dir); err != nil { // of an earlier run on this ground
		return nil, err
	}
	err := writeTo(people, func(w io.Writer) error {
		c := csv.NewWriter(w)
		err := c.Write(peerFields)
		for i := range g.rows {
			err = join(err, c.Write(peerRow(g.people.Person(i))))
		}
		c.Flush()
		return join(err, c.Error())
	})
	if err != nil {
		return nil, err
	}
	fill := exec.CommandContext(ctx, g.Peer, "fill", "--dir", p.dir, "--people", people, "--tokens", tokens)
	fill.Env = plainEnv()
	if b, err := fill.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, b)
	}
	b, err := os.ReadFile(tokens)
	if err != nil {
		return nil, err
	}
	return p, json.Unmarshal(b, &p.users)
}

func (p *peer) serve(ctx context.Context) (*server, error) {
	return start(ctx, filepath.Join(p.g.dir, "peer.log"), "/api/health", func(addr string) *exec.Cmd {
		return exec.Command(p.g.Peer, "serve", "--dir", p.dir, "--http", addr)
	})
}

// bare starts a plain program for one record over HTTP on the ground's database: the
// peer's program reads the bare row, and with a log writes one row of it before it
// answers.
func (g *ground) bare(ctx context.Context, ids map[kexin.ID][]string, log bool) (*side, error) {
	name := "read"
	if log {
		name = "read_log"
	}
	srv, err := start(ctx, filepath.Join(g.dir, "bare.log"), "/healthz", func(addr string) *exec.Cmd {
		args := []string{"bare", "--http", addr, "--file", filepath.Join(g.data, "kexin.db"), "--org", g.org.String()}
		if log {
			args = append(args, "--log", g.bareLog())
		}
		return exec.Command(g.Peer, args...)
	})
	if err != nil {
		return nil, err
	}
	s := g.sideOf(srv, ids)
	s.name = name
	return s, nil
}

// bareLog is the file of a bare program's log, beside the database: on the same disk.
func (g *ground) bareLog() string { return filepath.Join(g.dir, "opening.db") }

// dropBare removes it with what SQLite keeps beside it.
func (g *ground) dropBare() (err error) {
	for _, end := range []string{"", "-wal", "-shm"} {
		if e := os.Remove(g.bareLog() + end); !os.IsNotExist(e) {
			err = join(err, e)
		}
	}
	return err
}

const peerPath = "/api/collections/customers/records"

func (p *peer) client(op string, i int) load.Client {
	u := p.users[i%len(p.users)]
	c := &client{head: "Authorization: " + u.Token + "\r\n"}
	switch op {
	case "get":
		c.ask = &getting{path: peerPath + "/", ids: u.IDs, rand: rand.New(rand.NewPCG(uint64(i), 3))}
	case "list":
		c.ask = &peerPaging{}
	default:
		c.ask = &creating{g: p.g, number: &p.made, path: peerPath, status: http.StatusOK, body: func(s sample.Person) map[string]any {
			out := map[string]any{"owner": u.ID}
			for i, v := range peerRow(s) {
				if v == "" {
					continue
				}
				out[peerFields[i]] = v
				if name := peerFields[i]; name == "next_at" || name == "sum" {
					n, _ := strconv.ParseFloat(v, 64)
					out[name] = n
				}
			}
			return out
		}}
	}
	return c
}

// A peerPaging asks for the first pages of one stage, the newest first, in the
// peer's fastest mode: without counting all.
type peerPaging struct{ page int }

func (a *peerPaging) next() load.Request {
	q := url.Values{"filter": {"stage='" + stage + "'"}, "sort": {"-created"}, "perPage": {"50"}, "page": {strconv.Itoa(a.page%pages + 1)}, "skipTotal": {"1"}}
	a.page++
	return load.Request{Method: http.MethodGet, Path: peerPath + "?" + q.Encode()}
}
func (a *peerPaging) want() int  { return http.StatusOK }
func (a *peerPaging) saw([]byte) {}
