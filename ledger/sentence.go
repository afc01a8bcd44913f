package ledger

import (
	"bytes"
	"strconv"
	"strings"

	"kexin"
	"kexin/i18n"
)

// Sentence says in a language what an entry records, without who did it: every
// code in the words of the catalogue. It says nothing that the entry does not.
func (e *Entry) Sentence(lang string) string {
	return i18n.T(lang, "ledger."+string(e.Type()), e.words(lang))
}

// Who is who did it, as the person it is about may know: the kind of actor, or
// the position of staff, never a name (security.md A9).
func (e *Entry) Who(lang string) string {
	if e.Actor.Position != "" {
		return i18n.T(lang, "position."+string(e.Actor.Position), nil)
	}
	return i18n.T(lang, "actor."+string(e.Actor.Kind), nil)
}

// For is the purpose in words, "" for none.
func (e *Entry) For(lang string) string {
	key := "purpose." + string(e.Refs.Purpose)
	if e.Refs.Purpose == "" || !i18n.Has(key) {
		return string(e.Refs.Purpose)
	}
	return i18n.T(lang, key, nil)
}

// words are the parameters of all sentences; what an entry does not say reads
// as none.
func (e *Entry) words(lang string) map[string]string {
	none := i18n.T(lang, "ledger.none", nil)
	w := map[string]string{"fields": none, "object": none, "field": none, "reason": none, "channel": none, "grade": none, "source": none, "day": none, "n": "0"}
	for _, m := range e.facts() {
		text := m.Val.Str()
		switch m.Key {
		case "fields":
			var names []string
			for _, v := range m.Val.Items() {
				names = append(names, fieldWord(lang, kexin.FieldID(v.Num())))
			}
			w["fields"] = strings.Join(names, i18n.T(lang, "ledger.comma", nil)+blank(lang))
		case "field":
			w["field"] = fieldWord(lang, kexin.FieldID(m.Val.Num()))
		case "object":
			w["object"] = objectWord(lang, kexin.Object(m.Val.Num()))
		case "rows", "entries", "count", "version":
			w["n"] = itoa(m.Val.Num())
		case "why":
			w["reason"] = wordOr(lang, "ledger.reason."+text, text)
		case "channel":
			w["channel"] = wordOr(lang, "channel."+text, text)
		case "source":
			w["source"] = wordOr(lang, "source."+text+".label", text)
		case "grade":
			w["grade"] = text
		case "horizon":
			w["day"] = text
		}
	}
	return w
}

// facts are the members of an entry's facts as they stand in its leaf.
func (e *Entry) facts() []Member {
	leaf, err := e.Encode()
	if err != nil {
		return nil
	}
	_, doc, _ := bytes.Cut(leaf, []byte("\n"))
	v, err := ParseJCS(doc)
	if err != nil {
		return nil
	}
	f, _ := v.Get("facts")
	return f.Members()
}

func wordOr(lang, key, text string) string {
	if i18n.Has(key) {
		return i18n.T(lang, key, nil)
	}
	return text
}

// fieldWord names a field; one that is not built in keeps its number.
func fieldWord(lang string, id kexin.FieldID) string {
	for _, o := range builtin.Objects() {
		for _, f := range o.Fields {
			if f.ID == id {
				return i18n.T(lang, "field."+o.Name+"."+f.Name, nil)
			}
		}
	}
	return strconv.FormatUint(uint64(id), 10)
}

func objectWord(lang string, id kexin.Object) string {
	for _, o := range builtin.Objects() {
		if o.Object == id {
			return i18n.T(lang, "object."+o.Name, nil)
		}
	}
	return strconv.FormatUint(uint64(id), 10)
}

var builtin = kexin.Builtin()

// blank stands behind a comma in languages that write one.
func blank(lang string) string {
	if lang == i18n.Chinese {
		return ""
	}
	return " "
}
