package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
	"kexin/store"
	"kexin/store/storetest"
)

// nobodys is an id that never was.
const nobodys kexin.ID = 999999999999999999

// toldOf is an answer without what is the request's own: its number, and the id
// that was asked for.
func toldOf(r sitetest.Reply, id kexin.ID) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	text := fmt.Sprint(r.Status, h, strings.ReplaceAll(string(r.Body), r.Header.Get("X-Request-Id"), "<request>"))
	return strings.ReplaceAll(text, id.String(), "<id>")
}

// TestAbsentAlike: what is outside somebody's scope, gone, or another
// merchant's, answers every operation exactly as what never was: status,
// headers and body.
func TestAbsentAlike(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			k, w, foreign := newCrawler(t, engine)
			k.s = sitetest.On(t, w)
			s := k.s
			s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
			s.Visitor("foreign owner", foreign, "owner")
			var batch struct{ ID kexin.ID }
			s.As("rep4", "POST", "/api/v1/imports", map[string]any{"source": "own_visit", "collected": "staff", "accept": true}).Into(t, 201, &batch)
			hidden := map[string][]kexin.ID{"imports": {batch.ID}}
			for path, sent := range map[string]any{"imports": map[string]any{"source": "own_visit", "collected": "staff", "accept": true}, "depts": map[string]any{"name": "五部"}, "invites": map[string]any{"name": "来不了", "position": "rep"}} {
				s.As("foreign owner", "POST", "/api/v1/"+path, sent).Into(t, 201, &batch)
				hidden[path] = append(hidden[path], batch.ID)
			}
			hidden["members"] = []kexin.ID{foreign.Staff["rep"].User, foreign.Staff["owner"].User}
			owners := map[kexin.ID]kexin.ID{}
			for _, x := range k.c.canaries {
				owners[x.record] = x.owner
			}
			known, paths, calls := bodies(k.c, foreign.Staff["rep"].User), s.Site.API.OpenAPI().Paths, 0
			for _, path := range slices.Sorted(maps.Keys(paths)) {
				if !pathID.MatchString(path) {
					continue
				}
				ops := k.operations(paths[path])
				for _, method := range slices.Sorted(maps.Keys(ops)) {
					for who, a := range s.Staff {
						for _, id := range k.unseen(path, a, hidden, owners) {
							for _, body := range known[ops[method]] {
								ask := func(id kexin.ID) string {
									r := s.Request(who, strings.ToUpper(method), pathID.ReplaceAllString(path, id.String())+"?rev=1", body)
									r.Header.Set("Idempotency-Key", "a-key-of-"+who+id.String())
									calls++
									return toldOf(s.Send(r), id)
								}
								if there, never := ask(id), ask(nobodys); there != never {
									t.Errorf("%s %s %s: what he may not see answers\n%s\nand what never was\n%s", who, method, path, there, never)
								}
							}
						}
					}
				}
			}
			k.bodiesAlike(foreign, hidden["depts"][0])
			if calls < 2000 {
				t.Errorf("only %d calls", calls)
			}
			t.Logf("%d calls", calls)
		})
	}
}

// bodiesAlike names in bodies what is another merchant's, or a colleague's out of
// scope, and what never was: the answers are the same.
func (k *crawler) bodiesAlike(foreign *storetest.World, dept kexin.ID) {
	k.t.Helper()
	s := k.s
	k.card("owner", "石语瓷砖", "tile")
	k.act("foundAlliance", "owner", "POST", "alliance", map[string]any{"name": "安居联盟"}, nil)
	last := func(plural string) kexin.ID { return k.c.ids[plural][len(k.c.ids[plural])-1] } // the other merchant's
	own := k.c.ids["customers"][0].String()
	for _, c := range []struct {
		who, method, path string
		body              func(id kexin.ID) any
		ids               []kexin.ID
	}{
		{"owner", "POST", "alliance/members/%/state", func(kexin.ID) any { return map[string]any{"state": "verified", "shown": "晴窗"} }, []kexin.ID{foreign.Org}},
		{"owner", "POST", "customers/" + own + "/owner", func(id kexin.ID) any { return map[string]any{"owner": id} }, []kexin.ID{foreign.Staff["rep"].User}},
		{"rep", "POST", "customers/" + own + "/recommend", func(id kexin.ID) any {
			return map[string]any{"need": "curtain", "shops": []string{id.String()}, "said": "store", "way": "copy"}
		}, []kexin.ID{foreign.Org}},
		{"rep", "POST", "contacts", func(id kexin.ID) any {
			return map[string]any{"fields": map[string]any{"customer": id, "name": "家里人"}}
		}, []kexin.ID{last("customers"), k.c.ids["customers"][1], k.c.ids["orders"][0]}},
		{"rep", "POST", "orders", func(id kexin.ID) any {
			return map[string]any{"fields": map[string]any{"customer": id, "no": "SO7", "ordered_on": "2026-03-04"}}
		}, []kexin.ID{last("customers"), k.c.ids["customers"][1]}},
		{"rep", "POST", "order-lines", func(id kexin.ID) any {
			return map[string]any{"fields": map[string]any{"order": id, "item": "砖", "qty": 1}}
		}, []kexin.ID{last("orders"), k.c.ids["orders"][1]}},
		{"rep", "POST", "visits", func(id kexin.ID) any {
			return map[string]any{"fields": map[string]any{"customer": id, "way": "call", "at": "2026-03-04"}}
		}, []kexin.ID{last("customers"), k.c.ids["customers"][1]}},
		{"rep", "POST", "visits", func(id kexin.ID) any {
			return map[string]any{"fields": map[string]any{"customer": k.c.ids["customers"][0], "way": "call", "at": "2026-03-04"}, "task": id}
		}, []kexin.ID{last("tasks"), k.c.ids["tasks"][1]}},
		{"rep", "POST", "customers/" + own + "/contact", func(id kexin.ID) any { return map[string]any{"channel": "call", "contact": id} }, []kexin.ID{last("contacts"), k.c.ids["contacts"][1]}},
		{"rep", "POST", "contacts/search", func(id kexin.ID) any { return map[string]any{"parent": id} }, []kexin.ID{last("customers"), k.c.ids["customers"][1]}},
		{"rep", "POST", "customers/search", func(id kexin.ID) any {
			return map[string]any{"where": []any{map[string]any{"field": "owner", "op": "eq", "values": []any{id.String()}}}}
		}, []kexin.ID{foreign.Staff["rep"].User, s.Staff["rep4"].User}},
		{"owner", "POST", "customers/count", func(id kexin.ID) any {
			return map[string]any{"where": []any{map[string]any{"field": "owner", "op": "eq", "values": []any{id.String()}}}}
		}, []kexin.ID{foreign.Staff["rep"].User}},
		{"owner", "POST", "depts", func(id kexin.ID) any { return map[string]any{"name": "八部", "parent": id} }, []kexin.ID{dept}},
		{"owner", "POST", "invites", func(id kexin.ID) any {
			return map[string]any{"name": "新人", "position": "rep", "dept": id}
		}, []kexin.ID{dept}},
		{"owner", "PATCH", "members/" + s.Staff["rep"].User.String(), func(id kexin.ID) any { return map[string]any{"dept": id} }, []kexin.ID{dept}},
		{"", "GET", "/notice/%", nil, []kexin.ID{foreign.Org}},
		{"", "GET", "/card/%/photo", nil, []kexin.ID{foreign.Org}},
	} {
		ask := func(id kexin.ID) string {
			path := strings.Replace(c.path, "%", id.String(), 1)
			if !strings.HasPrefix(path, "/") {
				path = "/api/v1/" + path
			}
			var body any
			if c.body != nil {
				body = c.body(id)
			}
			return toldOf(s.As(c.who, c.method, path, body), id)
		}
		for _, id := range c.ids {
			if id == 0 {
				k.t.Fatalf("%s %s: nothing to name", c.method, c.path)
			}
			if there, never := ask(id), ask(nobodys); there != never {
				k.t.Errorf("%s %s %s: named what he may not know of, the answer is\n%s\nand of what never was\n%s", c.who, c.method, c.path, there, never)
			}
		}
	}
}

// unseen are ids of things for a path that a member may not know of: records
// out of his scope or of another kind, and what is another merchant's.
func (k *crawler) unseen(path string, a kexin.Actor, hidden map[string][]kexin.ID, owners map[kexin.ID]kexin.ID) (out []kexin.ID) {
	part := strings.Split(path, "/")[3]
	post := k.state.Matrix.Posts[a.Position]
	for _, id := range hidden[part] {
		if mine := part == "imports" && id == hidden[part][0]; !mine || a.Position == kexin.Rep && a.User != k.s.Staff["rep4"].User {
			out = append(out, id)
		}
	}
	for plural, ids := range k.c.ids {
		for _, id := range ids {
			in, _ := gate.In(k.state, a, post, gate.Facts{ID: id, Owner: owners[id]})
			if owners[id] != 0 && (plural == part && !in || plural != part && id == ids[len(ids)-1]) {
				out = append(out, id)
			}
		}
	}
	return out
}

// TestNamesNotEchoed: a refusal does not repeat the names of properties that
// were sent, nor the values.
func TestNamesNotEchoed(t *testing.T) {
	s := sitetest.New(t, dbtest.SQLite)
	const text = "王秀兰13812345678"
	var batch struct{ ID kexin.ID }
	s.As("owner", "POST", "/api/v1/imports", map[string]any{"source": "own_visit", "collected": "staff", "accept": true}).Into(t, 201, &batch)
	for _, part := range []string{"targets", "answers"} {
		r := s.As("owner", http.MethodPatch, "/api/v1/imports/"+batch.ID.String(), map[string]any{part: map[string]any{text + ".x": 1, text: []string{text}}})
		if r.Status != http.StatusUnprocessableEntity || strings.Contains(string(r.Body), "13812345678") || !strings.Contains(string(r.Body), `"location":"body.`+part+`"`) {
			t.Errorf("%s: %d %s", part, r.Status, r.Body)
		}
	}
	for _, body := range []any{map[string]any{text: 1}, map[string]any{"fields": map[string]any{}, text: text}, map[string]any{"fields": map[string]any{text: 1}}, map[string]any{"fields": []any{map[string]any{text: 1}}},
		map[string]any{"where": []any{map[string]any{"field": text, "op": text, text: text}}}, map[string]any{"limit": text, "fields": []any{text}, "sort": text},
		map[string]any{"limit[" + text + "]": 1, "limit[13812345678]": 1, "fields[13812345678": 1}} {
		for _, path := range []string{"customers", "customers/search", "customers/count", "lookup", "imports", "tokens", "invites", "step-up"} {
			r := s.As("owner", http.MethodPost, "/api/v1/"+path, body)
			if b, err := json.Marshal(r.Header); err != nil || strings.Contains(string(r.Body)+string(b), "13812345678") || r.Status < 400 {
				t.Errorf("%s: %d %s", path, r.Status, r.Body)
			}
		}
	}
}

// TestOthersChangeNothing: what colleagues out of his scope write, and another
// merchant's people, changes nothing that a rep can ask: no list, no count, no
// order, no number of anything.
func TestOthersChangeNothing(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			k, w, foreign := newCrawler(t, engine)
			k.s = sitetest.On(t, w)
			s := k.s
			s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
			known, paths := bodies(k.c, s.Staff["rep"].User), s.Site.API.OpenAPI().Paths
			asked := 0
			all := func() map[string]string {
				out := map[string]string{}
				for _, path := range slices.Sorted(maps.Keys(paths)) {
					for method, op := range k.operations(paths[path]) {
						read := method == "get" || strings.HasPrefix(op, "search") || op == "countCustomers"
						if !read || op == "getEvidence" || op == "refusedRows" { // of the whole log; of lists
							continue
						}
						targets := []string{path}
						if pathID.MatchString(path) {
							targets = nil
							for _, ids := range k.c.ids {
								targets = append(targets, pathID.ReplaceAllString(path, ids[0].String()))
							}
						}
						for _, to := range targets {
							for i, body := range known[op] {
								s.App.Flush()
								asked++
								out[fmt.Sprint(method, " ", to, " ", i)] = toldOf(s.As("rep", strings.ToUpper(method), to, body), nobodys)
							}
						}
					}
				}
				return out
			}
			halt(t, s) // no duty changes anything meanwhile
			all()      // what he looks at is counted: the second time as the third
			before := all()
			for _, who := range []string{"rep2", "rep3", "rep4"} {
				k.c.fill(w, who, s.Store.Schema())
				k.c.fill(w, who, s.Store.Schema())
			}
			k.c.fill(foreign, "rep", s.Store.Schema())
			after := all()
			for what, was := range before {
				if after[what] != was && !looksOfHimself(what) {
					t.Errorf("%s was\n%s\nand is\n%s", what, was, after[what])
				}
			}
			if len(before) < 60 {
				t.Errorf("only %d questions", len(before))
			}
			t.Logf("%d questions, %d calls", len(before), asked)
		})
	}
}

// looksOfHimself are answers that tell how often he himself looked.
func looksOfHimself(what string) bool {
	return strings.Contains(what, "/timeline") || strings.Contains(what, "/consents")
}
