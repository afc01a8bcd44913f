package main

import (
	"context"
	"flag"

	"kexin"
	"kexin/app"
	"kexin/demo"
	"kexin/outbound"
)

// sendFlags say how messages reach customers: a mail server and an SMS service.
// Without them only links that staff copy or show reach anybody.
func sendFlags(o *options, fs *flag.FlagSet) {
	fs.StringVar(&o.smtp, "smtp", "", "cli.flag.smtp")
	fs.StringVar(&o.smtpKey, "smtp-password-file", "", "cli.flag.smtp_password_file")
	fs.StringVar(&o.mailFrom, "mail-from", "", "cli.flag.mail_from")
	fs.StringVar(&o.smsURL, "sms-url", "", "cli.flag.sms_url")
	fs.StringVar(&o.smsKey, "sms-secret-file", "", "cli.flag.sms_secret_file")
}

// transports are the ones that the settings name. A demonstration has none of
// them: its messages end on the phones of its own hall.
func (o *options) transports(c *outbound.Client) (out []app.Transport, err error) {
	if o.demo {
		o.phones, err = demo.NewPhones(o.data, func() kexin.Instant { return kexin.At(o.now()) })
		return []app.Transport{o.phones}, err
	}
	if (o.smtp != "" || o.smsURL != "") && o.publicURL == "" { // what is sent holds a link that must work from outside
		return nil, &kexin.Error{Op: "send", Code: kexin.Invalid, Key: "outbound.no_public"}
	}
	if o.smtp != "" {
		secret, err := outbound.Secret(o.smtpKey)
		if err != nil {
			return nil, err
		}
		m, err := outbound.NewMailer(c, o.smtp, secret, o.mailFrom)
		if err != nil {
			return nil, err
		}
		out = append(out, byMail{m})
	}
	if o.smsURL != "" {
		secret, err := outbound.Secret(o.smsKey)
		if err != nil {
			return nil, err
		}
		g, err := outbound.NewGateway(c, o.smsURL, secret, o.now)
		if err != nil {
			return nil, err
		}
		out = append(out, bySMS{g})
	}
	return out, nil
}

type byMail struct{ m *outbound.Mailer }

// Channel is e-mail.
func (byMail) Channel() kexin.Channel { return kexin.ByEmail }

// Send hands a message to the mail server. Its subject says nothing of her.
func (b byMail) Send(ctx context.Context, p app.Parcel) (string, error) {
	return b.m.Send(ctx, outbound.Mail{ID: p.ID.String(), To: p.To, Subject: "客信 Kexin", Text: p.Text})
}

type bySMS struct{ g *outbound.Gateway }

// Channel is SMS.
func (bySMS) Channel() kexin.Channel { return kexin.BySMS }

// Send hands a message to the SMS service.
func (b bySMS) Send(ctx context.Context, p app.Parcel) (string, error) {
	return b.g.Send(ctx, outbound.SMS{ID: p.ID.String(), To: p.To, Template: p.Kind, Params: map[string]string{}, Text: p.Text})
}
