package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/gate"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
	"kexin/store"
	"kexin/store/storetest"
)

// bodies are what each operation is sent; a route that is not here fails the
// test. none: no body; the key is the operation's id.
func bodies(c *cage, id kexin.ID) map[string][]any {
	one := []any{nil}
	search := []any{map[string]any{}, map[string]any{"scene": "all"}, map[string]any{"scene": "mine", "search": "金丝"}, map[string]any{"desc": true, "limit": 200}}
	edit := []any{map[string]any{"rev": 1, "fields": map[string]any{"remark": "x"}}, map[string]any{"rev": 99, "fields": map[string]any{"name": "y"}}}
	m := map[string][]any{
		"countCustomers": {map[string]any{}, map[string]any{"group": "region"}, map[string]any{"group": "stage", "where": []any{map[string]any{"field": "stage", "op": "eq", "values": []string{"new"}}}}},
		"getSchema":      one, "getToday": one, "getTimeline": one, "getConsents": one, "getLedger": one, "listAlerts": one, "closeAlert": one,
		"moveCustomer": {map[string]any{"owner": id}}, "stopCustomer": one,
		"getMe": one, "changeMe": {map[string]any{"lang": "zh-CN"}},
		"getPeople": one, "invite": {map[string]any{"name": "新人", "position": "rep"}}, "uninvite": one,
		"listLooks": one, "getKeys": one, "rotateKeys": one, "getBackups": one, "backUp": one, "changeMember": {map[string]any{}, map[string]any{"name": "x"}}, "addDept": {map[string]any{"name": "三部"}}, "changeDept": {map[string]any{"name": "四部"}}, "closeDept": one,
		"recoverMember": one, "resetFactor": one, "listDevices": one, "endDevice": one, "stepUp": {map[string]any{"code": "000000x"}}, "startTOTP": one, "confirmTOTP": {map[string]any{"code": "000000x"}},
		"listTokens": one, "makeToken": {map[string]any{"name": "t", "purpose": "crm.followup", "acts": []string{"list"}, "days": 1}}, "revokeToken": one,
		"changePassword": {map[string]any{"old": "x", "new": "y"}}, "changeOrg": {map[string]any{"contact": "0577-62500001"}}, "getNotice": one, "publishNotice": one,
		"importSources": one, "listImports": one, "declareImport": {map[string]any{}, map[string]any{"source": "exchanged", "collected": "staff", "accept": true}},
		"getCard": one, "changeCard": {map[string]any{"shown": "石语", "address": "市场 2 栋", "phone": "0577-62520001", "needs": []string{"tile"}}, map[string]any{"shown": "", "address": "", "phone": "x", "needs": []string{}}},
		"changePhoto": {"not a picture"}, "removePhoto": one, "changeOwn": {map[string]any{"phone": "13911112222", "email": "own@example.cn"}},
		"getAlliance": one, "foundAlliance": {map[string]any{"name": "安居联盟"}}, "inviteToAlliance": one, "lookAlliance": {map[string]any{"token": "x"}}, "leaveAlliance": one, "getAllianceLog": one, "joinAlliance": {map[string]any{"token": "x"}},
		"setAllianceMember": {map[string]any{"state": "verified"}}, "listShops": one, "recommendCustomer": {map[string]any{"need": "curtain", "shops": []string{id.String()}, "said": "store", "way": "copy"}, map[string]any{"need": "x", "shops": []string{"1"}, "said": "store", "way": "copy"}},
		"listReferrals": one, "listCustomerReferrals": one, "cancelReferral": one, "listInbox": one, "getArrival": one, "acceptReferral": one, "rejectReferral": one, "loseReferral": one, "winReferral": one,
		"revealCustomer": reveals("phone", "wechat", "name", "birthday", "remark", "sum"), "revealContact": reveals("phone", "email", "name"),
		"contactCustomer": {map[string]any{"channel": "call"}, map[string]any{"channel": "wechat"}, map[string]any{"channel": "call", "contact": c.ids["contacts"][1]}},
		"getEvidence":     one, "lookup": {map[string]any{"kind": "phone", "value": c.phone()}},
		"answerWord": {map[string]any{"word": "白鹭"}}, "newCounter": one, "redeemVoucher": {map[string]any{"code": "ABCD-2345"}}, "listCredits": one,
		"getImport": one, "reopenImport": {map[string]any{}}, "listImportRows": one, "changeImport": {map[string]any{}}, "confirmImport": {map[string]any{"version": 1}}, "cancelImport": one, "refusedRows": one, "renewRefusedRows": one, "sendImport": {"name\n金丝雀\n"}, "listReviews": one, "judgeReview": {map[string]any{"answer": "later"}}, "listHandedRows": one, "judgeHandedRow": {map[string]any{"answer": "later"}, map[string]any{"answer": "same"}},
	}
	for name := range c.ids {
		o := kexin.Builtin()
		for _, d := range o.Objects() {
			if d.Plural != name {
				continue
			}
			t := opTitle(d.Name)
			m["search"+t], m["get"+t], m["edit"+t] = search, one, edit
			m["create"+t] = []any{map[string]any{"fields": map[string]any{}}, map[string]any{"fields": fresh(c, d)}}
			m["delete"+t] = one
		}
	}
	return m
}

// reveals ask for fields, one by one.
func reveals(fields ...string) (out []any) {
	for _, f := range fields {
		out = append(out, map[string]any{"field": f, "reason": "caller"})
	}
	return out
}

// fresh are the fields of a new record of rep's own.
func fresh(c *cage, d *kexin.ObjectDef) map[string]any {
	customer, order := c.ids["customers"][0], c.ids["orders"][0]
	return map[string]map[string]any{
		"customer":   {"name": "新来的", "phone": "19999000001"},
		"contact":    {"customer": customer, "name": "家里人"},
		"order":      {"customer": customer, "no": "SO9", "ordered_on": "2026-03-04"},
		"order_line": {"order": order, "item": "砖", "qty": 1},
		"deal":       {"customer": customer, "need": "tile", "stage": "need"},
		"visit":      {"customer": customer, "way": "call", "note": "说好周末来", "at": "2026-03-04"},
		"task":       {"title": "盘点", "due_at": "2026-03-04"},
	}[d.Name]
}

// edits are a change to a record of rep's own, by plural.
var edits = map[string]map[string]any{"customers": {"remark": "记一笔"}, "contacts": {"title": "boss"}, "orders": {"remark": "记一笔"},
	"order-lines": {"item": "瓷砖"}, "deals": {"remark": "记一笔"}, "visits": {"note": "记一笔"}, "tasks": {"title": "盘点仓库"}}

// edit makes one change that succeeds: rep's, to the last of his records.
func (k *crawler) edit(id, path string) {
	plural := strings.Split(path, "/")[3]
	record := k.c.ids[plural][0]
	if gone := plural != "customers" && plural != "orders"; gone {
		k.s.As("rep", "POST", "/api/v1/"+plural, map[string]any{"fields": fresh(k.c, k.s.Store.Schema().Named(objectOf(plural)))}).Into(k.t, 201, &struct{ ID *kexin.ID }{&record})
	}
	var rec struct{ Rev int64 }
	k.s.Get("rep", "/api/v1/"+plural+"/"+record.String(), &rec)
	r := k.s.As("rep", "PATCH", "/api/v1/"+plural+"/"+record.String(), map[string]any{"rev": rec.Rev, "fields": edits[plural]})
	if k.done[id] = r.Status == 200; !k.done[id] {
		k.t.Errorf("%s by its owner: %d %s", id, r.Status, r.Body)
	}
	for _, x := range k.c.found(append(headerBytes(r), r.Body...)) {
		k.t.Errorf("%s answers with %s", id, x.what(k.s.Store.Schema()))
	}
}

func objectOf(plural string) string {
	for _, d := range kexin.Builtin().Objects() {
		if d.Plural == plural {
			return d.Name
		}
	}
	return ""
}

func opTitle(s string) string {
	parts := strings.Split(s, "_")
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

var pathID = regexp.MustCompile(`\{[a-z]+\}`)

// A crawler calls operations as every position.
type crawler struct {
	t     testing.TB
	s     *sitetest.Site
	c     *cage
	state *gate.State
	calls int
	done  map[string]bool // operations that succeeded for somebody
	shown map[string]int  // by page of hers, and by operation: full values that were shown
	url   string          // of the site, for browsers
	names int             // where among the canaries the names of members begin, with rep's
	phone *apptest.Phone
	third *storetest.World // a member of the alliance to whom no customer comes; nil = there is none
}

// TestCanaries lives on a site as its people, its customers and another
// merchant do, looking at every step at what everybody gets; then it calls every
// operation as every position with own, foreign, deleted and random ids. It
// looks for values that who asks may not see: in bodies, headers, pages,
// messages, the log and every file of the data directory. Each operation
// succeeds for somebody, so that it is not refusals alone that were seen.
func TestCanaries(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			k, w, foreign := newCrawler(t, engine)
			k.s = sitetest.On(t, w, func(c *app.Config) { c.Transports, c.Public = []app.Transport{k.phone}, "https://kexin.example" })
			k.crawl(foreign)
			t.Logf("%d calls, %d canaries", k.calls, len(k.c.canaries))
		})
	}
}

// newCrawler makes a world with the records of four people, and of somebody of
// another merchant.
func newCrawler(t testing.TB, engine string) (k *crawler, w, foreign *storetest.World) {
	t.Helper()
	clock := storetest.NewClock()
	clock.Move(sitetest.Start)
	w = storetest.New(t, storetest.Ready(t, engine)(db.Config{Clock: clock.Now}), clock)
	k = &crawler{t: t, c: &cage{ids: map[string][]kexin.ID{}}, done: map[string]bool{}, shown: map[string]int{}, phone: apptest.NewPhone(kexin.BySMS)}
	schema := w.Store.Schema()
	for _, who := range []string{"rep", "rep2", "rep3", "rep4"} {
		k.c.fill(w, who, schema)
	}
	foreign = w.Another("外人的店")
	foreign.Seat("rep", kexin.Rep, 0)
	k.c.fill(foreign, "rep", schema)
	return k, w, foreign
}

// TestSensitiveCanaries: a sensitive field, which no built-in one is, is shown
// to nobody by any question, and takes nothing from anybody.
func TestSensitiveCanaries(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			k, w, _ := newCrawler(t, engine)
			w.Store.Schema().Field(kexin.CustBirthday).Class = kexin.Sensitive
			k.s = sitetest.On(t, w)
			s := k.s
			s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
			typed := k.keep(kexin.CustBirthday, s.Org, 0, true)
			where := func(op string, v ...any) any {
				return map[string]any{"scene": "mine", "where": []any{map[string]any{"field": "birthday", "op": op, "values": v}}}
			}
			for who := range s.Staff {
				for _, body := range []any{map[string]any{"fields": []string{"name", "birthday"}}, map[string]any{"sort": "birthday"}, map[string]any{"search": typed.text}, where("eq", typed.text), where("gte", "1900-01-01"), where("empty")} {
					k.look("search", who, s.As(who, "POST", "/api/v1/customers/search", body), nil)
				}
				k.look("count", who, s.As(who, "POST", "/api/v1/customers/count", map[string]any{"group": "birthday"}), nil)
				for _, id := range k.c.ids["customers"] {
					p := "/api/v1/customers/" + id.String()
					k.look("reveal", who, s.As(who, "POST", p+"/reveal", map[string]any{"field": "birthday", "reason": "caller"}), nil)
					k.look("edit", who, s.As(who, "PATCH", p, map[string]any{"rev": 1, "fields": map[string]any{"birthday": typed.text}}), nil)
					for _, more := range []string{"", "/timeline", "/evidence", "/consents"} {
						k.look("get"+more, who, s.As(who, "GET", p+more, nil), nil)
					}
				}
				r := s.As(who, "POST", "/api/v1/customers", map[string]any{"fields": map[string]any{"name": "新来的", "birthday": typed.text}})
				if k.look("create", who, r, nil); (r.Status < 300) != (who == "owner") { // whose own it is, he fills in
					t.Errorf("%s writes a sensitive field: %d", who, r.Status)
				}
			}
			s.App.Flush()
			k.outside()
			t.Logf("%d calls", k.calls)
		})
	}
}

// crawl lives on the filled site and calls everything.
func (k *crawler) crawl(foreign *storetest.World) {
	s, schema := k.s, k.s.Store.Schema()
	s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
	k.looker(schema)
	k.deleteOne(schema)
	k.named()
	k.share(foreign)
	k.lists()
	k.work()
	s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
	known := bodies(k.c, s.Staff["analyst"].User)
	for _, last := range []bool{false, true} {
		for path, item := range s.Site.API.OpenAPI().Paths {
			k.path(path, item, known, last)
		}
	}
	k.verified()
	k.doors()
	k.figures()
	k.leave()
	s.App.Flush()
	k.outside()
}

// named gives two members names that stand nowhere else: for colleagues, and for
// nobody outside.
func (k *crawler) named() {
	k.t.Helper()
	k.names = len(k.c.canaries)
	for i, who := range []string{"rep", "owner"} {
		x := canary{text: "金丝雀员工" + string(rune('甲'+i)), org: k.s.Org, clear: true}
		k.c.canaries = append(k.c.canaries, x)
		k.act("changeMember", "owner", "PATCH", "members/"+k.s.Staff[who].User.String(), map[string]any{"name": x.text}, nil)
	}
}

// deleteOne removes a record of each kind that can be: what is gone is asked
// for too.
func (k *crawler) deleteOne(schema *kexin.Schema) {
	for _, o := range []kexin.Object{kexin.OrderLine, kexin.Contact, kexin.Deal, kexin.Visit, kexin.Task, kexin.Order} {
		d := schema.Object(o)
		id := k.c.ids[d.Plural][0]
		if o == kexin.Order { // the first one is needed
			k.s.As("rep", "POST", "/api/v1/orders", map[string]any{"fields": fresh(k.c, d)}).Into(k.t, 201, &struct{ ID *kexin.ID }{&id})
			k.c.ids[d.Plural] = append(k.c.ids[d.Plural], id)
		}
		var rec struct{ Rev int64 }
		k.s.Get("rep", "/api/v1/"+d.Plural+"/"+id.String(), &rec)
		k.act("delete"+opTitle(d.Name), "rep", "DELETE", fmt.Sprintf("%s/%v?rev=%d", d.Plural, id, rec.Rev), nil, nil)
	}
}

// operations are the ids of a path's operations, by method.
func (k *crawler) operations(item any) map[string]string {
	k.t.Helper()
	var ops map[string]struct{ OperationID string }
	if err := json.Unmarshal(jsonOf(k.t, item), &ops); err != nil {
		k.t.Fatal(err)
	}
	out := map[string]string{}
	for method, op := range ops {
		out[method] = op.OperationID
	}
	return out
}

func jsonOf(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// path calls every operation of a path, the last ones or the others.
func (k *crawler) path(path string, item any, known map[string][]any, last bool) {
	for method, id := range k.operations(item) {
		if slices.Contains(lastly, id) != last || id == "logout" {
			continue
		}
		sends, ok := known[id]
		if !ok {
			k.t.Errorf("%s %s (%s) has no row in the crawler's table", method, path, id)
			continue
		}
		for who := range k.s.Staff {
			k.op(id, who, strings.ToUpper(method), path, sends)
		}
		k.op(id, thirdOwner, strings.ToUpper(method), path, sends)
		if _, record := edits[strings.Split(path, "/")[3]]; record && method == "patch" {
			k.edit(id, path)
		}
		if !k.done[id] {
			k.t.Errorf("%s %s (%s) succeeded for nobody: the crawl saw refusals alone", method, path, id)
		}
	}
}

// targets are the ids to ask a path for: every record of its own kind, one of
// each other, one that never was and one that cannot be.
func (k *crawler) targets(path string) (out []string) {
	if !pathID.MatchString(path) {
		return []string{path}
	}
	ids := []kexin.ID{1, 999999999999999999}
	if strings.HasPrefix(path, "/api/v1/members/") {
		ids = append(ids, k.s.Staff["rep4"].User, k.s.Staff["analyst"].User)
	}
	for plural, list := range k.c.ids {
		if !strings.HasPrefix(path, "/api/v1/"+plural+"/") {
			list = list[1:2]
		}
		ids = append(ids, list...)
	}
	for _, id := range ids {
		out = append(out, pathID.ReplaceAllString(path, id.String()))
	}
	return out
}

func (k *crawler) op(id, who, method, path string, sends []any) {
	for _, target := range k.targets(path) {
		if method == "DELETE" {
			target += "?rev=77"
		}
		for _, body := range sends {
			r := k.s.As(who, method, target, body)
			if who == thirdOwner {
				k.look(id, who, r, k.ofThird)
				continue
			}
			k.calls++
			k.done[id] = k.done[id] || r.Status < 300
			if r.Status >= 500 {
				k.t.Errorf("%s %s %s: %d %s", who, method, target, r.Status, r.Body)
			}
			for _, x := range k.c.found(append(headerBytes(r), r.Body...)) {
				if !x.may(k.state, k.s.Staff[who]) && !k.asked(id, who, target, body, r.Status, x) {
					k.t.Errorf("%s %s %s shows %s of %v", who, method, target, x.what(k.s.Store.Schema()), x.owner)
				}
			}
		}
	}
}

func headerBytes(r sitetest.Reply) []byte {
	var b bytes.Buffer
	for k, v := range r.Header {
		fmt.Fprintln(&b, k, v)
	}
	return b.Bytes()
}
