package app

import (
	"context"
	"time"

	"kexin"
	"kexin/store"
)

// A Parcel is one message as a transport is given it: the address, the text
// and a number by which a provider can tell a second try from a second message.
type Parcel struct {
	ID   kexin.ID
	To   string // E.164 number or e-mail address
	Text string
	Kind string // code, link, receipt, told
}

// A Transport sends messages to customers over one channel: an SMS gateway, a
// mail server. Send gives the provider's own id of the message. An error of
// code Invalid means that it will never arrive; any other is tried again.
type Transport interface {
	Channel() kexin.Channel
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
)

// SendDue sends what is queued, each message claimed in a transaction first so
// that a withdrawal before it wins (WDR-01), and gives how many went out.
func (a *App) SendDue(ctx context.Context) (n int, err error) {
	if len(a.transports) == 0 {
		return 0, nil
	}
	orgs, err := a.store.SendingWaits(ctx)
	if err != nil {
		return 0, err
	}
	for _, org := range orgs {
		var list []store.Message
		if err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { list, err = tx.ToSend(50); return err }); err != nil {
			return n, err
		}
		for _, m := range list {
			sent, err := a.sendOne(ctx, org, m)
			if err != nil {
				return n, err
			}
			if sent {
				n++
			}
		}
	}
	return n, nil
}

// sendOne sends one message outside any transaction.
func (a *App) sendOne(ctx context.Context, org kexin.ID, m store.Message) (sent bool, err error) {
	mine := false
	err = a.store.Update(ctx, org, func(tx *store.Tx) (err error) {
		mine, err = tx.Claim(m.ID, tx.Now.Add(sendHold))
		return err
	})
	if err != nil || !mine {
		return false, err
	}
	now := kexin.At(a.now())
	t := a.transport(m.Channel)
	switch {
	case m.State == "cancelled":
	case t == nil || m.Ends != 0 && now >= m.Ends:
		m.State = "failed"
	default:
		provider, err := t.Send(ctx, Parcel{m.ID, m.To, m.Text, m.Kind})
		m.Provider, m.State = provider, "sent"
		switch {
		case err == nil:
			sent = true
		case kexin.CodeOf(err) == kexin.Invalid || m.Tries+1 >= sendTries:
			m.State = "failed"
		default:
			m.State, m.At = "queued", now.Add(sendFirst<<m.Tries)
		}
		if err != nil {
			a.log.Warn("message not sent", "id", m.ID, "try", m.Tries+1, "err", err.Error())
		}
	}
	return sent, a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.Sent(m) })
}
