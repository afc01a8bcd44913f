package app

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"kexin"
	"kexin/i18n"
	"kexin/law"
	"kexin/store"
)

// A Parcel is one message as a transport is given it: the address, the text
// and a number by which a provider can tell a second try from a second message.
// Template and Params say the same for a provider who sends his own registered
// texts only.
type Parcel struct {
	ID       kexin.ID
	To       string // E.164 number or e-mail address
	Text     string
	Kind     string // code, link, receipt, told
	Template string // of Templates
	Params   map[string]string
}

// InEnglish ends the name of a text in English.
const InEnglish = ".en"

// Templates are the names of all texts that go to customers: in Chinese, and in
// English.
func Templates() (out []string) {
	for _, key := range i18n.Keys() {
		if name, ok := strings.CutPrefix(key, "sms."); ok {
			out = append(out, name, name+InEnglish)
		}
	}
	return out
}

// saying fills a message with one of the texts in her language; need is the code
// of one. Where her language is not known, a letter says it in both, and a short
// message in the shop's: there each sign costs. So does one for which the provider
// has no text in English.
func (a *App) saying(m store.Message, name, lang string, params map[string]string) store.Message {
	need, about := params["need"]
	in := func(lang string) string {
		if about {
			params["need"] = needWord(lang, need)
		}
		said := maps.Clone(params)
		said["deny"] = i18n.T(lang, "introduce.deny_ignore", nil)
		if a.replies && m.Channel == kexin.BySMS {
			said["deny"] = i18n.T(lang, "introduce.deny_reply", nil)
		}
		return i18n.T(lang, "sms."+name, said)
	}
	m.Params = params
	t := a.transport(m.Channel)
	switch {
	case lang == i18n.English && t != nil && t.Has(name+InEnglish):
		m.Template, m.Text = name+InEnglish, in(i18n.English)
	case lang == "" && m.Channel == kexin.ByEmail:
		english := in(i18n.English)
		m.Template, m.Text = name, in(i18n.Chinese)+"\n\n"+english
	default:
		m.Template, m.Text = name, in(i18n.Chinese)
	}
	return m
}

// langOf is the language of the page on which she sent what a merchant has of
// her; "" where that is not known.
func langOf(tx *store.Tx, subject kexin.ID) (string, error) {
	g, err := typedBy(tx, subject)
	return g.Lang, absentIsNobody(err)
}

// A Transport sends messages to customers over one channel: an SMS gateway, a
// mail server. Send gives the provider's own id of the message. An error of
// code Invalid means that it will never arrive; any other is tried again. A text
// in Chinese is always had.
type Transport interface {
	Channel() kexin.Channel
	Has(template string) bool // false = no such text can go out, as of a provider who has it not registered
	Send(ctx context.Context, p Parcel) (provider string, err error)
}

// transport is the one for a channel, nil for none: then nothing is offered
// that would need it.
func (a *App) transport(ch kexin.Channel) Transport {
	for _, t := range a.transports {
		if t.Channel() == ch {
			return t
		}
	}
	return nil
}

// CanSend reports whether messages can go out over a channel.
func (a *App) CanSend(ch kexin.Channel) bool { return a.transport(ch) != nil }

// The tries of a message: after a minute, then twice as long each time.
const (
	sendTries = 6
	sendHold  = 2 * time.Minute // while one server is at it
	sendFirst = time.Minute
	sendAside = time.Hour // of one whose key is not here
)

// SendDue sends what is queued, each message claimed in a transaction first so
// that a withdrawal before it wins (WDR-01), and gives how many went out. What
// cannot be sent keeps nothing else from going: the errors come together.
func (a *App) SendDue(ctx context.Context) (n int, err error) {
	a.round.Lock()
	defer a.round.Unlock()
	orgs, err := a.store.SendingWaits(ctx)
	for _, org := range orgs {
		var list []store.Message
		e := a.store.View(ctx, org, func(tx *store.Tx) (err error) { list, err = tx.ToSend(50); return err })
		err = errors.Join(err, e)
		for _, m := range list {
			if ctx.Err() != nil {
				return n, err
			}
			if len(a.transports) == 0 && (m.Ends == 0 || kexin.At(a.now()) < m.Ends) {
				continue // it may be sent yet; what is over is forgotten all the same
			}
			sent, e := a.sendOne(ctx, org, m)
			if err = errors.Join(err, e); sent {
				n++
			}
		}
	}
	return n, err
}

// putAside ends a message that does not open and never will: the officer is told
// by the store. One whose key is not here waits for it. What is only busy is tried
// in the next round.
func (a *App) putAside(ctx context.Context, org kexin.ID, m store.Message, why error) error {
	switch {
	case store.Damaged(why):
		m.State = "failed"
	case kexin.CodeOf(why) == kexin.Internal:
		m.At = kexin.At(a.now()).Add(sendAside)
	default:
		return why
	}
	return errors.Join(why, a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.Sent(m) }))
}

// quietFor is when a message may go that must not go now: only what she did not
// ask for herself keeps hours.
func quietFor(tx *store.Tx, m store.Message) kexin.Instant {
	if m.Kind != "link" {
		return 0
	}
	var e *kexin.Error
	if errors.As(law.Quiet(tx.Now.Time().In(tx.Zone), law.China()), &e) {
		return e.Until
	}
	return 0
}

// sendOne sends one message outside any transaction.
func (a *App) sendOne(ctx context.Context, org kexin.ID, m store.Message) (sent bool, err error) {
	mine, waits := false, m
	err = a.store.Update(ctx, org, func(tx *store.Tx) (err error) {
		mine, m = false, waits
		if quiet := quietFor(tx, m); quiet != 0 {
			m.State, m.At = "queued", quiet
			return tx.Sent(m)
		}
		if mine, err = tx.Claim(m.ID, tx.Now.Add(sendHold)); !mine || err != nil {
			return err
		}
		if m.Ends != 0 && tx.Now >= m.Ends {
			m.State = "failed"
			return nil
		}
		m, err = tx.OpenMessage(m)
		return err
	})
	if err != nil {
		return false, a.putAside(ctx, org, waits, err)
	}
	if !mine {
		return false, nil
	}
	now := kexin.At(a.now())
	t := a.transport(m.Channel)
	switch {
	case m.State != "queued":
	case t == nil:
		m.State = "failed"
	default:
		again := now.Add(sendFirst << m.Tries)
		provider, err := t.Send(ctx, Parcel{ID: m.ID, To: m.To, Text: m.Text, Kind: m.Kind, Template: m.Template, Params: m.Params})
		m.Provider, m.State = provider, "sent"
		switch {
		case err == nil:
			sent = true
		case kexin.CodeOf(err) == kexin.Invalid || m.Tries+1 >= sendTries || m.Ends != 0 && again >= m.Ends:
			m.State = "failed"
		default:
			m.State, m.At = "queued", again
		}
		if err != nil {
			a.log.Warn("message not sent", "id", m.ID, "try", m.Tries+1, "err", err.Error())
		}
	}
	// what went out is noted even if the server stops meanwhile: else it goes out again
	return sent, a.store.Update(context.WithoutCancel(ctx), org, func(tx *store.Tx) error { return tx.Sent(m) })
}
