package kind

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"kexin"
	"kexin/internal/shareddata"
	"kexin/kind/region"
)

// shared gives a folder of the test data, or skips the test.
func shared(t testing.TB, name string) string {
	t.Helper()
	return shareddata.Path(t, "data", name)
}

// The columns of a shop's export.
const (
	colName = iota
	colPhone
	colGender
	colAddress
	colNeed
	colWay
	colNo
	colOn
	colStaff
	colAmount
	colRemark
)

// exports reads the two text files, without title, headers and total, by the
// number of the data row.
func exports(t testing.TB) map[string][][]string {
	dir := shared(t, "shop-exports")
	out := map[string][][]string{}
	for _, name := range []string{"tile-gb18030.csv", "cabinet-utf8bom.csv"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && strings.Contains(name, "gb18030") {
			b, err = simplifiedchinese.GB18030.NewDecoder().Bytes(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
		in.FieldsPerRecord = -1
		rows, err := in.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		head := slices.IndexFunc(rows, func(r []string) bool { return r[colName] == "客户姓名" })
		for _, r := range rows[head+1:] {
			if r[colName] != "客户姓名" && r[colName] != "合计" {
				out[name] = append(out[name], r)
			}
		}
	}
	return out
}

// refusedRows are the rows of truth.csv that must be refused, by file.
func refusedRows(t *testing.T) map[string]map[int]bool {
	b, err := os.ReadFile(filepath.Join(shared(t, "shop-exports"), "truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[int]bool{}
	for line := range strings.Lines(string(b)) {
		p := strings.Split(strings.TrimSpace(line), ",")
		if n, err := strconv.Atoi(p[1]); err == nil && p[2] == "-1" {
			if out[p[0]] == nil {
				out[p[0]] = map[int]bool{}
			}
			out[p[0]][n] = true
		}
	}
	return out
}

func draftOf(row []string) *kexin.Draft {
	return raw(kexin.Customer, cells{"name": row[colName], "phone": row[colPhone], "gender": row[colGender], "address": row[colAddress], "need": row[colNeed],
		"source": row[colWay], "source_on": row[colOn], "owner": row[colStaff], "remark": row[colRemark]})
}

// Every row of the exports: exactly the rows that truth.csv wants refused have
// a fatal issue, and everything else is read.
func TestShopRows(t *testing.T) {
	refused := refusedRows(t)
	amount, no := schema.Field(kexin.OrdAmount), schema.Field(kexin.OrdNo)
	for name, rows := range exports(t) {
		n := map[string]int{}
		for i, row := range rows {
			d := draftOf(row)
			Normalise(schema, d, noon2026)
			fatal := slices.ContainsFunc(d.Issues, func(i kexin.Issue) bool { return i.Fatal })
			if fatal != refused[name][i+1] {
				t.Errorf("%s row %d: refused %v, issues %s", name, i+1, fatal, issues(d))
			}
			if len(d.Issues) > 0 && !fatal {
				t.Errorf("%s row %d: %s", name, i+1, issues(d))
			}
			tally(n, "phone", row[colPhone], !d.Values[kexin.CustPhone].Empty() && !(&normaliser{d: d}).fatal(kexin.CustPhone))
			tally(n, "date", row[colOn], kexin.Day(d.Values[kexin.CustSourceOn].S).Valid())
			tally(n, "need", row[colNeed], !d.Values[kexin.CustNeed].Empty())
			tally(n, "way", row[colWay], !d.Values[kexin.CustSource].Empty())
			v, bad := Parse(amount, row[colAmount], noon2026)
			tally(n, "amount", row[colAmount], !v.Empty() && len(bad) == 0)
			v, bad = Parse(no, row[colNo], noon2026)
			tally(n, "order", row[colNo], v.S == row[colNo] && len(bad) == 0)
		}
		t.Logf("%s: %d rows; read of given: phones %d/%d, days %d/%d, amounts %d/%d, needs %d/%d, ways %d/%d, order numbers %d/%d", name, len(rows),
			n["phone"], n["phone of"], n["date"], n["date of"], n["amount"], n["amount of"], n["need"], n["need of"], n["way"], n["way of"], n["order"], n["order of"])
		for _, what := range []string{"amount", "need", "way", "order"} {
			if n[what] != n[what+" of"] || n[what] == 0 {
				t.Errorf("%s: %d of %d %s read", name, n[what], n[what+" of"], what)
			}
		}
		if n["phone of"]-n["phone"] > 12 || n["date of"]-n["date"] > 4 {
			t.Errorf("%s: more phones or days unread than the file has bad ones", name)
		}
	}
}

func tally(n map[string]int, what, given string, ok bool) {
	if strings.TrimSpace(given) == "" {
		return
	}
	n[what+" of"]++
	if ok {
		n[what]++
	}
}

// Every character that was read as a division stands in the full name of the
// code, so none is of another place (海安市海安县 says one place twice). A district's name alone that several
// cities have gets no code.
func TestShopRegions(t *testing.T) {
	given, coded, district := 0, 0, 0
	for name, rows := range exports(t) {
		for i, row := range rows {
			address := strings.TrimSpace(row[colAddress])
			if !strings.ContainsAny(address, "省市县区州") {
				continue
			}
			given++
			code, rest, level := region.Split(address)
			if code == "" {
				if shared := shortest(address); !slices.Contains(sharedNames, shared) {
					t.Errorf("%s row %d: no code for %s", name, i+1, shared)
				}
				continue
			}
			coded++
			if level == region.District {
				district++
			}
			head := strings.TrimSuffix(address, rest)
			if i := strings.IndexFunc(head, func(r rune) bool { return !strings.ContainsRune(region.Full(code)+"县", r) }); i >= 0 || len(head) < 6 {
				t.Errorf("%s row %d: %s for %s", name, i+1, region.Full(code), head)
			}
			if estate, _ := region.Estate(rest); len([]rune(estate)) != 4 {
				t.Errorf("%s row %d: estate %q", name, i+1, estate)
			}
		}
	}
	t.Logf("%d addresses name a division, %d coded (%.1f %%), %d to the district", given, coded, 100*float64(coded)/float64(given), district)
	if coded*100 < given*95 {
		t.Error("too few coded")
	}
}

// sharedNames are districts that several cities have.
var sharedNames = []string{"海州区", "西湖区", "白云区", "南山区", "鼓楼区", "江北区", "普陀区", "龙华区", "市中区"}

// shortest is the text up to its first 区.
func shortest(address string) string {
	i := strings.Index(address, "区")
	if i < 0 {
		return address
	}
	return address[:i+len("区")]
}

// Hand-checked codes of addresses in the exports' manner.
func TestRegionSamples(t *testing.T) {
	for address, full := range map[string]string{
		"沐川县东方一品": "四川省乐山市沐川县",
		"资阳市安岳县学院东路399号御景公馆11-1-1003": "四川省资阳市安岳县",
		"秦淮区金色花园":                  "江苏省南京市秦淮区",
		"江苏盐城建湖县钟庄街道环城大道17号":       "江苏省盐城市建湖县",
		"扬州市扬州经济技术开发区解放大道268号":     "江苏省扬州市扬州经济技术开发区",
		"宝应县碧桂名邸":                  "江苏省扬州市宝应县",
		"广东茂名信宜池洞镇学院大道27号":         "广东省茂名市信宜市",
		"四川凉山彝族自治州越西县梅花镇建设路308号":   "四川省凉山彝族自治州越西县",
		"峨边彝族自治县锦绣花园":              "四川省乐山市峨边彝族自治县",
		"嵊泗县香榭华庭":                  "浙江省舟山市嵊泗县",
		"番禺区阳光花园":                  "广东省广州市番禺区",
		"浙江丽水莲都区太平乡建设路380号":        "浙江省丽水市莲都区",
		"广东广州天河区前进街道":              "广东省广州市天河区",
		"广东省肇庆市端州区端州区睦岗街道人民西路349号": "广东省肇庆市端州区",
		"东莞市东莞市人民路104号":            "广东省东莞市",
		"吴江区滨江新村":                  "江苏省苏州市吴江区",
		"揭东区锦绣华庭":                  "广东省揭阳市揭东区",
		"浙江宁波海曙区月湖街道人民大道171号":      "浙江省宁波市海曙区",
		"灌南县御景新村":                  "江苏省连云港市灌南县",
		"金堂县和润名邸":                  "四川省成都市金堂县",
		"新兴县滨江家园":                  "广东省云浮市新兴县",
		"广东深圳光明区公明街道环城路30号":        "广东省深圳市光明区",
		"四川广安岳池县新场镇":               "四川省广安市岳池县",
		"湖州市安吉县环城西路384号":           "浙江省湖州市安吉县",
		"永嘉县翡翠名邸":                  "浙江省温州市永嘉县",
	} {
		code, _, _ := region.Split(address)
		if region.Full(code) != full {
			t.Errorf("%s: %s, want %s", address, region.Full(code), full)
		}
	}
}

func BenchmarkShopRows(b *testing.B) {
	var drafts []*kexin.Draft
	for _, rows := range exports(b) {
		for _, r := range rows {
			drafts = append(drafts, draftOf(r))
		}
	}
	d := &kexin.Draft{Object: kexin.Customer, Values: map[kexin.FieldID]kexin.Value{}}
	fields := schema.Object(kexin.Customer).Fields
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		in := drafts[i%len(drafts)]
		i++
		for _, f := range fields {
			if v, ok := in.Values[f.ID]; ok {
				d.Values[f.ID] = v
			} else {
				delete(d.Values, f.ID)
			}
		}
		d.Issues = d.Issues[:0]
		Normalise(schema, d, noon2026)
	}
}
