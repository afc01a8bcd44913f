package app

import (
	"cmp"
	"strings"

	"kexin"
	"kexin/i18n"
	"kexin/kind/pinyin"
)

// words are what he may copy into a chat: who recommends whom, and the link. They are
// in the language in which she wrote to this shop before, else in the one in which he
// works; in the other one they lie beside.
func (r *recommending) words(out *Recommended) error {
	own, err := ownCard(r.tx)
	if err != nil {
		return err
	}
	m, err := r.tx.Member(r.actor.User)
	if err != nil {
		return err
	}
	q, err := r.one(r.tx, r.actor, kexin.Query{Act: kexin.ActGet, Object: kexin.Customer, Record: r.w.Customer, Fields: []kexin.FieldID{kexin.CustName, kexin.CustSalut}})
	if err != nil {
		return err
	}
	v, err := r.tx.Get(&q)
	if err != nil {
		return err
	}
	hers, err := langOf(r.tx, r.subject)
	if err != nil {
		return err
	}
	var shops []string
	for _, c := range r.cards {
		shops = append(shops, c.Shown)
	}
	in := func(lang string) string {
		comma := "、"
		if lang == i18n.English {
			comma = ", "
		}
		return i18n.T(lang, "introduce.words", map[string]string{"you": calling(lang, v), "shop": own.Shown, "me": m.Name, "need": needWord(lang, r.w.Need), "shops": strings.Join(shops, comma), "link": "{link}"})
	}
	other := i18n.English
	if out.Lang = i18n.Chinese; cmp.Or(hers, r.actor.Lang) == i18n.English {
		out.Lang, other = other, out.Lang
	}
	out.Words, out.Other = in(out.Lang), in(other)
	return nil
}

// calling is how she is spoken to: 王阿姨, or 您好.
func calling(lang string, v kexin.View) string {
	if v.Cells[0].Level != kexin.Clear || v.Cells[1].Level != kexin.Clear || v.Cells[1].Value.S == "" {
		return i18n.T(lang, "introduce.hello", nil)
	}
	s := pinyin.Surname(v.Cells[0].Value.S)
	if s == "" {
		return i18n.T(lang, "introduce.hello", nil)
	}
	if lang == i18n.English {
		spelled, _ := pinyin.Name(s)
		s = strings.ToUpper(spelled[0][:1]) + spelled[0][1:]
	}
	return i18n.T(lang, "introduce.calling", map[string]string{"surname": s, "salutation": i18n.T(lang, "choice.salutation."+v.Cells[1].Value.S, nil)})
}
