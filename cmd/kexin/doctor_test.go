package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDoctorChannels: doctor says of SMS and of mail whether they are set, and
// what is wrong with the settings; no secret is in what it says.
func TestDoctorChannels(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "sms")
	if err := os.WriteFile(secret, []byte("whsec_"+gatewaySecret), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  func(o *options)
		want []string
	}{
		{func(*options) {}, []string{"warn no_sms", "warn no_mail"}},
		{func(o *options) {
			o.smtp, o.mailFrom, o.smsURL, o.smsKey, o.publicURL = "smtps://crm@mail.example.com", "crm@example.com", "https://sms.example.com/send", secret, "https://crm.example.com"
		}, []string{"ok sms_ok", "ok mail_ok"}},
		{func(o *options) { o.smsURL, o.publicURL = "http://sms.example.com", "https://crm.example.com" }, []string{"bad channels"}},
		{func(o *options) {
			o.smsURL, o.smsKey, o.publicURL, o.smsTemplates = "https://sms.example.com", secret, "https://crm.example.com", list{"nothing=1"}
		}, []string{"bad channels"}},
		{func(o *options) { o.demo = true }, nil},
	} {
		o := newOptions(io.Discard, io.Discard)
		c.set(o)
		d := &doctor{o: o}
		d.channels()
		var got []string
		for _, f := range d.all {
			got = append(got, f.Level+" "+f.Code)
			if strings.Contains(f.Text, gatewaySecret) || strings.HasPrefix(f.Text, "cli.") {
				t.Errorf("%s", f.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}
