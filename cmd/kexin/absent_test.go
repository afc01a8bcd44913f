package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/gate"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
	"kexin/store"
)

// nobodys is an id that never was.
const nobodys kexin.ID = 999999999999999999

var requestOn = regexp.MustCompile(`"request":"[0-9a-f]+"`)

// told is an answer without what is the request's own: its number, and the id
// that was asked for.
func toldOf(r sitetest.Reply, id kexin.ID) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	text := fmt.Sprint(r.Status, h, requestOn.ReplaceAllString(string(r.Body), ""))
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
			if calls < 2000 {
				t.Errorf("only %d calls", calls)
			}
			t.Logf("%d calls", calls)
		})
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
		map[string]any{"where": []any{map[string]any{"field": text, "op": text, text: text}}}, map[string]any{"limit": text, "fields": []any{text}, "sort": text}} {
		for _, path := range []string{"customers", "customers/search", "customers/count", "lookup", "imports", "tokens", "invites", "step-up"} {
			r := s.As("owner", http.MethodPost, "/api/v1/"+path, body)
			if b, err := json.Marshal(r.Header); err != nil || strings.Contains(string(r.Body)+string(b), "13812345678") || r.Status < 400 {
				t.Errorf("%s: %d %s", path, r.Status, r.Body)
			}
		}
	}
}
