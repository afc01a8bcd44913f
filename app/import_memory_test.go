package app

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/intake"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store/storetest"
)

// TestImportPerRow: what a pass keeps in memory of the rows that it has read is
// within what the gauge allows for each: of a list with little in it, of one in
// which each row has all that a person can be known by, and of orders of people
// who are not found.
func TestImportPerRow(t *testing.T) {
	c := storetest.NewClock()
	c.Move(200 * 24 * time.Hour)
	b := newBench(storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{Clock: c.Now}), c))
	const few, many = 3000, 12_000
	wide := "客户姓名,手机,备用电话,微信,邮箱,地址,订单号,下单日期,登记日期,登记方式,成交金额,备注" + strings.Repeat(",型号", 28) + "\n"
	for _, x := range []struct {
		name, head string
		of         string
		outcome    kexin.Outcome
		row        func(n int) string
	}{
		{"narrow", "客户姓名,手机,登记方式,登记日期\n", "", kexin.OutNew, func(n int) string {
			return fmt.Sprintf("王秀%c,138%08d,到店登记,2024-05-06", '一'+rune(n%5000), n)
		}},
		{"wide", wide, "", kexin.OutNew, func(n int) string {
			return fmt.Sprintf("王秀%c,138%08d,139%08d,wx_shop%d,k%d@example.com,温州市鹿城区香榭名邸%d-3-101,SO%07d,2024-05-06,2024-05-01,到店登记,31400,%s%s",
				'一'+rune(n%5000), n, n, n, n, n, n, strings.Repeat("想看哑光地砖", 20), strings.Repeat(",A-1203", 28))
		}},
		{"orders", "手机,订单号,下单日期,商品,数量,单价\n", "order", kexin.OutRefused, func(n int) string { return fmt.Sprintf("138%08d,SO%07d,2024-05-06,地砖%d,3,128", n, n, n) }},
	} {
		held := func(rows int) int64 {
			var s strings.Builder
			s.WriteString(x.head)
			for n := range rows {
				s.WriteString(x.row(n) + "\n")
			}
			m := declared()
			m.Object = x.of
			return b.held(m, []byte(s.String()), x.outcome, rows)
		}
		held(few) // what is made once is there then
		per := (held(many) - held(few)) / (many - few)
		t.Logf("%s: %d bytes a row", x.name, per)
		if per > importPerRow {
			t.Errorf("%s: %d bytes a row, %d are allowed for", x.name, per, importPerRow)
		}
	}
}

// held reads a file as a dry run does and gives the bytes that the pass holds
// behind the last row.
func (b *bench) held(m Manifest, file []byte, o kexin.Outcome, rows int) int64 {
	b.TB.Helper()
	ctx, owner := b.TB.Context(), b.stepped("owner")
	x, err := b.app.DeclareImport(ctx, owner, m)
	b.must(err)
	_, err = b.app.ReceiveImport(ctx, owner, x.ID, bytes.NewReader(file), int64(len(file)))
	b.must(err)
	before := live()
	r, err := b.app.start(ctx, b.Org, x.ID, nil)
	b.must(err)
	defer r.close()
	b.must(r.understand())
	note, err := newNotebook(b.app.stageDir(b.Org, x.ID))
	b.must(err)
	defer note.Close()
	for lines, err := range r.steps(ctx, 0, func(intake.Row) {}) {
		b.must(err)
		b.must(r.tryOut(ctx, lines, note))
	}
	if r.counts.Outcomes[o] != rows {
		b.TB.Fatalf("%v, want %d %s", r.counts.Outcomes, rows, o)
	}
	after := live()
	runtime.KeepAlive(note)
	runtime.KeepAlive(file)
	return after - before
}

// live is what the heap holds once garbage is collected.
func live() int64 {
	for range 3 { // what a pool keeps outlives one
		runtime.GC()
	}
	return heapOf("/gc/heap/live:bytes")
}
