package similar

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDistancePublished(t *testing.T) {
	for _, c := range []struct {
		a, b string
		n    int
	}{
		{"CA", "ABC", 2}, // 3 with the restricted form
		{"kitten", "sitting", 3},
		{"saturday", "sunday", 3},
		{"flaw", "lawn", 2},
		{"ab", "ba", 1},
		{"a cat", "an abct", 3},
		{"", "abc", 3},
		{"", "", 0},
		{"吴晓峰", "吴晓锋", 1},
		{"张伟明", "张明伟", 1},
	} {
		if got := Distance(c.a, c.b); got != c.n {
			t.Errorf("%s %s: %d, want %d", c.a, c.b, got, c.n)
		}
	}
}

// The distance is the least number of single edits, found by trying them all.
func TestDistanceIsLeast(t *testing.T) {
	var words []string
	for from, n := []string{""}, 0; n < 4; n++ {
		words = append(words, from...)
		var next []string
		for _, w := range from {
			next = append(next, w+"a", w+"b", w+"c")
		}
		from = next
	}
	for _, w := range words {
		steps := map[string]int{w: 0}
		for queue := []string{w}; len(queue) > 0; queue = queue[1:] {
			for _, x := range edits(queue[0]) {
				if _, seen := steps[x]; !seen {
					steps[x] = steps[queue[0]] + 1
					queue = append(queue, x)
				}
			}
		}
		for _, x := range words {
			if got := Distance(w, x); got != steps[x] {
				t.Errorf("%q %q: %d, want %d", w, x, got, steps[x])
			}
		}
	}
}

// edits are all words of up to five letters one edit away.
func edits(w string) []string {
	var out []string
	for i := 0; i <= len(w); i++ {
		for _, c := range []string{"a", "b", "c"} {
			if len(w) < 5 {
				out = append(out, w[:i]+c+w[i:])
			}
			if i < len(w) {
				out = append(out, w[:i]+c+w[i+1:])
			}
		}
		if i < len(w) {
			out = append(out, w[:i]+w[i+1:])
		}
		if i+1 < len(w) {
			out = append(out, w[:i]+w[i+1:i+2]+w[i:i+1]+w[i+2:])
		}
	}
	return out
}

func TestSamePinyin(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"吴晓峰", "吴晓锋", true},
		{"曾乐", "曾月", true},
		{"单伟", "山伟", true},
		{"张伟", "张玮", true},
		{"张伟", "章纬", true},
		{"张伟", "张炜炜", false},
		{"Li", "Li", false},
		{"", "", false},
	} {
		if got := SamePinyin(c.a, c.b); got != c.want {
			t.Errorf("%s %s: %v", c.a, c.b, got)
		}
	}
}

func TestProperties(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("张伟明李娜ab")), 0, 70, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		ab, bc, ac := Distance(a, b), Distance(b, c), Distance(a, c)
		if ac > ab+bc || ab != Distance(b, a) || (ab == 0) != (a == b) {
			t.Fatalf("%q %q %q: %d %d %d", a, b, c, ab, bc, ac)
		}
	})
}

// FuzzSimilar looks for panics and distances longer than the words.
func FuzzSimilar(f *testing.F) {
	f.Add("MARTHA", "MARHTA")
	f.Add("张\xff", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)*len(b) > 1<<16 {
			return
		}
		if d := Distance(a, b); d < 0 || d > max(len([]rune(a)), len([]rune(b))) || SamePinyin(a, b) != SamePinyin(b, a) {
			t.Errorf("%q %q: %d", a, b, d)
		}
	})
}

func BenchmarkDistance(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Distance("欧阳帅静", "欧阳静帅")
	}
}
