package app

import (
	"context"
	"strings"
	"testing"

	"kexin"
	"kexin/store"
)

// answer judges a row of a batch.
func (b *bench) answer(a kexin.Actor, id kexin.ID, n int, answer string) error {
	_, _, err := b.app.JudgeReview(context.Background(), a, id, n, answer)
	return err
}

// TestWhoseJudged: rows whose customer is not certain wait for a person, for each
// kind of list: a phone of two, another name, another phone beside the record
// number, and no more than name and address. Hers stores the row as the import
// would; not hers asks about the next one, and sends the row back when there is
// none. The same file again asks nothing twice.
func TestWhoseJudged(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		who["周敏"] = b.Customer("rep", store.Values{kexin.CustName: kexin.Str("周敏"), kexin.CustPhone: kexin.Str("+8613800000005"), kexin.CustType: kexin.Str("person"),
			kexin.CustRegion: kexin.Str("330302"), kexin.CustAddress: kexin.Str("学院东路399号御景公馆11-1-1003")})
		a := b.stepped("owner")
		for object, file := range map[string]string{
			"contact": "客户电话,客户,客户地址,联系人,手机,登记方式,登记日期,客户编号\n",
			"order":   "电话,客户,地址,订单号,下单日期,品名,数量,单价,客户编号\n",
			"deal":    "电话,客户,地址,商机,阶段,预计成交日期,预计金额,客户编号\n",
			"visit":   "电话,客户,地址,跟进时间,跟进方式,跟进内容,客户编号\n",
			"task":    "电话,客户,地址,任务,截止日期,客户编号\n",
		} {
			rest := map[string]string{"contact": "家人,13900002001,到店登记,2025-04-01", "order": "DD-1,2025-05-01,灯,1,80", "deal": "窗帘,已报价,2027-03-01,8000", "visit": "2025-06-01,电话,问价", "task": "回电话,2027-01-05"}[object]
			list, _ := listOf(b.app.Schema(), object)
			no := who["李正"].String()
			file += "13800000004,,," + rest + ",\n" + // two have the phone
				"13800000002,陌生人,," + rest + ",\n" + // another name
				"13711110000,,," + rest + "," + no + "\n" + // another phone beside her number
				",周敏,浙江省温州市鹿城区学院东路399号御景公馆11-1-1003," + rest + ",\n" + // name and address
				",周敏,浙江省温州市鹿城区学院东路399号御景公馆12-1-402," + rest + ",\n" + // another flat
				strings.Repeat(",,,"+rest+",12345\n", 4) // numbers of nobody: so the column is none of cards
			x := b.takeAs(a, manifestOf(object), []byte(file))
			if x.Outcomes[kexin.OutReview] != 4 || x.Refusals[refusedNobody] != 5 || x.Rows != 9 {
				t.Fatalf("%s: %v %v", object, x.Outcomes, x.Refusals)
			}
			all, left, err := b.app.Reviews(context.Background(), a, x.ID)
			b.must(err)
			if left != 4 || len(all) != 4 {
				t.Fatalf("%s: %d of %d to judge", object, len(all), left)
			}
			sides := map[int]string{}
			for _, r := range all {
				for _, s := range r.Sides {
					sides[r.Row] += b.app.Schema().Object(s.Field.Object).Name + "." + s.Field.Name + " "
				}
			}
			if !strings.Contains(sides[4], "customer.name customer.region customer.address "+object+".") || !strings.HasPrefix(sides[1], "customer.name customer.phone "+object+".") {
				t.Errorf("%s shows %v", object, sides)
			}
			asked := b.rows(x.ID, x.Rows)[0].Record
			b.must(b.answer(a, x.ID, 1, judgeDifferent))
			r := b.rows(x.ID, x.Rows)[0]
			if r.Outcome != kexin.OutReview || r.Record == asked || r.Record != who["孙芳"] && r.Record != who["周伟"] {
				t.Errorf("%s: the next one asked about: %+v", object, r)
			}
			b.must(b.answer(a, x.ID, 1, judgeSame))
			b.must(b.answer(a, x.ID, 2, judgeDifferent))
			b.must(b.answer(a, x.ID, 3, judgeSame))
			b.must(b.answer(a, x.ID, 4, judgeSame))
			rows, want := b.rows(x.ID, x.Rows), []kexin.ID{r.Record, 0, who["李正"], who["周敏"]}
			for i, of := range want {
				y := rows[i]
				if of == 0 {
					if y.Outcome != kexin.OutRefused || y.Code != refusedJudged || y.Cells == nil || y.Part != 0 {
						t.Errorf("%s row %d goes back: %+v", object, i+1, y)
					}
					continue
				}
				if y.Outcome != kexin.OutNew || y.Record != of || y.Cells != nil || b.get(a, list, y.Part).Meta.Batch != x.ID || strings.Count(b.short(object, of), "|") != 0 || b.short(object, of) == "" {
					t.Errorf("%s row %d: %+v of %v: %s", object, i+1, y, of, b.short(object, of))
				}
			}
			if z := b.batch(a, x.ID); z.Outcomes[kexin.OutNew] != 3 || z.Outcomes[kexin.OutReview] != 0 || z.Outcomes[kexin.OutRefused] != 6 || z.Refusals[refusedJudged] != 1 || z.Rows != 9 {
				t.Errorf("%s: %v %v", object, z.Outcomes, z.Refusals)
			}
			if back := b.refused(a, x.ID); !strings.Contains(back, refusedJudged) || !strings.Contains(back, "陌生人") {
				t.Errorf("%s: %s", object, back)
			}
			if err := b.answer(a, x.ID, 4, judgeSame); kexin.CodeOf(err) != kexin.Conflict {
				t.Errorf("%s judged twice: %v", object, err)
			}
			before := b.short(object, who["李正"], who["周敏"], r.Record, asked)
			again := b.takeAs(a, manifestOf(object), []byte(file))
			if again.Outcomes[kexin.OutUnchanged] != 3 || again.Outcomes[kexin.OutReview] != 1 || again.Outcomes[kexin.OutNew]+again.Outcomes[kexin.OutSame] != 0 {
				t.Errorf("%s again: %v", object, again.Outcomes)
			}
			if after := b.short(object, who["李正"], who["周敏"], r.Record, asked); after != before {
				t.Errorf("%s again: %s\nwas %s", object, after, before)
			}
		}
		b.verified(t)
	})
}

// TestLinesJudged: equal lines of one order that wait are each judged and none is
// lost, in whatever order, and lines of an order that has an amount must still
// come to it.
func TestLinesJudged(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()["孙芳"]
		a := b.stepped("owner")
		b.takeAs(a, manifestOf("order"), []byte("订单号,客户,电话,下单日期,订单金额\nXS2,孙芳,13800000004,2025-05-11,5600\nXS3,孙芳,13800000004,2025-05-12,5600\n"))
		x := b.takeAs(a, manifestOf("order"), []byte("订单号,电话,下单日期,品名,数量,单价\n"+
			"XS1,13800000004,2025-05-10,灯,1,80\nXS1,13800000004,2025-05-10,灯,1,80\nXS1,,,泡,2,5\n"+
			"XS2,13800000004,2025-05-11,马桶,1,2300\nXS2,13800000004,2025-05-11,浴缸,1,3300\nXS3,13800000004,2025-05-12,灯,1,80\n"))
		if x.Outcomes[kexin.OutReview] != 6 {
			t.Fatalf("%v %v", x.Outcomes, x.Refusals)
		}
		for _, n := range []int{3, 2, 1, 5, 4, 6} {
			if b.rows(x.ID, x.Rows)[n-1].Record != who {
				b.must(b.answer(a, x.ID, n, judgeDifferent))
			}
			switch err := b.answer(a, x.ID, n, judgeSame); {
			case n == 6 && keyOf(err) != "issue."+refusedDiffers:
				t.Errorf("lines of another sum: %v", err)
			case n != 6 && err != nil:
				t.Fatalf("row %d: %v", n, err)
			}
		}
		const want = "XS2 2025-05-11  5600.00 [浴缸 1x3300.00=3300.00, 马桶 1x2300.00=2300.00] |XS3 2025-05-12  5600.00 [] |XS1 2025-05-10  170.00 [泡 2x5.00=10.00, 灯 1x80.00=80.00, 灯 1x80.00=80.00] "
		if got := b.short("order", who); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	})
}

// TestUnderOneHead: an order whose lines below the first leave number and customer
// blank is one order; the file of refused rows says of each whose it is, so that
// it can be mended by itself.
func TestUnderOneHead(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		a := b.stepped("owner")
		file := []byte("订单号,客户,电话,下单日期,品名,数量,单价,小计\n" +
			",,,,扣条,1,10,10\n" + // nothing above
			"XS1,王秀英,13800000002,2025-05-01,砖,40,30,1200\n,,,,线,12,15,180\n,,,,胶,2,80,100\n" + // the last one is wrong
			"\n,,,,灯,1,80,80\n" + // behind a blank line
			"XS2,李正,13800000003,2025-05-02,马桶,1,2300,2300\n,,,,安装,1,200,200\n合计,,,,,55,,3880\n,,,,泡,2,5,10\n")
		x := b.takeAs(a, manifestOf("order"), file)
		if x.Outcomes[kexin.OutNew] != 2 || x.Outcomes[kexin.OutSame] != 2 || x.Outcomes[kexin.OutRefused] != 4 || x.Refusals["line_sum"] != 1 || x.Refusals[refusedWhose] != 3 {
			t.Fatalf("%v %v", x.Outcomes, x.Refusals)
		}
		for name, want := range map[string]string{"王秀英": "XS1 2025-05-01  1380.00 [砖 40x30.00=1200.00, 线 12x15.00=180.00] ", "李正": "XS2 2025-05-02  2500.00 [马桶 1x2300.00=2300.00, 安装 1x200.00=200.00] "} {
			if got := b.short("order", who[name]); got != want {
				t.Errorf("%s: %s\nwant %s", name, got, want)
			}
		}
		back := b.refused(a, x.ID)
		if !strings.Contains(back, "XS1,王秀英,13800000002,2025-05-01,胶,2,80,100") {
			t.Fatal(back)
		}
		y := b.takeAs(a, manifestOf("order"), []byte(strings.Replace(back, "胶,2,80,100", "胶,2,80,160", 1)))
		if y.Outcomes[kexin.OutSame] != 1 || y.Refusals[refusedWhose] != 3 || !strings.Contains(b.short("order", who["王秀英"]), "胶 2x80.00=160.00") {
			t.Errorf("%v %s", y.Outcomes, b.short("order", who["王秀英"]))
		}
		if z := b.takeAs(a, manifestOf("order"), file); z.Outcomes[kexin.OutUnchanged] != 4 || z.Outcomes[kexin.OutRefused] != 4 {
			t.Errorf("again: %v", z.Outcomes)
		}
	})
}

// TestChangedSince: a list that comes again with other values fills what is blank
// and adds to remarks; what is there stays, whoever wrote it, and the rows say in
// which fields the two differ, in the figures and one by one.
func TestChangedSince(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		who := b.households()
		a := b.stepped("owner")
		b.takeAs(a, manifestOf("deal"), []byte("客户电话,商机,阶段,预计金额,预计成交日期,备注\n13800000002,窗帘,已报价,8000,2027-03-01,要遮光\n13800000003,窗帘,已报价,,2027-03-01,\n"))
		b.takeAs(a, manifestOf("order"), []byte("客户电话,订单号,下单日期,订单金额,状态,备注\n13800000002,XS1,2025-05-01,1480,待付款,周六送\n"))
		later := []byte("客户电话,商机,阶段,预计金额,预计成交日期,备注\n13800000002,窗帘,已签约,9000,2027-03-01,加一层纱\n13800000003,窗帘,已签约,3000,2027-03-01,\n")
		for i, want := range []string{"same same", "unchanged unchanged"} {
			b.Clock.Move(60_000_000_000)
			x := b.takeAs(a, manifestOf("deal"), later)
			rows := b.rows(x.ID, x.Rows)
			if got := string(rows[0].Outcome) + " " + string(rows[1].Outcome); got != want || rows[0].Code != "kept stage amount" || rows[1].Code != "kept stage" || x.Kept != 2 {
				t.Errorf("time %d: %s %q %q, kept %d", i+1, got, rows[0].Code, rows[1].Code, x.Kept)
			}
			seen, err := b.app.ImportRows(context.Background(), a, x.ID, RowsKept, 0)
			b.must(err)
			if len(seen.Rows) != 2 || !strings.Contains(RowText("zh-CN", seen.Rows[0]), "阶段 · 预计金额") || seen.Rows[0].Record == 0 {
				t.Errorf("time %d: %+v", i+1, seen.Rows)
			}
		}
		if got := b.short("deal", who["王秀英"], who["李正"]); got != "curtain quote 8000.00 2027-03-01 要遮光；加一层纱|curtain quote 3000.00 2027-03-01 " {
			t.Error(got)
		}
		x := b.takeAs(a, manifestOf("order"), []byte("客户电话,订单号,下单日期,订单金额,状态,备注\n13800000002,XS1,2025-05-03,1500,已完成,\n"))
		if r := b.rows(x.ID, x.Rows)[0]; r.Outcome != kexin.OutUnchanged || r.Code != "kept ordered_on status amount" || b.short("order", who["王秀英"]) != "XS1 2025-05-01 open 1480.00 [] 周六送" {
			t.Errorf("%+v %s", r, b.short("order", who["王秀英"]))
		}
	})
}
