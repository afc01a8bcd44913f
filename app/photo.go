package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/jpeg"
	_ "image/png" // cards may come as PNG

	"kexin"
	"kexin/store"
)

// The bounds of a photo of a shop: what comes in, and what is kept, which is
// drawn anew so that nothing but the picture stays.
const (
	PhotoMost   = 8 << 20
	photoPoints = 25_000_000 // what a telephone takes; a small file can claim any size
	photoScans  = 32         // passes over a JPEG; each costs as much as all its points, however short it is
	photoKeep   = 640
)

// drawing is one picture at a time: each is large in memory.
var drawing = make(chan struct{}, 1)

// SavePhoto takes a photo of the shop, JPEG or PNG. It is drawn anew and
// smaller, the way up in which it was taken, so that nothing of the camera or the
// place stays in it. An empty one takes the photo away. Errors: invalid.
func (a *App) SavePhoto(ctx context.Context, actor kexin.Actor, file []byte) error {
	if err := a.May(ctx, actor, kexin.ActAdmin); err != nil {
		return err
	}
	var photo []byte
	if len(file) > 0 {
		var err error
		if photo, err = inTurn(ctx, file); err != nil {
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

// inTurn redraws a file when it is its turn, at most as long as the sender waits.
func inTurn(ctx context.Context, file []byte) ([]byte, error) {
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
		return redraw(file)
	case <-ctx.Done():
		return nil, &kexin.Error{Op: "app.photo", Code: kexin.Unavailable, Err: ctx.Err()}
	}
}

// redraw gives the picture of a file as a small JPEG.
func redraw(file []byte) ([]byte, error) {
	bad := &kexin.Error{Op: "app.photo", Code: kexin.Invalid, Key: "error.photo", Field: "photo"}
	if len(file) > PhotoMost {
		return nil, bad
	}
	cfg, form, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || form != "jpeg" && form != "png" || cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > photoPoints/cfg.Height || scans(file) > photoScans {
		return nil, bad
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, bad
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, upright(shrink(img, photoKeep), turnOf(file)), &jpeg.Options{Quality: 82}); err != nil {
		return nil, &kexin.Error{Op: "app.photo", Err: err}
	}
	return out.Bytes(), nil
}

// scans is how many passes over the picture a JPEG has up to its end.
func scans(file []byte) (n int) {
	for b := file[min(2, len(file)):]; len(b) >= 4; {
		if b[0] != 0xff || b[1] == 0xff || b[1] == 0 || b[1] >= 0xd0 && b[1] <= 0xd7 { // of a pass, or between two
			b = b[1:]
			continue
		}
		if b[1] == 0xd9 { // the end
			break
		}
		if b[1] == 0xda {
			n++
		}
		b = b[min(len(b), 2+int(binary.BigEndian.Uint16(b[2:]))):]
	}
	return n
}

// shrink draws a picture no larger than side, each point the mean of those it
// stands for.
func shrink(src image.Image, side int) *image.RGBA {
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

// turnOf is how a JPEG says its camera was held, 1 to 8 as Exif counts; 1 where
// it does not say.
func turnOf(file []byte) int {
	for b := file[min(2, len(file)):]; len(b) >= 4 && b[0] == 0xff; {
		n := int(binary.BigEndian.Uint16(b[2:]))
		if b[1] == 0xda || n < 2 || len(b) < 2+n {
			return 1
		}
		if x := b[4 : 2+n]; b[1] == 0xe1 && bytes.HasPrefix(x, []byte("Exif\x00\x00")) {
			return turnIn(x[6:])
		}
		b = b[2+n:]
	}
	return 1
}

// turnIn reads the orientation from the first directory of an Exif block.
func turnIn(tiff []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case len(tiff) < 8:
		return 1
	case tiff[0] == 'I':
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	for e := tiff[at+2:]; len(e) >= 12; e = e[12:] {
		if order.Uint16(e) == 0x0112 { // Orientation
			if o := int(order.Uint16(e[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}

// upright turns a picture as its camera was held.
func upright(src *image.RGBA, turn int) image.Image {
	if turn == 1 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if turn >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			from := [9]image.Point{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y}, 5: {y, x}, 6: {y, w - 1 - x}, 7: {h - 1 - y, w - 1 - x}, 8: {h - 1 - y, x}}[turn]
			out.SetRGBA(x, y, src.RGBAAt(from.X, from.Y))
		}
	}
	return out
}
