package measure

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"kexin/i18n"
)

// A printer writes a report as tables for people.
type printer struct {
	w    io.Writer
	lang string
	err  error
}

// Print writes the report in a language.
func (r *Report) Print(w io.Writer, lang string) error {
	p := &printer{w: w, lang: lang}
	m := r.Machine
	p.line(0, p.t("bench.machine", "cpu", m.CPU, "cores", strconv.Itoa(m.Cores), "memory", strconv.FormatInt(m.Memory>>30, 10), "engine", m.Engine, "go", m.Go,
		"before", short(m.LoadBefore), "after", short(m.LoadAfter)))
	for i := range r.Sizes {
		p.size(&r.Sizes[i])
	}
	if len(r.Goals) > 0 {
		p.line(0, "")
		p.line(0, p.t("bench.goals"))
	}
	for _, g := range r.Goals {
		p.goal(g)
	}
	return p.err
}

func (p *printer) size(s *Size) {
	p.line(0, "")
	p.line(0, p.t("bench.size", "rows", count(float64(s.Rows))))
	i := s.Import
	if i.Rate > 0 {
		p.line(1, p.t("bench.import", "rate", count(i.Rate), "floor", count(i.Floor), "part", short(i.OfFloor), "cells", count(float64(i.Cells)/float64(s.Rows)), "read", short(i.Read)))
	}
	p.line(1, p.t("bench.memory", "idle", mega(s.Memory.Idle), "peak", mega(s.Memory.Import), "disk", mega(s.Disk)))
	p.row(p.t("bench.one_by_one"), "p50", "p95", "p99", "ms")
	for _, o := range s.Ops {
		name := p.t("bench.op." + o.Name)
		if o.Rows > 0 {
			name += ", " + p.t("bench.rows", "n", short(o.Rows))
		}
		p.row(name, ms(o.P50), ms(o.P95), ms(o.P99))
	}
	for _, c := range s.Added {
		p.line(1, p.t("bench.added", "name", p.t("bench.op."+c.Name), "bare", ms(c.Bare), "sql", ms(c.SQL), "whole", ms(c.Whole), "added", percent(c.Added), "tosql", percent(c.ToSQL)))
	}
	if s.HTTP != nil {
		p.http(s.HTTP)
	}
}

func (p *printer) http(h *HTTP) {
	p.row(p.t("bench.http", "n", strconv.Itoa(h.Clients)), "/s", "p50", "p95", "p99 ms")
	for _, o := range h.Kexin {
		p.row(p.t("bench.op."+o.Name), count(o.PerSec), ms(o.P50), ms(o.P95), ms(o.P99))
	}
	for _, o := range h.Peer {
		p.row("PocketBase: "+p.t("bench.op."+o.Name), count(o.PerSec), ms(o.P50), ms(o.P95), ms(o.P99))
	}
	for _, o := range h.Bare {
		p.row(p.t("bench.bare."+o.Name), count(o.PerSec), ms(o.P50), ms(o.P95), ms(o.P99))
	}
	for _, v := range h.OfBare {
		p.line(1, p.t("bench.of_bare", "name", p.t("bench.bare."+v.Name), "part", short(v.Times)))
	}
	for _, v := range h.Versus {
		p.line(1, p.t("bench.versus", "name", p.t("bench.op."+v.Name), "times", short(v.Times)))
	}
	if d := h.Hidden; d != nil {
		p.line(1, p.t("bench.hidden", "n", count(float64(d.N)), "hidden", micro(d.Hidden), "absent", micro(d.Absent), "apart", percent(d.Apart), "p", strconv.FormatFloat(d.P, 'g', 2, 64)))
	}
	if len(h.Peer) > 0 {
		p.line(1, p.t("bench.peer_memory", "ours", mega(h.Peak), "theirs", mega(h.PeerPeak)))
	}
}

func (p *printer) goal(g Goal) {
	mark, bound := "✗", "bench.at_most"
	if g.Met {
		mark = "✓"
	}
	if g.Least {
		bound = "bench.at_least"
	}
	p.line(1, mark+" "+pad(p.t("bench.goal."+g.Name), 44)+pad(short(g.Value), 9)+p.t(bound, "goal", short(g.Goal)))
}

func (p *printer) t(key string, args ...string) string {
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return i18n.T(p.lang, key, m)
}

func (p *printer) row(name string, cols ...string) {
	var b strings.Builder
	b.WriteString(pad(name, 34))
	for _, c := range cols {
		b.WriteString(strings.Repeat(" ", max(1, 10-width(c))) + c)
	}
	p.line(1, b.String())
}

func (p *printer) line(indent int, text string) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.TrimRight(strings.Repeat("  ", indent)+text, " "))
	}
}

// pad fills a text up to a width of the terminal, where Chinese characters are
// two wide.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(1, n-width(s))) }

func width(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0x2e7f && !unicode.IsControl(r) {
			n++
		}
	}
	return n
}

// count writes whole numbers in groups of three.
func count(f float64) string {
	s := strconv.FormatInt(int64(f+0.5), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func mega(n int64) string { return count(float64(n) / (1 << 20)) }

func ms(f float64) string {
	if f < 0.01 {
		return strconv.FormatFloat(f, 'f', 5, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func micro(ms float64) string { return strconv.FormatFloat(ms*1000, 'f', 1, 64) }

func short(f float64) string {
	if f >= 100 {
		return count(f)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func percent(f float64) string { return strconv.FormatFloat(f*100, 'f', 0, 64) + " %" }
