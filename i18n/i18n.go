// Package i18n is the catalogue: every sentence the program says to a person,
// in Chinese and English, under dotted keys. The two JSON files are the only
// place for such sentences; the server embeds them and the web front end
// imports the same files. Codes travel and are stored, sentences are made at
// the last moment.
package i18n

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// The languages. Chinese is the language of a person who asked for neither.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Langs are all languages, the default first.
var Langs = [...]string{Chinese, English}

//go:embed zh-CN.json en.json
var files embed.FS

// catalogue is language → key → sentence, read once and never changed.
var catalogue = sync.OnceValue(func() map[string]map[string]string {
	all := make(map[string]map[string]string, len(Langs))
	for _, lang := range Langs {
		all[lang] = load(lang)
	}
	return all
})

// load reads one embedded file. It panics on a fault in it, which the
// package's own test finds first.
func load(lang string) map[string]string {
	b, err := files.ReadFile(lang + ".json")
	if err != nil {
		panic(err)
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		panic("i18n: " + lang + ": " + err.Error())
	}
	return m
}

// T is the sentence under key in lang with {name} parameters filled from
// args. A language that is not in Langs counts as Chinese. A missing key gives
// the key itself and a missing parameter stays as {name}, so that a fault
// shows on the screen and breaks nothing. Parameters are put in as they are:
// whoever writes HTML escapes the whole sentence.
func T(lang, key string, args map[string]string) string {
	m, ok := catalogue()[lang]
	if !ok {
		m = catalogue()[Chinese]
	}
	s, ok := m[key]
	if !ok {
		return key
	}
	return fill(s, args)
}

// Has reports whether the catalogue has the key.
func Has(key string) bool {
	_, ok := catalogue()[Chinese][key]
	return ok
}

// Keys are all keys, sorted.
func Keys() []string {
	m := catalogue()[Chinese]
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// fill replaces each {name} of s once; what an argument contains is not
// looked at again, so a customer called "{tel}" stays that.
func fill(s string, args map[string]string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		before, name, after, ok := cutParam(s)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if v, has := args[name]; has {
			b.WriteString(v)
		} else {
			b.WriteString("{" + name + "}")
		}
		s = after
	}
}

// cutParam splits s around its first parameter; ok is false and before is all
// of s where there is none.
func cutParam(s string) (before, name, after string, ok bool) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '{')
		if i < 0 {
			return s, "", "", false
		}
		i += from
		j := strings.IndexByte(s[i:], '}')
		if j < 0 {
			return s, "", "", false
		}
		if name = s[i+1 : i+j]; isName(name) {
			return s[:i], name, s[i+j+1:], true
		}
		from = i + 1
	}
}

// isName reports whether s can be a parameter's name: a-z, 0-9 and _, at
// least one.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return s != ""
}

// Params are the parameter names of a sentence, sorted, each once.
func Params(sentence string) []string {
	var names []string
	for {
		_, name, after, ok := cutParam(sentence)
		if !ok {
			slices.Sort(names)
			return slices.Compact(names)
		}
		names, sentence = append(names, name), after
	}
}

// choiceLists says which list of "choice.<list>.<code>" a built-in field
// takes its codes from, where the list is not called like the field.
var choiceLists = map[string]string{
	"customer.source": "way",
	"customer.tags":   "tag",
	"deal.stage":      "deal_stage",
	"order.status":    "order_state",
	"visit.way":       "visit_way",
}

// ChoiceKey is the key of one code of a built-in choice field, by the names of
// its object and itself: ("customer", "source", "store") is
// "choice.way.store".
func ChoiceKey(object, field, code string) string {
	list, ok := choiceLists[object+"."+field]
	if !ok {
		list = field
	}
	return "choice." + list + "." + code
}
