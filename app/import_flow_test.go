package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/ledger"
	"kexin/store"
)

// header is that of a small shop's list.
const header = "客户姓名,手机,性别,地址,需求,登记方式,订单号,登记日期,销售,成交金额,备注\n"

func csvOf(rows ...string) []byte { return []byte(header + strings.Join(rows, "\n") + "\n") }

func lawOf(err error) kexin.Law { return kexin.LawOf(err) }

// tables counts the rows of every table that an import fills.
func (b *bench) tables() string {
	var out []string
	b.View(func(tx *store.Tx) error {
		for _, t := range []string{"customer", "sale_order", "subject", "subject_key", "record_key", "name_token", "origin", "import_batch", "import_row"} {
			var n int64
			if err := tx.Row("SELECT COUNT(*) FROM "+t+" WHERE org_id=$1", tx.Org).Scan(&n); err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%s=%d", t, n))
		}
		return nil
	})
	return strings.Join(out, " ")
}

// events counts the entries of a type.
func (b *bench) events(t ledger.Type) (n int64) {
	b.View(func(tx *store.Tx) error {
		return tx.Row("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1 AND type=$2", tx.Org, string(t)).Scan(&n)
	})
	return n
}

// TestProvenance: without a declaration, and for an unlawful source, nothing is
// taken (law IMP-01, IMP-02).
func TestProvenance(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.Staff["owner"]
		before := b.tables()
		for name, c := range map[string]struct {
			change func(*Manifest)
			law    kexin.Law
		}{
			"no source":        {func(m *Manifest) { m.Source = "" }, "E_IMP_NO_PROVENANCE"},
			"unknown source":   {func(m *Manifest) { m.Source = "somewhere" }, "E_IMP_NO_PROVENANCE"},
			"not accepted":     {func(m *Manifest) { m.Accept = false }, "E_IMP_NO_PROVENANCE"},
			"nobody collected": {func(m *Manifest) { m.Collected = "" }, "E_IMP_NO_PROVENANCE"},
			"no such day":      {func(m *Manifest) { m.From = "2024-02-30" }, "E_IMP_NO_PROVENANCE"},
			"days turned":      {func(m *Manifest) { m.From, m.To = "2024-02-03", "2024-02-01" }, "E_IMP_NO_PROVENANCE"},
			"exchanged":        {func(m *Manifest) { m.Source = "exchanged" }, "E_IMP_UNLAWFUL_SOURCE"},
			"purchased":        {func(m *Manifest) { m.Source = "purchased" }, "E_IMP_UNLAWFUL_SOURCE"},
			"property manager": {func(m *Manifest) { m.Source = "property_mgmt" }, "E_IMP_UNLAWFUL_SOURCE"},
			"group members":    {func(m *Manifest) { m.Source = "group_members" }, "E_IMP_UNLAWFUL_SOURCE"},
		} {
			m := declared()
			c.change(&m)
			was := b.events("import.refused")
			if _, err := b.app.DeclareImport(ctx, owner, m); lawOf(err) != c.law {
				t.Errorf("%s: %v", name, err)
			}
			if b.events("import.refused") != was+1 {
				t.Errorf("%s: the refusal is not in the log", name)
			}
		}
		if after := b.tables(); after != before {
			t.Errorf("rows came in: %s, was %s", after, before)
		}
		if _, err := os.Stat(filepath.Join(b.app.data, stageRoot)); !errors.Is(err, os.ErrNotExist) {
			t.Error("something was written to the disk")
		}
		for _, who := range []string{"analyst", "marketing", "pio", "auditor", "service"} {
			if _, err := b.app.DeclareImport(ctx, b.Staff[who], declared()); kexin.CodeOf(err) != kexin.Forbidden {
				t.Errorf("%s may import: %v", who, err)
			}
		}
	})
}

// TestBytesNeedManifest: bytes are refused, unread, unless the batch waits for
// them.
func TestBytesNeedManifest(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.Staff["owner"]
		never := &untouched{t: t}
		if _, err := b.app.ReceiveImport(ctx, owner, 12345, never, 10); kexin.CodeOf(err) != kexin.NotFound {
			t.Error(err)
		}
		x := b.upload(owner, declared(), csvOf("王秀英,13800000001,,,,到店登记,,2024-05-06,,,"))
		if _, err := b.app.ReceiveImport(ctx, owner, x.ID, never, 10); keyOf(err) != "import.state" {
			t.Error(err)
		}
		y, err := b.app.DeclareImport(ctx, owner, declared())
		b.must(err)
		if _, err := b.app.ReceiveImport(ctx, owner, y.ID, never, 3<<30); keyOf(err) != "intake.too_large" {
			t.Error(err)
		}
		if _, err := b.app.ReceiveImport(ctx, b.Staff["leader"], y.ID, never, 10); keyOf(err) != "import.state" {
			t.Errorf("somebody else sends the file: %v", err)
		}
		if _, err := b.app.ReceiveImport(ctx, b.Staff["rep"], y.ID, never, 10); kexin.CodeOf(err) != kexin.NotFound {
			t.Errorf("a rep sees the owner's batch: %v", err)
		}
		if _, err := b.app.ReceiveImport(ctx, owner, y.ID, strings.NewReader("abc"), 10); keyOf(err) != "import.changed_on_way" {
			t.Error(err)
		}
		if _, err := b.app.ReceiveImport(ctx, owner, y.ID, &broken{strings.NewReader("abc")}, -1); keyOf(err) != "import.broken_off" {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(b.app.data, stageRoot, "*-"+y.ID.String())); len(left) != 0 {
			t.Errorf("left on the disk: %v", left)
		}
		if _, err := b.app.ReceiveImport(ctx, owner, y.ID, strings.NewReader("abc"), 3); err != nil {
			t.Errorf("after two failed tries: %v", err)
		}
		m := declared()
		m.SHA256 = strings.Repeat("0", 64)
		z, err := b.app.DeclareImport(ctx, owner, m)
		b.must(err)
		if _, err := b.app.ReceiveImport(ctx, owner, z.ID, strings.NewReader("abc"), 3); keyOf(err) != "import.changed_on_way" {
			t.Error(err)
		}
	})
}

type untouched struct{ t *testing.T }

func (u *untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("read")
}

type broken struct{ r *strings.Reader }

func (x *broken) Read(p []byte) (int, error) {
	if n, err := x.r.Read(p); err == nil {
		return n, nil
	}
	return 0, errors.New("connection reset by peer 13800000000")
}

// TestOutcomes: each rule on one row, and what is stored of it.
func TestOutcomes(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		x := b.take(csvOf(
			"王秀英,13800000001,女,乐清市学院东路399号御景公馆11-1-1003,瓷砖,到店登记,,2024-05-06,rep,,要环保", // 1 new
			"王秀瑛,+86 138-0000-0001,,,橱柜,线上咨询,,2024-06-01,,,",                          // 2 read alike: need and origin
			"王女士,13800000001、13900000002,,,,订单,SO240701,2024-07-01,,2300元,",           // 3 surname: order and second phone
			"王女士,13800000001,,,,订单,SO240701,2024-07-01,,2300元,",                       // 4 nothing new
			"陈建国,13800000001,,,,到店登记,,2024-05-06,,,",                                  // 5 same phone, another name
			"李正,1876188842,,,,到店登记,,2024-05-06,,,",                                    // 6 phone too short
			"李正,1.36905E+10,,,,到店登记,,2024-05-06,,,",                                   // 7 digits lost
			",13800000008,,,,到店登记,,2024-05-06,,,",                                     // 8 no name
			"李正,13800000009,,,,到店登记,,2023-02-30,,,",                                   // 9 no such day
			",,,,,,,,,,", // 10 empty
			"周伟,13800000011,,,,业主群,,2024-05-06,,,",     // 11 says that it is unlawful
			"周伟,13800000012,,,,,,2024-05-06,陈晓雯,,",     // 12 no source
			"周伟,13800000013,,,,,,,,,",                  // 13 nothing at all
			"周伟,13800000014,,,,,SO240801,,,\"1,200\",", // 14 an order number is a source
			"周伟,13800000014,,,,,,,,,",                  // 15 set aside, though she is known
			"孙先生,,,,,线上咨询,,2024-05-06,陈晓雯,,",           // 16 no key at all
			"孙先生,,,,,线上咨询,,2024-05-06,陈晓雯,,",           // 17 the very same
		))
		want := "new same same unchanged review refused refused refused refused refused refused aside aside new aside new unchanged"
		codes := map[int]string{5: "same_phone name_differs", 6: "phone_length", 7: "phone_lost_digits", 8: "name_empty", 9: "date_invalid", 10: "row_empty", 11: "unlawful_way", 12: "day_staff", 13: "nothing", 15: "nothing"}
		var got []string
		rows := b.rows(x.ID, x.Rows)
		for i, r := range rows {
			got = append(got, string(r.Outcome))
			if c := codes[i+1]; r.Code != c {
				t.Errorf("row %d: code %q, want %q", i+1, r.Code, c)
			}
			if kept := r.Cells != nil; kept != (r.Outcome == kexin.OutRefused || r.Outcome == kexin.OutAside || r.Outcome == kexin.OutReview) {
				t.Errorf("row %d: %s, cells kept: %v", i+1, r.Outcome, kept)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s", strings.Join(got, " "))
		}
		b.wang(t, rows[0].Record)
		if !strings.HasPrefix(b.tables(), "customer=3 sale_order=2 subject=4 subject_key=8 ") { // and the house
			t.Error(b.tables())
		}
	})
}

// wang checks the first customer of TestOutcomes.
func (b *bench) wang(t *testing.T, id kexin.ID) {
	r, err := b.app.Get(context.Background(), b.Staff["owner"], kexin.Customer, id)
	b.must(err)
	text := map[string]string{}
	for i, f := range r.Fields {
		v := r.View.Cells[i].Value
		text[f.Name] = v.S
		if v.T == kexin.Number {
			text[f.Name] = fmt.Sprint(v.N)
		}
	}
	for name, want := range map[string]string{
		"name": "王秀英", "phone": "*******0001", "phones": "*******0002", "region": "330382", "need": "tile\ncabinet", "source": "store", "source_on": "2024-05-06",
		"gender": "f", "salutation": "ms", "orders": "1", "sum": "230000", "first_on": "2024-07-01", "last_on": "2024-07-01", "type": "person",
		"owner": fmt.Sprint(int64(b.Staff["rep"].User)), "remark": "要环保；客户姓名：王秀瑛",
	} {
		if text[name] != want {
			t.Errorf("%s: %q, want %q", name, text[name], want)
		}
	}
	if len(r.Meta.Origins) != 3 || r.Meta.Source != string(kexin.FromVisit) {
		t.Errorf("%+v", r.Meta)
	}
}

// TestAgain: the same file again changes nothing, before its questions are
// judged and afterwards.
func TestAgain(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		file := csvOf(
			"王秀英,13800000001,女,乐清市御景公馆11-1-1003,瓷砖,到店登记,,2024-05-06,rep,,要环保",
			"陈建国,13800000001,,,,到店登记,,2024-05-06,,,",
			"陈建军,13800000001,,,橱柜,到店登记,,2024-05-06,,,急",
			"孙先生,,,,,线上咨询,,2024-05-06,陈晓雯,,",
			"周伟,13800000014,,,,,SO240801,2024-08-01,,\"1,200\",",
			"周伟,13800000014,,,,,,,,,",
			"李正,1876188842,,,,到店登记,,2024-05-06,,,",
		)
		x := b.take(file)
		if n := x.Outcomes[kexin.OutReview]; n != 2 {
			t.Fatalf("%v", x.Outcomes)
		}
		again := func(when string) {
			t.Helper()
			before := b.tables()
			y := b.take(file)
			if y.Outcomes[kexin.OutUnchanged] != 5 || y.Outcomes[kexin.OutAside] != 1 || y.Outcomes[kexin.OutRefused] != 1 {
				t.Errorf("%s: %v", when, y.Outcomes)
			}
			cut := func(s string) string { return s[:strings.Index(s, " import_batch")] }
			if after := b.tables(); cut(after) != cut(before) {
				t.Errorf("%s: %s, was %s", when, after, before)
			}
		}
		again("questions open")
		ctx, owner := context.Background(), b.Staff["owner"]
		all, left, err := b.app.Reviews(ctx, owner, x.ID)
		b.must(err)
		if left != 2 || len(all) != 2 {
			t.Fatalf("%d questions", left)
		}
		_, left, err = b.app.JudgeReview(ctx, owner, x.ID, 2, "different")
		b.must(err)
		if left != 1 {
			t.Errorf("%d questions left", left)
		}
		_, left, err = b.app.JudgeReview(ctx, owner, x.ID, 3, "same")
		b.must(err)
		if left != 0 {
			t.Errorf("%d questions left", left)
		}
		again("questions judged")
		y := b.batch(owner, x.ID)
		if y.Outcomes[kexin.OutReview] != 0 || y.Outcomes[kexin.OutNew] != 4 || y.Outcomes[kexin.OutSame] != 1 {
			t.Errorf("%v", y.Outcomes)
		}
	})
}

// TestAside: rows without a source are kept sealed, answered once a group, and
// destroyed after seven days with no more than their number in the log (law
// IMP-05).
func TestAside(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx, owner := context.Background(), b.Staff["owner"]
		var rows []string
		for i := range 10 {
			way := "到店登记"
			if i >= 6 {
				way = ""
			}
			rows = append(rows, fmt.Sprintf("周伟%c,1380000%04d,,,,%s,,2024-05-06,,,canary-%d", '甲'+rune(i), i, way, i))
		}
		x := b.take(csvOf(rows...))
		if x.Outcomes[kexin.OutNew] != 6 || x.Outcomes[kexin.OutAside] != 4 || len(x.Groups) != 1 || x.Groups[0] != (BatchGroup{"day", 4, ""}) || x.Purge == "" {
			t.Fatalf("%+v", x)
		}
		if file := b.refused(owner, x.ID); strings.Count(file, "canary-") != 4 || !strings.Contains(file, "no_source") {
			t.Errorf("handed back: %s", file)
		}
		b.Clock.Move(6 * 24 * time.Hour)
		b.must(b.app.PurgeImports(ctx))
		if file := b.refused(owner, x.ID); strings.Count(file, "canary-") != 4 {
			t.Error("destroyed a day early")
		}
		b.Clock.Move(25 * time.Hour)
		b.must(b.app.PurgeImports(ctx))
		if err := b.app.WriteRefusedRows(ctx, owner, x.ID, &bytes.Buffer{}, func() {}); keyOf(err) != "import.rows_gone" {
			t.Errorf("readable after its time: %v", err)
		}
		if n := b.events("import.purged"); n != 1 {
			t.Errorf("%d purge entries", n)
		}
		b.View(func(tx *store.Tx) error {
			var n int64
			if err := tx.Row("SELECT COUNT(*) FROM import_row WHERE org_id=$1 AND cells_c IS NOT NULL", tx.Org).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows with cells, %v", n, err)
			}
			k, err := tx.ImportKeys(x.ID)
			if err != nil || k.File != nil || k.Rows != nil {
				t.Errorf("keys are still there: %v", err)
			}
			return nil
		})

		// The same list with the question answered.
		a := b.stepped("owner")
		y := b.upload(a, declared(), csvOf(rows...))
		if y.Outcomes[kexin.OutUnchanged] != 6 || y.Outcomes[kexin.OutAside] != 4 {
			t.Fatalf("%v", y.Outcomes)
		}
		for _, bad := range []map[string]string{{"day": "bought"}, {"nobody": "store"}} {
			if _, err := b.app.ChangeImport(ctx, a, y.ID, ImportChange{Answers: bad}); keyOf(err) != "import.answer" {
				t.Errorf("%v: %v", bad, err)
			}
		}
		_, err := b.app.ChangeImport(ctx, a, y.ID, ImportChange{Answers: map[string]string{"day": "phone"}})
		b.must(err)
		if y = b.work(a, y.ID); y.Outcomes[kexin.OutNew] != 4 || y.Groups[0].Answer != "phone" {
			t.Fatalf("%v %v", y.Outcomes, y.Groups)
		}
		y = b.confirm(a, y)
		r, err := b.app.Get(ctx, a, kexin.Customer, b.rows(y.ID, 10)[9].Record)
		b.must(err)
		if g := r.Meta.Origins[0]; g.Kind != "answered" || g.Way != "phone" || g.Day != "2024-05-06" {
			t.Errorf("%+v", g)
		}
	})
}

// refused reads the file of rows that were not taken in.
func (b *bench) refused(a kexin.Actor, id kexin.ID) string {
	b.TB.Helper()
	var w bytes.Buffer
	if b.batch(a, id).Fetched {
		_, err := b.app.RenewRefused(context.Background(), a, id)
		b.must(err)
	}
	b.must(b.app.WriteRefusedRows(context.Background(), a, id, &w, func() {}))
	if err := b.app.WriteRefusedRows(context.Background(), a, id, &w, func() { b.TB.Error("a byte of it") }); keyOf(err) != "import.fetched" {
		b.TB.Errorf("a second time: %v", err)
	}
	return w.String()
}

// TestForeignAside: where the source is not the merchant's own, rows without a
// source go after a day.
func TestForeignAside(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		m := declared()
		m.Source, m.Page, m.From = kexin.FromPublic, "https://example.test/shops", "2024-05-01"
		a := b.stepped("owner")
		x := b.upload(a, m, csvOf("周伟,13800000001,,,,到店登记,,2024-05-06,,,", "周伟,13800000002,,,,,,,,,"))
		if x = b.confirm(a, x); x.Outcomes[kexin.OutAside] != 1 {
			t.Errorf("%v", x.Outcomes)
		}
		b.Clock.Move(25 * time.Hour)
		b.must(b.app.PurgeImports(context.Background()))
		if b.events("import.purged") != 1 {
			t.Error("still there after a day")
		}
	})
}

// TestMended: the file of refused rows, corrected, imports again.
func TestMended(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		a := b.stepped("owner")
		x := b.upload(a, declared(), csvOf("=李正,1876188842,,,,到店登记,,2024-05-06,,,-5", "周伟,13800000012,,,,,,2024-05-06,,,", "王秀英,13800000001,,,,到店登记,,2024-05-06,,,"))
		early := b.refused(a, x.ID)
		x = b.confirm(a, x)
		file := b.refused(a, x.ID)
		if early != file {
			t.Errorf("before the import %q, afterwards %q", early, file)
		}
		if !strings.Contains(file, "'=李正") || !strings.Contains(file, "phone_length") || !strings.Contains(file, "电话的位数不对") || strings.Contains(file, "王秀英") {
			t.Errorf("%s", file)
		}
		file = strings.Replace(file, "1876188842", "18761888421", 1)
		file = strings.Replace(file, "周伟,13800000012,,,,,", "周伟,13800000012,,,,到店登记,", 1)
		y := b.take([]byte(file))
		if y.Outcomes[kexin.OutNew] != 2 || y.Rows != 2 {
			t.Errorf("%v", y.Outcomes)
		}
		r, err := b.app.Get(context.Background(), a, kexin.Customer, b.rows(y.ID, 2)[0].Record)
		b.must(err)
		if name := r.View.Cells[0].Value.S; name != "=李正" {
			t.Errorf("%q", name)
		}
	})
}

// TestImportOfTheDepartment: a batch, the list of batches, the figures of the
// home page and the alerts of people in a leader's departments are his, those
// of other departments do not exist for him; the file of refused rows is the
// importer's alone, and each time it is handed out is in the log (A14, I7).
func TestImportOfTheDepartment(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		b.Seat("leader2", kexin.Leader, b.Depts[2])
		rep, lead, other := b.Staff["rep"], b.Staff["leader"], b.Staff["leader2"]
		x := b.upload(rep, declared(), csvOf("王秀英,13800000001,,,,到店登记,,2024-05-06,,,", "周伟,13800000002,,,,,,,,,秘密备注"))
		b.Update(func(tx *store.Tx) error {
			return tx.Alert("contact_breaker", map[string]string{"member": rep.User.String()})
		})
		acts := map[string]func(a kexin.Actor) error{
			"open":    func(a kexin.Actor) error { _, err := b.app.Import(ctx, a, x.ID); return err },
			"rows":    func(a kexin.Actor) error { _, err := b.app.ImportRows(ctx, a, x.ID, "", 0); return err },
			"reviews": func(a kexin.Actor) error { _, _, err := b.app.Reviews(ctx, a, x.ID); return err },
			"refused": func(a kexin.Actor) error { return b.app.WriteRefusedRows(ctx, a, x.ID, io.Discard, func() {}) },
			"change":  func(a kexin.Actor) error { _, err := b.app.ChangeImport(ctx, a, x.ID, ImportChange{}); return err },
			"confirm": func(a kexin.Actor) error { _, err := b.app.ConfirmImport(ctx, a, x.ID, x.Version); return err },
			"cancel":  func(a kexin.Actor) error { _, err := b.app.CancelImport(ctx, a, x.ID); return err },
		}
		for name, act := range acts {
			if err := act(other); kexin.CodeOf(err) != kexin.NotFound {
				t.Errorf("%s by the leader of another department: %v", name, err)
			}
		}
		if err := acts["open"](lead); err != nil {
			t.Errorf("his own leader opens it: %v", err)
		}
		for who, want := range map[string]int{"leader": 1, "leader2": 0, "owner": 1} {
			a := b.Staff[who]
			all, err := b.app.Imports(ctx, a)
			b.must(err)
			alerts, err := b.app.Alerts(ctx, a)
			b.must(err)
			day, err := b.app.Today(ctx, a)
			b.must(err)
			if len(all) != want || len(alerts) != want || len(day.Alerts) != want {
				t.Errorf("%s: %d batches, %d alerts, %d of them at home, not %d", who, len(all), len(alerts), len(day.Alerts), want)
			}
		}
		for _, who := range []string{"leader", "owner", "pio"} {
			if err := acts["refused"](b.Staff[who]); kexin.CodeOf(err) != kexin.NotFound && kexin.CodeOf(err) != kexin.Forbidden {
				t.Errorf("%s downloads a colleague's rows in clear: %v", who, err)
			}
		}
		if b.must(acts["refused"](rep)); b.events("import.handed") != 1 {
			t.Errorf("%d entries about one download", b.events("import.handed"))
		}
		x = b.confirm(rep, b.batch(rep, x.ID))
		y := b.upload(rep, declared(), csvOf("王秀瑛,13900000001,,,,到店登记,,2024-05-06,,,", "陈建国,13900000001,,,,到店登记,,2024-05-06,,,"))
		if y = b.confirm(rep, y); y.Outcomes[kexin.OutReview] != 1 {
			t.Fatalf("%v", y.Outcomes)
		}
		for who, want := range map[string]int64{"rep": 1, "leader": 1, "leader2": 0, "owner": 1, "rep4": 0} {
			if day, err := b.app.Today(ctx, b.Staff[who]); err != nil || day.Review != want {
				t.Errorf("%s is asked to judge %d rows, not %d: %v", who, day.Review, want, err)
			}
		}
	})
}
