package app

import (
	"crypto/ed25519"
	"net/url"
	"strings"
	"testing"

	"kexin/ledger"
)

// FuzzParseWitness: whatever is written for a witness is refused as invalid, or
// names an address of the web and a key; written again it is the same.
func FuzzParseWitness(f *testing.F) {
	vkey := ledger.WitnessVKey("witness.example", ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey))
	for _, s := range []string{"https://witness.example," + vkey, "http://127.0.0.1:8081/w/," + vkey + ", 晴窗窗帘 ", "https://w,,", ",", "https://," + vkey, "https://w?x," + vkey, "ftp://w," + vkey, "https://w/%zz," + vkey, "https://w," + vkey + "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWitness(s)
		if err != nil {
			return
		}
		u, err := url.Parse(w.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.HasSuffix(w.URL, "/") || ledger.CheckWitnessKey(w.VKey) != nil || w.name() == "" {
			t.Errorf("%q is taken for %+v", s, w)
		}
		if again, err := ParseWitness(w.URL + "," + w.VKey + "," + w.Of); err != nil || again != w {
			t.Errorf("%+v is %+v when it is written again: %v", w, again, err)
		}
	})
}
