package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/gate"
	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
	"kexin/store"
	"kexin/store/storetest"
)

// A canary is a value that stands nowhere else: whoever finds it knows where
// it came from.
type canary struct {
	text    string
	field   *kexin.Field
	owner   kexin.ID
	org     kexin.ID
	nowhere bool // nobody may see it
}

// The shapes of canaries by kind; n makes each its own. Phones are of a block
// that is not allocated.
func canaryText(f *kexin.Field, n int) string {
	switch f.Kind {
	case kexin.KindPhone:
		return fmt.Sprintf("+8619990%06d", 100000+n)
	case kexin.KindEmail:
		return fmt.Sprintf("canary%d@example.test", n)
	case kexin.KindWeChat:
		return fmt.Sprintf("canary_wx_%d", n)
	case kexin.KindName:
		return "金丝雀" + string(rune('一'+n))
	case kexin.KindDay:
		return fmt.Sprintf("19%02d-%02d-%02d", 50+n/200%40, 1+n%12, 1+n/12%28)
	}
	return fmt.Sprintf("金丝雀密文%dq", n)
}

type cage struct {
	canaries []canary
	ids      map[string][]kexin.ID // plural → record ids
	n        int
	spelled  map[string][][]byte
}

// fill writes one record of each object for an owner, every sealed field a
// canary.
func (c *cage) fill(w *storetest.World, who string, schema *kexin.Schema) kexin.ID {
	a := w.Staff[who]
	customer := c.record(w, a, schema.Object(kexin.Customer), 0)
	for _, o := range []kexin.Object{kexin.Contact, kexin.Order, kexin.Deal, kexin.Visit, kexin.Task} {
		id := c.record(w, a, schema.Object(o), customer)
		if o == kexin.Order {
			c.record(w, a, schema.Object(kexin.OrderLine), id)
		}
	}
	return customer
}

func (c *cage) record(w *storetest.World, a kexin.Actor, o *kexin.ObjectDef, parent kexin.ID) kexin.ID {
	vals := store.Values{}
	for _, f := range o.Fields {
		if v, ok := c.value(f); ok {
			vals[f.ID] = v
			if f.Sealed {
				c.canaries = append(c.canaries, canary{text: v.S, field: f, owner: a.User, org: w.Org})
			}
		}
	}
	var id kexin.ID
	if o.Object == kexin.Customer {
		id = w.Customer(nameOf(w, a), vals)
	} else {
		id = w.Child(a, o.Object, parent, vals)
	}
	c.ids[o.Plural] = append(c.ids[o.Plural], id)
	return id
}

func nameOf(w *storetest.World, a kexin.Actor) string {
	for n, x := range w.Staff {
		if x.User == a.User {
			return n
		}
	}
	return ""
}

func (c *cage) value(f *kexin.Field) (kexin.Value, bool) {
	c.n++
	switch {
	case f.Computed || f.Kind == kexin.KindRef:
		return kexin.Value{}, false
	case f.Sealed:
		return kexin.Str(canaryText(f, c.n)), true
	case f.Kind == kexin.KindChoice:
		return kexin.Str(f.Rule.Choices[0]), true
	case f.Kind == kexin.KindChoices:
		return kexin.Items(f.Rule.Choices[0]), true
	case f.Kind == kexin.KindDay:
		return kexin.Str("2026-02-03"), true
	case f.Kind == kexin.KindRegion:
		return kexin.Str("330382"), true
	case f.Kind == kexin.KindInstant, f.Kind == kexin.KindMoney, f.Kind == kexin.KindNumber:
		return kexin.Num(7), true
	}
	return kexin.Value{}, false
}

// may reports whether an actor may see a canary clear.
func (c canary) may(s *gate.State, a kexin.Actor) bool {
	if c.nowhere {
		return false
	}
	post := s.Matrix.Posts[a.Position]
	in, own := gate.In(s, a, post, gate.Facts{ID: 1, Owner: c.owner})
	if c.org != a.Org || !in {
		return false
	}
	l, other := s.Levels(a.Position, c.field)
	if !own {
		l = other
	}
	return l == kexin.Clear
}

// found are the canaries whose text stands in bytes, also compressed, in
// base64, in UTF-16 or in GBK.
func (c *cage) found(b []byte) (out []canary) {
	forms := [][]byte{b}
	if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
		if clear, err := io.ReadAll(z); err == nil {
			forms = append(forms, clear)
		}
	}
	for _, x := range c.canaries {
		for _, form := range forms {
			if slices.ContainsFunc(c.spell(x.text), func(s []byte) bool { return bytes.Contains(form, s) }) {
				out = append(out, x)
				break
			}
		}
	}
	return out
}

// spell is spellings, kept.
func (c *cage) spell(s string) [][]byte {
	if c.spelled == nil {
		c.spelled = map[string][][]byte{}
	}
	if c.spelled[s] == nil {
		c.spelled[s] = spellings(s)
	}
	return c.spelled[s]
}

func spellings(s string) [][]byte {
	out := [][]byte{[]byte(s), []byte(base64.StdEncoding.EncodeToString([]byte(s)))}
	if gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s)); err == nil {
		out = append(out, gbk)
	}
	var u []byte
	for _, r := range s {
		u = append(u, byte(r), byte(r>>8))
	}
	if p, ok := strings.CutPrefix(s, "+86"); ok {
		out = append(out, []byte(p))
	}
	return append(out, u)
}

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
		"recoverMember": one, "resetFactor": one, "listDevices": one, "endDevice": one, "stepUp": {map[string]any{"code": "000000"}}, "startTOTP": one, "confirmTOTP": {map[string]any{"code": "000000"}},
		"listTokens": one, "makeToken": {map[string]any{"name": "t", "purpose": "crm.followup", "acts": []string{"list"}, "days": 1}}, "revokeToken": one,
		"changePassword": {map[string]any{"old": "x", "new": "y"}}, "changeOrg": {map[string]any{"contact": "0577-62500001"}}, "getNotice": one, "publishNotice": one,
		"importSources": one, "listImports": one, "declareImport": {map[string]any{}, map[string]any{"source": "exchanged", "collected": "staff", "accept": true}},
		"getCard": one, "changeCard": {map[string]any{"shown": "石语", "address": "市场 2 栋", "phone": "0577-62520001", "needs": []string{"tile"}}, map[string]any{"shown": "", "address": "", "phone": "x", "needs": []string{}}},
		"changePhoto": {"not a picture"}, "changeOwn": {map[string]any{"phone": "13911112222", "email": "own@example.cn"}},
		"getAlliance": one, "foundAlliance": {map[string]any{"name": "安居联盟"}}, "inviteToAlliance": one, "lookAlliance": {map[string]any{"token": "x"}}, "leaveAlliance": one, "getAllianceLog": one, "joinAlliance": {map[string]any{"token": "x"}},
		"setAllianceMember": {map[string]any{"state": "verified"}}, "listShops": one, "recommendCustomer": {map[string]any{"need": "curtain", "shops": []string{id.String()}, "said": "store", "way": "copy"}, map[string]any{"need": "x", "shops": []string{"1"}, "said": "store", "way": "copy"}},
		"listReferrals": one, "listCustomerReferrals": one, "cancelReferral": one, "listInbox": one, "getArrival": one, "acceptReferral": one, "rejectReferral": one, "loseReferral": one, "winReferral": one,
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
		k.t.Errorf("%s answers with %s", id, x.field.Name)
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

// notCrawled are operations whose answer may hold full values, or which end
// what the crawl needs; each has tests of its own.
var notCrawled = map[string]string{
	"revealCustomer": "gives a full value: TestReveal", "revealContact": "gives a full value: TestReveal", "contactCustomer": "gives a full value: TestContact",
	"getEvidence": "an evidence file holds no value of hers: TestEvidence", "lookup": "answers by budget: TestLookup",
	"logout": "ends the session: portal's tests",
}

var pathID = regexp.MustCompile(`\{[a-z]+\}`)

// A crawler calls operations as every position.
type crawler struct {
	t     *testing.T
	s     *sitetest.Site
	c     *cage
	state *gate.State
	calls int
	done  map[string]bool // operations that succeeded for somebody
	shown map[string]int  // by page of hers: what she was shown of her own
	url   string          // of the site, for browsers
	phone *apptest.Phone
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
			phone := apptest.NewPhone(kexin.BySMS)
			s := sitetest.New(t, engine, func(c *app.Config) { c.Transports, c.Public = []app.Transport{phone}, "https://kexin.example" })
			k := &crawler{t: t, s: s, c: &cage{ids: map[string][]kexin.ID{}}, done: map[string]bool{}, shown: map[string]int{}, phone: phone}
			k.crawl()
			t.Logf("%d calls, %d canaries", k.calls, len(k.c.canaries))
		})
	}
}

// crawl fills the site, lives on it, and calls everything.
func (k *crawler) crawl() {
	s, schema := k.s, k.s.Store.Schema()
	for _, who := range []string{"rep", "rep2", "rep3", "rep4"} {
		k.c.fill(s.World, who, schema)
	}
	foreign := s.Another("外人的店")
	foreign.Seat("rep", kexin.Rep, 0)
	k.c.fill(foreign, "rep", schema)
	s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
	k.deleteOne(schema)
	k.share(foreign)
	k.lists()
	k.work()
	s.View(func(tx *store.Tx) error { k.state = tx.State; return nil })
	known := bodies(k.c, s.Staff["analyst"].User)
	for path, item := range s.Site.API.OpenAPI().Paths {
		k.path(path, item, known)
	}
	s.App.Flush()
	for _, x := range k.c.found(s.Logs.Bytes()) {
		k.t.Errorf("the log holds %s.%s", schema.Object(x.field.Object).Name, x.field.Name)
	}
	k.c.files(k.t, s)
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

// path calls every operation of a path.
func (k *crawler) path(path string, item any, known map[string][]any) {
	b, err := json.Marshal(item)
	if err != nil {
		k.t.Fatal(err)
	}
	var ops map[string]struct {
		OperationID string `json:"operationId"`
	}
	if err := json.Unmarshal(b, &ops); err != nil {
		k.t.Fatal(err)
	}
	for method, op := range ops {
		if notCrawled[op.OperationID] != "" {
			continue
		}
		sends, ok := known[op.OperationID]
		if !ok {
			k.t.Errorf("%s %s (%s) has no row in the crawler's table", method, path, op.OperationID)
			continue
		}
		for who := range k.s.Staff {
			k.op(op.OperationID, who, strings.ToUpper(method), path, sends)
		}
		if _, record := edits[strings.Split(path, "/")[3]]; record && method == "patch" {
			k.edit(op.OperationID, path)
		}
		if !k.done[op.OperationID] {
			k.t.Errorf("%s %s (%s) succeeded for nobody: the crawl saw refusals alone", method, path, op.OperationID)
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
			k.calls++
			k.done[id] = k.done[id] || r.Status < 300
			if r.Status >= 500 {
				k.t.Errorf("%s %s %s: %d %s", who, method, target, r.Status, r.Body)
			}
			for _, x := range k.c.found(append(headerBytes(r), r.Body...)) {
				if !x.may(k.state, k.s.Staff[who]) {
					k.t.Errorf("%s %s %s shows %s.%s of %v", who, method, target, k.s.Store.Schema().Object(x.field.Object).Name, x.field.Name, x.owner)
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

// files looks into every file of the data directory and of the database.
func (c *cage) files(t *testing.T, s *sitetest.Site) {
	dirs := []string{s.Data}
	if f := s.DB.File(); f != "" {
		dirs = append(dirs, filepath.Dir(f))
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			for _, x := range c.found(b) {
				t.Errorf("%s holds %s.%s", filepath.Base(p), s.Store.Schema().Object(x.field.Object).Name, x.field.Name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
