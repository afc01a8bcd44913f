package app

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	_ "image/png" // cards may come as PNG
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kexin"
	"kexin/gate"
	"kexin/ledger"
	"kexin/store"
)

// A ShopCard is a merchant as others and customers see it.
type ShopCard = store.Card

// A CardDraft is a merchant's card as its owner fills it in.
type CardDraft struct {
	Shown   string // name over the door
	Address string
	Phone   string // landline
	About   string
	Needs   []string
}

// The bounds of a photo of a shop: what comes in, and what is kept, which is
// drawn anew so that nothing but the picture stays.
const (
	photoIn   = 8 << 20
	photoSide = 6000
	photoKeep = 640
)

// Card is the merchant's own card; the zero Card before it is filled in.
func (a *App) Card(ctx context.Context, actor kexin.Actor) (c store.Card, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		c, err = ownCard(tx)
		return err
	})
	return c, err
}

func ownCard(tx *store.Tx) (store.Card, error) {
	c, err := tx.Card(tx.Org)
	if kexin.CodeOf(err) != kexin.NotFound {
		return c, err
	}
	o, err := tx.Merchant()
	return store.Card{Org: tx.Org, Legal: o.Name, USCC: o.USCC, Shown: o.Name, Address: o.Address, Phone: o.Contact}, err
}

// SaveCard writes it: for who may change settings. The legal name and the
// credit code are the merchant's own and cannot be typed here.
func (a *App) SaveCard(ctx context.Context, actor kexin.Actor, d CardDraft) error {
	d = CardDraft{plainLine(d.Shown), plainLine(d.Address), plainLine(d.Phone), plainLine(d.About), d.Needs}
	if err := d.check(); err != nil {
		return err
	}
	return a.admin(ctx, actor, func(tx *store.Tx) error {
		c, err := ownCard(tx)
		if err != nil {
			return err
		}
		o, err := tx.Merchant()
		if err != nil {
			return err
		}
		c.Legal, c.USCC = o.Name, o.USCC
		c.Shown, c.Address, c.Phone, c.About, c.Needs = d.Shown, d.Address, d.Phone, d.About, d.Needs
		if o.Address == "" { // left out at the setup: the notice asks for it, and nobody types it twice
			was := o
			o.Address = d.Address
			if err := tx.SaveMerchant(o); err != nil {
				return err
			}
			if err := logSettings(tx, actor, was, o); err != nil {
				return err
			}
		}
		return saveCard(tx, actor, c)
	})
}

func saveCard(tx *store.Tx, actor kexin.Actor, c store.Card) error {
	if err := tx.SaveCard(c); err != nil {
		return err
	}
	return tx.Log(event(actor, &ledger.SettingsChanged{Setting: "card", Version: int64(tx.Now)}))
}

func (d CardDraft) check() error {
	e := &kexin.Error{Op: "app.card", Code: kexin.Invalid, Key: "error.fields"}
	for _, f := range []struct {
		name, text string
		max        int
		needed     bool
	}{{"shown", d.Shown, 40, true}, {"address", d.Address, 100, true}, {"phone", d.Phone, 20, true}, {"about", d.About, 80, false}} {
		switch {
		case f.needed && f.text == "":
			e.Fields = append(e.Fields, kexin.FieldError{Path: f.name, Key: "error.required"})
		case utf8.RuneCountInString(f.text) > f.max || strings.ContainsAny(f.text, "<>"):
			e.Fields = append(e.Fields, kexin.FieldError{Path: f.name, Key: "error.field_bad"})
		}
	}
	if d.Phone != "" && !telephone(d.Phone) {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "phone", Key: "error.shop_phone"})
	}
	if len(d.Needs) == 0 {
		e.Fields = append(e.Fields, kexin.FieldError{Path: "needs", Key: "error.required"})
	}
	for _, n := range d.Needs {
		if !slices.Contains(kexin.Needs, n) {
			e.Fields = append(e.Fields, kexin.FieldError{Path: "needs", Key: "error.field_bad"})
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// plainLine is a text on one line, without characters that do not show.
func plainLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// SavePhoto takes a photo of the shop, JPEG or PNG. It is drawn anew and
// smaller, so that nothing of the camera or the place stays in it. An empty one
// takes the photo away. Errors: invalid.
func (a *App) SavePhoto(ctx context.Context, actor kexin.Actor, file []byte) error {
	var photo []byte
	if len(file) > 0 {
		var err error
		if photo, err = redraw(file); err != nil {
			return err
		}
	}
	return a.admin(ctx, actor, func(tx *store.Tx) error {
		c, err := ownCard(tx)
		if err != nil {
			return err
		}
		c.Photo = photo
		return saveCard(tx, actor, c)
	})
}

func redraw(file []byte) ([]byte, error) {
	bad := &kexin.Error{Op: "app.photo", Code: kexin.Invalid, Key: "error.photo", Field: "photo"}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || len(file) > photoIn || cfg.Width > photoSide || cfg.Height > photoSide || cfg.Width*cfg.Height == 0 {
		return nil, bad
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, bad
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(img, photoKeep), &jpeg.Options{Quality: 82}); err != nil {
		return nil, &kexin.Error{Op: "app.photo", Err: err}
	}
	return out.Bytes(), nil
}

// shrink draws a picture no larger than side, each point the mean of those it
// stands for.
func shrink(src image.Image, side int) image.Image {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if m := max(w, h); m > side {
		w, h = max(1, w*side/m), max(1, h*side/m)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			x0, x1 := b.Min.X+x*b.Dx()/w, b.Min.X+(x+1)*b.Dx()/w
			y0, y1 := b.Min.Y+y*b.Dy()/h, b.Min.Y+(y+1)*b.Dy()/h
			var r, g, bl, n uint32
			for yy := y0; yy < max(y1, y0+1); yy++ {
				for xx := x0; xx < max(x1, x0+1); xx++ {
					cr, cg, cb, _ := src.At(xx, yy).RGBA()
					r, g, bl, n = r+cr>>8, g+cg>>8, bl+cb>>8, n+1
				}
			}
			i := out.PixOffset(x, y)
			out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = byte(r/n), byte(g/n), byte(bl/n), 255
		}
	}
	return out
}

// PublicCard is a merchant's card, for the pages on which it stands.
func (a *App) PublicCard(ctx context.Context, org kexin.ID) (store.Card, error) {
	return a.store.PublicCard(ctx, org)
}

// Shops are the merchants to whom a customer with a need may be recommended:
// verified, of the own alliance, selling it. An empty need gives all.
func (a *App) Shops(ctx context.Context, actor kexin.Actor, need string) (out []store.Card, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActContact); err != nil {
			return err
		}
		all, err := tx.Partners(true)
		out = nil
		for _, c := range all {
			if need == "" || slices.Contains(c.Needs, need) {
				out = append(out, c)
			}
		}
		return err
	})
	return out, err
}
