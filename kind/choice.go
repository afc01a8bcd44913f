package kind

import (
	"slices"
	"strings"

	"kexin"
)

// readChoice reads the code of a list, or one of its labels in Chinese or
// English. What is not in the list is left over.
func readChoice(f *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	if code := choice(f, s); code != "" {
		return reading{v: kexin.Str(code)}
	}
	return reading{left: s, code: CodeChoiceUnknown}
}

// readChoices reads several of a list, in the order of the list; the unknown
// ones are left over.
func readChoices(f *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	if code := choice(f, s); code != "" {
		return reading{v: kexin.Items(code)}
	}
	var codes, unknown []string
	for _, word := range strings.FieldsFunc(s, between) {
		if code := choice(f, word); code == "" {
			unknown = append(unknown, word)
		} else if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	r := reading{v: kexin.Items(sorted(f, codes)...)}
	if len(unknown) > 0 {
		r.left, r.code = strings.Join(unknown, " "), CodeChoiceUnknown
	}
	return r
}

// between are the signs between several choices in one cell.
func between(r rune) bool {
	switch r {
	case ' ', ',', ';', '/', '、', '|', '+', '&', '。', '\n', '\\':
		return true
	}
	return false
}

// sorted puts codes in the order of the field's list, so that the same set is
// the same value.
func sorted(f *kexin.Field, codes []string) []string {
	if len(codes) < 2 {
		return codes
	}
	out := make([]string, 0, len(codes))
	for _, c := range f.Rule.Choices {
		if slices.Contains(codes, c) {
			out = append(out, c)
		}
	}
	return out
}

// choice is the code of the field's list that a text means, "" for none: the
// code itself first, then a word of labels whose codes the list has, then the
// code in other letters.
func choice(f *kexin.Field, s string) string {
	if slices.Contains(f.Rule.Choices, s) {
		return s
	}
	s = lower(s)
	for _, code := range labels[s] {
		if slices.Contains(f.Rule.Choices, code) {
			return code
		}
	}
	for _, c := range f.Rule.Choices {
		if strings.EqualFold(c, s) {
			return c
		}
	}
	return ""
}

// checkChoice takes a code of the field's list.
func checkChoice(f *kexin.Field, v kexin.Value) string {
	if v.T == kexin.Text && slices.Contains(f.Rule.Choices, v.S) {
		return ""
	}
	return CodeChoiceUnknown
}

// checkChoices takes codes of the list, each once and in its order: the same
// set is the same value.
func checkChoices(f *kexin.Field, v kexin.Value) string {
	items := v.Strings()
	if v.T != kexin.List {
		return CodeChoiceUnknown
	}
	for _, s := range items {
		if !slices.Contains(f.Rule.Choices, s) {
			return CodeChoiceUnknown
		}
	}
	if v != kexin.Items(sorted(f, items)...) {
		return CodeChoiceUnknown // twice, or in another order
	}
	return ""
}

// joinText writes a list as people write one.
func joinText(v kexin.Value, _ Env) string { return strings.Join(v.Strings(), "、") }
