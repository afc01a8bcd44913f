package main

import (
	"cmp"
	"context"
	"flag"
	"net/http"
	"slices"
	"strings"

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
	fs.StringVar(&o.smsReplyKey, "sms-reply-secret-file", "", "cli.flag.sms_reply_secret_file")
	fs.StringVar(&o.smsSign, "sms-sign", "", "cli.flag.sms_sign")
	fs.Var(&o.smsTemplates, "sms-template", "cli.flag.sms_template")
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
		templates, err := parseTemplates(o.smsTemplates)
		if err != nil {
			return nil, err
		}
		out = append(out, bySMS{g, o.smsSign, templates})
	}
	return out, nil
}

// replies checks who brings what customers answer to text messages; nil where none
// are taken. Errors: invalid "outbound.secret", "outbound.replies_alone".
func (o *options) replies() (func(http.Header, []byte) error, error) {
	if o.smsReplyKey == "" || o.demo {
		return nil, nil
	}
	if o.smsURL == "" {
		return nil, &kexin.Error{Op: "send", Code: kexin.Invalid, Key: "outbound.replies_alone"}
	}
	secret, err := outbound.Secret(o.smsReplyKey)
	if err != nil {
		return nil, err
	}
	in, err := outbound.NewInbox(secret, o.now)
	if err != nil {
		return nil, err
	}
	return in.Check, nil
}

type byMail struct{ m *outbound.Mailer }

// Channel is e-mail.
func (byMail) Channel() kexin.Channel { return kexin.ByEmail }

// Has says that every text can go out.
func (byMail) Has(string) bool { return true }

// Send hands a message to the mail server. Its subject says nothing of her.
func (b byMail) Send(ctx context.Context, p app.Parcel) (string, error) {
	return b.m.Send(ctx, outbound.Mail{ID: p.ID.String(), To: p.To, Subject: "客信 Kexin", Text: p.Text})
}

// A template is a text of Kexin's as the provider has it registered: under which
// name, and in which order he numbers its parameters.
type template struct {
	id    string
	order []string
}

// parseTemplates reads NAME=ID or NAME=ID:param,param,… where NAME is one of
// app.Templates. Errors: invalid "outbound.sms_template".
func parseTemplates(list []string) (map[string]template, error) {
	out := map[string]template{}
	for _, s := range list {
		name, id, ok := strings.Cut(s, "=")
		id, order, _ := strings.Cut(id, ":")
		if !ok || id == "" || !slices.Contains(app.Templates(), name) {
			return nil, &kexin.Error{Op: "send", Code: kexin.Invalid, Key: "outbound.sms_template", Args: map[string]string{"name": s, "names": strings.Join(app.Templates(), " ")}}
		}
		t := template{id: id}
		if order != "" {
			t.order = strings.Split(order, ",")
		}
		out[name] = t
	}
	return out, nil
}

type bySMS struct {
	g         *outbound.Gateway
	sign      string // 签名 that the provider knows; "" = the shop's name
	templates map[string]template
}

// Channel is SMS.
func (bySMS) Channel() kexin.Channel { return kexin.BySMS }

// Has says no to an English text that the provider has not registered while he
// has others: who reads English gets the Chinese one then, not none.
func (b bySMS) Has(name string) bool {
	_, ok := b.templates[name]
	return ok || len(b.templates) == 0 || !strings.HasSuffix(name, app.InEnglish)
}

// Send hands a message to the SMS service.
func (b bySMS) Send(ctx context.Context, p app.Parcel) (string, error) {
	x := outbound.SMS{ID: p.ID.String(), To: p.To, Sign: cmp.Or(b.sign, p.Params["sign"]), Template: p.Template, Params: map[string]string{}, Text: p.Text}
	for k, v := range p.Params {
		if k != "sign" {
			x.Params[k] = v
		}
	}
	if t, ok := b.templates[p.Template]; ok {
		x.Template = t.id
		for _, k := range t.order {
			x.Args = append(x.Args, p.Params[k])
		}
	}
	return b.g.Send(ctx, x)
}
