package front

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Client is who sent a request: the address of the connection, or, where that
// is a trusted proxy, the rightmost address of X-Forwarded-For that is not one
// (security.md A10). What stands further left was written by the client.
func Client(r *http.Request, proxies []netip.Prefix) netip.Addr {
	addr := remote(r)
	if !within(addr, proxies) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		addr = hop.Unmap().WithZone("")
		if !within(addr, proxies) {
			return addr
		}
	}
	return addr
}

// remote is the address of the connection, the zero Addr where it has none.
func remote(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Secure reports whether the browser spoke TLS: to us, or to a trusted proxy
// that says so.
func Secure(r *http.Request, proxies []netip.Prefix) bool {
	if r.TLS != nil {
		return true
	}
	return within(remote(r), proxies) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// loopback reports whether a request came from this very machine and for this
// very machine, without a proxy between: the one case in which plain HTTP is
// served and cookies travel without Secure.
func loopback(r *http.Request) bool {
	for _, h := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if name := strings.ToLower(host); name != "localhost" && !strings.HasSuffix(name, ".localhost") { // RFC 6761: never leaves the machine
		a, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil || !a.IsLoopback() {
			return false
		}
	}
	return remote(r).IsLoopback()
}
