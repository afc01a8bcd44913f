package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"kexin"
	"kexin/bench/load"
	"kexin/internal/db"
	"kexin/internal/sample"
	"kexin/store"
)

// operations are what is asked over HTTP.
var operations = []string{"get", "list", "create"}

// rounds is how often each operation is measured, the two servers in turn. The
// round in the middle counts, and the middle of the ratios.
const rounds = 3

// A side is one of the servers compared: Kexin, the peer, or a bare program that
// only answers get.
type side struct {
	name   string // of a bare one
	srv    *server
	client func(op string, i int) load.Client
}

// overHTTP has many clients at once ask a server as users run it; where there
// is a peer, it is asked the same in turn.
func (g *ground) overHTTP(ctx context.Context) (out *HTTP, err error) {
	out = &HTTP{Clients: g.Clients}
	var peer *peer
	if g.Peer != "" {
		if peer, err = g.newPeer(ctx); err != nil {
			return nil, fmt.Errorf("peer: %w", err)
		}
	}
	ours, ids, err := g.ours(ctx)
	if err != nil {
		return nil, err
	}
	sides := []*side{ours}
	if peer != nil {
		srv, err := peer.serve(ctx)
		if err != nil {
			return nil, join(err, ours.srv.stop())
		}
		sides = append(sides, &side{srv: srv, client: peer.client})
	}
	if peer != nil && g.dsn == "" { // a bare program reads a file of SQLite
		for _, log := range []bool{false, true} {
			s, err := g.bare(ctx, ids, log)
			if err != nil {
				return nil, join(err, stopAll(sides), g.dropBare())
			}
			sides = append(sides, s)
		}
	}
	for _, op := range operations {
		if err = g.inTurn(ctx, op, sides, out); err != nil {
			err = fmt.Errorf("%s: %w", op, err)
			break
		}
	}
	if err == nil {
		out.Hidden, err = g.hidden(ctx, ours, ids)
	}
	err = join(err, g.peaks(sides, out), stopAll(sides), g.dropBare())
	if err == nil && peer != nil {
		out.PeerDisk, err = dirSize(peer.dir, "data.db")
	}
	return out, err
}

// stopAll ends Kexin last, which then is the last to have its database open and
// leaves no log beside it.
func stopAll(sides []*side) (err error) {
	for _, s := range slices.Backward(sides) {
		err = join(err, s.srv.stop())
	}
	return err
}

// inTurn measures one operation on every side that has it.
func (g *ground) inTurn(ctx context.Context, op string, sides []*side, out *HTTP) error {
	if op != "get" {
		sides = sides[:min(2, len(sides))]
	}
	got := make([][]load.Result, len(sides))
	for round := range rounds {
		for j := range sides {
			i := (round + j) % len(sides) // what one does afterwards meets each of the others
			s := sides[i]
			r := load.Run{Addr: s.srv.addr, Warm: g.For / rounds / 4, For: g.For / rounds, Server: s.srv.pid()}
			for c := range g.Clients {
				r.Clients = append(r.Clients, s.client(op, c))
			}
			res, err := r.Do(ctx)
			if err == nil && res.Requests == 0 && len(sides) > 1 { // there would be no ratio
				err = fmt.Errorf("nothing was answered in %s: measure for longer (--for)", r.For)
			}
			if err != nil {
				return err
			}
			got[i] = append(got[i], res)
		}
	}
	for i, s := range sides[1:] {
		times := ratio(got[0], got[i+1])
		if s.name == "" {
			out.Versus = append(out.Versus, Versus{op, times})
			out.Peer = append(out.Peer, Served{op, middle(got[i+1])})
			continue
		}
		out.OfBare = append(out.OfBare, Versus{s.name, times})
		out.Bare = append(out.Bare, Served{s.name, middle(got[i+1])})
	}
	out.Kexin = append(out.Kexin, Served{op, middle(got[0])})
	return nil
}

// ratio is the middle one of the rounds' ratios.
func ratio(ours, theirs []load.Result) float64 {
	all := make([]float64, len(ours))
	for i := range ours {
		all[i] = ours[i].PerSec / theirs[i].PerSec
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// middle is the round with the median rate.
func middle(all []load.Result) load.Result {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b load.Result) int {
		if a.PerSec < b.PerSec {
			return -1
		}
		return 1
	})
	return all[len(all)/2]
}

func (g *ground) peaks(sides []*side, out *HTTP) error {
	m, err := load.MemoryOf(sides[0].srv.pid())
	out.Peak = m.Peak
	if len(sides) > 1 {
		var e error
		m, e = load.MemoryOf(sides[1].srv.pid())
		out.PeerPeak, err = m.Peak, join(err, e)
	}
	return err
}

// ours starts Kexin's server for clients that are the clerks. They sign in
// anew: the clock was put forward, and what had ended by it is gone.
func (g *ground) ours(ctx context.Context) (*side, map[kexin.ID][]string, error) {
	g.clock.ahead.Store(0)
	ids, err := g.owned(ctx)
	if err != nil {
		return nil, nil, err
	}
	srv, err := g.serve(ctx)
	if err != nil {
		return nil, nil, err
	}
	return g.sideOf(srv, ids), ids, nil
}

// sideOf makes clients of a server of Kexin.
func (g *ground) sideOf(srv *server, ids map[kexin.ID][]string) *side {
	next := new(atomic.Int64)
	next.Store(int64(g.rows))
	return &side{srv: srv, client: func(op string, i int) load.Client {
		p := g.clerks[i%len(g.clerks)]
		return &client{ask: g.asks(op, ids[p.User], next, rand.New(rand.NewPCG(uint64(i), 3))), head: p.header()}
	}}
}

// owned are the customers of each clerk, who is signed in for them.
func (g *ground) owned(ctx context.Context) (map[kexin.ID][]string, error) {
	out := map[kexin.ID][]string{}
	s, err := g.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	err = s.DB().View(ctx, func(tx *db.Tx) error {
		clear(out)
		var id, owner kexin.ID
		return each(tx, "SELECT id,owner_id FROM customer WHERE org_id=$1 AND state=0", []any{g.org}, []any{&id, &owner}, func() { out[owner] = append(out[owner], id.String()) })
	})
	if err == nil {
		err = s.Update(ctx, g.org, func(tx *store.Tx) error {
			for i := range g.clerks {
				if err := g.clerks[i].signIn(tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return out, join(err, s.Close())
}

// An asker makes a client's requests one after another.
type asker interface {
	next() load.Request
	want() int
	saw(body []byte)
}

// A client is one user.
type client struct {
	ask  asker
	head string
}

// Header implements load.Client.
func (c *client) Header() string { return c.head }

// Next implements load.Client.
func (c *client) Next() load.Request { return c.ask.next() }

// Answer implements load.Client.
func (c *client) Answer(status int, body []byte) error {
	if status != c.ask.want() {
		return fmt.Errorf("status %d: %.200s", status, body)
	}
	c.ask.saw(body)
	return nil
}

func (g *ground) asks(op string, ids []string, next *atomic.Int64, r *rand.Rand) asker {
	switch op {
	case "get":
		return &getting{path: "/api/v1/customers/", ids: ids, rand: r}
	case "list":
		return &paging{}
	}
	return &creating{g: g, number: next, path: "/api/v1/customers", status: http.StatusCreated, body: kexinBody}
}

// A getting asks for one customer after another.
type getting struct {
	path string
	ids  []string
	rand *rand.Rand
}

func (a *getting) next() load.Request {
	return load.Request{Method: http.MethodGet, Path: a.path + a.ids[a.rand.IntN(len(a.ids))]}
}
func (a *getting) want() int  { return http.StatusOK }
func (a *getting) saw([]byte) {}

// pages is how far a list is followed before it begins again.
const pages = 5

// A paging asks for the first pages of one stage, the newest customers first.
type paging struct {
	page  int
	after string
}

func (a *paging) next() load.Request {
	body := `{"scene":"mine","desc":true,"where":[{"field":"stage","op":"eq","values":["` + stage + `"]}]`
	if a.after != "" {
		body += `,"after":"` + a.after + `"`
	}
	return load.Request{Method: http.MethodPost, Path: "/api/v1/customers/search", Body: []byte(body + "}")}
}
func (a *paging) want() int { return http.StatusOK }

func (a *paging) saw(body []byte) {
	a.after = ""
	if a.page = (a.page + 1) % pages; a.page == 0 {
		return
	}
	if _, rest, ok := bytes.Cut(body, []byte(`"next":"`)); ok {
		next, _, _ := bytes.Cut(rest, []byte(`"`))
		a.after = string(next)
	}
}

// A creating makes one new customer after another, who stands in no list.
type creating struct {
	g      *ground
	number *atomic.Int64
	path   string
	status int
	body   func(sample.Person) map[string]any
}

func (a *creating) next() load.Request {
	b, err := json.Marshal(a.body(a.g.people.Person(int(a.number.Add(1)))))
	if err != nil {
		panic(err) // strings and numbers
	}
	return load.Request{Method: http.MethodPost, Path: a.path, Body: b}
}
func (a *creating) want() int  { return a.status }
func (a *creating) saw([]byte) {}

// kexinBody is the person as the API takes her. The clerk says that she is
// another than whoever has her phone: looking that up is a lookup, measured by
// itself, and its budget is far below what is measured here.
func kexinBody(p sample.Person) map[string]any {
	f := map[string]any{"name": p.Name, "gender": p.Gender, "salutation": p.Salutation, "phone": p.Phone, "region": p.Region, "address": p.Address,
		"need": p.Need, "stage": p.Stage, "source": p.Source, "source_on": p.SourceOn}
	for name, text := range map[string]string{"phones": p.Phones, "wechat": p.WeChat, "email": p.Email, "birthday": p.Birthday, "remark": p.Remark} {
		if text != "" {
			f[name] = text
		}
	}
	if len(p.Tags) > 0 {
		f["tags"] = p.Tags
	}
	if p.NextOn != "" {
		f["next_at"] = dayMS(p.NextOn)
	}
	return map[string]any{"fields": f, "same": "different"}
}

func dayMS(day string) int64 {
	t, _ := time.Parse(time.DateOnly, day)
	return t.UnixMilli()
}

// peerFields are the columns of the peer's collection beside owner and dates.
var peerFields = []string{"name", "gender", "salutation", "phone", "phones", "wechat", "email", "region", "address", "birthday", "need", "stage", "source", "source_on", "tags", "remark", "next_at", "order_no", "order_on", "sum"}

// peerRow is the person in the order of peerFields.
func peerRow(p sample.Person) []string {
	next, sum := "", ""
	if p.NextOn != "" {
		next = strconv.FormatInt(dayMS(p.NextOn), 10)
	}
	if p.Amount > 0 {
		sum = strconv.FormatInt(p.Amount, 10)
	}
	return []string{p.Name, p.Gender, p.Salutation, p.Phone, p.Phones, p.WeChat, p.Email, p.Region, p.Address, p.Birthday, strings.Join(p.Need, ","), p.Stage, p.Source, p.SourceOn,
		strings.Join(p.Tags, ","), p.Remark, next, p.OrderNo, p.OrderOn, sum}
}
