package outbound

import "encoding/base64"

// Signature is the signature header of a request.
func Signature(secret, id, at string, body []byte) string {
	key, _ := base64.StdEncoding.DecodeString(secret)
	return "v1," + sign(key, id, at, body)
}
