// Package load drives an HTTP server in a closed loop: each of some clients
// sends its next request when the answer to the last one is there. It speaks
// HTTP/1.1 over connections that stay open, with as little work of its own as
// may be: generator and server share the machine.
package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Request is what a client sends next.
type Request struct {
	Method, Path string
	Body         []byte // JSON; nil for none
}

// A Client is one user of the server. It is used by one goroutine.
type Client interface {
	// Header are the lines that go with every request, each ending in \r\n:
	// a cookie, a token.
	Header() string
	// Next is the next request.
	Next() Request
	// Answer looks at what came back; an error counts as a failed request.
	// body is valid until the next request.
	Answer(status int, body []byte) error
}

// A Run is one measurement.
type Run struct {
	Addr    string        // host:port
	Clients []Client      // one connection and goroutine each
	Warm    time.Duration // before anything is counted
	For     time.Duration // what is counted
	Server  int           // process id of the server, 0 for unknown
}

// A Result is what came of it. Times are of requests that were begun and
// ended inside the counted time.
type Result struct {
	Clients  int     `json:"clients"`
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Seconds  float64 `json:"seconds"`
	PerSec   float64 `json:"per_second"`
	Times
	Bytes float64 `json:"bytes_per_answer"`
	CPU   float64 `json:"server_cpu_ms_per_request"`
	RSS   int64   `json:"server_rss_bytes"`
	Peak  int64   `json:"server_peak_rss_bytes"` // since its start
}

// A Times is a distribution of durations, in milliseconds.
type Times struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
}

// TimesOf sorts d and gives its quantiles by nearest rank.
func TimesOf(d []time.Duration) Times {
	if len(d) == 0 {
		return Times{}
	}
	slices.Sort(d)
	at := func(percent int) float64 {
		i := (len(d)*percent+99)/100 - 1
		return float64(d[max(0, i)]) / float64(time.Millisecond)
	}
	return Times{at(50), at(95), at(99)}
}

// Do runs it. The first failed request is the error, beside the result.
func (r Run) Do(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Warm+r.For)
	defer cancel()
	start := time.Now()
	from, until := start.Add(r.Warm), start.Add(r.Warm+r.For)
	tallies := make([]tally, len(r.Clients))
	var all sync.WaitGroup
	for i, c := range r.Clients {
		all.Go(func() { tallies[i].err = tallies[i].loop(ctx, r.Addr, c, from, until) })
	}
	before, err := r.cpuAt(ctx, from)
	all.Wait()
	after, e := r.cpu()
	return r.result(tallies, after-before, errors.Join(err, e))
}

// cpuAt waits for the end of the warming up.
func (r Run) cpuAt(ctx context.Context, from time.Time) (time.Duration, error) {
	select {
	case <-time.After(time.Until(from)):
	case <-ctx.Done():
	}
	return r.cpu()
}

func (r Run) cpu() (time.Duration, error) {
	if r.Server == 0 {
		return 0, nil
	}
	return CPU(r.Server)
}

func (r Run) result(tallies []tally, cpu time.Duration, err error) (Result, error) {
	out := Result{Clients: len(r.Clients), Seconds: r.For.Seconds()}
	var times []time.Duration
	var bytes int64
	for _, t := range tallies {
		times = append(times, t.times...)
		out.Failed += t.failed
		bytes += t.bytes
		err = errors.Join(err, t.err)
	}
	out.Requests = len(times)
	out.PerSec = float64(out.Requests) / r.For.Seconds()
	out.Times = TimesOf(times)
	if n := float64(out.Requests); n > 0 {
		out.Bytes, out.CPU = float64(bytes)/n, cpu.Seconds()*1000/n
	}
	if r.Server != 0 {
		m, e := MemoryOf(r.Server)
		out.RSS, out.Peak, err = m.RSS, m.Peak, errors.Join(err, e)
	}
	return out, err
}

// A tally is what one client counted.
type tally struct {
	times  []time.Duration
	bytes  int64
	failed int
	err    error
}

// loop sends and waits until the time is over. The error is the first failure.
func (t *tally) loop(ctx context.Context, addr string, c Client, from, until time.Time) error {
	w, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	defer w.Close()
	var first error
	for time.Now().Before(until) {
		q, start := c.Next(), time.Now()
		status, body, err := w.do(c.Header(), q)
		end := time.Now()
		if err != nil {
			return err
		}
		if err := c.Answer(status, body); err != nil {
			t.failed++
			if first == nil {
				first = fmt.Errorf("%s %s: %w", q.Method, q.Path, err)
			}
			continue
		}
		if !start.Before(from) && end.Before(until) {
			t.times = append(t.times, end.Sub(start))
			t.bytes += int64(len(body))
		}
	}
	return first
}
