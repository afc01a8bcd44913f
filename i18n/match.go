package i18n

import (
	"strconv"
	"strings"
)

// Match picks the language for an Accept-Language header (RFC 9110 12.5.4):
// the one of Langs that it weighs highest, the earlier of two alike. Every
// kind of Chinese (zh-TW, zh-Hant-HK) is served zh-CN, every kind of English
// en. A header that names neither, or is empty or broken, gives Chinese.
func Match(acceptLanguage string) string {
	best, weight := Chinese, 0.0
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, params, _ := strings.Cut(part, ";")
		lang := known(tag)
		if q := quality(params); lang != "" && q > weight {
			best, weight = lang, q
		}
	}
	return best
}

// known is the language of Langs that a tag's primary part means, "" for
// another. "*" is any language, so the default.
func known(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch primary {
	case "zh", "*":
		return Chinese
	case "en":
		return English
	}
	return ""
}

// quality reads "q=0.8" among a part's parameters; none is 1, nonsense is 0
// (not wanted).
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil || !(0 <= q && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
