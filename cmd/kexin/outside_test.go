package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/outbound"
)

// TestOneWayOut: mail, SMS, witnesses and certificates, as the flags set them up,
// reach no private address, however it is written, and no port that is not named;
// nothing is dialled (security.md A15).
func TestOneWayOut(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "sms")
	if err := os.WriteFile(secret, []byte(base64.StdEncoding.EncodeToString(make([]byte, 24))), 0o600); err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(o *options, host string) error{
		"mail": func(o *options, host string) error {
			o.smtp, o.mailFrom = "smtps://"+host, "no-reply@example.cn"
			return sendsBy(o, kexin.ByEmail)
		},
		"mail by STARTTLS": func(o *options, host string) error {
			o.smtp, o.mailFrom = "smtp://"+host, "no-reply@example.cn"
			return sendsBy(o, kexin.ByEmail)
		},
		"sms": func(o *options, host string) error {
			o.smsURL, o.smsKey = "https://"+host+"/send", secret
			return sendsBy(o, kexin.BySMS)
		},
		"witness": func(o *options, host string) error {
			c, _, err := o.outside()
			if err != nil {
				return err
			}
			_, err = c.Do(context.Background(), outbound.Request{URL: "https://" + host + "/add-checkpoint"})
			return err
		},
		"certificates": func(o *options, host string) error {
			o.acmeHost, o.acmeDirectory = "crm.example.cn", "https://"+host+"/directory"
			m, err := o.certificates()
			if err != nil {
				return err
			}
			_, err = m.Client.Discover(context.Background())
			return err
		},
	}
	for name, f := range ways {
		for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.1.10", "172.16.9.9", "169.254.169.254", "100.100.100.200", "198.18.0.1", "[fd00::1]", "[fe80::1]",
			"[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0"} {
			err := f(strict(), host)
			var e *kexin.Error
			if !errors.As(err, &e) || e.Code != kexin.Forbidden || e.Key != "outbound.blocked" {
				t.Errorf("%s to %s: %v", name, host, err)
			}
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	met := make(chan struct{}, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			met <- struct{}{}
			_ = c.Close()
		}
	}()
	for name, f := range ways {
		if err := f(strict(), l.Addr().String()); kexin.CodeOf(unwrapped(err)) != kexin.Forbidden {
			t.Errorf("%s to a port that is not named: %v", name, err)
		}
	}
	select {
	case <-met:
		t.Error("somebody inside was dialled")
	default:
	}
}

func strict() *options {
	o := newOptions(io.Discard, io.Discard)
	o.publicURL = "https://crm.example.cn"
	return o
}

// unwrapped is the error of package outbound inside that of a library.
func unwrapped(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func sendsBy(o *options, ch kexin.Channel) error {
	c, _, err := o.outside()
	if err != nil {
		return err
	}
	ways, err := o.transports(c)
	if err != nil {
		return err
	}
	for _, w := range ways {
		if w.Channel() == ch {
			_, err = w.Send(context.Background(), app.Parcel{ID: 1, To: map[kexin.Channel]string{kexin.BySMS: "+8613800000000", kexin.ByEmail: "her@example.com"}[ch], Text: "x"})
		}
	}
	return err
}

// TestOutboundPorts: more ports are what the flag names, and nothing else.
func TestOutboundPorts(t *testing.T) {
	if got, err := (list{"8443", "2525"}).numbers(); err != nil || len(got) != 2 || got[0] != 8443 {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"0", "-1", "65536", "https"} {
		o := strict()
		o.ports = list{bad}
		if _, _, err := o.outside(); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
