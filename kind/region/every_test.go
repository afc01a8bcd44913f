package region

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// stemOf is the short form of a place's name.
func stemOf(p place) string { return p.name[:p.stem] }

// Every district, written in every way that people leave things out, gives its
// own code or one above it, never another place.
func TestEveryDistrict(t *testing.T) {
	tab := load()
	exact, shorter, none := 0, 0, 0
	for _, i := range tab.rows {
		p := tab.places[i]
		if p.level != District {
			continue
		}
		up := tab.places[p.up]
		ways := []string{Full(p.code), up.name + p.name, stemOf(up) + p.name, p.name}
		if up.level == City {
			top := tab.places[up.up]
			ways = append(ways, stemOf(top)+stemOf(up)+p.name, top.name+p.name, stemOf(top)+up.name+p.name, top.name+" "+up.name+" "+stemOf(p))
		}
		for n, w := range ways {
			code, rest, _ := Split(w + "人民路1号")
			switch {
			case code == p.code && (rest == "人民路1号" || rest == stemOf(p)+"人民路1号"):
				exact++
			case code == "":
				none++
			case Within(p.code, code):
				shorter++
			default:
				t.Errorf("%s: %s, rest %s", w, Full(code), rest)
			}
			if n < 2 && code != p.code {
				t.Errorf("%s: %q, want %s", w, code, p.code)
			}
		}
	}
	t.Logf("%d exact, %d shorter, %d none", exact, shorter, none)
	if all := exact + shorter + none; exact*100 < all*97 {
		t.Error("too few exact")
	}
}

// A city or a province by its whole name is found alone.
func TestEveryCity(t *testing.T) {
	tab := load()
	for _, i := range tab.rows {
		p := tab.places[i]
		if p.level == District {
			continue
		}
		if code, rest, _ := Split(p.name + "人民路1号"); code != p.code || rest != "人民路1号" {
			t.Errorf("%s: %s, rest %s", p.name, Full(code), rest)
		}
	}
}

// Whatever names stand together, what is read away at the head is made of the
// characters of the place that is found, or names a town in it.
func TestNeverAnother(t *testing.T) {
	tab := load()
	word := rapid.Custom(func(t *rapid.T) string {
		p := tab.places[rapid.SampledFrom(tab.rows).Draw(t, "place")]
		switch rapid.IntRange(0, 4).Draw(t, "form") {
		case 0:
			return stemOf(p)
		case 1:
			return rapid.SampledFrom([]string{"路", "花园", "大道", "市", "县", "区", " ", "镇", "街道", "新村3幢"}).Draw(t, "tail")
		}
		return p.name
	})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(word, 1, 4).Draw(t, "words"), "")
		code, rest, level := Split(s)
		if level != Level(code) || !strings.HasSuffix(strings.TrimRight(s, " "), rest) {
			t.Fatalf("%s: %q %q %d", s, code, rest, level)
		}
		head := strings.TrimSuffix(strings.TrimRight(s, " "), rest)
		if w := townAt(s); w.end > 0 && level != None && tab.has(w, tab.code[code]) {
			head = strings.TrimPrefix(head, s[:w.end])
		}
		for _, r := range head {
			if !strings.ContainsRune(Full(code)+" 市县区州盟旗省地", r) {
				t.Fatalf("%s: %s was read as %s", s, head, Full(code))
			}
		}
	})
}
