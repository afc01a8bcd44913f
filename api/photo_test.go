package api_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"kexin/i18n"
	"kexin/internal/sitetest"
)

// TestPhoto: a photo as large as a telephone takes goes in, and everybody whom
// the card is shown to gets the small one from this server; what is no photo is
// refused in words and changes nothing; its owner takes it away.
func TestPhoto(t *testing.T) {
	sitetest.Both(t, func(t *testing.T, s *sitetest.Site) {
		put := func(who string, file []byte) sitetest.Reply {
			r := s.Request(who, http.MethodPut, "/api/v1/card/photo", file)
			r.Header.Set("Content-Type", "application/octet-stream")
			return s.Send(r)
		}
		s.As("owner", http.MethodPut, "/api/v1/card", map[string]any{"shown": "石语瓷砖", "address": "建材市场 2 栋", "phone": "0577-62520001", "needs": []string{"tile"}}).Into(t, http.StatusOK, nil)
		shown := func() sitetest.Reply { return s.As("", http.MethodGet, "/card/"+s.Org.String()+"/photo", nil) }
		if r := shown(); r.Status != http.StatusNotFound {
			t.Fatalf("before there is one: %d", r.Status)
		}
		noise := image.NewRGBA(image.Rect(0, 0, 2400, 1800)) // what a camera sees is no plain colour
		dice := rand.New(rand.NewPCG(1, 2))
		for y := range 1800 {
			for x := range 2400 {
				noise.SetRGBA(x, y, color.RGBA{byte(dice.Uint32()), byte(dice.Uint32()), byte(x), 255})
			}
		}
		var photo bytes.Buffer
		if err := jpeg.Encode(&photo, noise, &jpeg.Options{Quality: 90}); err != nil || photo.Len() < 2<<20 || photo.Len() > 8<<20 {
			t.Fatal(photo.Len(), err)
		}
		if r := put("rep", photo.Bytes()); r.Status != http.StatusForbidden {
			t.Errorf("a rep: %d", r.Status)
		}
		unread := s.Request("rep", http.MethodPut, "/api/v1/card/photo", nil)
		unread.Header.Set("Content-Type", "application/octet-stream")
		unread.Body, unread.ContentLength = io.NopCloser(iotest.ErrReader(errors.New("read"))), 8<<20
		if r := s.Send(unread); r.Status != http.StatusForbidden {
			t.Errorf("a rep, whose bytes are not wanted: %d %s", r.Status, r.Body)
		}
		if r := put("owner", photo.Bytes()); r.Status != http.StatusNoContent {
			t.Fatalf("a photo of %d bytes: %d %s", photo.Len(), r.Status, r.Body)
		}
		r := shown()
		c, form, err := image.DecodeConfig(bytes.NewReader(r.Body))
		if err != nil || form != "jpeg" || c.Width != 640 || c.Height != 480 || r.Header.Get("Content-Type") != "image/jpeg" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("shown: %s %dx%d %v %v", form, c.Width, c.Height, err, r.Header)
		}
		for name, file := range map[string][]byte{"html": []byte("<html><script>alert(1)</script>"), "a byte too many": append(bytes.Clone(photo.Bytes()), make([]byte, 8<<20+1-photo.Len())...)} {
			if r := put("owner", file); r.Status != http.StatusUnprocessableEntity || !strings.Contains(string(r.Body), "JPEG") {
				t.Errorf("%s: %d %s", name, r.Status, r.Body)
			}
		}
		if r := put("owner", make([]byte, 9<<20)); r.Status != http.StatusRequestEntityTooLarge || !strings.Contains(string(r.Body), i18n.T(i18n.Chinese, "error.too_large", nil)) {
			t.Errorf("9 MB: %d %s", r.Status, r.Body)
		}
		if now := shown(); !bytes.Equal(now.Body, r.Body) {
			t.Error("what was refused changed the photo")
		}
		if r := s.As("rep", http.MethodDelete, "/api/v1/card/photo", nil); r.Status != http.StatusForbidden {
			t.Errorf("a rep takes it away: %d", r.Status)
		}
		for range 2 { // the second time there is none
			if r := s.As("owner", http.MethodDelete, "/api/v1/card/photo", nil); r.Status != http.StatusNoContent {
				t.Errorf("taken away: %d %s", r.Status, r.Body)
			}
		}
		var card struct{ Photo bool }
		s.As("owner", http.MethodGet, "/api/v1/card", nil).Into(t, http.StatusOK, &card)
		if r := shown(); r.Status != http.StatusNotFound || card.Photo {
			t.Errorf("after that: %d, card %+v", r.Status, card)
		}
	})
}
