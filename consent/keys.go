package consent

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"

	"kexin"
	"kexin/ledger"
)

// Keys are the public keys by which a merchant's receipts are checked, as he
// publishes them: whoever holds a receipt compares its key with them, and with
// what others keep. They say whose a key is only as far as the place they came
// from is honest (security.md A9).
type Keys struct {
	Name, USCC string
	Origin     string              // of the merchant's log now
	Receipt    []ed25519.PublicKey // the one that signs first
}

const keysForm = "kexin-keys/1"

// JSON is the list as it is published, canonical.
func (k Keys) JSON() ([]byte, error) {
	list := make([]ledger.Value, len(k.Receipt))
	for i, key := range k.Receipt {
		list[i] = ledger.Object(text("id", KeyID(key)), ledger.Member{Key: "key", Val: b64(key)})
	}
	return ledger.JCS(ledger.Object(text("form", keysForm), ledger.Member{Key: "merchant", Val: ledger.Object(text("name", k.Name), text("uscc", k.USCC))},
		text("origin", k.Origin), ledger.Member{Key: "receipt", Val: ledger.List(list...)}))
}

// ParseKeys reads a list as it was published. Errors: invalid.
func ParseKeys(file []byte) (k Keys, err error) {
	bad := &kexin.Error{Op: "consent.keys", Code: kexin.Invalid, Key: "verify.keys_form"}
	v, err := ledger.ParseJCS(file)
	if err != nil {
		return k, bad
	}
	get := func(v ledger.Value, name string) ledger.Value { m, _ := v.Get(name); return m }
	m := get(v, "merchant")
	k.Name, k.USCC, k.Origin = get(m, "name").Str(), get(m, "uscc").Str(), get(v, "origin").Str()
	for _, x := range get(v, "receipt").Items() {
		b, err := base64.RawURLEncoding.Strict().DecodeString(get(x, "key").Str())
		if err != nil || len(b) != ed25519.PublicKeySize {
			return Keys{}, bad
		}
		k.Receipt = append(k.Receipt, b)
	}
	if get(v, "form").Str() != keysForm || k.USCC == "" || len(k.Receipt) == 0 {
		return Keys{}, bad
	}
	return k, nil
}

// Signed reports whether a receipt is signed by one of the keys and names their
// merchant.
func (k Keys) Signed(c Checked) bool {
	_, code := c.shop()
	return code == k.USCC && slices.ContainsFunc(k.Receipt, func(key ed25519.PublicKey) bool { return key.Equal(c.Key) })
}

// A KeyList finds the keys that are published for the merchant of a receipt, by
// the origin of the log that it names; false where there is no list for him.
type KeyList func(origin ledger.Origin) (Keys, bool)
