package auth

// Nobody shows the dummy hash to its test.
const Nobody = nobody

// HashWith hashes at another cost.
func HashWith(p Params, password string) string {
	h := phc{params: p, salt: []byte("0123456789abcdef"), tag: make([]byte, tagSize)}
	h.tag = h.derive(normal(password))
	return h.String()
}

// ParamsOf reads a hash and gives its cost.
func ParamsOf(s string) (Params, error) {
	h, err := parsePHC(s)
	return h.params, err
}

// RewritePHC reads a hash and writes it again.
func RewritePHC(s string) string {
	h, err := parsePHC(s)
	if err != nil {
		return ""
	}
	return h.String()
}

// TOTP shows the code of a step.
func TOTP(seed []byte, step int64) string { return totp(seed, step) }
