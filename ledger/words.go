package ledger

import (
	"time"

	"kexin/i18n"
)

// In is the sentence in a language.
func (s Statement) In(lang string) string { return i18n.T(lang, s.Key, s.Args) }

// In is the sentence in a language, with the entry it is about in front where
// there is one. People count from 1.
func (f Fault) In(lang string) (at, text string) {
	if f.Index >= 0 {
		at = i18n.T(lang, "verify.at", map[string]string{"n": itoa(f.Index + 1)})
	}
	return at, f.Statement.In(lang)
}

// Title is the verdict in one sentence.
func (s Status) Title(lang string) string { return i18n.T(lang, "verify."+s.String(), nil) }

// moment is a time as verdicts write it: to the minute, in UTC.
func moment(seconds int64) string {
	return time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04 UTC")
}
