package api_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/api"
	"kexin/internal/front/fronttest"
)

// A counter is a server with somebody in every position, records of the rep's, and
// programs, as they are first asked for.
type counter struct {
	w        *fronttest.World
	people   map[string]*fronttest.Client
	made     map[string]kexin.ID // record by plural
	programs map[string]*fronttest.Client
}

// caseFields is what a record is made of besides what it hangs on, and caseEdits
// what of it is changed.
var (
	caseFields = map[string]obj{
		"customers": {"name": "王秀兰", "phone": "13812345678"}, "contacts": {"name": "李强", "phone": "13712345678"}, "orders": {"no": "SO1", "ordered_on": "2026-03-01"}, "order-lines": {"item": "砖", "qty": 1},
		"deals": {"need": []string{"tile"}, "stage": "need"}, "visits": {"way": "call", "note": "说好周末来", "at": int64(1_772_000_000_000)}, "tasks": {"title": "盘点", "due_at": int64(1_772_000_000_000)},
	}
	caseEdits = map[string]obj{"customers": {"remark": "x"}, "contacts": {"name": "李明"}, "orders": {"remark": "x"}, "order-lines": {"item": "灯"}, "deals": {"remark": "x"}, "visits": {"note": "x"}, "tasks": {"title": "清点"}}
)

func newCounter(t *testing.T, w *fronttest.World) *counter {
	t.Helper()
	w.Found(kexin.Company)
	d := &counter{w: w, people: map[string]*fronttest.Client{"owner": w.Owner}, made: map[string]kexin.ID{}, programs: map[string]*fronttest.Client{}}
	for _, p := range kexin.Positions[1:] {
		d.people[string(p)] = w.Join(string(p), p)
	}
	for _, name := range []string{"rep2", "disabled", "left"} {
		d.people[name] = w.Join(name, kexin.Rep)
	}
	for _, plural := range []string{"customers", "contacts", "orders", "order-lines", "deals", "visits", "tasks"} {
		var made api.Written
		said(t, d.people["rep"].Send("POST", "/api/v1/"+plural, obj{"fields": d.fields(plural)}), 201).JSON(t, &made)
		d.made[plural] = made.ID
	}
	return d
}

// fields are those of a new record on the rep's customer or order.
func (d *counter) fields(plural string) obj {
	out := obj{}
	for k, v := range caseFields[plural] {
		out[k] = v
	}
	switch plural {
	case "customers":
	case "order-lines":
		out["order"] = d.made["orders"]
	default:
		out["customer"] = d.made["customers"]
	}
	return out
}

// program is the one of who~purpose/acts.
func (d *counter) program(who string) *fronttest.Client {
	if d.programs[who] == nil {
		name, bound, _ := strings.Cut(who, "~")
		purpose, list, _ := strings.Cut(bound, "/")
		var acts []kexin.Act
		for a := range strings.SplitSeq(list, "+") {
			acts = append(acts, kexin.Act(a))
		}
		d.programs[who] = d.people[name].NewToken(kexin.PurposeCode(purpose), acts...)
	}
	return d.programs[who]
}

// client is whoever asks: a person, his program, or a program that names
// another purpose than its own.
func (d *counter) client(who string) *fronttest.Client {
	part := strings.Split(who, "~")
	if len(part) == 1 {
		return d.people[who]
	}
	c := d.program(part[0] + "~" + part[1])
	c.Header.Del("Kexin-Purpose")
	if len(part) == 3 {
		c.Header.Set("Kexin-Purpose", part[2])
	}
	return c
}

// rev is the revision of the rep's record, as its owner sees it.
func (d *counter) rev(t *testing.T, plural string) (r struct{ Rev int64 }) {
	t.Helper()
	said(t, d.people["rep"].Get("/api/v1/"+plural+"/"+id(d.made[plural])), 200).JSON(t, &r)
	return r
}

func (d *counter) ask(t *testing.T, who, what, plural string) string {
	t.Helper()
	c, path := d.client(who), "/api/v1/"+plural
	one := path + "/" + id(d.made[plural])
	var a fronttest.Answer
	switch what {
	case "list":
		a = c.Send("POST", path+"/search", obj{})
	case "get":
		a = c.Get(one)
	case "edit":
		a = c.Send("PATCH", one, obj{"rev": d.rev(t, plural).Rev, "fields": caseEdits[plural]})
	case "create":
		f := d.fields(plural)
		if plural == "customers" {
			delete(f, "phone") // the same customer again is another matter
		}
		a = c.Send("POST", path, obj{"fields": f})
	case "delete":
		a = c.Send("DELETE", one+"?rev=1", nil)
	case "reveal":
		a = c.Send("POST", one+"/reveal", obj{"field": "phone", "reason": "caller"})
	case "contact":
		a = c.Send("POST", one+"/contact", obj{"channel": "call"})
	case "count":
		a = c.Send("POST", path+"/count", obj{"group": "stage"})
	case "lookup":
		d.w.Move(time.Minute)
		a = c.Send("POST", "/api/v1/lookup", obj{"kind": "phone", "value": "13512345678"})
	case "log":
		a = c.Get("/api/v1/ledger")
	case "imports":
		a = c.Get("/api/v1/imports")
	default:
		t.Fatalf("nobody can %s", what)
	}
	return heard(t, a)
}

// heard is the answer in a word.
func heard(t *testing.T, a fronttest.Answer) string {
	t.Helper()
	if a.Status < 300 {
		return "ok"
	}
	var p api.Problem
	a.JSON(t, &p)
	if word := map[string]string{"not_found": "absent", "forbidden": "refused", "withheld": "withheld", "invalid": "invalid", "unauthorized": "nobody"}[p.Code]; word != "" {
		return word
	}
	return p.Code + " " + a.Body
}

// Every line of the table, on both engines. Programs of those who go are made
// while they are there.
func TestCases(t *testing.T) {
	text, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	fronttest.Both(t, routes, func(t *testing.T, w *fronttest.World) {
		d := newCounter(t, w)
		for _, name := range []string{"disabled", "left"} {
			d.program(name + "~crm.followup/list+get+edit")
		}
		said(t, w.Owner.Send("PATCH", member(t, w, d.people["left"]), obj{"leaving": "2026-03-01"}), 200)
		said(t, w.Owner.Send("PATCH", member(t, w, d.people["disabled"]), obj{"active": false}), 200)
		n, asked := 0, []string{}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) == 0 || f[0] == "#" {
				continue
			}
			if len(f) != 5 || f[3] != "=>" {
				t.Fatalf("malformed: %s", line)
			}
			for who := range strings.SplitSeq(f[0], ",") {
				for what := range strings.SplitSeq(f[1], ",") {
					for plural := range strings.SplitSeq(f[2], ",") {
						n++
						if got := d.ask(t, who, what, plural); got != f[4] {
							t.Errorf("%s %s %s => %s: got %s", who, what, plural, f[4], got)
						}
					}
				}
			}
			asked = append(asked, strings.Split(f[1], ",")...)
		}
		slices.Sort(asked)
		t.Logf("%d cases: %v", n, slices.Compact(asked))
	})
}
