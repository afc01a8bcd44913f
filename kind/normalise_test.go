package kind

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"kexin"
)

// names of customer fields for the tables.
func raw(o kexin.Object, cells map[string]string) *kexin.Draft {
	d := &kexin.Draft{Object: o, Row: 1, Values: map[kexin.FieldID]kexin.Value{}}
	for name, text := range cells {
		d.Values[schema.Object(o).Field(name).ID] = kexin.Str(text)
	}
	return d
}

// show writes the values of a draft, by field name.
func show(d *kexin.Draft) map[string]string {
	out := map[string]string{}
	for id, v := range d.Values {
		f := schema.Field(id)
		out[f.Name] = strings.ReplaceAll(v.S, "\n", " ")
		if v.T == kexin.Number {
			out[f.Name] = fmt.Sprint(v.N)
		}
	}
	return out
}

func issues(d *kexin.Draft) string {
	var out []string
	for _, i := range d.Issues {
		s := schema.Field(i.Field).Name + "=" + i.Code
		if i.Fatal {
			s += "!"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func keys(d *kexin.Draft) string {
	var out []string
	for _, k := range d.Keys {
		out = append(out, fmt.Sprintf("%d:%s", k.Kind, k.Canon))
	}
	return strings.Join(out, " ")
}

type cells map[string]string

func TestNormalise(t *testing.T) {
	for name, c := range map[string]struct {
		in, out      cells
		keys, issues string
	}{
		"a whole row": {
			in: cells{
				"name": " 杨浩英　", "phone": "18663968497、15273404414", "gender": "女",
				"address": "江苏盐城建湖县钟庄街道环城大道17号云栖家园21幢3单元1001室",
				"need":    "沙发", "source": "线上咨询", "source_on": "2023年4月16日", "remark": "已量房; 等报价",
			},
			out: cells{
				"name": "杨浩英", "phone": "+8618663968497", "phones": "+8615273404414", "gender": "f",
				"region": "320925", "address": "钟庄街道环城大道17号云栖家园21幢3单元1001室",
				"need": "sofa", "source": "online", "source_on": "2023-04-16", "remark": "已量房; 等报价",
			},
			keys: "1:+8618663968497 1:+8615273404414 5:320925|云栖家园",
		},
		"surname with salutation": {
			in:  cells{"name": "舒女士"},
			out: cells{"name": "舒女士", "salutation": "ms", "gender": "f"},
		},
		"name with salutation": {
			in:  cells{"name": "张伟先生"},
			out: cells{"name": "张伟", "salutation": "mr", "gender": "m"},
		},
		"aunt": {
			in:  cells{"name": "王阿姨"},
			out: cells{"name": "王阿姨", "salutation": "aunt", "gender": "f"},
		},
		"teacher": {
			in:  cells{"name": "陈老师"},
			out: cells{"name": "陈老师", "salutation": "teacher"},
		},
		"boss": {
			in:  cells{"name": "赵总"},
			out: cells{"name": "赵总", "salutation": "boss"},
		},
		"compound surname": {
			in:  cells{"name": "欧阳女士"},
			out: cells{"name": "欧阳女士", "salutation": "ms", "gender": "f"},
		},
		"remark in the name": {
			in:  cells{"name": "李女士（微信）"},
			out: cells{"name": "李女士(微信)", "salutation": "ms", "gender": "f"},
		},
		"column wins": {
			in:     cells{"name": "李先生", "gender": "女"},
			out:    cells{"name": "李先生", "salutation": "mr", "gender": "f"},
			issues: "gender=gender_conflict",
		},
		"WeChat too": {
			in:   cells{"name": "胡旱英", "phone": "19991871168（微信同号）"},
			out:  cells{"name": "胡旱英", "phone": "+8619991871168", "wechat": "19991871168"},
			keys: "1:+8619991871168 3:19991871168",
		},
		"WeChat has its own": {
			in:   cells{"name": "胡旱英", "phone": "19991871168（微信同号）", "wechat": "Hu_hanying"},
			out:  cells{"name": "胡旱英", "phone": "+8619991871168", "wechat": "hu_hanying"},
			keys: "1:+8619991871168 3:hu_hanying",
		},
		"extension": {
			in:   cells{"name": "某公司", "phone": "0577-62520000转801"},
			out:  cells{"name": "某公司", "phone": "+8657762520000;ext=801"},
			keys: "1:+8657762520000",
		},
		"one number twice": {
			in:   cells{"name": "张伟", "phone": "13812345678", "phones": "138 1234 5678"},
			out:  cells{"name": "张伟", "phone": "+8613812345678"},
			keys: "1:+8613812345678",
		},
		"second column alone": {
			in:   cells{"name": "张伟", "phones": "13812345678"},
			out:  cells{"name": "张伟", "phone": "+8613812345678"},
			keys: "1:+8613812345678",
		},
		"phone in the name": {
			in:   cells{"name": "张伟13812345678"},
			out:  cells{"name": "张伟", "phone": "+8613812345678"},
			keys: "1:+8613812345678",
		},
		"phone in brackets in the name": {
			in:   cells{"name": "张女士(13812345678)", "phone": "13912345678"},
			out:  cells{"name": "张女士", "salutation": "ms", "gender": "f", "phone": "+8613912345678", "phones": "+8613812345678"},
			keys: "1:+8613912345678 1:+8613812345678",
		},
		"whose phone": {
			in:     cells{"name": "张伟", "phone": "13812345678 老婆"},
			out:    cells{"name": "张伟", "phone": "+8613812345678", "remark": "老婆"},
			keys:   "1:+8613812345678",
			issues: "phone=text_left",
		},
		"one good, one bad": {
			in:     cells{"name": "张伟", "phone": "13812345678/1391234", "remark": "VIP"},
			out:    cells{"name": "张伟", "phone": "+8613812345678", "remark": "VIP；1391234"},
			keys:   "1:+8613812345678",
			issues: "phone=text_left",
		},
		"no number": {
			in:     cells{"name": "张伟", "phone": "微信联系"},
			out:    cells{"name": "张伟", "remark": "微信联系"},
			issues: "phone=phone_none",
		},
		"too short": {
			in:     cells{"name": "李正", "phone": "1876188842"},
			out:    cells{"name": "李正", "phone": "1876188842"},
			issues: "phone=phone_length!",
		},
		"lost digits": {
			in:     cells{"name": "陈宽", "phone": "1.36905E+10"},
			out:    cells{"name": "陈宽", "phone": "1.36905E+10"},
			issues: "phone=phone_lost_digits!",
		},
		"no such day": {
			in:     cells{"name": "陈宽", "source_on": "2023-02-30"},
			out:    cells{"name": "陈宽", "source_on": "2023-02-30"},
			issues: "source_on=date_invalid!",
		},
		"no name": {
			in:     cells{"phone": "13812345678"},
			out:    cells{"phone": "+8613812345678"},
			keys:   "1:+8613812345678",
			issues: "name=name_empty!",
		},
		"an empty row": {
			in:     cells{},
			out:    cells{},
			issues: "name=name_empty!",
		},
		"unknown choices": {
			in:     cells{"name": "张伟", "source": "抖音团购", "need": "窗帘、榻榻米"},
			out:    cells{"name": "张伟", "need": "curtain", "remark": "榻榻米；抖音团购"},
			issues: "need=choice_unknown source=choice_unknown",
		},
		"bad e-mail": {
			in:     cells{"name": "张伟", "email": "zhang at qq"},
			out:    cells{"name": "张伟", "remark": "zhang at qq"},
			issues: "email=email_invalid",
		},
		"signs for nothing": {
			in:  cells{"name": "张伟", "phone": "无", "email": "N/A", "address": "-", "need": "/", "gender": "未知"},
			out: cells{"name": "张伟"},
		},
		"region column": {
			in:   cells{"name": "张伟", "region": "乐清市", "address": "柳市镇后街村12号"},
			out:  cells{"name": "张伟", "region": "330382", "address": "柳市镇后街村12号"},
			keys: "5:330382|后街村",
		},
		"region said twice": {
			in:   cells{"name": "张伟", "region": "温州市", "address": "浙江省温州市乐清市柳市镇后街村12号"},
			out:  cells{"name": "张伟", "region": "330382", "address": "柳市镇后街村12号"},
			keys: "5:330382|后街村",
		},
		"region with its town": {
			in:   cells{"name": "张伟", "region": "乐清市柳市镇", "address": "后街村12号"},
			out:  cells{"name": "张伟", "region": "330382", "address": "柳市镇后街村12号"},
			keys: "5:330382|后街村",
		},
		"region told by the address": {
			in:   cells{"name": "张伟", "region": "鼓楼区", "address": "凤凰街道人民大道48号锦绣名邸3幢"},
			out:  cells{"name": "张伟", "region": "320106", "address": "凤凰街道人民大道48号锦绣名邸3幢"},
			keys: "5:320106|锦绣名邸",
		},
		"region nobody knows": {
			in:     cells{"name": "张伟", "region": "鼓楼区", "address": "人民大道48号锦绣名邸3幢"},
			out:    cells{"name": "张伟", "address": "鼓楼区人民大道48号锦绣名邸3幢"},
			keys:   "5:|锦绣名邸",
			issues: "region=region_unknown",
		},
		"two regions": {
			in:     cells{"name": "张伟", "region": "乐清市", "address": "宁波市江北区御景公馆3幢"},
			out:    cells{"name": "张伟", "region": "330382", "address": "宁波市江北区御景公馆3幢"},
			keys:   "5:330382|宁波市江北区御景公馆",
			issues: "address=region_conflict",
		},
		"region alone": {
			in:  cells{"name": "张伟", "address": "浙江省乐清市"},
			out: cells{"name": "张伟", "region": "330382"},
		},
		"ambiguous": {
			in:   cells{"name": "张伟", "address": "鼓楼区金色花园"},
			out:  cells{"name": "张伟", "address": "鼓楼区金色花园"},
			keys: "5:|鼓楼区金色花园",
		},
		"door code": {
			in:     cells{"name": "张伟", "remark": "门锁密码1234"},
			out:    cells{"name": "张伟", "remark": "门锁密码1234"},
			issues: "remark=text_contact",
		},
		"number to remark": {
			in:     cells{"name": "张伟", "wechat": "同手机13812345678的"},
			out:    cells{"name": "张伟", "remark": "同手机13812345678的"},
			issues: "remark=text_contact wechat=wechat_invalid",
		},
		"staff by name": {
			in:  cells{"name": "张伟", "owner": "陈晓雯"},
			out: cells{"name": "张伟", "owner": "陈晓雯"},
		},
		"staff by id": {
			in:  cells{"name": "张伟", "owner": "42"},
			out: cells{"name": "张伟", "owner": "42"},
		},
		"amounts": {
			in:  cells{"name": "张伟", "sum": "1.2万元", "orders": "3"},
			out: cells{"name": "张伟", "sum": "1200000", "orders": "3"},
		},
		"company code": {
			in:   cells{"name": "石语", "uscc": "91350100m000100y43"},
			out:  cells{"name": "石语", "uscc": "91350100M000100Y43"},
			keys: "4:91350100M000100Y43",
		},
	} {
		d := raw(kexin.Customer, c.in)
		Normalise(schema, d, noon2026)
		if got := show(d); !maps.Equal(got, c.out) {
			t.Errorf("%s: %v\nwant %v", name, got, c.out)
		}
		if keys(d) != c.keys || issues(d) != c.issues {
			t.Errorf("%s: keys %q want %q, issues %q want %q", name, keys(d), c.keys, issues(d), c.issues)
		}
	}
}

func TestNormaliseOthers(t *testing.T) {
	for name, c := range map[string]struct {
		o            kexin.Object
		in, out      cells
		keys, issues string
	}{
		"contact": {kexin.Contact, cells{"name": "赵总", "phone": "13812345678/0577-62520000（微信同号）", "customer": "42"},
			cells{"name": "赵总", "title": "boss", "phone": "+8613812345678 +8657762520000", "wechat": "13812345678", "customer": "42"},
			"1:+8613812345678 1:+8657762520000 3:13812345678", ""},
		"contact without a remark keeps what it cannot read": {kexin.Contact, cells{"name": "张伟", "phone": "13812345678 老婆", "title": "舅舅"},
			cells{"name": "张伟", "phone": "13812345678 老婆", "title": "舅舅"}, "", "phone=text_left! title=choice_unknown!"},
		"order": {kexin.Order, cells{"no": "so 26012712", "ordered_on": "2026-01-15 14:00:05", "amount": "¥62,900.00", "status": "待定金", "remark": " a "},
			cells{"no": "SO26012712", "ordered_on": "2026-01-15", "amount": "6290000", "remark": "a；待定金"}, "6:SO26012712", "status=choice_unknown"},
		"visit": {kexin.Visit, cells{"way": "电话", "note": "她的新号13812345678", "at": "2026-01-15 14:00"},
			cells{"way": "call", "note": "她的新号13812345678", "at": "1768456800000"}, "", "note=text_contact"},
	} {
		d := raw(c.o, c.in)
		Normalise(schema, d, noon2026)
		if got := show(d); !maps.Equal(got, c.out) {
			t.Errorf("%s: %v\nwant %v", name, got, c.out)
		}
		if keys(d) != c.keys || issues(d) != c.issues {
			t.Errorf("%s: keys %q want %q, issues %q want %q", name, keys(d), c.keys, issues(d), c.issues)
		}
	}
	d := &kexin.Draft{Object: 99}
	Normalise(schema, d, Env{}) // an object nobody knows
	if len(d.Issues) > 0 {
		t.Error(d.Issues)
	}
}

// messy draws cells as people fill them, good and bad.
func messy(t *rapid.T, o *kexin.ObjectDef) *kexin.Draft {
	pieces := rapid.SampledFrom([]string{"张", "伟", "女士", "欧阳", "13812345678", "+86", "138", " ", "、", "/", "（微信同号）", "老婆", "浙江省", "温州市", "乐清", "鼓楼区", "柳市镇",
		"御景公馆", "11-1-1003", "学院东路399号", "窗帘", "榻榻米", "2023", "-02-", "30", "年", "4万", "¥", "1.2", "密码1234", "\u200b", "\xff", "无", "转801", "E+10", "a@b.cn", "(", ")", "；", "\n", "总", "f"})
	d := &kexin.Draft{Object: o.Object, Values: map[kexin.FieldID]kexin.Value{}}
	for _, f := range o.Fields {
		if rapid.Bool().Draw(t, "has") {
			d.Values[f.ID] = kexin.Str(strings.Join(rapid.SliceOfN(pieces, 0, 5).Draw(t, f.Name), ""))
		}
	}
	return d
}

func copyOf(d *kexin.Draft) *kexin.Draft {
	return &kexin.Draft{Object: d.Object, Row: d.Row, Values: maps.Clone(d.Values), Keys: slices.Clone(d.Keys), Issues: slices.Clone(d.Issues)}
}

// Normalising twice changes nothing; every value of a field without a fatal
// issue is good; nothing that was there is gone without an issue.
func TestNormaliseTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := schema.Objects()[rapid.IntRange(0, 3).Draw(t, "object")]
		d := messy(t, o)
		before := copyOf(d)
		Normalise(schema, d, noon2026)
		good(t, before, d)
		once := copyOf(d)
		Normalise(schema, d, noon2026)
		if !reflect.DeepEqual(once, copyOf(d)) {
			t.Fatalf("%v\nonce  %v %v %v\ntwice %v %v %v", show(before), show(once), keys(once), issues(once), show(d), keys(d), issues(d))
		}
	})
}

type fataler interface {
	Fatalf(string, ...any)
	Helper()
}

func good(t fataler, before, d *kexin.Draft) {
	t.Helper()
	n := normaliser{d: d}
	for id, v := range d.Values {
		f := schema.Field(id)
		if f.Kind != kexin.KindRef && !n.fatal(id) {
			if err := Check(f, v); err != nil {
				t.Fatalf("%s %v: %v", f.Name, v, err)
			}
		}
	}
	for id, v := range before.Values {
		told := slices.ContainsFunc(d.Issues, func(i kexin.Issue) bool { return i.Field == id })
		if _, there := d.Values[id]; !there && !told && !v.Empty() && !moved(id, v.S, d) {
			t.Fatalf("%s %q is gone: %v %v", schema.Field(id).Name, v.S, show(d), issues(d))
		}
	}
}

// moved reports the ways a cell may end up empty without an issue.
func moved(id kexin.FieldID, s string, d *kexin.Draft) bool {
	switch {
	case nothing(tidy(s)) || prose(s) == "":
		return true
	case id == kexin.CustAddress:
		return !d.Values[kexin.CustRegion].Empty() || nothing(tidy(s))
	case id == kexin.CustPhones, id == kexin.CustPhone, id == kexin.ContPhone:
		return !strings.ContainsAny(fold(s), "0123456789") || !d.Values[kexin.CustPhone].Empty() // said twice, or only a label
	}
	return !strings.ContainsFunc(tidy(s), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// FuzzNormalise is the same with bytes of any kind in the four cells that are
// taken apart.
func FuzzNormalise(f *testing.F) {
	f.Add("舒女士", "18663968497、15273404414（微信同号）", "江苏盐城建湖县钟庄街道", "门锁密码1234")
	f.Add("张伟+8613812345678", "0577-62520000转801 老婆", "桥西区桥西区", "")
	f.Add("张女士(13812345678", "1.36905E+10", "鼓楼区江苏省南京市", "\xff")
	f.Fuzz(func(t *testing.T, name, phone, address, remark string) {
		d := raw(kexin.Customer, cells{"name": name, "phone": phone, "address": address, "remark": remark})
		before := copyOf(d)
		Normalise(schema, d, noon2026)
		good(t, before, d)
		once := copyOf(d)
		Normalise(schema, d, noon2026)
		if !reflect.DeepEqual(once, copyOf(d)) {
			t.Fatalf("%q\nonce  %v %v %v\ntwice %v %v %v", show(before), show(once), keys(once), issues(once), show(d), keys(d), issues(d))
		}
	})
}

// BenchmarkNormalise is one row as the shops export them. What it costs to put
// the raw cells into the map is measured too, some 400 ns.
func BenchmarkNormalise(b *testing.B) {
	in := raw(kexin.Customer, cells{"name": " 杨浩英　", "phone": "137-8108-0514", "gender": "女", "address": "江苏省盐城市建湖县钟庄街道环城大道17号云栖家园21幢3单元1001室",
		"need": "沙发", "source": "线上咨询", "source_on": "2023/4/16", "owner": "陈晓雯", "remark": "已量房; 等报价"})
	d := &kexin.Draft{Object: kexin.Customer, Values: map[kexin.FieldID]kexin.Value{}}
	fields := schema.Object(kexin.Customer).Fields
	b.ReportAllocs()
	for b.Loop() {
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
