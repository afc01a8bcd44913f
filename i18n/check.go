package i18n

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// keyForm is the form of a key: lower-case dotted names; the codes of the law
// (law.E_PURPOSE) are the one place for capitals.
var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.([a-z0-9_]+|E_[A-Z0-9_]+))+$`)

// avoided are the words that the glossary rules out, each with the one to
// use. 授权 is the first: it hides who allows what; customers give 同意, staff
// have 权限, merchants sign a 协议.
var avoided = map[string]string{
	"授权":   "同意 / 权限 / 协议",
	"数据主体": "客户 / 您",
	"平台方":  "联盟秘书处",
	"溯源":   "来源",
	"脱敏":   "打码",
	"提权":   "申请查看",
	"频控":   "联系上限",
	"区块链":  "留痕",
	"存证":   "留痕 / 凭证",
	"撞库":   "共同客户数",
	"掉海":   "自动退回",
	"归属人":  "负责人",
	"抢单":   "喊单",
	"人头费":  "成交佣金",
	"隔离区":  "封存",
	"令牌":   "接口密钥",
	"商家":   "商户",
	"钥匙文件": "密钥文件",
	"“":    "「",
	"DPO":  "资料保护负责人",
	"PIO":  "资料保护负责人",
}

// halfWidth finds ASCII punctuation that touches a Chinese character; times
// (10:42), numbers (3.5) and links stay free.
var halfWidth = regexp.MustCompile(`\p{Han}[,.;:!?()"']|[,;:!?()"']\p{Han}`)

// Check says what is wrong with one entry, nil where nothing is: the key's
// form, an empty or untrimmed sentence, parameters that differ between the
// languages, a word the glossary avoids, half-width punctuation in Chinese,
// Chinese in English.
func Check(key, zh, en string) error {
	switch {
	case !keyForm.MatchString(key):
		return fmt.Errorf("%s: not a dotted lower-case key", key)
	case blank(zh) || blank(en):
		return fmt.Errorf("%s: a sentence is empty or has space around it", key)
	case !slices.Equal(Params(zh), Params(en)):
		return fmt.Errorf("%s: parameters differ: %v and %v", key, Params(zh), Params(en))
	case strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
		return fmt.Errorf("%s: Chinese in the English sentence", key)
	}
	if m := halfWidth.FindString(zh); m != "" {
		return fmt.Errorf("%s: half-width punctuation at %q", key, m)
	}
	return checkWords(key, zh)
}

func blank(s string) bool { return s == "" || strings.TrimSpace(s) != s }

func checkWords(key, zh string) error {
	for bad, good := range avoided {
		if strings.Contains(zh, bad) {
			return fmt.Errorf("%s: %s is not said here, say %s", key, bad, good)
		}
	}
	return nil
}
