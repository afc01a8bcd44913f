package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/i18n"
	"kexin/law"
)

// A point is one control point of the self-check: what the program sees, and
// what it cannot know, left for people to answer.
type point struct {
	Ref      string    `json:"ref"`
	Name     string    `json:"name"`
	Seen     []finding `json:"seen,omitempty"`
	Question string    `json:"question"`
	part     string
}

// selfcheckCommand writes the self-check list of 等保 level 2 (SEC-06): under
// every control point what the program finds in its own state now, and a
// question where it can know nothing. It claims no conformity. It exits with 1
// where something that it sees must be mended.
func selfcheckCommand(o *options, fs *flag.FlagSet) action {
	serveFlags(o, fs)
	return func(ctx context.Context, _ []string) (err error) {
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		d := &doctor{o: o}
		if x.options != nil {
			lang := *x.options // what the running server was started with, in the asker's language
			lang.lang = o.lang
			d.o = &lang
		}
		d.look(ctx, x)
		if err := d.posture(ctx, x); err != nil {
			return err
		}
		points := pointsOf(d.all, o.lang)
		if err := o.answer(points, func() { o.checklist(points) }); err != nil {
			return err
		}
		if slices.ContainsFunc(points, func(p point) bool {
			return slices.ContainsFunc(p.Seen, func(f finding) bool { return f.Level == "bad" })
		}) {
			return exitCode(1)
		}
		return nil
	}
}

// posture adds what concerns people, accounts and the log.
func (d *doctor) posture(ctx context.Context, x *opened) error {
	minutes := func(t time.Duration) string { return strconv.Itoa(int(t.Minutes())) }
	hours := func(t time.Duration) string { return strconv.Itoa(int(t.Hours())) }
	d.ok("cli.self_version", map[string]string{"version": versionText()})
	d.ok("cli.self_password", map[string]string{"min": strconv.Itoa(auth.MinPassword)})
	d.ok("cli.self_throttle", map[string]string{"n": strconv.Itoa(auth.AccountThrottle.Free), "minutes": minutes(auth.AccountThrottle.Cap)})
	strong, plain := auth.LifeOf(kexin.Owner), auth.LifeOf(kexin.Rep)
	d.ok("cli.self_life", map[string]string{"minutes": minutes(strong.Idle), "hours": hours(strong.Absolute), "idle": hours(plain.Idle), "days": strconv.Itoa(int(plain.Absolute.Hours()) / 24)})
	d.ok("cli.self_crypto", nil)
	all, err := x.app.Postures(ctx)
	for _, p := range all {
		d.merchant(p)
	}
	return err
}

// merchant adds what concerns one merchant.
func (d *doctor) merchant(p app.Posture) {
	args := map[string]string{"org": p.Org, "officer": p.Officer, "day": p.Logged.Time().Local().Format("2006-01-02")}
	for k, n := range map[string]int{"staff": p.Staff, "must": p.Must, "bare": p.Bare, "with": p.Factors, "closed": p.Closed, "open": p.Open, "auditors": p.Auditors, "alerts": p.Alerts, "version": p.Notice} {
		args[k] = strconv.Itoa(n)
	}
	say := func(fine bool, otherwise, code string) {
		level, key := "ok", "cli.self_"+code
		if !fine {
			level, key = otherwise, key+"_not"
		}
		d.all = append(d.all, finding{level, "self_" + code, d.o.words(key, args)})
	}
	say(p.Bare == 0 || p.Demo, "bad", "factor")
	say(p.Open == 0, "bad", "closed")
	say(p.Logged != 0, "bad", "log")
	say(p.Officer != "", "warn", "officer")
	say(p.Auditors > 0, "warn", "audit")
	say(p.Notice > 0, "warn", "notice")
	say(p.Alerts == 0, "warn", "alerts")
}

// pointsOf puts the findings under their control points.
func pointsOf(seen []finding, lang string) []point {
	out := make([]point, 0, len(law.Level2))
	for _, c := range law.Level2 {
		p := point{Ref: c.Ref, Name: c.ZH, Question: c.AskZH, part: c.PartZH}
		if lang == i18n.English {
			p.Name, p.Question, p.part = c.EN, c.AskEN, c.PartEN
		}
		for _, f := range seen {
			if slices.Contains(c.Facts, f.Code) {
				p.Seen = append(p.Seen, f)
			}
		}
		out = append(out, p)
	}
	return out
}

// checklist prints the list as Markdown, to be kept and filled in.
func (o *options) checklist(points []point) {
	n, marks, told := map[string]int{}, map[string]string{"ok": "✓", "warn": "!", "bad": "✗"}, map[finding]bool{}
	for _, p := range points {
		for _, f := range p.Seen {
			if !told[f] {
				n[f.Level]++
			}
			told[f] = true
		}
	}
	fmt.Fprintf(o.out, "# %s\n\n%s\n\n%s\n", o.words("cli.self.title", nil),
		o.words("cli.self.lead", map[string]string{"at": time.Now().Format("2006-01-02 15:04"), "n": strconv.Itoa(len(points))}),
		o.words("cli.self.sum", map[string]string{"ok": strconv.Itoa(n["ok"]), "warn": strconv.Itoa(n["warn"]), "bad": strconv.Itoa(n["bad"]), "ask": strconv.Itoa(len(points))}))
	for _, p := range points {
		if p.part != "" {
			fmt.Fprintf(o.out, "\n## %s %s\n", p.Ref[:strings.LastIndexByte(p.Ref, '.')], p.part)
		}
		fmt.Fprintf(o.out, "\n### %s %s\n\n", p.Ref, p.Name)
		for _, f := range p.Seen {
			fmt.Fprintf(o.out, "- %s %s\n", marks[f.Level], f.Text)
		}
		fmt.Fprintf(o.out, "- □ %s\n  %s\n", p.Question, o.words("cli.self.answer", nil))
	}
}
