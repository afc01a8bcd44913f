package intake

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Openings of files as shops have them; the header is marked by an arrow.
func TestFindHeader(t *testing.T) {
	for name, file := range map[string]string{
		"pos": `
			石语瓷砖销售明细
			打印时间：2024-05-06|操作员：陈晓雯
			→单据号|日期|客户|手机|商品|数量|金额
			XS2405060001|2024-05-06|王芳|13800000000|岩板|20|6600`,
		"designer's list": `
			→序号|业主姓名|联系电话|小区|楼栋房号|户型|面积|装修阶段|设计师|备注
			1|王芳|13800000000|锦绣华庭|3-2-1203|三室|118|水电|老陈|
			2|李娜|13900000000|绿城新村|1-1-101|两室|89|量房|老陈|急`,
		"appointment form": `
			→提交时间|您的称呼|联系方式|想了解的产品|到店时间|备注
			2024-05-06 10:00|王女士|13800000000|窗帘|周末|`,
		"english": `
			→Name|Phone|Email|Source|Created
			Li|13800000000|a@b.cn|web|2024-05-06`,
		"words in the data": `
			→姓名|手机|来源|备注
			王芳|13800000000|微信|电话
			李娜|13900000000|电话|微信`,
		"two headers": `
			客户信息|||订单|
			→姓名|手机|地址|单号|金额
			王芳|13800000000|学院路1号|SO1|5`,
		"one column": `
			→手机号
			13800000000`,
		"two columns": `
			→称呼|电话
			王女士|13800000000`,
		"odd words": `
			→甲方|号码列|何时
			王芳|13800000000|2024-05-06`,
		"title like a header": `
			客户登记表
			→客户|电话
			王芳|13800000000`,
		"notes above": `
			说明：请勿修改表头
			1. 姓名必填
			2. 手机必填
			→姓名|手机
			王芳|13800000000`,
	} {
		want := -1
		var recs []sampled
		for i, l := range strings.Split(strings.TrimSpace(file), "\n") {
			l = strings.TrimSpace(l)
			if strings.HasPrefix(l, "→") {
				want, l = i, strings.TrimPrefix(l, "→")
			}
			recs = append(recs, sampled{num: i + 1, cells: strings.Split(l, "|")})
		}
		if got := findHeader(recs); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if got := findHeader(nil); got != -1 {
		t.Error(got)
	}
	for name, recs := range map[string][]sampled{
		"data only":  {{1, []string{"王芳", "13800000000"}}, {2, []string{"李娜", "13900000000"}}},
		"text only":  {{1, []string{"a", "b"}}, {2, []string{"c", "d"}}},
		"same names": {{1, []string{"x", "x"}}, {2, []string{"1", "2"}}},
	} {
		if got := findHeader(recs); got != -1 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// A header is found wherever it stands within the first thirty records.
func TestFindHeaderDeep(t *testing.T) {
	for depth := range headerWithin + 3 {
		var recs []sampled
		for i := range depth {
			recs = append(recs, sampled{i + 1, []string{"", fmt.Sprint("说明", i)}})
		}
		recs = append(recs, sampled{depth + 1, []string{"姓名", "手机"}}, sampled{depth + 2, []string{"王芳", "13800000000"}})
		if got := findHeader(recs); (got == depth) != (depth < headerWithin) {
			t.Errorf("at %d: %d", depth, got)
		}
	}
}

func fieldsOf(cells ...string) [][]byte {
	out := make([][]byte, len(cells))
	for i, c := range cells {
		out[i] = []byte(c)
	}
	return out
}

func TestTotals(t *testing.T) {
	for _, yes := range [][]string{
		{"合计", "", "1913934"}, {" 合 计 ", "12"}, {"", "总计", "5"}, {"小计：", "¥1,200.50"}, {"本页小计", ""}, {"合计(元)", "3"}, {"合计共1551人"}, {"总计金额3000元"},
		{"Total", "5"}, {"GRAND TOTAL", "5"}, {"sub-total"}, {"共计", "3单", "20套"},
	} {
		if !totals(fieldsOf(yes...)) {
			t.Errorf("%q is one", yes)
		}
	}
	for _, no := range [][]string{
		{}, {"", ""}, {"王芳", "13800000000"}, {"合计", "王芳"}, {"合计", "13800000000"}, {"合肥", "5"}, {"总经理", "5"}, {"小李", "5"}, {"合计表"}, {"totally", "5"}, {"Tom", "5"},
		{strings.Repeat("合计", 40)}, {"5", "合计"},
	} {
		if totals(fieldsOf(no...)) {
			t.Errorf("%q is none", no)
		}
	}
}

func TestRepeats(t *testing.T) {
	tell := newTeller([]Column{{"姓名", 0}, {"", 1}, {"手机", 2}})
	for cells, want := range map[string]Skip{
		"姓名||手机": SkipHeader, " 姓名 |x|手机": SkipHeader, "姓名||手机|更多": SkipHeader, "姓名": "", "姓名||电话": "", "||": "", "王芳||手机": "",
	} {
		if got := tell.skip(fieldsOf(strings.Split(cells, "|")...)); got != want {
			t.Errorf("%s: %q", cells, got)
		}
	}
	if newTeller([]Column{{"", 0}, {"", 1}}).skip(fieldsOf("", "")) != "" {
		t.Error("a table without names has no header to repeat")
	}
}

// A row with a phone in it is never taken for a header or a total.
func TestPersonsAreNeverSkipped(t *testing.T) {
	words := append([]string{"姓名", "手机", "", "5"}, totalWords...)
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.SampledFrom(words), 1, 5).Draw(t, "cells")
		at := rapid.IntRange(0, 1).Draw(t, "at") // under a named column
		cells = append(cells[:at:at], append([]string{"13812345678"}, cells[at:]...)...)
		columns := columnsOf([]string{"姓名", "手机"}, 2)
		if got := newTeller(columns).skip(fieldsOf(cells...)); got != "" {
			t.Fatalf("%q: %s", cells, got)
		}
	})
}

func TestUsualWidth(t *testing.T) {
	recs := []sampled{{1, []string{"title"}}, {2, []string{"a", "b", "c"}}, {3, []string{"a", "", "c"}}, {4, []string{"a", "b", "c"}}, {5, []string{""}}, {6, []string{""}}, {7, []string{""}}}
	if got := usualWidth(recs); got != 3 {
		t.Error(got)
	}
	if got := usualWidth(nil); got != 0 {
		t.Error(got)
	}
}
