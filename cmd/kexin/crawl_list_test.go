package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kexin"
)

// A crawledList is a list that somebody imports, of values that stand nowhere
// else.
type crawledList struct {
	*crawler
	who   string
	id    kexin.ID
	cells []canary // all of the file
}

// lists imports one from the declaration to the last judgement for every
// position that may, and looks after each step at what every position gets of
// it.
func (k *crawler) lists() {
	k.t.Helper()
	for _, who := range []string{"owner", "leader", "rep", "rep4", "steward"} {
		x := &crawledList{crawler: k, who: who}
		x.whole()
		x = &crawledList{crawler: k, who: who}
		x.declare("")
		x.send([]byte(x.file()))
		x.settled("ready")
		k.act("cancelImport", who, "POST", x.path("/cancel"), nil, nil)
		for i := range k.c.canaries { // what was not stored stands nowhere
			k.c.canaries[i].nowhere = k.c.canaries[i].nowhere || slices.ContainsFunc(x.cells, func(c canary) bool { return c.text == k.c.canaries[i].text })
		}
		x.crawl()
	}
	k.parts()
	k.handedOver()
	k.owners()
}

// A part is a list of what hangs on customers: its header, and a row about the
// customer with a phone, its cells values of these fields.
type part struct {
	object, header, row string
	cells               []kexin.FieldID
}

var partLists = []part{
	{"contact", "客户电话,联系人,手机,登记方式,登记日期", "%s,%s,%s,到店登记,2026-01-05", []kexin.FieldID{kexin.ContName, kexin.ContPhone}},
	{"order", "电话,订单号,品名,备注,下单日期,数量,单价", "%s,%s,%s,%s,2026-01-05,1,80", []kexin.FieldID{kexin.OrdNo, kexin.LineItem, kexin.OrdRemark}},
	{"deal", "客户电话,备注,商机,阶段", "%s,%s,窗帘,已报价", []kexin.FieldID{kexin.DealRemark}},
	{"visit", "电话,跟进内容,跟进时间,跟进方式", "%s,%s,2026-01-05 10:30,电话", []kexin.FieldID{kexin.VisitNote}},
	{"task", "客户电话,任务,截止日期", "%s,%s,2027-01-05", []kexin.FieldID{kexin.TaskTitle}},
}

// parts imports what hangs on a rep's customer: a row that goes in, and one
// about nobody.
func (k *crawler) parts() {
	k.t.Helper()
	rep := k.s.Staff["rep"].User
	hers := k.c.canaries[slices.IndexFunc(k.c.canaries, func(c canary) bool { return c.is(kexin.CustPhone) && c.owner == rep })]
	for _, l := range partLists {
		k.s.Clock.Move(time.Minute) // each row asks whether she is known
		x := &crawledList{crawler: k, who: "rep", cells: []canary{hers}}
		var b strings.Builder
		b.WriteString(l.header + "\n")
		for _, nobody := range []bool{false, true} {
			phone := local(hers)
			if nobody {
				phone = x.cell(kexin.CustPhone, true)
			}
			cells := []any{phone}
			for _, f := range l.cells {
				cells = append(cells, x.cell(f, nobody))
			}
			fmt.Fprintf(&b, l.row+"\n", cells...)
		}
		x.declare(l.object)
		x.send([]byte(b.String()))
		version := x.settled("ready")
		x.crawl()
		x.act("confirmImport", x.who, "POST", x.path("/confirm"), map[string]any{"version": version}, nil)
		x.settled("done", "new", "refused")
		x.crawl()
		x.handed(2)
		x.attack()
		for _, d := range k.s.Store.Schema().Objects() {
			x.everybody(http.MethodPost, nil, "/api/v1/"+d.Plural+"/search")
		}
	}
}

// handedOver is a list of a colleague's with a row about a rep's customer: it is
// for who looks after her to judge.
func (k *crawler) handedOver() {
	k.t.Helper()
	rep := k.s.Staff["rep"].User
	hers := k.c.canaries[slices.IndexFunc(k.c.canaries, func(c canary) bool { return c.is(kexin.CustPhone) && c.owner == rep })]
	for _, answer := range []string{"same", "dismiss"} {
		k.s.Clock.Move(time.Minute)
		x := &crawledList{crawler: k, who: "rep4"}
		name, remark := x.cell(kexin.CustName, false), x.cell(kexin.CustRemark, false)
		k.give(rep, x.cells...) // about his customer: he sees them, who sent them no more
		x.declare("")
		x.send([]byte("客户姓名,手机,登记方式,登记日期,备注\n" + name + "," + local(hers) + ",到店登记,2026-01-05," + remark + "\n"))
		version := x.settled("ready")
		x.crawl()
		x.act("confirmImport", x.who, "POST", x.path("/confirm"), map[string]any{"version": version}, nil)
		x.settled("done", "same")
		x.crawl()
		x.everybody(http.MethodGet, nil, "/api/v1/handed-rows")
		var open struct {
			Items []struct {
				ID    kexin.ID
				Batch kexin.ID
			}
		}
		x.act("listHandedRows", "rep", "GET", "handed-rows", nil, &open)
		if len(open.Items) == 0 {
			x.t.Fatal("nothing was handed over")
		}
		path := "handed-rows/" + open.Items[0].Batch.String() + "/" + open.Items[0].ID.String()
		for who := range x.s.Staff {
			if who != "rep" {
				x.look("POST "+path, who, x.s.As(who, http.MethodPost, "/api/v1/"+path, map[string]any{"answer": "later"}), nil)
			}
		}
		x.act("judgeHandedRow", "rep", "POST", path, map[string]any{"answer": answer}, nil)
		x.everybody(http.MethodGet, nil, "/api/v1/handed-rows", "/api/v1/alerts", "/api/v1/today")
	}
}

func (x *crawledList) path(rest string) string { return "imports/" + x.id.String() + rest }

func (x *crawledList) cell(f kexin.FieldID, nowhere bool) string {
	c := x.keep(f, x.s.Org, x.s.Staff[x.who].User, nowhere)
	x.cells = append(x.cells, c)
	return local(c)
}

// file is a list with rows that go in, one that may be somebody in it, one that
// cannot be read and one without a source.
func (x *crawledList) file() string {
	var b strings.Builder
	b.WriteString("客户姓名,手机,地址,登记方式,登记日期,备注,身份证号\n")
	row := func(phone, way string, nowhere bool) {
		day := "2026-01-05"
		if way == "" {
			day = ""
		}
		number := x.cell(kexin.CustRemark, true) // what must not be collected: it goes back to who sent it, and nowhere
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,%s\n", x.cell(kexin.CustName, nowhere), phone, x.cell(kexin.CustAddress, nowhere), way, day, x.cell(kexin.CustRemark, nowhere), number)
	}
	shared := x.cell(kexin.CustPhone, false)
	row(shared, "到店登记", false)
	for range 3 {
		row(x.cell(kexin.CustPhone, false), "到店登记", false)
	}
	row(shared, "到店登记", false)
	row("12", "到店登记", true)
	row(x.cell(kexin.CustPhone, true), "", true)
	return b.String()
}

func (x *crawledList) declare(object string) {
	x.t.Helper()
	var b struct{ ID kexin.ID }
	body := map[string]any{"source": "own_visit", "collected": "staff", "accept": true}
	if object != "" {
		body["object"] = object
	}
	x.act("declareImport", x.who, "POST", "imports", body, &b)
	x.id = b.ID
}

func (x *crawledList) send(file []byte) {
	x.t.Helper()
	r := x.s.Request(x.who, http.MethodPut, "/api/v1/"+x.path("/file"), file)
	r.Header.Set("Content-Type", "application/octet-stream")
	got := x.s.Send(r)
	x.look("sendImport", x.who, got, nil)
	if x.done["sendImport"] = got.Status == http.StatusOK; got.Status != http.StatusOK {
		x.t.Fatalf("sendImport by %s: %d %s", x.who, got.Status, got.Body)
	}
}

// settled waits until the workers have done what the batch waits for.
func (x *crawledList) settled(state string, outcomes ...string) (version int64) {
	x.t.Helper()
	var b struct {
		State   string
		Version int64
		Counts  []struct {
			Outcome string
			N       int
		}
	}
	for range 6000 {
		x.act("getImport", x.who, "GET", x.path(""), nil, &b)
		if !slices.Contains([]string{"received", "reading", "queued", "running"}, b.State) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if b.State != state {
		x.t.Fatalf("the list of %s is %s, not %s\n%s", x.who, b.State, state, x.s.Logs.Bytes())
	}
	for _, c := range b.Counts {
		if slices.Contains(outcomes, c.Outcome) && c.N == 0 {
			x.t.Fatalf("no row is %s: %+v", c.Outcome, b.Counts)
		}
	}
	return b.Version
}

// crawl asks everybody for everything there is about the batch.
func (x *crawledList) crawl() {
	x.t.Helper()
	p := "/api/v1/" + x.path("")
	mine := func(who, path string) func(canary) bool {
		return func(c canary) bool { // who declared a list gets his own cells back, and nobody else
			return path == p+"/refused" && who == x.who && slices.ContainsFunc(x.cells, func(y canary) bool { return y.text == c.text })
		}
	}
	paths := []string{p, p + "/rows", p + "/reviews", p + "/refused", "/api/v1/imports", "/api/v1/alerts", "/api/v1/today", "/api/v1/ledger"}
	for _, o := range kexin.Outcomes {
		paths = append(paths, p+"/rows?outcome="+string(o))
	}
	x.everybody(http.MethodGet, mine, paths...)
}

// attack has everybody but who declared it send, change, confirm, cancel, judge
// and reopen; those who lead him may, so it is done when nothing is left to do.
func (x *crawledList) attack() {
	x.t.Helper()
	p := "/api/v1/" + x.path("")
	for who := range x.s.Staff {
		for _, c := range []struct {
			method, path string
			body         any
		}{{"PUT", p + "/file", "a,b\n1,2\n"}, {"PATCH", p, map[string]any{"header": 1}}, {"POST", p + "/confirm", map[string]any{"version": 1}}, {"POST", p + "/cancel", nil},
			{"POST", p + "/reviews/1", map[string]any{"answer": "same"}}, {"POST", p + "/reopen", map[string]any{}}} {
			x.look(c.method+" "+c.path, who, x.s.As(who, c.method, c.path, c.body), nil)
		}
	}
}

func (x *crawledList) whole() {
	x.t.Helper()
	x.declare("")
	x.crawl()
	x.send([]byte(x.file()))
	x.settled("ready")
	x.crawl()
	x.c.files(x.t, x.s)
	x.act("changeImport", x.who, "PATCH", x.path(""), map[string]any{"header": 1}, nil)
	version := x.settled("ready")
	x.crawl()
	x.act("confirmImport", x.who, "POST", x.path("/confirm"), map[string]any{"version": version}, nil)
	x.settled("done", "new", "review", "refused", "aside")
	x.crawl()
	x.handed(3)
	var open struct {
		Items []struct{ ID kexin.ID }
	}
	x.act("listReviews", x.who, "GET", x.path("/reviews"), nil, &open)
	x.act("listImportRows", x.who, "GET", x.path("/rows"), nil, nil)
	if len(open.Items) == 0 {
		x.t.Fatalf("%s has nothing to judge", x.who)
	}
	x.act("judgeReview", x.who, "POST", x.path("/reviews/"+open.Items[0].ID.String()), map[string]any{"answer": "different"}, nil)
	x.crawl()
	x.attack()
	x.crawl()
	x.everybody(http.MethodPost, nil, "/api/v1/customers/search")
}

// handed has the importer take the refused rows: his own cells are in it, so the
// crawl saw more than refusals.
func (x *crawledList) handed(least int) {
	x.t.Helper()
	x.act("renewRefusedRows", x.who, "POST", x.path("/refused"), nil, nil) // the crawl had them
	r := x.s.As(x.who, http.MethodGet, "/api/v1/"+x.path("/refused"), nil)
	n := 0
	for _, c := range x.c.found(r.Body) {
		if c.nowhere {
			n++
		}
	}
	if x.done["refusedRows"] = r.Status == http.StatusOK && n >= least; !x.done["refusedRows"] {
		x.t.Errorf("the refused rows of %s: %d, %d of his cells", x.who, r.Status, n)
	}
}

// owners is a list of owners: refused, let in by the officer, and nothing of it
// anywhere.
func (k *crawler) owners() {
	k.t.Helper()
	x := &crawledList{crawler: k, who: "rep"}
	x.declare("")
	var b strings.Builder
	b.WriteString("小区,栋,室,业主,电话\n")
	for i := range 200 {
		name, phone := fmt.Sprintf("王%c", '一'+rune(i)), fmt.Sprintf("1381234%04d", i)
		if i%20 == 0 {
			name, phone = x.cell(kexin.CustName, true), x.cell(kexin.CustPhone, true)
		}
		fmt.Fprintf(&b, "御景公馆,%d,%d%02d,%s,%s\n", 1+i/40, 1+i%40/4, 1+i%4, name, phone)
	}
	x.send([]byte(b.String()))
	x.settled("refused")
	x.crawl()
	k.act("reopenImport", "pio", "POST", x.path("/reopen"), map[string]any{"lawyer": "周正", "firm": "浙江正言律师事务所", "licence": "13303201910012345", "on": string(kexin.DayOf(k.s.Clock.Now())),
		"text": "已逐行核对原名单与店内登记簿，全部是客户本人到店登记，未见外来名单。"}, nil)
	x.crawl()
}
