package portal

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/i18n"
	"kexin/kind"
	"kexin/kind/pinyin"
)

// funcs are what templates may call, in one language.
func funcs(lang, version string, demo bool) template.FuncMap {
	return template.FuncMap{
		"demo":     func() bool { return demo },
		"t":        func(key string, args ...string) string { return i18n.T(lang, key, pairs(args)) },
		"field":    func(pg *page, name string, attrs ...string) input { return newInput(lang, pg, name, attrs) },
		"icon":     icon,
		"version":  func() string { return version },
		"groups":   func(s string) []string { return strings.Split(s, "-") },
		"fours":    fours,
		"add":      func(a, b int) int { return a + b },
		"initial":  initial,
		"needs":    func(codes []string) string { return needsIn(lang, codes) },
		"wordkey":  wordKey,
		"needword": func(code string) string { return inSentence(lang, needsIn(lang, []string{code})) },
		"sound":    sound,
		"faulty":   faulty,
		"shown":    shownCell,
		"url":      func(s string) template.URL { return template.URL(s) }, // only for QR codes made here
	}
}

// pairs makes the parameters of a sentence of names and values.
func pairs(args []string) map[string]string {
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return m
}

// An input is one field of a form, ready for the template "field".
type input struct {
	Name, Label, Hint, Error string
	Type, Value, Auto, Mode  string
	Max                      int
	Optional, Code           bool
}

// newInput reads attributes such as "type=password" "auto=new-password"
// "hint=portal.x" "max=18" "optional" "code".
func newInput(lang string, pg *page, name string, attrs []string) input {
	in := input{Name: name, Label: i18n.T(lang, "portal.field."+name, nil), Type: "text", Value: pg.Values[name], Max: 100, Auto: "off"}
	for _, f := range pg.Faults {
		if f.Field == name {
			in.Error = f.Text
		}
	}
	for _, a := range attrs {
		k, v, _ := strings.Cut(a, "=")
		switch k {
		case "type":
			in.Type = v
		case "auto":
			in.Auto = v
		case "mode":
			in.Mode = v
		case "hint":
			in.Hint = i18n.T(lang, v, nil)
		case "label":
			in.Label = v
		case "max":
			_, _ = fmt.Sscan(v, &in.Max)
		case "optional":
			in.Optional = true
		case "code":
			in.Code = true
		}
	}
	return in
}

// there is a moment where the merchant of the page is.
func (pg *page) there(at kexin.Instant) time.Time {
	return at.Time().In(pg.v.p.App.Env(pg.v.r.Context(), pg.of).Zone)
}

// Day is a moment's day there, as people write it.
func (pg *page) Day(at kexin.Instant) string {
	if pg.Lang == i18n.English {
		return pg.there(at).Format("2 January 2006")
	}
	return pg.there(at).Format("2006 年 1 月 2 日")
}

// Moment is a moment's day and hour there.
func (pg *page) Moment(at kexin.Instant) string {
	return pg.Day(at) + " " + pg.there(at).Format("15:04")
}

// fours groups a key by four, to be typed by hand.
func fours(s string) string {
	var b strings.Builder
	for i, c := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// paths are the icons: strokes on a field of 24 by 24.
var paths = map[string]string{
	"mark":     "M3.5 8.5L10.5 16 20.5 6",
	"alert":    "M12 4L2.8 19.5h18.4zM12 10v4.500M12 17v.2",
	"check":    "M4.5 12.5l5 5L19.5 7",
	"cross":    "M6 6l12 12M18 6L6 18",
	"lock":     "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3",
	"shop":     "M4 9.5L5.5 4h13L20 9.5M4 9.5a2.700 2.700 0 005.300 0 2.700 2.700 0 005.400 0 2.700 2.700 0 005.300 0M5.500 12.500V20h13v-7.500M10 20v-4.500h4V20",
	"list":     "M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4 6.5h.5M4 12h.5M4 17.5h.5",
	"ban":      "M12 20.5a8.500 8.500 0 100-17 8.500 8.500 0 000 17zM6 6l12 12",
	"shield":   "M12 3l7.5 3v5.500c0 4.600-3.100 8-7.500 9.500-4.400-1.500-7.500-4.900-7.500-9.500V6zM8.500 12l2.500 2.500 4.500-5",
	"eye":      "M2.5 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 14.800a2.800 2.800 0 100-5.600 2.800 2.800 0 000 5.600z",
	"clock":    "M12 20.5a8.500 8.500 0 100-17 8.500 8.500 0 000 17zM12 7v5l3.500 2",
	"bell":     "M6 16.5V11a6 6 0 0112 0v5.500l1.500 1.500h-15zM10 20.500h4",
	"help":     "M12 20.5a8.500 8.500 0 100-17 8.500 8.500 0 000 17zM9.500 9.500a2.500 2.500 0 115 0c0 1.800-2.500 2-2.500 4M12 16.800v.2",
	"print":    "M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7z",
	"phone":    "M7.5 3.500h9v17h-9zM11 18h2",
	"doc":      "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 15.500h6",
	"wait":     "M6.5 3.500h11M6.500 20.500h11M8 3.500c0 5 4 5.500 4 8.500s-4 3.500-4 8.500M16 3.500c0 5-4 5.500-4 8.500s4 3.500 4 8.500",
	"user":     "M12 12a4 4 0 100-8 4 4 0 000 8zM4.500 20.500c.8-4 3.700-6 7.500-6s6.700 2 7.500 6",
	"money":    "M12 20.5a8.500 8.500 0 100-17 8.500 8.500 0 000 17zM8.500 7.500l3.500 4.500 3.500-4.500M12 12v5M9 13h6M9 15.500h6",
	"undo":     "M8.500 5L4.500 9l4 4M4.500 9h9.500a5.500 5.500 0 010 11h-4",
	"next":     "M9 5.500l6.500 6.500L9 18.500",
	"by_sms":   "M7.5 3.500h9v17h-9zM11 18h2",
	"by_email": "M3.500 6h17v12.500h-17zM4 6.500l8 6.500 8-6.500",
	"none":     "M10.5 17a6.500 6.500 0 100-13 6.500 6.500 0 000 13zM15.500 15.500L20.500 20.500",
}

// icon draws one, beside words that say the same.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="` + paths[name] + `"/></svg>`)
}

// initial is the first character of a name, for the mark of a shop.
func initial(name string) string {
	for _, r := range name {
		return string(r)
	}
	return ""
}

// hues are the colours of shops' marks in the customer's sheet.
const hues = "abcd"

// Hue is the colour of a shop's mark: the same on every page, but for one that
// another shop of the page has already.
func (pg *herPage) Hue(name string) string {
	if at, ok := pg.hues[name]; ok {
		return hues[at : at+1]
	}
	if pg.hues == nil {
		pg.hues = map[string]int{}
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	at := int(h.Sum32() % uint32(len(hues)))
	for range hues {
		if !slices.Contains(slices.Collect(maps.Values(pg.hues)), at) {
			break
		}
		at = (at + 1) % len(hues)
	}
	pg.hues[name] = at
	return hues[at : at+1]
}

// A cardOn is a shop's card on a page.
type cardOn struct {
	app.ShopCard
	Hue string
}

// Card is a card with its colour.
func (pg *herPage) Card(c app.ShopCard) cardOn { return cardOn{c, pg.Hue(c.Shown)} }

// needsIn are needs in words.
func needsIn(lang string, codes []string) string {
	var out []string
	for _, c := range codes {
		if c == "" {
			out = append(out, i18n.T(lang, "introduce.any", nil))
			continue
		}
		out = append(out, i18n.T(lang, "choice.need."+c, nil))
	}
	if lang == i18n.English {
		return strings.Join(out, ", ")
	}
	return strings.Join(out, "、")
}

// inSentence is a word as it stands inside a sentence.
func inSentence(lang, word string) string {
	if lang == i18n.English {
		return strings.ToLower(word)
	}
	return word
}

// sound is how a word is said, for who does not read Chinese.
func sound(word string) string {
	var out []string
	for _, r := range word {
		if p := pinyin.Readings(r); len(p) > 0 {
			out = append(out, p[0])
		}
	}
	return strings.Join(out, " ")
}

// faulty is what is wrong with a field, "" for nothing.
func faulty(pg *herPage, name string) string {
	for _, f := range pg.Faults {
		if f.Field == name {
			return f.Text
		}
	}
	return ""
}

// shownCell is a value as her page shows it: as people write it once it is
// clear, else its mask.
func shownCell(f app.HerField) string {
	v := f.Cell.Value
	switch {
	case v.Empty():
		return "***"
	case f.Cell.Level == kexin.Clear:
		return kind.Format(f.Field, v, kind.Env{})
	}
	return strings.Join(v.Strings(), ", ")
}

// wordKey is where a consent stands, in words.
func wordKey(r consent.Row) string {
	key := "hers.word." + strings.ToLower(string(r.State))
	if r.State == consent.Requested && r.Channel == kexin.ByEmail {
		key += "_email"
	}
	return key
}
