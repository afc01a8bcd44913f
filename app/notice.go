package app

import (
	"context"
	"slices"

	"kexin"
	"kexin/consent"
	"kexin/gate"
	"kexin/i18n"
	"kexin/ledger"
	"kexin/store"
)

// A Notice is the notice 告知书 as the settings page shows it: what is in force,
// and what would be published now.
type Notice struct {
	Org     kexin.ID
	Version int // 0 = nothing published yet
	At      kexin.Instant
	Hash    consent.Hash
	Text    []string // of the version in force, else of the draft
	Missing []string // what must be filled in before it may be published
	Changed bool     // settings changed since
}

// shopOf is the merchant as the notice names it.
func shopOf(o store.Org) consent.Shop {
	return consent.Shop{LegalName: o.Name, USCC: o.USCC, Contact: o.Contact, Address: o.Address, Officer: o.PIO}
}

// drafts are the ready texts of a merchant in every language, as a version.
func drafts(o store.Org, version int) (map[string]consent.Notice, error) {
	out := map[string]consent.Notice{}
	for _, lang := range i18n.Langs {
		n, err := consent.Publish(consent.Ready(lang, shopOf(o)), version)
		if err != nil {
			return nil, err
		}
		out[lang] = n
	}
	return out, nil
}

// Notice reads it.
func (a *App) Notice(ctx context.Context, actor kexin.Actor, lang string) (n Notice, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		n, err = notice(tx, lang)
		return err
	})
	return n, err
}

func notice(tx *store.Tx, lang string) (Notice, error) {
	o, err := tx.Merchant()
	if err != nil {
		return Notice{}, err
	}
	p, err := tx.Notice()
	if err != nil {
		return Notice{}, err
	}
	draft := consent.Ready(lang, shopOf(o))
	n := Notice{Org: tx.Org, Version: p.Version, At: p.At, Hash: p.Texts[i18n.Chinese].Hash, Missing: draft.Missing()}
	if p.Version > 0 {
		n.Text = p.Texts[lang].Text
	} else {
		for _, g := range draft.Paragraphs {
			n.Text = append(n.Text, g.Text)
		}
	}
	if p.Version > 0 && len(n.Missing) == 0 {
		now, err := drafts(o, p.Version)
		if err != nil {
			return Notice{}, err
		}
		n.Changed = !sameTexts(now, p.Texts)
	}
	return n, nil
}

// sameTexts reports whether two versions say the same.
func sameTexts(a, b map[string]consent.Notice) bool {
	for _, lang := range i18n.Langs {
		if a[lang].Title != b[lang].Title || !slices.Equal(a[lang].Text, b[lang].Text) {
			return false
		}
	}
	return true
}

// PublishNotice publishes what stands there now as the next version: for who
// may change settings, and for the protection officer. The same text again is
// no new version. Errors: invalid with a field for each missing part (NOT-01).
func (a *App) PublishNotice(ctx context.Context, actor kexin.Actor, lang string) (n Notice, err error) {
	err = a.store.Update(ctx, actor.Org, func(tx *store.Tx) error {
		if gate.Check(tx.State, actor, kexin.ActAdmin) != nil && actor.Position != kexin.PIO {
			return &kexin.Error{Op: "app.notice", Code: kexin.Forbidden, Key: "error.forbidden"}
		}
		if err := publish(tx, actor); err != nil {
			return err
		}
		n, err = notice(tx, lang)
		return err
	})
	return n, err
}

func publish(tx *store.Tx, actor kexin.Actor) error {
	o, err := tx.Merchant()
	if err != nil {
		return err
	}
	was, err := tx.Notice()
	if err != nil {
		return err
	}
	texts, err := drafts(o, was.Version+1)
	if err != nil || sameTexts(texts, was.Texts) {
		return err
	}
	p := store.Published{Version: was.Version + 1, Shop: shopOf(o), Texts: texts, By: actor.User}
	if err := tx.PublishNotice(p, i18n.Chinese); err != nil {
		return err
	}
	return tx.Log(event(actor, &ledger.NoticePublished{Text: ledger.Hash(texts[i18n.Chinese].Hash), Version: int64(p.Version)}))
}

// A PublicNotice is a merchant's notice as anybody may read it.
type PublicNotice struct {
	consent.Notice
	Org string
	At  kexin.Instant
}

// PublicNotice gives it to whoever asks (NOT-04), in a language. Errors:
// not_found.
func (a *App) PublicNotice(ctx context.Context, org kexin.ID, lang string) (PublicNotice, error) {
	p, err := a.store.PublicNotice(ctx, org)
	if err != nil {
		return PublicNotice{}, err
	}
	n, ok := p.Texts[lang]
	if !ok {
		n = p.Texts[i18n.Chinese]
	}
	return PublicNotice{Notice: n, Org: p.Shop.LegalName, At: p.At}, nil
}

// Units is how much there is to read: Chinese characters, English words.
func (n Notice) Units() (units int) {
	for _, p := range n.Text {
		units += consent.Units(p)
	}
	return units
}
