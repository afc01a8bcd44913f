// Package apptest puts several parties on one server for tests: shops of an
// alliance with their staff, customers with telephones and browsers, and what
// each can do and see. A script reads like as(rep).Recommends(…),
// her.Submits(…), as(third).Looks().
package apptest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/auth"
	"kexin/internal/db"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// A Party is a server with three shops in an alliance: tile recommends,
// curtain and lamp receive; a fourth, bath, is a stranger to them.
type Party struct {
	TB    testing.TB
	DB    *db.DB
	Store *store.Store
	App   *app.App
	Clock *storetest.Clock
	Shops map[string]*Shop
	Phone *Phone
	Mail  *Phone // the mailboxes of the town
	Keys  vault.Keepers
	Zone  string // of shops that are founded from now on

	replied int
}

// A Shop is one merchant with an owner and two reps.
type Shop struct {
	Org   kexin.ID
	Name  string
	Owner kexin.Actor
	Rep   kexin.Actor
	Rep2  kexin.Actor
}

// Shown is the name over its door, as it was founded.
func (s *Shop) Shown() string { return strings.TrimSuffix(s.Name, "店") }

// shops are the names of the party, each with what it sells and its credit
// code.
var shops = []struct{ key, name, code, phone string }{
	{"tile", "石语瓷砖店", "92330382MAKXDM012G", "0577-62520001"}, {"curtain", "晴窗窗帘店", "92330382MAKXDM0398", "0577-62520002"},
	{"lamp", "明灯照明店", "92330382MAKXDM055X", "0577-62520003"}, {"bath", "外人卫浴店", "91330382MAKXDM0476", "0577-62520004"},
}

// New makes the party in an empty database whose clock is c.
func New(tb testing.TB, d *db.DB, c *storetest.Clock) *Party {
	tb.Helper()
	return NewWith(tb, d, c, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())})
}

// NewWith is New under master keys that the test keeps, with other ways to send
// than the party's phones where some are given.
func NewWith(tb testing.TB, d *db.DB, c *storetest.Clock, keys vault.Keepers, ways ...app.Transport) *Party {
	tb.Helper()
	p := &Party{TB: tb, DB: d, Clock: c, Shops: map[string]*Shop{}, Phone: NewPhone(kexin.BySMS), Mail: NewPhone(kexin.ByEmail), Keys: keys, Zone: "Asia/Shanghai"}
	var err error
	p.Store, err = store.Open(context.Background(), d, p.Keys, c.Instant)
	p.Must(err)
	if len(ways) == 0 {
		ways = []app.Transport{p.Phone, p.Mail}
	}
	p.App = app.New(app.Config{Store: p.Store, Log: slog.New(slog.DiscardHandler), Now: c.Now, Data: tb.TempDir(), Transports: ways, Public: "https://kexin.example", Replies: true})
	run, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { p.App.Run(run); close(done) }()
	tb.Cleanup(func() { stop(); <-done })
	for _, s := range shops {
		p.Founds(s.key, s.name, s.code, s.phone)
	}
	p.ally()
	p.Settle()
	return p
}

// Must ends the test on an error.
func (p *Party) Must(err error) {
	p.TB.Helper()
	if err != nil {
		p.TB.Fatal(err)
	}
}

// Arrives sends what waits and gives what a number or mailbox has got, which
// must be n messages or more.
func (p *Party) Arrives(box *Phone, to string, n int) []string {
	p.TB.Helper()
	p.Settle()
	all := box.Box(to)
	if len(all) < n {
		p.TB.Errorf("%d of %d messages came: %q", len(all), n, all)
	}
	return all
}

// Replies is what somebody answers to a text message, passed on by the provider.
func (p *Party) Replies(from, text string) error {
	p.replied++
	err := p.App.Reply(context.Background(), app.Reply{ID: fmt.Sprint("MO-", p.replied), From: from, Text: text})
	p.Settle()
	return err
}

// Settle delivers every letter and sends every message that waits; what the
// server has in its hands by itself at this moment is through then as well.
func (p *Party) Settle() {
	p.TB.Helper()
	p.Must(p.App.Deliver(context.Background()))
	_, err := p.App.SendDue(context.Background())
	p.Must(err)
}

// Ticks minds the clocks.
func (p *Party) Ticks() {
	p.TB.Helper()
	p.Must(p.App.MindClocks(context.Background()))
	p.Settle()
}

// A Staff is a member of staff at work.
type Staff struct {
	p *Party
	a kexin.Actor
}

// As is a member of staff.
func (p *Party) As(a kexin.Actor) Staff { return Staff{p, a} }

// Knows writes a customer of the member's own with a name and a phone.
func (s Staff) Knows(name, phone string) (id kexin.ID) {
	s.p.TB.Helper()
	id, err := s.p.App.Create(context.Background(), s.a, app.Draft{Object: kexin.Customer, Values: store.Values{kexin.CustName: kexin.Str(name), kexin.CustPhone: kexin.Str(phone), kexin.CustSalut: kexin.Str("aunt")}})
	s.p.Must(err)
	return id
}

// Recommends makes the question and gives the link's path.
func (s Staff) Recommends(customer kexin.ID, need string, shops ...string) string {
	s.p.TB.Helper()
	r, err := s.TryRecommend(customer, need, shops...)
	s.p.Must(err)
	return r.Path.Text()
}

// TryRecommend is Recommends with its error.
func (s Staff) TryRecommend(customer kexin.ID, need string, shops ...string) (app.Recommended, error) {
	w := app.Recommendation{Customer: customer, Need: need, Said: "store", Way: app.WayCopy}
	for _, k := range shops {
		w.Shops = append(w.Shops, s.p.Shops[k].Org)
	}
	return s.p.App.Recommend(context.Background(), s.a, w)
}

// Inbox is what the member sees of what customers sent.
func (s Staff) Inbox() []app.Arrival {
	s.p.TB.Helper()
	out, _, err := s.p.App.Inbox(context.Background(), s.a)
	s.p.Must(err)
	return out
}

// Sent is what the member sees of what was recommended.
func (s Staff) Sent() []app.SentReferral {
	s.p.TB.Helper()
	out, _, err := s.p.App.Sent(context.Background(), s.a)
	s.p.Must(err)
	return out
}

// Counter is the path of the shop's code at the counter, made anew.
func (s Staff) Counter() string {
	s.p.TB.Helper()
	path, _, err := s.p.App.NewCounter(context.Background(), s.a)
	s.p.Must(err)
	return path.Text()
}

// Accepts takes the newest of the inbox and gives the customer.
func (s Staff) Accepts() kexin.ID {
	s.p.TB.Helper()
	in := s.Inbox()
	if len(in) == 0 {
		s.p.TB.Fatal("the inbox is empty")
	}
	id, err := s.p.App.AcceptReferral(context.Background(), s.a, in[0].ID)
	s.p.Must(err)
	s.p.Settle()
	return id
}

// Calls opens a channel to a customer and gives the number.
func (s Staff) Calls(customer kexin.ID, ch kexin.Channel) (string, error) {
	v, err := s.p.App.Contact(context.Background(), s.a, kexin.Customer, customer, ch)
	return v.Value, err
}

// Glances is what the member can see without a record or the log, as text: inbox,
// what was sent, counts, what is to do today and the alerts of his shop.
func (s Staff) Glances() string {
	s.p.TB.Helper()
	ctx, a := context.Background(), s.p.App
	var b strings.Builder
	in, _, err := a.Inbox(ctx, s.a)
	fmt.Fprintf(&b, "%+v %v\n", in, err)
	sent, _, err := a.Sent(ctx, s.a)
	fmt.Fprintf(&b, "%+v %v\n", sent, err)
	credits, err := a.Credits(ctx, s.a)
	fmt.Fprintf(&b, "%+v %v\n", credits, err)
	today, err := a.Today(ctx, s.a)
	fmt.Fprintf(&b, "%+v %v\n", today, err)
	alerts, err := a.Alerts(ctx, s.a)
	fmt.Fprintf(&b, "%+v %v\n", alerts, err)
	return b.String()
}

// Looks is everything the member can see, as text: Glances, lists, records and the
// log of his shop.
func (s Staff) Looks() string {
	s.p.TB.Helper()
	ctx, a := context.Background(), s.p.App
	var b strings.Builder
	b.WriteString(s.Glances())
	for _, o := range a.Schema().Objects() {
		l, err := a.Find(ctx, s.a, kexin.Query{Object: o.Object})
		fmt.Fprintf(&b, "%+v %v\n", l.Page, err)
		for _, row := range l.Rows {
			r, err := a.Get(ctx, s.a, o.Object, row.ID)
			fmt.Fprintf(&b, "%+v %v\n", r.View, err)
		}
	}
	log, err := a.Ledger(ctx, s.a, 0)
	fmt.Fprintf(&b, "%+v %v\n", log, err)
	return b.String()
}

// Log is every entry of the member's log, the newest first, but for the daily
// commitment.
func (s Staff) Log() string { return s.entries(0) }

// LogOf are the entries about one referral, without what differs between two.
func (s Staff) LogOf(referral kexin.ID) string { return s.entries(referral) }

func (s Staff) entries(referral kexin.ID) string {
	s.p.TB.Helper()
	s.p.App.Flush() // looks of staff that wait to be written
	var b strings.Builder
	for after := kexin.ID(0); ; {
		page, err := s.p.App.Ledger(context.Background(), s.a, after)
		s.p.Must(err)
		for _, e := range page.Entries {
			after = e.ID
			switch {
			case referral != 0 && e.Refs.Referral == referral:
				fmt.Fprintf(&b, "%s %+v\n", e.Type(), e.Facts)
			case referral == 0 && e.Type() != "heads":
				fmt.Fprintf(&b, "%s\n", e.Leaf)
			}
		}
		if !page.More {
			return b.String()
		}
	}
}

// Quiet ends what the server does by itself, and what it had begun: from now on
// things happen by Settle and Ticks alone.
func (p *Party) Quiet() {
	p.TB.Helper()
	p.Must(p.App.Halt(context.Background()))
	p.Settle()
}

// beside are tables that the server fills by itself, when it seals the log or
// looks after the merchant.
var beside = map[string]bool{"ledger_tile": true, "checkpoint": true, "cosignature": true, "job": true, "job_schedule": true}

// byItself are columns that change without anybody's act: the place of a log entry
// comes with the sealing.
var byItself = map[string]bool{"ledger_entry.idx": true}

// Rows counts every row of a merchant in every table and sums up what they hold, but
// for what the server writes by itself: what changed there shows. From here on it does
// nothing in the background, which would show too.
func (p *Party) Rows(s *Shop) string {
	p.TB.Helper()
	p.Must(p.App.Halt(context.Background()))
	p.App.Flush() // looks of staff that wait to be written
	var b strings.Builder
	p.Must(p.DB.View(context.Background(), func(t *db.Tx) error {
		for _, r := range store.Registry {
			if r.Class != store.Tenant || beside[r.Name] {
				continue
			}
			rows, err := contents(t, r.Name, s.Org)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %d %x\n", r.Name, len(rows), sha256.Sum256([]byte(strings.Join(rows, "\n"))))
		}
		return nil
	}))
	return b.String()
}

// contents are a merchant's rows of a table as text, in the order of the text.
func contents(t *db.Tx, table string, org kexin.ID) (rows []string, err error) {
	all, err := db.Columns(t, table)
	if err != nil {
		return nil, err
	}
	var cols []string
	for _, c := range all {
		if !byItself[table+"."+c.Name] {
			cols = append(cols, c.Name)
		}
	}
	q := "SELECT " + strings.Join(cols, ",") + " FROM " + table + " WHERE org_id=$1"
	if table == "ledger_entry" {
		q += " AND type<>'heads'"
	}
	cells, dest := make([]cell, len(cols)), make([]any, len(cols))
	for i := range cells {
		dest[i] = &cells[i]
	}
	err = t.Each(q, []any{org}, func(r *db.Rows) error {
		err := r.Scan(dest...)
		rows = append(rows, fmt.Sprintf("%q", cells))
		return err
	})
	slices.Sort(rows)
	return rows, err
}

// A cell is one of whatever type its column has, as text.
type cell string

// Scan implements sql.Scanner.
func (c *cell) Scan(v any) error {
	*c = cell(fmt.Sprintf("%T %v", v, v))
	return nil
}

// A Her is a customer with a browser of her own.
type Her struct {
	p       *Party
	From    app.From
	Seat    app.Seat // of staff, where a member uses the browser
	Cookie  auth.Secret
	GPC     bool
	Receipt string // path of her receipt
}

// Her is a customer at an address with a new browser.
func (p *Party) Her(addr string) *Her {
	visitor, _ := auth.NewDevice()
	return &Her{p: p, From: app.From{Addr: netip.MustParseAddr(addr), Lang: "zh-CN", Visitor: visitor.Text()}}
}

// Opens follows a link's path and begins a visit, as the POST of its page does.
func (h *Her) Opens(path string) error {
	h.p.TB.Helper()
	token := strings.TrimPrefix(path, "/l/")
	if _, err := h.p.App.OpenLink(context.Background(), h.From, token); err != nil {
		return err
	}
	c, err := h.p.App.Enter(context.Background(), h.From, token, h.GPC)
	h.Cookie = c
	return err
}

// Visit is the visit of her cookie.
func (h *Her) Visit() app.Visit {
	h.p.TB.Helper()
	v, err := h.p.App.VisitOf(context.Background(), h.From, h.Cookie.Text(), h.Seat)
	h.p.Must(err)
	return v
}

// Sees is her page of the question.
func (h *Her) Sees() app.Intro {
	h.p.TB.Helper()
	in, err := h.p.App.Intro(context.Background(), h.Visit())
	h.p.Must(err)
	return in
}

// Giving is a form for the first shop of the question.
func (h *Her) Giving(name, phone string, wants ...kexin.PurposeCode) app.Giving {
	h.p.TB.Helper()
	c := h.Sees().Choices[0]
	return app.Giving{Referral: c.Referral, Shop: c.Shop.Org, Name: name, Phone: phone, Channel: kexin.ByCall, Wants: wants, Lang: "zh-CN"}
}

// Sends submits a form; her browser then shows the receipt.
func (h *Her) Sends(g app.Giving) error {
	h.p.TB.Helper()
	out, err := h.p.App.Submit(context.Background(), h.Visit(), g)
	if err != nil {
		return err
	}
	h.Cookie = out.Visit
	h.Receipt = h.Has().Path
	h.p.Settle()
	return nil
}

// Submits sends name and phone to the first shop.
func (h *Her) Submits(name, phone string, wants ...kexin.PurposeCode) {
	h.p.TB.Helper()
	h.p.Must(h.Sends(h.Giving(name, phone, wants...)))
}

// Declines says no to the first shop.
func (h *Her) Declines() error {
	h.p.TB.Helper()
	return h.p.App.Decline(context.Background(), h.Visit(), h.Sees().Choices[0].Referral)
}

// Has is her receipt.
func (h *Her) Has() app.Receipted {
	h.p.TB.Helper()
	r, err := h.p.App.HerReceipt(context.Background(), h.Visit())
	h.p.Must(err)
	return r
}

// Stops withdraws.
func (h *Her) Stops(scope string) error {
	err := h.p.App.Withdraw(context.Background(), h.Visit(), scope)
	h.p.Settle()
	return err
}

// Proves asks for a code to her number or e-mail address, reads it there and
// types it.
func (h *Her) Proves(act, number string) error {
	h.p.TB.Helper()
	ctx := context.Background()
	to, box := kexin.BySMS, h.p.Phone
	if strings.Contains(number, "@") {
		to, box = kexin.ByEmail, h.p.Mail
	}
	if err := h.p.App.SendCode(ctx, h.Visit(), act, to); err != nil {
		return err
	}
	return h.p.App.TryCode(ctx, h.Visit(), act, to, CodeIn(h.p.Arrives(box, number, 0)))
}

// code is the code in a message, in either language.
var code = regexp.MustCompile(`(?:验证码|Code) ([0-9]{6})`)

// codes are the messages with a code.
func codes(box []string) []string {
	return slices.DeleteFunc(box, func(s string) bool { return !code.MatchString(s) })
}

// CodeIn is the six digits of the newest message with a code.
func CodeIn(box []string) string {
	box = codes(box)
	if len(box) == 0 {
		return ""
	}
	return code.FindStringSubmatch(box[len(box)-1])[1]
}
