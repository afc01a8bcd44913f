package front

import (
	"bytes"
	"encoding/base64"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"kexin"
)

// dot is how many pixels one module of a QR code takes.
const dot = 6

// QR is a QR code of a text as a PNG in a data URL, without the quiet zone:
// the page has white around it.
func QR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err == nil {
		code, err = barcode.Scale(code, code.Bounds().Dx()*dot, code.Bounds().Dy()*dot)
	}
	var b bytes.Buffer
	if err == nil {
		err = png.Encode(&b, code)
	}
	if err != nil {
		return "", &kexin.Error{Op: "front.qr", Err: err}
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
