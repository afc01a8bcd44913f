package lawtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/sitetest"
	"kexin/law"
	"kexin/store"
)

// A bulkDoor is an operation that can give what a customer's record holds, and
// what keeps it from being a way out in bulk.
type bulkDoor struct {
	op, who string // who gets the most of it
	method  string
	path    string
	body    any
	most    int    // records in one answer; 0 = one field of one record, by budget
	log     string // type of entry that every answer leaves
}

// crowded is how many of each thing the rep has: more than any answer may hold.
const crowded = 210

// bulkDoors are all of them. {c} is a customer with everything, {k} a contact,
// {o} an order of hers, {l} its line, {d} a deal, {v} a visit, {t} a task, {b} a
// batch, {h} one with a row about a colleague's customer.
func bulkDoors() []bulkDoor {
	most := map[string]any{"limit": 200}
	out := []bulkDoor{
		{"getTimeline", "rep", "GET", "customers/{c}/timeline", nil, 200, "list.page"},
		{"getToday", "rep", "GET", "today", nil, 200, "list.page"},
		{"listReferrals", "rep", "GET", "referrals", nil, 200, ""},
		{"listCustomerReferrals", "rep", "GET", "customers/{c}/referrals", nil, 200, ""},
		{"listInbox", "rep", "GET", "inbox", nil, 200, ""},
		{"getArrival", "rep", "GET", "customers/{c}/arrival", nil, 1, ""},
		{"listImportRows", "owner", "GET", "imports/{b}/rows", nil, 50, "list.page"},
		{"listReviews", "owner", "GET", "imports/{b}/reviews", nil, 20, "list.page"},
		{"judgeReview", "owner", "POST", "imports/{b}/reviews/1", map[string]any{"answer": "later"}, 20, "list.page"},
		{"listHandedRows", "rep", "GET", "handed-rows", nil, 20, "list.page"},
		{"judgeHandedRow", "rep", "POST", "handed-rows/{h}/1", map[string]any{"answer": "later"}, 20, "list.page"},
		{"refusedRows", "owner", "GET", "imports/{b}/refused", nil, 1, "import.handed"},
		{"sendImport", "owner", "", "", nil, 0, ""}, // takes a file in and answers as getImport does
		{"getEvidence", "owner", "GET", "customers/{c}/evidence", nil, 0, "evidence.taken"},
		{"revealCustomer", "rep", "POST", "customers/{c}/reveal", map[string]any{"field": "phone", "reason": "caller"}, 0, "value.revealed"},
		{"revealContact", "rep", "POST", "contacts/{k}/reveal", map[string]any{"field": "phone", "reason": "caller"}, 0, "value.revealed"},
		{"contactCustomer", "rep", "POST", "customers/{c}/contact", map[string]any{"channel": "call"}, 0, "contact.made"},
		{"lookup", "rep", "POST", "lookup", map[string]any{"kind": "phone", "value": "13812340007"}, 0, "lookup.asked"},
	}
	for plural, x := range map[string][2]string{"customers": {"Customer", "{c}"}, "contacts": {"Contact", "{k}"}, "orders": {"Order", "{o}"}, "order-lines": {"OrderLine", "{l}"}, "deals": {"Deal", "{d}"}, "visits": {"Visit", "{v}"}, "tasks": {"Task", "{t}"}} {
		out = append(out, bulkDoor{"search" + x[0], "rep", "POST", plural + "/search", most, 200, "list.page"}, bulkDoor{"get" + x[0], "rep", "GET", plural + "/" + x[1], nil, 1, "record.opened"})
	}
	return out
}

// givesRecords reports whether an operation's answer can hold a cell of a
// record, a value, or bytes that no schema describes.
func givesRecords(doc map[string]any, op map[string]any) bool {
	responses, _ := op["responses"].(map[string]any)
	described := false
	for status, r := range responses {
		content, _ := r.(map[string]any)["content"].(map[string]any)
		if !strings.HasPrefix(status, "2") {
			continue
		}
		if described = described || status == "204"; content == nil {
			continue
		}
		for _, c := range content {
			schema, _ := c.(map[string]any)["schema"].(map[string]any)
			if described = true; schema == nil || schema["format"] == "binary" || schema["contentEncoding"] != nil || holdsCell(doc, schema, nil) {
				return true
			}
		}
	}
	return !described
}

// holdsCell looks for a property of no type, which is how a cell is described,
// and for what lookups and reveals answer.
func holdsCell(doc, schema map[string]any, seen []string) bool {
	if ref, ok := schema["$ref"].(string); ok {
		name := ref[strings.LastIndex(ref, "/")+1:]
		if name == "Revealed" || name == "LookupAnswer" {
			return true
		}
		if slices.Contains(seen, name) {
			return false
		}
		return holdsCell(doc, doc["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any), append(seen, name))
	}
	if schema["type"] == nil && schema["properties"] == nil && schema["enum"] == nil {
		return true
	}
	props, _ := schema["properties"].(map[string]any)
	for _, p := range props {
		if holdsCell(doc, p.(map[string]any), seen) {
			return true
		}
	}
	for _, inner := range []string{"items", "additionalProperties"} {
		if p, ok := schema[inner].(map[string]any); ok && holdsCell(doc, p, seen) {
			return true
		}
	}
	return false
}

// bulkDoorsWhole: the table is what the document says, no operation more or
// less.
func bulkDoorsWhole(t *testing.T, s *sitetest.Site) {
	t.Helper()
	b, err := json.Marshal(s.Site.API.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, d := range bulkDoors() {
		listed[d.op] = true
	}
	for path, item := range doc["paths"].(map[string]any) {
		for _, op := range item.(map[string]any) {
			o := op.(map[string]any)
			id := o["operationId"].(string)
			if gives := givesRecords(doc, o); gives && !listed[id] {
				t.Errorf("%s (%s) can give what a record holds, and nothing says what bounds it", id, path)
			} else if !gives && listed[id] {
				t.Errorf("%s (%s) is listed and gives no record", id, path)
			}
			delete(listed, id)
		}
	}
	for id := range listed {
		t.Errorf("%s is no operation", id)
	}
}

// crowd fills a rep's day: many customers due now, one of them with many
// follow-ups, orders, lines, deals and tasks, and a list with rows to judge.
func crowd(t *testing.T, s *sitetest.Site) (ids map[string]string, all []kexin.ID) {
	t.Helper()
	now, rep := int64(s.Clock.Instant()), s.Staff["rep"]
	for i := range crowded {
		all = append(all, s.Customer("rep", store.Values{kexin.CustName: kexin.Str(fmt.Sprintf("王%c", '一'+rune(i))), kexin.CustPhone: kexin.Str(fmt.Sprintf("+861381234%04d", i)),
			kexin.CustWeChat: kexin.Str(fmt.Sprintf("wx_%04d", i)), kexin.CustNextAt: kexin.Num(now - int64(i+1)*1000), kexin.CustSource: kexin.Str("store"), kexin.CustSourceOn: kexin.Str(string(kexin.DayOf(s.Clock.Now())))}))
	}
	c := all[0]
	order := s.Child(rep, kexin.Order, c, store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-01-02"), kexin.OrdStatus: kexin.Str("open")})
	last := map[string]kexin.ID{"{c}": c, "{o}": order}
	for i := range crowded {
		last["{k}"] = s.Child(rep, kexin.Contact, c, store.Values{kexin.ContName: kexin.Str("李强"), kexin.ContPhone: kexin.Str(fmt.Sprintf("+861381235%04d", i))})
		s.Child(rep, kexin.Order, c, store.Values{kexin.OrdNo: kexin.Str(fmt.Sprint("SX", i)), kexin.OrdOn: kexin.Str("2026-01-02"), kexin.OrdStatus: kexin.Str("open")})
		last["{l}"] = s.Child(rep, kexin.OrderLine, order, store.Values{kexin.LineItem: kexin.Str("砖"), kexin.LineQty: kexin.Num(1)})
		last["{d}"] = s.Child(rep, kexin.Deal, c, store.Values{kexin.DealNeed: kexin.Items("tile"), kexin.DealStage: kexin.Str("need")})
		last["{v}"] = s.Child(rep, kexin.Visit, c, store.Values{kexin.VisitWay: kexin.Str("call"), kexin.VisitNote: kexin.Str("说好再来"), kexin.VisitAt: kexin.Num(now - int64(i)*1000)})
		last["{t}"] = s.Child(rep, kexin.Task, c, store.Values{kexin.TaskTitle: kexin.Str("送样砖"), kexin.TaskDueAt: kexin.Num(now - int64(i)*1000)})
	}
	last["{b}"], last["{h}"] = judging(t, s), handing(t, s)
	ids = map[string]string{}
	for k, id := range last {
		ids[k] = id.String()
	}
	return ids, all
}

// judging imports a list of which a row may be about a customer who is there,
// and one cannot be read.
func judging(t *testing.T, s *sitetest.Site) kexin.ID {
	t.Helper()
	s.NewCustomer("owner", map[string]any{"name": "欧阳建国", "phone": "13700000001", "address": "滨江家园3栋1201室", "region": "330302", "source": "store"})
	lines := []string{"客户姓名,手机,地址,登记方式,登记日期"}
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("赵%c,1371234%04d,,到店登记,2026-01-05", '一'+rune(i), i))
	}
	lines = append(lines, "欧阳建国,13700000002,温州市鹿城区滨江家园3栋1201室,到店登记,2026-01-05", "钱坏,12,,到店登记,2026-01-05")
	b := upload(s, "owner", kexin.FromVisit, []byte(strings.Join(lines, "\n")+"\n"))
	if b = stored(s, "owner", b); b.n(kexin.OutReview) == 0 || b.n(kexin.OutRefused) == 0 {
		t.Fatalf("nothing to judge or nothing refused: %+v", b.Counts)
	}
	return b.ID
}

// handing is a colleague's list with a row about a customer of the rep's.
func handing(t *testing.T, s *sitetest.Site) kexin.ID {
	t.Helper()
	b := stored(s, "rep4", upload(s, "rep4", kexin.FromVisit, []byte("客户姓名,手机,地址,登记方式,登记日期\n王八,13812340000,,到店登记,2026-01-05\n")))
	if b.n(kexin.OutSame) != 1 {
		t.Fatalf("nothing is handed: %+v", b.Counts)
	}
	return b.ID
}

// longest is the length of the longest array of objects in an answer.
func longest(v any) (n int) {
	switch x := v.(type) {
	case []any:
		if len(x) > 0 {
			if _, ok := x[0].(map[string]any); ok {
				n = len(x)
			}
		}
		for _, y := range x {
			n = max(n, longest(y))
		}
	case map[string]any:
		for _, y := range x {
			n = max(n, longest(y))
		}
	}
	return n
}

// numberOfList finds a number of list: not as a part of an id.
var numberOfList = regexp.MustCompile(`(^|\D)138200\d{5}(\D|$)`)

// inClear finds what crowd filled in, as it stands there or with its end hidden:
// not as a part of an id or a cursor.
var inClear = regexp.MustCompile(`(?:^|[^0-9A-Za-z+/_-])(?:(?:\+?86)?(?:1381234|1381235|1371234)(?:\d{4})?|wx_0(?:\d{3})?)(?:[^0-9A-Za-z+/_-]|$)|滨江家园`)

func noBulkWay(t *testing.T, s *sitetest.Site) {
	bulkDoorsWhole(t, s)
	ids, all := crowd(t, s)
	if n := len(inClear.FindAllString(`"1381234****" +8613812350123 "wx_0123" 滨江家园3栋; 3561381234012345678 wx_0123A_`, -1)); n != 4 {
		t.Fatalf("%d of four values are found", n)
	}
	for _, d := range bulkDoors() {
		if d.path == "" {
			continue
		}
		path := "/api/v1/" + d.path
		for k, id := range ids {
			path = strings.ReplaceAll(path, k, id)
		}
		s.App.Flush()
		before := int64(0)
		if d.log != "" {
			before = logged(s, d.log)
		}
		r := s.As(d.who, d.method, path, d.body)
		if r.Status != http.StatusOK {
			t.Errorf("%s: %d %s", d.op, r.Status, r.Body)
			continue
		}
		s.App.Flush()
		if d.log != "" && logged(s, d.log) == before {
			t.Errorf("%s left no %s in the log", d.op, d.log)
		}
		if d.most == 0 || d.op == "refusedRows" {
			continue // one value for a reason, or the importer's own cells
		}
		var body any
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Errorf("%s: %v", d.op, err)
		}
		if n := longest(body); n > d.most && !strings.HasPrefix(d.op, "get") || n > 200 {
			t.Errorf("%s gives %d at once, %d at most", d.op, n, d.most)
		}
		if v := inClear.Find(r.Body); v != nil && !strings.HasSuffix(d.op, "Review") && !strings.HasSuffix(d.op, "Reviews") {
			t.Errorf("%s gives %s in clear", d.op, v)
		}
	}
	for who := range s.Staff {
		for _, plural := range []string{"customers", "contacts", "orders", "order-lines", "deals", "visits", "tasks"} {
			for _, body := range []map[string]any{{}, {"scene": "mine"}, {"scene": "all"}, {"limit": 200}} {
				r := s.As(who, http.MethodPost, "/api/v1/"+plural+"/search", body)
				if v := inClear.Find(r.Body); v != nil {
					t.Errorf("%s lists %s %v: %s", who, plural, body, v)
				}
			}
			if r := s.As(who, http.MethodPost, "/api/v1/"+plural+"/search", map[string]any{"limit": 201}); r.Status == http.StatusOK {
				t.Errorf("%s gets more than 200 %s at once", who, plural)
			}
		}
	}
	budgets(t, s, all)
}

// budgets: what gives one full value, or says whether one is known, does so a
// limited number of times a day, each in the log.
func budgets(t *testing.T, s *sitetest.Site, all []kexin.ID) {
	t.Helper()
	runs := func(op, entry string, limit int, ask func(i int) sitetest.Reply) {
		t.Helper()
		from, n := logged(s, entry), 0
		for ; n <= limit; n++ {
			if r := ask(n); r.Status != http.StatusOK {
				if r.Status != http.StatusTooManyRequests && r.Law() != "E_STEP_UP" {
					t.Errorf("%s, the %d.: %d %s", op, n+1, r.Status, r.Body)
				}
				break
			}
		}
		if in := logged(s, entry) - from; n > limit || n == 0 || in != int64(n) {
			t.Errorf("%s was answered %d times a day with %d entries, the budget is %d", op, n, in, limit)
		}
	}
	s.Fresh("rep", false)
	if r := s.As("rep", http.MethodPost, "/api/v1/customers/"+all[1].String()+"/reveal", map[string]any{"field": "phone"}); r.Status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.Status)
	}
	runs("reveal", "value.revealed", law.RevealPerDay, func(i int) sitetest.Reply {
		return s.As("rep", http.MethodPost, "/api/v1/customers/"+all[i+1].String()+"/reveal", map[string]any{"field": "phone", "reason": "caller"})
	})
	runs("contact without a note", "contact.made", law.ContactNoNote, func(i int) sitetest.Reply {
		return s.As("rep", http.MethodPost, "/api/v1/customers/"+all[i+1].String()+"/contact", map[string]any{"channel": "call"})
	})
	runs("lookup", "lookup.asked", law.LookupPerDay, func(i int) sitetest.Reply {
		s.Clock.Move(13 * time.Second) // five a minute
		return s.As("rep", http.MethodPost, "/api/v1/lookup", map[string]any{"kind": "phone", "value": fmt.Sprintf("139%04d%04d", i*37, i*101)})
	})
}
