package outbound

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"kexin"
)

// A guard decides what may be dialled.
type guard struct {
	allow []netip.Prefix
	ports []uint16
	off   bool
}

// plainKey marks a request without TLS, which only an allowed network may get.
type plainKey struct{}

// url reads an address and refuses what cannot be right whatever it resolves
// to: another scheme, a user, no host, a port that is not listed.
func (g guard) url(s string) (*url.URL, error) {
	if g.off {
		return nil, fail(kexin.Forbidden, "outbound.off", nil)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Hostname() == "", u.User != nil, u.Opaque != "", strings.Contains(u.Hostname(), "%"):
		return nil, fail(kexin.Invalid, "outbound.url", errURL)
	case u.Scheme != "https" && (u.Scheme != "http" || len(g.allow) == 0):
		return nil, fail(kexin.Invalid, "outbound.url", errURL)
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return nil, fail(kexin.Invalid, "outbound.url", errURL)
		}
		if len(g.allow) == 0 && !slices.Contains(g.ports, uint16(n)) {
			return nil, fail(kexin.Forbidden, "outbound.blocked", errBlocked)
		}
	}
	return u, nil
}

// control is called with the address that is about to be dialled, after names
// were resolved: whatever a name server answered, this is what counts.
func (g guard) control(ctx context.Context, network, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return fmt.Errorf("%w: %s", errBlocked, network)
	}
	ip := a.Addr().Unmap()
	if ip.Zone() == "" && slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	plain, _ := ctx.Value(plainKey{}).(bool)
	if plain || g.off || !Public(ip) || !slices.Contains(g.ports, a.Port()) {
		return errBlocked
	}
	return nil
}

// closed are the networks below which nothing public lies (IANA special-purpose
// registries), with what netip's IsPrivate misses: shared address space, where
// one cloud has its metadata (100.100.100.200), protocol assignments,
// benchmarking, documentation, class E, and everything that carries an IPv4
// address inside: NAT64, 6to4, Teredo, site-local.
var closed = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
	"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)

// global is all of IPv6 that is given out for public use; loopback, mapped and
// compatible IPv4, NAT64 (64:ff9b::/96), unique local, link-local, site-local
// (fec0::/10) and multicast lie outside.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Public reports whether an address is one of the open internet.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() || ip.Zone() != "" || ip.Is6() && !global.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// ParseAllow reads networks as KEXIN_OUTBOUND_ALLOW holds them: CIDRs or single
// addresses, with blanks or commas between. Errors: invalid.
func ParseAllow(s string) (out []netip.Prefix, err error) {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		p, err := netip.ParsePrefix(f)
		if err != nil {
			ip, err2 := netip.ParseAddr(f)
			if err2 != nil || ip.Zone() != "" {
				return nil, fail(kexin.Invalid, "outbound.allow", err)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		if p.Addr().Is4In6() || p.Bits() == 0 {
			return nil, fail(kexin.Invalid, "outbound.allow", fmt.Errorf("%s: too wide, or IPv4 inside IPv6", f))
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
