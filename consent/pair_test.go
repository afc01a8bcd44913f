package consent_test

import (
	"testing"
	"unicode"

	"kexin/consent"
	"kexin/kind/pinyin"
)

// TestWords: a thousand words at least, each of two characters, none twice,
// and no two that sound alike when said in the commonest reading.
func TestWords(t *testing.T) {
	list := consent.Words()
	if len(list) < 1000 {
		t.Fatalf("%d words", len(list))
	}
	seen, sound := map[string]bool{}, map[string]string{}
	for _, w := range list {
		r := []rune(w)
		if len(r) != 2 || !unicode.Is(unicode.Han, r[0]) || !unicode.Is(unicode.Han, r[1]) {
			t.Errorf("%q is not two characters", w)
			continue
		}
		k := pinyin.Readings(r[0])[0] + " " + pinyin.Readings(r[1])[0]
		if seen[w] || sound[k] != "" {
			t.Errorf("%s sounds like %s", w, sound[k])
		}
		seen[w], sound[k] = true, w
	}
}

func TestNewPair(t *testing.T) {
	list := map[string]bool{}
	for _, w := range consent.Words() {
		list[w] = true
	}
	drawn := map[consent.Pair]bool{}
	for range 500 {
		p := consent.NewPair()
		if p.Said == p.Answer || !list[p.Said] || !list[p.Answer] {
			t.Fatalf("%+v", p)
		}
		drawn[p] = true
	}
	if len(drawn) < 490 { // 1.2 million pairs: two alike are rare
		t.Errorf("only %d different pairs of 500", len(drawn))
	}
}
