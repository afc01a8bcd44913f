package intake

import (
	"errors"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

func mapOf(t *testing.T, s string) (Guess, []Target) {
	t.Helper()
	g := look(t, text(s), Options{})
	return g, Map(g, kexin.Builtin(), kexin.Customer)
}

func TestMapShop(t *testing.T) {
	_, targets := mapOf(t, shopHeader+"\n王芳,13800000000,女,锦绣华庭1-1-101,窗帘,订单,SO1,2024/5/6,陈晓雯,1200,要快\n")
	want := []Target{
		{0, kexin.CustName, RoleField, "客户姓名", "", ByHeader}, {1, kexin.CustPhone, RoleField, "手机", "", ByHeader},
		{2, kexin.CustGender, RoleField, "性别", "", ByHeader}, {3, kexin.CustAddress, RoleField, "地址", "", ByHeader},
		{4, kexin.CustNeed, RoleField, "需求", "", ByHeader}, {5, kexin.CustSource, RoleWay, "登记方式", "", ByHeader},
		{6, kexin.OrdNo, RoleOrder, "订单号", "", ByHeader}, {7, kexin.CustSourceOn, RoleWhen, "登记日期", "", ByHeader},
		{8, kexin.CustOwner, RoleOwner, "销售", "", ByHeader}, {9, kexin.OrdAmount, RoleOrder, "成交金额", "", ByHeader},
		{10, kexin.CustRemark, RoleField, "", "", ByHeader},
	}
	for i := range want {
		if targets[i] != want[i] {
			t.Errorf("%+v, want %+v", targets[i], want[i])
		}
	}
}

func TestMapHeaders(t *testing.T) {
	for header, want := range map[string]kexin.FieldID{
		"业主姓名": kexin.CustName, "客户名称*": kexin.CustName, "联系电话": kexin.CustPhone, "手机号码（必填）": kexin.CustPhone, "TEL": kexin.CustPhone, "Mobile Phone": kexin.CustPhone,
		"微信": kexin.CustWeChat, "WeChat ID": kexin.CustWeChat, "小区": kexin.CustAddress, "楼栋": kexin.CustAddress, "装修阶段": kexin.CustRemark, "导购": kexin.CustOwner,
		"登记日期": kexin.CustSourceOn, "到店日期": kexin.CustSourceOn, "成交金额": kexin.OrdAmount, "合同金额(元)": kexin.OrdAmount, "备注": kexin.CustRemark,
		"E-mail": kexin.CustEmail, "电子邮箱": kexin.CustEmail, "生日": kexin.CustBirthday, "省市区": kexin.CustRegion, "客户等级": kexin.CustTags, "下次跟进时间": kexin.CustNextAt,
		"销售单号": kexin.OrdNo, "签单日期": kexin.OrdOn, "订单状态": kexin.OrdStatus, "公司名称": kexin.CustName, "统一社会信用代码": kexin.CustUSCC, "客户来源": kexin.CustSource,
		"ｐｈｏｎｅ": kexin.CustPhone, "意向产品": kexin.CustNeed, "跟进状态": kexin.CustStage, "户型": kexin.CustRemark, "收货人手机号": kexin.CustPhone, "首次到店时间": kexin.CustSourceOn,
		"称呼": kexin.CustName, "客户的手机号": kexin.CustPhone,
	} {
		g := Guess{Columns: []Column{{Name: header}}}
		if got := Map(g, kexin.Builtin(), kexin.Customer)[0]; got.Field != want || got.Why != ByHeader {
			t.Errorf("%s: %+v, want %d", header, got, want)
		}
	}
	for header, why := range map[string]string{
		"身份证号": SkipSensitive, "银行卡号": SkipSensitive, "孩子年龄": SkipSensitive, "小孩学校": SkipSensitive, "开门密码": SkipSensitive, "ID Card": SkipSensitive, "婚姻状况": SkipSensitive, "客户照片": SkipSensitive,
		"序号": SkipNumber, "会员卡号": SkipNumber, "客户编号": SkipNumber, "积分": SkipUnused, "累计消费": SkipComputed, "最后跟进时间": SkipComputed,
		"紧急联系人电话": SkipOther, "推荐人": SkipOther, "设计师电话": SkipOther, "业务员电话": SkipOther, "导购手机": SkipOther, "什么": SkipUnknown, "": SkipUnknown,
	} {
		g := Guess{Columns: []Column{{Name: header}}}
		if got := Map(g, kexin.Builtin(), kexin.Customer)[0]; got.Role != RoleSkip || got.Why != why {
			t.Errorf("%s: %+v, want %s", header, got, why)
		}
	}
}

func TestMapTwice(t *testing.T) {
	_, targets := mapOf(t, "姓名,称呼,手机,电话,联系人,地址,安装地址,登记日期,到店日期,公司\n王芳,女士,13800000000,13900000000,李娜,a路1号,b路2号,2024-01-01,2024-01-02,某某\n")
	want := []kexin.FieldID{kexin.CustName, kexin.CustSalut, kexin.CustPhone, kexin.CustPhones, kexin.CustRemark, kexin.CustAddress, kexin.CustRemark, kexin.CustSourceOn, 0, kexin.CustRemark}
	for i, id := range want {
		if targets[i].Field != id {
			t.Errorf("column %d: %+v, want %d", i, targets[i], id)
		}
	}
	if targets[8].Why != SkipSecond || targets[4].Label != "联系人" {
		t.Errorf("%+v %+v", targets[8], targets[4])
	}
}

func TestMapByContent(t *testing.T) {
	s := strings.Repeat("王芳,13800000000,女,浙江省杭州市学院路1号,2024-05-06,到店登记,wang@example.com,13900000001\n李娜,139 0000 0000,男,浙江省杭州市学院路2号,2024/5/7,来电,li@example.com,\n", 3)
	_, targets := mapOf(t, s)
	want := []kexin.FieldID{kexin.CustName, kexin.CustPhone, kexin.CustGender, kexin.CustAddress, kexin.CustSourceOn, kexin.CustSource, kexin.CustEmail, kexin.CustPhones}
	for i, id := range want {
		if targets[i].Field != id || targets[i].Why != ByContent {
			t.Errorf("column %d: %+v, want %d", i, targets[i], id)
		}
	}
	ids := "甲,乙\n" + strings.Repeat("11010519491231002X,13800000000\n", 4)
	g, targets := mapOf(t, ids)
	if targets[0].Why != SkipSensitive {
		t.Errorf("%+v", targets[0])
	}
	cards := "甲,乙\n" + strings.Repeat("6222 0212 3456 7890 127,13800000000\n4111111111111111,13800000000\n", 4)
	g2, targets2 := mapOf(t, cards)
	if targets2[0].Why == SkipSensitive {
		t.Error("half of them do not check")
	}
	targets2[0] = Target{Column: 0, Field: kexin.CustRemark, Role: RoleField}
	if err := CheckMap(g2, targets2, kexin.Builtin(), kexin.Customer); err != nil {
		t.Error(err)
	}
	targets[0] = Target{Column: 0, Field: kexin.CustRemark, Role: RoleField}
	wantFault(t, CheckMap(g, targets, kexin.Builtin(), kexin.Customer), "columns.0", keyMapSensitive)
}

func TestMapCustomField(t *testing.T) {
	b := kexin.Builtin()
	defs := []kexin.ObjectDef{{Object: kexin.Customer, Name: "customer", Plural: "customers", Person: true}}
	fields := []kexin.Field{
		*b.Field(kexin.CustName), *b.Field(kexin.CustPhone),
		{ID: 1500, Object: kexin.Customer, Name: "house_type", Kind: kexin.KindText, Class: kexin.Basic, Retention: kexin.KeepEnquiry},
		{ID: 1501, Object: kexin.Customer, Name: "id_no", Kind: kexin.KindText, Class: kexin.Sensitive, Retention: kexin.KeepEnquiry},
	}
	s, err := kexin.Compile(2, defs, fields)
	if err != nil {
		t.Fatal(err)
	}
	g := Guess{Columns: []Column{{"姓名", 0}, {"House_Type", 1}, {"id no", 2}, {"地址", 3}}}
	targets := Map(g, s, kexin.Customer)
	if targets[2].Why != SkipSensitive || targets[3].Role != RoleSkip {
		t.Errorf("%+v", targets)
	}
	targets[1] = Target{Column: 1, Field: 1500, Role: RoleField}
	if err := CheckMap(g, targets, s, kexin.Customer); err != nil {
		t.Error(err)
	}
	targets[2] = Target{Column: 2, Field: 1501, Role: RoleField}
	wantFault(t, CheckMap(g, targets, s, kexin.Customer), "columns.2", keyMapSensitive)
	targets[2], targets[3] = Target{Column: 2, Role: RoleSkip}, Target{Column: 3, Field: 1501, Role: RoleField}
	wantFault(t, CheckMap(g, targets, s, kexin.Customer), "columns.3", keyMapConsent)
}

// TestMapSensitiveField: a column that names a field which the schema says is
// sensitive is not read, and goes nowhere else either.
func TestMapSensitiveField(t *testing.T) {
	s := kexin.Builtin()
	s.Field(kexin.CustBirthday).Class = kexin.Sensitive
	g := look(t, strings.NewReader("姓名,手机,生日,登记日期\n王芳,13800000000,1990-01-02,2024-05-06\n"), Options{})
	targets := Map(g, s, kexin.Customer)
	if targets[2].Why != SkipSensitive {
		t.Errorf("%+v", targets[2])
	}
	for field, key := range map[kexin.FieldID]string{kexin.CustRemark: keyMapSensitive, kexin.CustBirthday: keyMapSensitive} {
		targets[2] = Target{Column: 2, Field: field, Role: RoleField}
		wantFault(t, CheckMap(g, targets, s, kexin.Customer), "columns.2", key)
	}
}

func wantFault(t *testing.T, err error, path, key string) {
	t.Helper()
	var e *kexin.Error
	if !errors.As(err, &e) || e.Code != kexin.Invalid {
		t.Fatalf("%v, want %s at %s", err, key, path)
	}
	for _, f := range e.Fields {
		if f.Path == path && f.Key == key {
			return
		}
	}
	t.Errorf("%+v, want %s at %s", e.Fields, key, path)
}

func TestCheckMap(t *testing.T) {
	g := Guess{Columns: []Column{{"姓名", 0}, {"手机", 1}, {"身份证号", 2}, {"备注", 3}, {"需求", 4}}}
	s := kexin.Builtin()
	name, phone := Target{Column: 0, Field: kexin.CustName, Role: RoleField}, Target{Column: 1, Field: kexin.CustPhone, Role: RoleField}
	for what, c := range map[string]struct {
		targets   []Target
		path, key string
	}{
		"column twice":      {[]Target{name, phone, {Column: 1, Field: kexin.CustPhones, Role: RoleField}}, "columns.1", keyMapTwice},
		"field twice":       {[]Target{name, phone, {Column: 3, Field: kexin.CustName, Role: RoleField}}, "columns.3", keyMapSingle},
		"nobody":            {[]Target{{Column: 3, Field: kexin.CustRemark, Role: RoleField}}, "columns", keyMapNobody},
		"nothing":           {nil, "columns", keyMapNobody},
		"sensitive":         {[]Target{name, {Column: 2, Field: kexin.CustRemark, Role: RoleField}}, "columns.2", keyMapSensitive},
		"no such column":    {[]Target{name, {Column: 9, Field: kexin.CustRemark, Role: RoleField}}, "columns.9", keyMapColumn},
		"negative column":   {[]Target{name, {Column: -1, Field: kexin.CustRemark, Role: RoleField}}, "columns.-1", keyMapColumn},
		"computed":          {[]Target{name, {Column: 3, Field: kexin.CustSum, Role: RoleField}}, "columns.3", keyMapField},
		"owner as field":    {[]Target{name, {Column: 3, Field: kexin.CustOwner, Role: RoleField}}, "columns.3", keyMapField},
		"source as field":   {[]Target{name, {Column: 3, Field: kexin.CustSource, Role: RoleField}}, "columns.3", keyMapField},
		"name as way":       {[]Target{phone, {Column: 3, Field: kexin.CustName, Role: RoleWay}}, "columns.3", keyMapField},
		"order as customer": {[]Target{name, {Column: 3, Field: kexin.OrdNo, Role: RoleField}}, "columns.3", keyMapField},
		"customer as order": {[]Target{name, {Column: 3, Field: kexin.CustNeed, Role: RoleOrder}}, "columns.3", keyMapField},
		"order's customer":  {[]Target{name, {Column: 3, Field: kexin.OrdCustomer, Role: RoleOrder}}, "columns.3", keyMapField},
		"another object":    {[]Target{name, {Column: 3, Field: kexin.DealAmount, Role: RoleField}}, "columns.3", keyMapField},
		"no field":          {[]Target{name, {Column: 3, Field: 9999, Role: RoleField}}, "columns.3", keyMapField},
		"no role":           {[]Target{name, {Column: 3, Field: kexin.CustNeed}}, "columns.3", keyMapField},
	} {
		t.Run(what, func(t *testing.T) { wantFault(t, CheckMap(g, c.targets, s, kexin.Customer), c.path, c.key) })
	}
	fine := []Target{name, phone, {Column: 2, Role: RoleSkip}, {Column: 3, Field: kexin.CustNeed, Role: RoleField}, {Column: 4, Field: kexin.CustNeed, Role: RoleField}}
	if err := CheckMap(g, fine, s, kexin.Customer); err != nil {
		t.Error(err)
	}
	if err := CheckMap(g, []Target{phone}, s, kexin.Customer); err != nil {
		t.Error(err)
	}
}

func TestComplete(t *testing.T) {
	g := Guess{Columns: []Column{{"楼栋", 0}, {"备注", 1}, {"户型", 2}}}
	got := Complete(g, []Target{{Column: 0, Field: kexin.CustAddress, Role: RoleField}, {Column: 1, Field: kexin.CustRemark, Role: RoleField}, {Column: 2, Field: kexin.CustRemark, Role: RoleField}}, kexin.Customer)
	if got[0].Unit != "栋" || got[1].Label != "" || got[2].Label != "户型" {
		t.Errorf("%+v", got)
	}
}

// Whatever headers and cells a file has, the proposal passes the check, unless
// there is nobody in it.
func TestMapAlwaysPasses(t *testing.T) {
	words := []string{"", "甲", "Column 7"}
	for w := range headerWords {
		words = append(words, w)
	}
	for _, p := range sensitiveParts {
		words = append(words, p+"1")
	}
	values := []string{"", "13800000000", "王芳", "女", "2024-01-01", "a@b.cn", "11010519491231002X", "到店", "浙江省杭州市", "x"}
	s := kexin.Builtin()
	rapid.Check(t, func(t *rapid.T) {
		g := Guess{Sample: make([][]string, 5)}
		for i := range rapid.IntRange(1, 12).Draw(t, "columns") {
			g.Columns = append(g.Columns, Column{rapid.SampledFrom(words).Draw(t, "header"), i})
			v := rapid.SampledFrom(values).Draw(t, "value")
			for r := range g.Sample {
				g.Sample[r] = append(g.Sample[r], v)
			}
		}
		targets := Map(g, s, kexin.Customer)
		var e *kexin.Error
		if err := CheckMap(g, targets, s, kexin.Customer); errors.As(err, &e) && (len(e.Fields) != 1 || e.Key != keyMapNobody) {
			t.Fatalf("%+v: %v", g.Columns, err)
		}
		for i, target := range targets {
			if target.Column != i || target.Role == "" || target.Why == "" {
				t.Fatalf("%+v", target)
			}
		}
	})
}
