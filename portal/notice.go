package portal

import (
	"net/http"
	"strconv"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/internal/front"
)

// A noticePage is a merchant's notice as anybody reads it.
type noticePage struct {
	app.PublicNotice
	Version string
	Check   string // the hash, shortened to be compared by eye
	URL, QR string // where it is read: for the wall of the shop
	Key     string // the number of the key that signs receipts
}

// notice shows a merchant's notice in force, without login (NOT-04).
func (p *Portal) notice(v *visit) error {
	org, err := kexin.ParseID(v.r.PathValue("org"))
	if err != nil || org == 0 {
		return &kexin.Error{Op: "portal.notice", Code: kexin.NotFound}
	}
	n, err := p.App.PublicNotice(v.r.Context(), org, v.Lang())
	if err != nil {
		return err
	}
	pg := v.page("portal.verify.title", nil)
	pg.Title, pg.Org, pg.of = n.Title, n.Org, org
	body := noticePage{PublicNotice: n, Version: strconv.Itoa(n.Version), Check: n.Hash.String()[:16], URL: v.Origin() + "/notice/" + org.String()}
	if body.QR, err = front.QR(body.URL); err != nil {
		return err
	}
	keys, err := p.App.PublicKeys(v.r.Context(), org)
	if err != nil {
		return err
	}
	body.Key = consent.KeyID(keys.Receipt[0])
	pg.Body = body
	v.w.Header().Set("Cache-Control", "public, max-age=60")
	v.w.Header().Set("Vary", "Accept-Language, Cookie, Kexin-Lang")
	return v.show("notice", http.StatusOK, pg)
}

// keys gives a merchant's receipt keys to anybody, for programs and for the shelf.
func (p *Portal) keys(v *visit) error {
	org, err := kexin.ParseID(v.r.PathValue("org"))
	if err != nil || org == 0 {
		return &kexin.Error{Op: "portal.keys", Code: kexin.NotFound}
	}
	keys, err := p.App.PublicKeys(v.r.Context(), org)
	if err != nil {
		return err
	}
	b, err := keys.JSON()
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="kexin-keys.json"`)
	h.Set("Cache-Control", "public, max-age=60")
	_, _ = v.w.Write(b)
	return nil
}
