package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/intake"

	"golang.org/x/text/encoding/traditionalchinese"
)

// TestCorrections: encoding, header row and sheet are corrected where they were
// found wrongly, and what is taken are the rows of the file as it is read then.
// Another header or sheet brings other columns, so what was told of the old
// ones is forgotten. What cannot be changes nothing.
func TestCorrections(t *testing.T) {
	const came = ",walk-in,2024-05-06\n"
	head := []string{"客户姓名", "手机", "登记方式", "登记日期"}
	row := func(name, phone string) []string { return []string{name, phone, "到店登记", "2024-05-06"} }
	big5, err := traditionalchinese.Big5.NewEncoder().Bytes([]byte("name,phone,way,day\n楊瑞祥,13800000001" + came + "溫莉華,13800000002" + came + "廖森雄,13800000003" + came))
	if err != nil {
		t.Fatal(err)
	}
	list := []byte(strings.Join(head, ",") + "\n王秀英,13800000001" + came + "李娜,13800000002" + came)
	turned := append([]byte("手机,客户姓名,登记方式,登记日期\n"), list...)
	book := workbook(t, sheetOf(head, row("张敏", "13800000004"), row("刘洋", "13800000005"), row("陈静", "13800000006")), sheetOf(head, row("王秀英", "13800000001"), row("李娜", "13800000002")))
	for _, c := range []struct {
		name        string
		file        []byte
		change      ImportChange
		found, then string // encoding, header row, sheet
		rows        int
		taken       string
	}{
		{"encoding", big5, ImportChange{Encoding: "big5"}, "gb18030 1 ", "big5 1 ", 3, "廖森雄 楊瑞祥 溫莉華"},
		{"header", turned, ImportChange{Header: 2}, "utf-8 1 ", "utf-8 2 ", 2, "李娜 王秀英"},
		{"no header", list, ImportChange{Header: intake.NoHeader, Targets: map[int]string{0: "customer.name", 1: "customer.phone", 2: "customer.source", 3: "customer.source_on"}}, "utf-8 1 ", "utf-8 -1 ", 3, "李娜 王秀英"},
		{"sheet", book, ImportChange{Sheet: "客户2"}, " 1 客户1", " 1 客户2", 2, "李娜 王秀英"},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				ctx, owner := context.Background(), b.stepped("owner")
				x := b.upload(owner, declared(), c.file)
				if got := readAs(x.Guess); x.State != impReady || got != c.found {
					t.Fatalf("%s, found %q, want %q", x.State, got, c.found)
				}
				if c.change.Encoding == "" {
					_, err := b.app.ChangeImport(ctx, owner, x.ID, ImportChange{Targets: map[int]string{0: "skip"}})
					b.must(err)
					x = b.work(owner, x.ID)
				}
				for key, wrong := range map[string]ImportChange{"intake.encoding": {Encoding: "ebcdic"}, "intake.header_row": {Header: 999}, "intake.sheet": {Sheet: "客户9"}} {
					if key == "intake.encoding" && x.Guess.Format != "csv" {
						continue
					}
					if _, err := b.app.ChangeImport(ctx, owner, x.ID, wrong); keyOf(err) != key {
						t.Errorf("%s: %v", key, err)
					}
				}
				if y := b.batch(owner, x.ID); y.Version != x.Version {
					t.Errorf("what cannot be changed the batch: %+v", y)
				}
				_, err := b.app.ChangeImport(ctx, owner, x.ID, c.change)
				b.must(err)
				x = b.work(owner, x.ID)
				if got := readAs(x.Guess); got != c.then || x.Rows != c.rows {
					t.Errorf("corrected: %q with %d rows, want %q with %d", got, x.Rows, c.then, c.rows)
				}
				var names []string
				for _, r := range b.allRows(owner, b.confirm(owner, x).ID, kexin.OutNew) {
					names = append(names, r.Name.Value.S)
				}
				slices.Sort(names)
				if got := strings.Join(names, " "); got != c.taken {
					t.Errorf("taken: %s, want %s", got, c.taken)
				}
			})
		})
	}
}

// readAs says how a file is read.
func readAs(g intake.Guess) string { return fmt.Sprint(g.Encoding, " ", g.Header, " ", g.Sheet) }
