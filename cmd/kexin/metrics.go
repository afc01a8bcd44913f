package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime"
	"sync/atomic"
	"time"

	"kexin"
	"kexin/job"
)

// figures are what whoever runs the server may watch, in Prometheus' text
// form. No label says anything of a merchant, a person or a path.
type figures struct {
	x       *opened
	began   time.Time
	classes [6]atomic.Int64 // requests by the first digit of their status
	busy    atomic.Int64
	under   [len(bounds) + 1]atomic.Int64 // requests by how long they took
	nanos   atomic.Int64
}

// bounds of the histogram of requests, in milliseconds.
var bounds = [...]int{5, 25, 100, 500, 2500, 10_000}

// counting counts requests on their way.
func (f *figures) counting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, t := &counted{ResponseWriter: w, status: http.StatusOK}, time.Now()
		f.busy.Add(1)
		defer func() {
			f.busy.Add(-1)
			took := time.Since(t)
			f.nanos.Add(int64(took))
			f.classes[min(5, c.status/100)].Add(1)
			i := 0
			for i < len(bounds) && took > time.Duration(bounds[i])*time.Millisecond {
				i++
			}
			f.under[i].Add(1)
		}()
		h.ServeHTTP(c, r)
	})
}

// counted remembers the status of an answer.
type counted struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes it.
func (c *counted) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap lets others find what lies below.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// serveMetrics opens the listener of --metrics, on loopback only: figures and
// the profiler. The function shuts it.
func (x *opened) serveMetrics(o *options, f *figures) (shut func(), err error) {
	if o.metrics == "" {
		return func() {}, nil
	}
	host, _, err := net.SplitHostPort(o.metrics)
	if err != nil || !loopback(host) {
		return nil, &kexin.Error{Op: "metrics", Code: kexin.Invalid, Key: "cli.metrics_loopback", Args: map[string]string{"addr": o.metrics}}
	}
	l, err := net.Listen("tcp", o.metrics)
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: f.pages(), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() { _ = srv.Serve(l) }()
	fmt.Fprintln(o.out, o.words("cli.metrics", map[string]string{"url": "http://" + l.Addr().String() + "/metrics"}))
	return func() { _ = srv.Close() }, nil
}

// pages are what that listener answers.
func (f *figures) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		f.write(r.Context(), w)
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// loopback reports whether a host is this machine and nothing else.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// write tells the figures as they are now.
func (f *figures) write(ctx context.Context, w io.Writer) {
	lag, err := f.x.lag(ctx)
	one := func(name, kind string, v any) { fmt.Fprintf(w, "# TYPE %s %s\n%s %v\n", name, kind, name, v) }
	up := 0
	if err == nil {
		up = 1
	}
	one("kexin_db_up", "gauge", up)
	one("kexin_ledger_lag_seconds", "gauge", lag.Seconds())
	one("kexin_uptime_seconds", "gauge", int(time.Since(f.began).Seconds()))
	f.database(ctx, w, one)
	if b, err := f.x.app.BackupState(ctx); err == nil {
		if b.At != 0 {
			one("kexin_backup_age_seconds", "gauge", int(kexin.At(f.x.now()).Sub(b.At).Seconds()))
		}
		failed := 0
		if b.State == "failed" {
			failed = 1
		}
		one("kexin_backup_failed", "gauge", failed)
	}
	if n, err := f.x.app.Jobs().Counts(ctx); err == nil {
		fmt.Fprintln(w, "# TYPE kexin_jobs gauge")
		for s, name := range map[job.State]string{job.Waiting: "waiting", job.Running: "running", job.Failed: "failed"} {
			fmt.Fprintf(w, "kexin_jobs{state=%q} %d\n", name, n[s])
		}
	}
	one("kexin_http_requests_in_flight", "gauge", f.busy.Load())
	fmt.Fprintln(w, "# TYPE kexin_http_requests_total counter")
	for i := 1; i < len(f.classes); i++ {
		fmt.Fprintf(w, "kexin_http_requests_total{class=\"%dxx\"} %d\n", i, f.classes[i].Load())
	}
	fmt.Fprintln(w, "# TYPE kexin_http_request_seconds histogram")
	n := int64(0)
	for i, b := range bounds {
		n += f.under[i].Load()
		fmt.Fprintf(w, "kexin_http_request_seconds_bucket{le=\"%g\"} %d\n", float64(b)/1000, n)
	}
	n += f.under[len(bounds)].Load()
	fmt.Fprintf(w, "kexin_http_request_seconds_bucket{le=\"+Inf\"} %d\nkexin_http_request_seconds_sum %g\nkexin_http_request_seconds_count %d\n", n, time.Duration(f.nanos.Load()).Seconds(), n)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	one("go_goroutines", "gauge", runtime.NumGoroutine())
	one("go_memstats_heap_alloc_bytes", "gauge", m.HeapAlloc)
	one("go_memstats_sys_bytes", "gauge", m.Sys)
}

// database tells how its connections and its writer are used.
func (f *figures) database(ctx context.Context, w io.Writer, one func(name, kind string, v any)) {
	s, err := f.x.db.Stats(ctx)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "# TYPE kexin_db_connections gauge\nkexin_db_connections{state=\"idle\"} %d\nkexin_db_connections{state=\"in_use\"} %d\n", s.Open-s.InUse, s.InUse)
	one("kexin_db_connection_waits_total", "counter", s.Waits)
	one("kexin_db_bytes", "gauge", s.Bytes)
	if f.x.db.Postgres() {
		return
	}
	one("kexin_db_wal_bytes", "gauge", s.Log)
	one("kexin_db_write_queue", "gauge", s.Queue)
	one("kexin_db_writes_total", "counter", s.Served)
	one("kexin_db_commits_total", "counter", s.Commits)
}
