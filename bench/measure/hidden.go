package measure

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"kexin"
	"kexin/bench/load"
)

// A Hidden compares how long it takes to be told that a record which one may not
// see is not there, and that one which does not exist is not (security.md A16):
// whoever can tell the two apart learns what he may not see.
type Hidden struct {
	N      int     `json:"n"` // requests of each kind, in turn
	Hidden float64 `json:"hidden_ms"`
	Absent float64 `json:"absent_ms"`
	Apart  float64 `json:"apart"` // of the medians, part of the smaller
	P      float64 `json:"p"`     // of the two coming from one distribution (Mann–Whitney)
}

// hidden has one clerk ask for colleagues' customers and for none, in turn.
func (g *ground) hidden(ctx context.Context, s *side, ids map[kexin.ID][]string) (*Hidden, error) {
	p := &g.clerks[0]
	a := &guessing{head: p.header(), there: map[string]bool{}, rand: rand.New(rand.NewPCG(7, 3))}
	for owner, list := range ids {
		for _, id := range list {
			a.there[id] = true
		}
		if owner != p.User {
			a.others = append(a.others, list...)
		}
	}
	slices.Sort(a.others)
	_, err := load.Run{Addr: s.srv.addr, Clients: []load.Client{a}, For: g.For, Server: s.srv.pid()}.Do(ctx)
	if err != nil || len(a.took[0]) < 20 || len(a.took[1]) < 20 {
		return nil, join(err, fmt.Errorf("%d answers", len(a.took[0])))
	}
	n := min(len(a.took[0]), len(a.took[1]))
	out := &Hidden{N: n, P: mannWhitney(a.took[0][:n], a.took[1][:n])}
	out.Hidden, out.Absent = load.TimesOf(a.took[0][:n]).P50, load.TimesOf(a.took[1][:n]).P50
	out.Apart = max(out.Hidden, out.Absent)/min(out.Hidden, out.Absent) - 1
	return out, nil
}

// A guessing asks for a record of somebody else's, then for one that nobody has
// and whose number is the next to such a one's, and notes how long each answer
// takes.
type guessing struct {
	head   string
	others []string
	there  map[string]bool
	rand   *rand.Rand
	absent int // 1 while what is asked for does not exist
	began  time.Time
	took   [2][]time.Duration
}

// Header implements load.Client.
func (g *guessing) Header() string { return g.head }

// Next implements load.Client. It does the same for both, since a request that
// comes sooner after the last answer takes longer.
func (g *guessing) Next() load.Request {
	id := g.others[g.rand.IntN(len(g.others))]
	none := id
	for g.there[none] {
		n, _ := kexin.ParseID(none)
		none = (n + 1).String()
	}
	if g.absent = 1 - g.absent; g.absent == 1 {
		id = none
	}
	g.began = time.Now()
	return load.Request{Method: http.MethodGet, Path: "/api/v1/customers/" + id}
}

// Answer implements load.Client.
func (g *guessing) Answer(status int, body []byte) error {
	took := time.Since(g.began)
	if status != http.StatusNotFound {
		return fmt.Errorf("status %d: %.200s", status, body)
	}
	g.took[g.absent] = append(g.took[g.absent], took)
	return nil
}

// mannWhitney is how probable it is that two samples differ as much as they do in
// rank while coming from one distribution: two-sided, by the normal approximation,
// with the correction for ties (Mann and Whitney 1947).
func mannWhitney(a, b []time.Duration) float64 {
	type ranked struct {
		d     time.Duration
		first bool
	}
	all := make([]ranked, 0, len(a)+len(b))
	for _, d := range a {
		all = append(all, ranked{d, true})
	}
	for _, d := range b {
		all = append(all, ranked{d, false})
	}
	slices.SortFunc(all, func(x, y ranked) int { return int(x.d - y.d) })
	n1, n2, n := float64(len(a)), float64(len(b)), float64(len(all))
	var ranks, ties float64
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].d == all[i].d {
			j++
		}
		mid := float64(i+j+1) / 2
		for _, x := range all[i:j] {
			if x.first {
				ranks += mid
			}
		}
		t := float64(j - i)
		ties += t*t*t - t
		i = j
	}
	u := ranks - n1*(n1+1)/2
	sd := math.Sqrt(n1 * n2 / 12 * (n + 1 - ties/(n*(n-1))))
	if sd == 0 {
		return 1
	}
	return math.Erfc(math.Abs(u-n1*n2/2) / sd / math.Sqrt2)
}
