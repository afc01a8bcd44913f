package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"kexin"
	"kexin/i18n"
	"kexin/internal/site"
)

// site builds what answers requests out of what was opened.
func (x *opened) site(o *options) (*site.Site, error) {
	proxies, err := prefixes(o.proxy)
	if err != nil {
		return nil, err
	}
	return site.New(site.Config{App: x.app, Log: x.log, Now: o.now, Proxies: proxies, Public: o.publicURL, Version: versionText(), Demo: o.demo, Lag: x.lag,
		Recovery: x.recovery, Replies: x.replies})
}

// now is the time of the server that was opened, in a demonstration the town's.
func (x *opened) now() time.Time {
	if x.options == nil {
		return time.Now()
	}
	return x.options.now()
}

// lag is how long the oldest entry of any log has waited to be sealed.
func (x *opened) lag(ctx context.Context) (time.Duration, error) {
	_, oldest, err := x.store.Unsealed(ctx)
	if oldest == 0 || err != nil {
		return 0, err
	}
	return kexin.At(x.now()).Sub(oldest), nil
}

// prefixes reads --behind-proxy: one or more CIDRs.
func prefixes(s string) (out []netip.Prefix, err error) {
	var l list
	if s == "" {
		return nil, nil
	}
	if err := l.Set(s); err != nil {
		return nil, err
	}
	for _, x := range l {
		p, err := netip.ParsePrefix(x)
		if err != nil {
			return nil, fmt.Errorf("--behind-proxy: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// welcome says where the server is, and on the first start how to begin.
func (x *opened) welcome(ctx context.Context, o *options) error {
	fmt.Fprintln(o.out, i18n.T(o.lang, "cli.serving", map[string]string{"url": o.publicURL}))
	if o.demo {
		return x.doors(ctx, o)
	}
	empty, err := x.app.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	secret, _, err := x.app.CreateSetupLink(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(o.out, i18n.T(o.lang, "cli.setup", map[string]string{"url": o.publicURL + "/setup/" + secret.Text()}))
	fmt.Fprintln(o.out, i18n.T(o.lang, "cli.try", nil))
	return nil
}
