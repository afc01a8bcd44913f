package app

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/i18n"
	"kexin/kind"
	"kexin/law"
	"kexin/store"
)

// HerWants are the purposes she may tick besides, each with its channel: none is
// ticked beforehand, and none counts before the address is proved.
var HerWants = []kexin.PurposeCode{kexin.OwnSMS, kexin.OwnCall, kexin.OwnWeChat, kexin.OwnEmail}

// HerChannels are the ways in which she may want to be answered: one choice.
var HerChannels = []kexin.Channel{kexin.ByCall, kexin.BySMS, kexin.ByWeChat, kexin.ByEmail}

// A Giving is what she typed for one shop.
type Giving struct {
	Referral kexin.ID // of the question; 0 at a counter
	Shop     kexin.ID // at a counter: which one
	Need     string   // at a counter: what for
	Name     string   // how she wants to be called
	Phone    string   // one of the two, or both
	Email    string
	Channel  kexin.Channel
	Wants    []kexin.PurposeCode
	Tell     bool   // "you may tell who recommended you"
	Lang     string // of the page, in which she is written to
	Flow     string // of the page it stood on, by its hash
}

// clean reads the form. Nothing of it is stored where it is not right.
func (g *Giving) clean() (out store.Given, err error) {
	e := &kexin.Error{Op: "app.submit", Code: kexin.Invalid, Key: "error.fields"}
	g.Name = plainLine(g.Name)
	if n := utf8.RuneCountInString(g.Name); n == 0 || n > 20 || strings.ContainsFunc(g.Name, func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune("<>@/", r) }) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "name", Key: "error.her_name"})
	}
	if out.Name = g.Name; slices.Contains(i18n.Langs[:], g.Lang) {
		out.Lang = g.Lang
	}
	if strings.TrimSpace(g.Phone) != "" {
		if out.Phone, err = kind.Canon(kexin.KeyPhone, g.Phone); err != nil || !strings.HasPrefix(out.Phone, "+") || len(out.Phone) < 11 {
			e.Fields = append(e.Fields, kexin.FieldError{Path: "phone", Key: "error.her_phone"})
		}
	}
	if strings.TrimSpace(g.Email) != "" {
		if out.Email, err = kind.Canon(kexin.KeyEmail, g.Email); err != nil {
			e.Fields = append(e.Fields, kexin.FieldError{Path: "email", Key: "error.her_email"})
		}
	}
	if !slices.Contains(HerChannels, g.Channel) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "channel", Key: "error.her_channel"})
	}
	g.Wants = slices.Compact(slices.Sorted(slices.Values(g.Wants)))
	for _, w := range g.Wants {
		if !slices.Contains(HerWants, w) {
			return out, law.Refuse("app.submit", "E_WILDCARD", nil)
		}
	}
	if g.Need != "" && !slices.Contains(kexin.Needs, g.Need) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "need", Key: "error.field_bad"})
	}
	e.Fields = append(e.Fields, g.unreached()...)
	if len(e.Fields) > 0 {
		return out, e
	}
	return out, nil
}

// unreached are the addresses that are missing for what she chose or ticked.
func (g *Giving) unreached() (out []kexin.FieldError) {
	phone, email := g.Phone == "" && g.Channel == "", false
	for _, ch := range append([]kexin.Channel{g.Channel}, channelsOf(g.Wants)...) {
		phone = phone || ch != "" && reachedBy(ch) == kexin.KeyPhone
		email = email || reachedBy(ch) == kexin.KeyEmail
	}
	if phone && strings.TrimSpace(g.Phone) == "" {
		out = append(out, kexin.FieldError{Path: "phone", Key: "error.her_phone_need"})
	}
	if email && strings.TrimSpace(g.Email) == "" {
		out = append(out, kexin.FieldError{Path: "email", Key: "error.her_email_need"})
	}
	return out
}

func channelsOf(wants []kexin.PurposeCode) (out []kexin.Channel) {
	for _, w := range wants {
		if u, err := law.PurposeOf(w); err == nil {
			out = append(out, u.Channel)
		}
	}
	return out
}
