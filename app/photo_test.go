package app

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"slices"
	"testing"

	"kexin"
)

// corner is a picture with one red corner, top left.
func corner(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts what a camera writes behind the first marker: how it was held,
// and where.
func withExif(file []byte, turn int, order binary.AppendByteOrder) []byte {
	tiff := []byte("MM\x00*")
	if order.AppendUint16(nil, 1)[0] == 1 {
		tiff = []byte("II*\x00")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = append(order.AppendUint16(order.AppendUint16(tiff, 0x010f), 2), 0, 0, 0, 4, 'c', 'a', 'm', 0)
	tiff = order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3), 1)
	tiff = append(order.AppendUint16(tiff, uint16(turn)), 0, 0)
	tiff = append(tiff, "GPS 28.1149,120.9803"...)
	x := append([]byte("Exif\x00\x00"), tiff...)
	seg := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(x)+2)), x...)
	comment := append(binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, uint16(2+len("taken by 林国栋"))), "taken by 林国栋"...)
	return bytes.Join([][]byte{file[:2], seg, comment, file[2:]}, nil)
}

// TestPhotoScans: a JPEG that draws itself over and over is no photo: each pass
// takes as long as the whole picture, and a file of 8 MiB has room for many.
func TestPhotoScans(t *testing.T) {
	file := asJPEG(t, corner(16, 16))
	at := bytes.Index(file, []byte{0xff, 0xda})
	for n, ok := range map[int]bool{1: true, 12: true, photoScans: true, photoScans + 1: false, 2000: false} {
		long := slices.Concat(file[:at], bytes.Repeat(file[at:len(file)-2], n), file[len(file)-2:])
		behind := append(slices.Clone(long), bytes.Repeat(file[at:len(file)-2], 100)...) // as what a telephone films beside
		for what, f := range map[string][]byte{"alone": long, "with more behind it": behind} {
			if got := scans(f); got != n {
				t.Errorf("%s: %d passes are counted as %d", what, n, got)
			}
			if _, err := redraw(f); (err == nil) != ok {
				t.Errorf("%s: a photo of %d passes: %v", what, n, err)
			}
		}
	}
}

// TestPhotoRedrawn: what is kept of a photo is a small JPEG, the way up in which
// it was taken, without what the camera wrote beside it.
func TestPhotoRedrawn(t *testing.T) {
	// Where the red corner of the stored picture comes to lie: right, below.
	for turn, at := range map[int][2]bool{1: {false, false}, 2: {true, false}, 3: {true, true}, 4: {false, true}, 5: {false, false}, 6: {true, false}, 7: {true, true}, 8: {false, true}} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			file := withExif(asJPEG(t, corner(1200, 800)), turn, order)
			out, err := redraw(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, beside := range []string{"Exif", "GPS", "28.1149", "cam", "林国栋"} {
				if bytes.Contains(out, []byte(beside)) {
					t.Errorf("%s is kept", beside)
				}
			}
			img, form, err := image.Decode(bytes.NewReader(out))
			if err != nil || form != "jpeg" {
				t.Fatal(form, err)
			}
			w, h := img.Bounds().Dx(), img.Bounds().Dy()
			if wide := turn < 5; w != map[bool]int{true: 640, false: 426}[wide] || h != map[bool]int{true: 426, false: 640}[wide] {
				t.Errorf("held %d: %dx%d", turn, w, h)
			}
			for right, x := range map[bool]int{false: w / 4, true: w * 3 / 4} {
				for below, y := range map[bool]int{false: h / 4, true: h * 3 / 4} {
					r, _, b, _ := img.At(x, y).RGBA()
					if red := r > b; red != (at == [2]bool{right, below}) {
						t.Errorf("held %d: red %v at %d,%d", turn, red, x, y)
					}
				}
			}
		}
	}
	small := corner(8, 4)
	small.SetRGBA(7, 3, color.RGBA{}) // see-through
	var b bytes.Buffer
	if err := png.Encode(&b, small); err != nil {
		t.Fatal(err)
	}
	if out, err := redraw(b.Bytes()); err != nil || !bytes.HasPrefix(out, []byte("\xff\xd8")) {
		t.Errorf("a small PNG: %v", err)
	}
}

// TestPhotoRefused: a file of another type, a broken one, one that is too large
// and one that claims or holds too many points are refused; what is too large is
// never drawn.
func TestPhotoRefused(t *testing.T) {
	var anim, bomb bytes.Buffer
	if err := gif.Encode(&anim, corner(10, 10), nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&bomb, image.NewGray(image.Rect(0, 0, 6000, 6000))); err != nil || bomb.Len() > 1<<20 {
		t.Fatal(bomb.Len(), err)
	}
	whole := asJPEG(t, corner(100, 100))
	claims := bytes.Clone(bomb.Bytes())
	binary.BigEndian.PutUint32(claims[16:], 1<<30)
	for name, file := range map[string][]byte{
		"gif": anim.Bytes(), "html": []byte("<html><script>alert(1)</script>"), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "pdf": []byte("%PDF-1.7\n"), "one byte": {0xff},
		"cut": whole[:len(whole)/2], "no picture behind the head": append([]byte("\xff\xd8\xff"), "<script>"...),
		"9 MB": append(bytes.Clone(whole), make([]byte, 9<<20)...), "36 million points": bomb.Bytes(), "a wrong size": claims,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		out, err := redraw(file)
		runtime.ReadMemStats(&after)
		if kexin.CodeOf(err) != kexin.Invalid || out != nil {
			t.Errorf("%s: %v", name, err)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 16<<20 {
			t.Errorf("%s: %d MB to refuse it", name, spent>>20)
		}
	}
}

// FuzzPhoto: whatever comes in, what goes out is a small JPEG or a refusal.
func FuzzPhoto(f *testing.F) {
	whole := asJPEG(f, corner(64, 48))
	f.Add(whole)
	for turn := range 10 {
		f.Add(withExif(whole, turn, binary.LittleEndian))
	}
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if o := turnOf(file); o < 1 || o > 8 {
			t.Errorf("held %d", o)
		}
		out, err := redraw(file)
		if err != nil {
			if kexin.CodeOf(err) != kexin.Invalid {
				t.Error(err)
			}
			return
		}
		c, form, err := image.DecodeConfig(bytes.NewReader(out))
		if err != nil || form != "jpeg" || c.Width > photoKeep || c.Height > photoKeep {
			t.Errorf("%s %dx%d %v", form, c.Width, c.Height, err)
		}
	})
}
