package match

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kexin"
)

// TestNames lists pairs of names by how they stand to each other.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want likeness
	}{
		{"张伟", "张伟", equal},
		{"张伟先生", "张 伟", equal},
		{"张伟(老客户)", "张伟", equal},
		{"杨浩英", "杨皓英", sounds},
		{"王𬬭", "王伦", sounds},
		{"孙彦", "孙艳", sounds},
		{"曾乐", "曾悦", sounds}, // 乐 is read yue in names
		{"舒女士", "舒勇绍", surname},
		{"舒勇绍", "舒女士", surname},
		{"欧阳先生", "欧阳明日", surname},
		{"王女士", "王女士", equal},
		{"王女士", "王姐", equal},
		{"王女士", "王先生", variant},
		{"李建国", "李建军", variant},
		{"张琪", "张琪苗", variant},
		{"王芳", "王强", differs},
		{"张伟", "李伟", differs},
		{"王女士", "李秀英", differs},
		{"王女士", "李先生", differs},
		{"Wei Zhang", "zhang wei", equal},
		{"John Smith", "John Smyth", variant},
		{"", "张伟", nameless},
	} {
		facts := func(s string) Facts {
			f := Facts{Name: s}
			switch {
			case len(s) > 6 && s[len(s)-6:] == "女士" || len(s) > 3 && s[len(s)-3:] == "姐":
				f.Salutation = "ms"
			case len(s) > 6 && s[len(s)-6:] == "先生":
				f.Salutation = "mr"
			}
			return f
		}
		if got := nameOf(facts(c.a)).like(nameOf(facts(c.b))); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := nameOf(facts(c.b)).like(nameOf(facts(c.a))); got != c.want {
			t.Errorf("%s, %s the other way round: %d, want %d", c.b, c.a, got, c.want)
		}
	}
	firm := func(s string) name { return nameOf(Facts{Name: s, Company: true}) }
	for _, c := range []struct {
		a, b string
		want likeness
	}{{"永嘉安居装饰有限公司", "永嘉安居装饰有限公司", equal}, {"永嘉安居装饰有限公司", "永嘉安居装饰", variant}, {"永嘉安居装饰有限公司", "瑞安宜家装饰有限公司", differs}} {
		if got := firm(c.a).like(firm(c.b)); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if firm("张伟").like(nameOf(Facts{Name: "张伟"})) != differs {
		t.Error("a company is no person of the same name")
	}
}

func TestFlats(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want nearness
	}{
		{"11-1-1003", "11-1-1003", home}, {"28-802", "28-1-802", home}, {"11-1-1003", "11-2-1003", another}, {"11-1-1003", "11-1-1004", another},
		{"12-1003", "11-1003", another}, {"", "11-1-1003", near}, {"11", "11-1-1003", near}, {"12", "11-1-1003", another}, {"", "", near},
		{"2期-3-101", "3-101", another},
	} {
		if got := flats(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestDecide lists questions with their answers and reasons.
func TestDecide(t *testing.T) {
	base := Facts{Name: "王秀英", Phones: []string{"+8613800000001"}, Region: "330382", Estate: "御景公馆", Room: "11-1-1003", Orders: []string{"SO210101"}}
	with := func(change func(*Facts)) Facts {
		f := base
		f.Phones = slices.Clone(base.Phones)
		change(&f)
		return f
	}
	noPhone := func(f *Facts) { f.Phones = nil }
	for name, c := range map[string]struct {
		row  Facts
		want Verdict
		why  []Why
	}{
		"everything":                 {base, Same, []Why{SamePhone, SameOrder, SameName, SameEstate, SameRoom}},
		"phone and name":             {Facts{Name: "王秀英", Phones: base.Phones}, Same, []Why{SamePhone, SameName}},
		"phone, read alike":          {Facts{Name: "王秀瑛", Phones: base.Phones}, Same, []Why{SamePhone, Homophone}},
		"phone, surname":             {Facts{Name: "王女士", Phones: base.Phones}, Same, []Why{SamePhone, SameSurname}},
		"phone, another name":        {Facts{Name: "陈建国", Phones: base.Phones}, Review, []Why{SamePhone, NameDiffers}},
		"phone, one character":       {Facts{Name: "王秀芳", Phones: base.Phones}, Review, []Why{SamePhone, NameClose}},
		"phone, no name":             {Facts{Phones: base.Phones}, Same, []Why{SamePhone}},
		"second phone":               {Facts{Name: "王秀英", Phones: []string{"+8613900000009", base.Phones[0]}}, Same, []Why{SamePhone, SameName}},
		"order and name":             {Facts{Name: "王秀英", Phones: []string{"+8613900000009"}, Orders: base.Orders}, Same, []Why{SameOrder, PhoneDiffers, SameName}},
		"order, no phone, no name":   {Facts{Name: "陈建国", Orders: base.Orders}, Review, []Why{SameOrder, NameDiffers}},
		"order of another branch":    {Facts{Name: "陈建国", Phones: []string{"+8613900000009"}, Orders: base.Orders}, New, nil},
		"running order number":       {Facts{Name: "王秀英", Orders: []string{"12"}}, New, nil},
		"flat, no phone":             {with(func(f *Facts) { noPhone(f); f.Orders = nil }), Same, []Why{SameName, SameEstate, SameRoom}},
		"flat without unit":          {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Room = "11-1003" }), Same, []Why{SameName, SameEstate, SameRoom}},
		"flat, read alike":           {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Name = "王秀瑛" }), Same, []Why{Homophone, SameEstate, SameRoom}},
		"flat, other phone":          {with(func(f *Facts) { f.Phones = []string{"+8613900000009"}; f.Orders = nil }), Review, []Why{PhoneDiffers, SameName, SameEstate, SameRoom}},
		"flat, surname only":         {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Name = "王女士" }), New, nil},
		"flat, another name":         {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Name = "陈建国" }), New, nil},
		"estate, no phone":           {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Room = "" }), Review, []Why{SameName, SameEstate}},
		"estate, other phone":        {with(func(f *Facts) { f.Phones = []string{"+8613900000009"}; f.Orders = nil; f.Room = "" }), New, nil},
		"estate elsewhere, no phone": {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Region = "440106" }), New, nil},
		"another flat, no phone":     {with(func(f *Facts) { noPhone(f); f.Orders = nil; f.Room = "12-1-1003" }), New, nil},
		"name alone":                 {Facts{Name: "王秀英"}, New, nil},
		"nothing":                    {Facts{}, New, nil},
	} {
		d := Decide(c.row, []Facts{base})
		if d.Verdict != c.want || c.want != New && !slices.Equal(d.Why, c.why) {
			t.Errorf("%s: %+v", name, d)
		}
		if (d.At == 0) != (c.want != New) || d.Score < 0 || d.Score > 100 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// TestBest: among several the same person comes before a question, the
// likelier before the others, and the older of equals.
func TestBest(t *testing.T) {
	phone := []string{"+8613800000001"}
	row := Facts{Name: "王芳", Phones: phone}
	people := []Facts{{Name: "陈建国", Phones: phone}, {Name: "王女士", Phones: phone}, {Name: "王芳", Phones: phone}, {Name: "王芳", Phones: phone}}
	if d := Decide(row, people); d.Verdict != Same || d.At != 2 {
		t.Errorf("%+v", d)
	}
	if d := Decide(row, people[:1]); d.Verdict != Review || d.At != 0 {
		t.Errorf("%+v", d)
	}
}

func TestKeys(t *testing.T) {
	f := Facts{Name: "王秀英", Phones: []string{"+8613800000001", "+8657788880000;ext=12", "+8613800000001"}, WeChat: "wang_1", Email: "a@b.cn", USCC: "X",
		Estate: "御景公馆", Orders: []string{"SO210101", "12", ""}}
	want := []kexin.Key{
		{Kind: kexin.KeyPhone, Canon: "+8613800000001", Field: kexin.CustPhone}, {Kind: kexin.KeyPhone, Canon: "+8657788880000", Field: kexin.CustPhone},
		{Kind: kexin.KeyWeChat, Canon: "wang_1", Field: kexin.CustWeChat}, {Kind: kexin.KeyEmail, Canon: "a@b.cn", Field: kexin.CustEmail},
		{Kind: kexin.KeyUSCC, Canon: "X", Field: kexin.CustUSCC}, {Kind: kexin.KeyOrder, Canon: "SO210101", Field: kexin.OrdNo},
		{Kind: KeyHome, Canon: "wangxiuying|御景公馆", Field: kexin.CustAddress},
	}
	if got := Keys(f); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	for _, f := range []Facts{{Name: "王女士", Estate: "御景公馆"}, {Name: "王秀英"}, {Name: "某某公司", Company: true, Estate: "御景公馆"}} {
		if k, ok := Home(f); ok {
			t.Errorf("%+v: %v", f, k)
		}
	}
}

// anyFacts draws facts out of few values, so that much is in common.
func anyFacts(t *rapid.T, label string) Facts {
	pick := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label+what) }
	f := Facts{
		Name:   pick("name", "王秀英", "王秀瑛", "王女士", "王先生", "王芳", "陈建国", "陈建军", "", "Wei Zhang"),
		Region: pick("region", "", "330382", "330300", "440106"), Estate: pick("estate", "", "御景公馆", "金色花园"),
		Room: pick("room", "", "11", "11-1003", "11-1-1003", "12-1-1003"), WeChat: pick("wechat", "", "", "wang_1"),
	}
	f.Phones = rapid.SliceOfN(rapid.SampledFrom([]string{"+8613800000001", "+8613800000002", "+8613800000003"}), 0, 2).Draw(t, label+"phones")
	f.Orders = rapid.SliceOfN(rapid.SampledFrom([]string{"SO210101", "SO210102", "12"}), 0, 2).Draw(t, label+"orders")
	return f
}

// TestDecideProperties: the answer is the same each time, does not depend on
// candidates that have nothing in common, is symmetric for one candidate, and
// without any key in common it is New.
func TestDecideProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row, there := anyFacts(t, "row"), anyFacts(t, "there")
		d := Decide(row, []Facts{there})
		if e := Decide(row, []Facts{there}); e.Verdict != d.Verdict || e.Score != d.Score || !slices.Equal(e.Why, d.Why) {
			t.Fatalf("%+v, then %+v", d, e)
		}
		if e := Decide(there, []Facts{row}); e.Verdict != d.Verdict {
			t.Fatalf("%+v, the other way round %+v", d, e)
		}
		stranger := Facts{Name: "欧阳明日", Phones: []string{"+8613999999999"}}
		if e := Decide(row, []Facts{stranger, there, stranger}); e.Verdict != d.Verdict || d.Verdict != New && e.At != 1 {
			t.Fatalf("%+v with strangers %+v", d, e)
		}
		if e := Decide(row, []Facts{there, there}); d.Verdict != New && e.At != 0 {
			t.Fatalf("of two equals the second: %+v", e)
		}
		if d.Verdict == Same && !sharesKey(row, there) {
			t.Fatalf("the same person without a key: %+v", d)
		}
		if len(d.Why) > 0 && d.Verdict != New && (d.Score < 0 || d.Score > 100) {
			t.Fatalf("%+v", d)
		}
	})
}

// sharesKey reports that blocking would have found the pair.
func sharesKey(a, b Facts) bool {
	keys := Keys(b)
	return slices.ContainsFunc(Keys(a), func(k kexin.Key) bool { return slices.Contains(keys, k) })
}
