package demo_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/demo"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/law"
	"kexin/share"
	"kexin/store"
	"kexin/vault"
)

// A built demonstration, and an app over it as the server has one.
type built struct {
	t      *testing.T
	store  *store.Store
	app    *app.App
	clock  *demo.Clock
	phones *demo.Phones
	dir    string
	tried  bool
}

// opened is the day of every town that is built here, also after midnight.
var opened = time.Now()

func build(t *testing.T) *built {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a town of seven thousand customers")
	}
	c := demo.NewClock(opened)
	d := dbtest.Empty(t, "sqlite")(db.Config{Clock: c.Now})
	s, err := store.Open(t.Context(), d, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, func() kexin.Instant { return kexin.At(c.Now()) })
	if err != nil {
		t.Fatal(err)
	}
	b := &built{t: t, store: s, clock: c, dir: t.TempDir()}
	log := slog.New(slog.DiscardHandler)
	if b.phones, err = demo.NewPhones(b.dir, func() kexin.Instant { return kexin.At(c.Now()) }); err != nil {
		t.Fatal(err)
	}
	if err := demo.Build(t.Context(), s, log, c, b.phones, b.dir, func(string) {}); err != nil {
		t.Fatal(err)
	}
	b.app = app.New(app.Config{Store: s, Log: log, Now: c.Now, Data: b.dir, Transports: []app.Transport{b.phones}})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.app.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return b
}

// enter sits down as one of the people.
func (b *built) enter(name string) kexin.Actor {
	b.t.Helper()
	people, err := demo.People(b.t.Context(), b.store)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range people {
		if p.Name != name {
			continue
		}
		path, err := p.Door(b.t.Context(), b.app)
		if err != nil {
			b.t.Fatal(err)
		}
		token := filepath.Base(path)
		if w, err := b.app.DemoDoor(b.t.Context(), app.From{}, token); err != nil || w.Name != name {
			b.t.Fatalf("%+v %v", w, err)
		}
		in, err := b.app.EnterDemo(b.t.Context(), app.From{Lang: "zh-CN"}, token)
		if err != nil {
			b.t.Fatal(err)
		}
		if !b.tried { // once: wrong links are counted
			b.tried = true
			if _, err := b.app.EnterDemo(b.t.Context(), app.From{}, token); kexin.CodeOf(err) != kexin.NotFound {
				b.t.Errorf("a door opens twice: %v", err)
			}
		}
		seat, err := b.app.Seat(b.t.Context(), in.Session.Text(), "")
		if err != nil || seat.Actor.User == 0 {
			b.t.Fatalf("%s is not at work: %v", name, err)
		}
		return seat.Actor
	}
	b.t.Fatalf("no door for %s", name)
	return kexin.Actor{}
}

// TestTown: the demonstration is what its script says, its files do what they
// are for, and its hall keeps staff and customers apart.
func TestTown(t *testing.T) {
	b := build(t)
	t.Run("marked", b.marked)
	t.Run("people", b.people)
	t.Run("states", b.states)
	t.Run("known", b.known)
	t.Run("night", b.night)
	t.Run("hall", b.hall)
	lin := b.enter("林国栋")
	b.own(lin)
	b.owners(lin)
}

// marked: every merchant is invented, for ever, and everybody is there.
func (b *built) marked(t *testing.T) {
	all, err := b.store.Merchants(t.Context())
	if err != nil || len(all) != 6 {
		t.Fatalf("%d merchants: %v", len(all), err)
	}
	for _, m := range all {
		if !m.Demo {
			t.Errorf("%s is not marked", m.Name)
		}
	}
	people, err := demo.People(t.Context(), b.store)
	if err != nil || len(people) != 18 {
		t.Errorf("%d people: %v", len(people), err)
	}
}

// people: everybody whom one may be has a home page, and who works has
// something to do.
func (b *built) people(t *testing.T) {
	people, err := demo.People(t.Context(), b.store)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range people {
		today, err := b.app.Today(t.Context(), b.enter(p.Name))
		looks := p.Position == kexin.Marketing || p.Position == kexin.Analyst || p.Position == kexin.PIO || p.Position == kexin.Auditor
		if err != nil || (len(today.Due) == 0) != looks {
			t.Errorf("%s has %d things to do today: %v", p.Name, len(today.Due), err)
		}
	}
	for who, want := range map[string]int64{"林国栋": 483, "徐海峰": 6199} {
		groups, _, err := b.app.Count(t.Context(), b.enter(who), kexin.Query{Act: kexin.ActCount, Object: kexin.Customer})
		var n int64
		for _, g := range groups {
			n += g.N
		}
		if err != nil || n < want-want/50 || n > want+want/50 {
			t.Errorf("%s has %d customers, want about %d: %v", who, n, want, err)
		}
	}
}

// find is a customer by name, as somebody sees her.
func (b *built) find(a kexin.Actor, name string) (id kexin.ID) {
	b.t.Helper()
	l, err := b.app.Find(b.t.Context(), a, kexin.Query{Object: kexin.Customer, Search: name, Fields: []kexin.FieldID{kexin.CustName}})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range l.Rows {
		if r.Cells[0].Value.S == name {
			id = r.ID
		}
	}
	return id
}

// states: what the tour's customers are for.
func (b *built) states(t *testing.T) {
	ctx := t.Context()
	sights := map[string]share.Sight{}
	lin := b.enter("林国栋")
	sent, _, err := b.app.Sent(ctx, lin)
	for _, s := range sent {
		sights[s.Name.Value.S+" "+s.Need] = s.Sight
	}
	for who, want := range map[string]share.Sight{"李建国 curtain": share.SeeWon, "张伟 curtain": share.SeeDeclined, "陈美珍 cabinet": share.SeeDone, "赵阿香 cabinet": share.SeeClosed, "赵阿香 appliance": share.SeeClosed, "郑美玲 curtain": share.SeeClosed} {
		if sights[who] != want || err != nil {
			t.Errorf("%s: %q, want %q (%v)", who, sights[who], want, err)
		}
	}
	chen := b.enter("陈晓雯")
	born, err := b.app.Reveal(ctx, chen, kexin.Customer, b.find(chen, "王秀兰"), kexin.CustBirthday, "check")
	if on, bad := time.Parse(time.DateOnly, born.Value); err != nil || bad != nil || on.AddDate(62, 0, 0).After(b.clock.Now()) || on.AddDate(63, 0, 0).Before(b.clock.Now()) {
		t.Errorf("王秀兰 is not 62: %+v %v", born.Value, err)
	}
	zhang := b.find(lin, "张伟")
	if _, err := b.app.Recommend(ctx, b.enter("陈晓雯"), app.Recommendation{Customer: zhang, Need: "curtain", Shops: []kexin.ID{b.org("晴窗窗帘店")}, Said: "store", Way: app.WayCopy}); kexin.LawOf(err) != "E_REASK_COOLDOWN" {
		t.Errorf("张伟 is asked again: %v", err)
	}
	box, _, err := b.app.Inbox(ctx, b.enter("孙婷"))
	if err != nil || len(box) != 2 || box[0].State != share.Submitted || box[1].State != share.Revoked {
		t.Errorf("the cabinet maker's inbox: %+v %v", box, err)
	} else if start := demo.Morning(b.clock.Now()); box[0].Due.Sub(kexin.At(start)).Round(time.Hour) != 20*time.Hour {
		t.Errorf("陈美珍 waits until %s, %s after the demonstration begins", box[0].Due.Time(), box[0].Due.Sub(kexin.At(start)))
	}
	if alerts, err := b.app.Alerts(ctx, lin); err != nil || !slices.ContainsFunc(alerts, func(x app.Alert) bool {
		return x.Code == store.AlertSilent && x.Done == 0 && x.Args["peer"] == b.org("家和电器有限公司").String()
	}) {
		t.Errorf("家和 is silent, and nobody is told: %+v %v", alerts, err)
	}
	if box, _, err := b.app.Inbox(ctx, b.enter("鲁平")); err != nil || len(box) != 1 || box[0].State != share.Revoking || box[0].Outcome != "" {
		t.Errorf("家和 answers: %+v %v", box, err)
	}
	if shops, err := b.app.Shops(ctx, b.enter("陈晓雯"), "appliance"); err != nil || slices.ContainsFunc(shops, func(c store.Card) bool { return c.Org == b.org("家和电器有限公司") }) {
		t.Errorf("家和 is recommended: %+v %v", shops, err)
	}
	ye := b.enter("叶丽萍")
	words := func(name string) (out []consent.State) {
		rec, _, _, err := b.app.Consents(ctx, ye, b.find(ye, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, r := range rec {
			out = append(out, r.State)
		}
		return out
	}
	if got := words("郑女士"); !slices.Contains(got, consent.Expired) || slices.Contains(got, consent.Given) {
		t.Errorf("郑女士: %v", got)
	}
	if got := words("何阿姨"); slices.Contains(got, consent.Given) || slices.Contains(got, consent.Requested) {
		t.Errorf("何阿姨: %v", got)
	}
	if _, err := b.app.Contact(ctx, ye, kexin.Customer, b.find(ye, "何阿姨"), kexin.ByCall); err == nil {
		t.Error("何阿姨 is called, who said that it is not her")
	}
	if got := words("李先生"); !slices.Contains(got, consent.Given) {
		t.Errorf("李先生: %v", got)
	}
	credits, err := b.app.Credits(ctx, ye)
	if err != nil || !slices.ContainsFunc(credits, func(c app.CreditLine) bool { return c.Kind == "voucher" && c.N > 0 }) {
		t.Errorf("vouchers: %+v %v", credits, err)
	}
	if today, err := b.app.Today(ctx, b.enter("温静")); err != nil || !slices.ContainsFunc(today.Alerts, func(x app.Alert) bool { return x.Code == "contact_breaker" }) {
		t.Errorf("no alert: %+v %v", today.Alerts, err)
	}
	liu := b.enter("刘志强")
	l, err := b.app.Find(ctx, liu, kexin.Query{Object: kexin.Customer, Scene: kexin.Mine, Fields: []kexin.FieldID{kexin.CustName}})
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, r := range l.Rows {
		if _, err := b.app.Contact(ctx, liu, kexin.Customer, r.ID, kexin.ByCall); err == nil {
			shown++
		}
	}
	if shown > law.LeavingPerDay {
		t.Errorf("刘志强 still sees %d numbers", shown)
	}
	x, err := b.app.Alliance(ctx, b.enter("周敏"))
	for _, m := range x.Members {
		if want := map[string]store.MemberState{"家和电器": store.Suspended}[m.Card.Shown]; want != "" && m.State != want {
			t.Errorf("%s is %s", m.Card.Shown, m.State)
		}
	}
	if err != nil || len(x.Members) != 6 {
		t.Errorf("%d members: %v", len(x.Members), err)
	}
	for _, p := range b.phones.All() {
		if p.Name == "李建国" && (len(p.Messages) != 4 || p.Messages[2].Kind != "code" || p.Messages[3].Kind != "link") {
			t.Errorf("on 李建国's phone: %+v", p.Messages)
		}
	}
}

// known: whom the script knows by how they came and by what was noted of them: two
// records with one number typed in two ways, a code of a door in a note, a question
// where the number comes from.
func (b *built) known(t *testing.T) {
	numbers := map[string]string{}
	for _, c := range []struct {
		who, name, source string
		days              int // ago, when the customer came
		noted             int // days ago; 0 = nothing is asked of it
		note              string
	}{
		{"陈晓雯", "吴晓峰", "store", 80, 0, ""},
		{"马骏", "吴晓锋", "wechat", 20, 0, ""},
		{"丁宁", "蔡文静", "store", 70, 6, ""}, // her own rep does not read it any more
		{"孙婷", "胡志远", "store", 210, 4, "问怎么有我电话，已说明是去年到店登记的"},
	} {
		a, at := b.enter(c.who), demo.Morning(b.clock.Now())
		id := b.find(a, c.name)
		rec, err := b.app.Get(t.Context(), a, kexin.Customer, id)
		if err != nil {
			t.Errorf("%s of %s: %v", c.name, c.who, err)
			continue
		}
		of := func(f kexin.FieldID) string {
			return rec.View.Cells[slices.IndexFunc(rec.Fields, func(x *kexin.Field) bool { return x.ID == f })].Value.S
		}
		if day := kexin.DayOf(at.AddDate(0, 0, -c.days)); of(kexin.CustSource) != c.source || of(kexin.CustSourceOn) != string(day) {
			t.Errorf("%s came by %s on %s, want %s on %s", c.name, of(kexin.CustSource), of(kexin.CustSourceOn), c.source, day)
		}
		if c.noted == 0 {
			x, err := b.app.Reveal(t.Context(), a, kexin.Customer, id, kexin.CustPhone, "check")
			if numbers[c.name] = x.Value; err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		line, err := b.app.Timeline(t.Context(), a, id)
		if !slices.ContainsFunc(line.Moments, func(m app.Moment) bool {
			return m.Kind == "visit" && m.Note.Value.S == c.note && (m.Note.Level == kexin.Masked) == (c.note == "") && kexin.DayOf(m.At.Time().In(at.Location())) == kexin.DayOf(at.AddDate(0, 0, -c.noted))
		}) {
			t.Errorf("of %s it is noted: %+v %v", c.name, line.Moments, err)
		}
	}
	if numbers["吴晓峰"] == "" || numbers["吴晓峰"] != numbers["吴晓锋"] {
		t.Errorf("one number typed in two ways: %v", numbers)
	}
}

func (b *built) org(name string) (id kexin.ID) {
	all, err := b.store.Merchants(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range all {
		if m.Name == name {
			id = m.ID
		}
	}
	return id
}

// night: whatever the real time is, the town may call its customers: the rule
// for first contact is asked with the town's time, and holds.
func (b *built) night(t *testing.T) {
	if now := b.clock.Now(); law.Quiet(now.In(time.FixedZone("", 8*3600)), law.China()) != nil {
		t.Errorf("it is %s there", now)
	}
}

func (b *built) declare(a kexin.Actor, file string) (app.Batch, error) {
	b.t.Helper()
	f, err := os.Open(filepath.Join(b.dir, "demo", file))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		b.t.Fatal(err)
	}
	x, err := b.app.DeclareImport(b.t.Context(), a, app.Manifest{Source: kexin.FromVisit, Collected: "staff", Accept: true})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err = b.app.ReceiveImport(b.t.Context(), a, x.ID, bytes.NewReader(body), int64(len(body))); err != nil {
		return x, err
	}
	for range 1200 {
		if x, err = b.app.Import(b.t.Context(), a, x.ID); err != nil || x.State == "ready" || x.State == "refused" || x.State == "failed" {
			return x, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatal("the import goes on for ever")
	return x, nil
}

func (b *built) own(a kexin.Actor) {
	x, err := b.declare(a, demo.OwnList)
	if err != nil {
		b.t.Fatal(err)
	}
	want := map[kexin.Outcome]int{kexin.OutNew: 44, kexin.OutSame: 6, kexin.OutReview: 4, kexin.OutRefused: 3, kexin.OutAside: 3}
	for o, n := range want {
		if x.Outcomes[o] != n {
			b.t.Errorf("%s: %d, want %d (%s %v)", o, x.Outcomes[o], n, x.State, x.Outcomes)
		}
	}
}

func (b *built) owners(a kexin.Actor) {
	x, err := b.declare(a, demo.OwnersList)
	if err != nil {
		b.t.Fatal(err)
	}
	if x.State != "refused" {
		b.t.Errorf("%s %s", x.State, x.Fault)
	}
}
