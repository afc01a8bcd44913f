package similar

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Vectors of Winkler (1990, 1994) as printed in "String Comparator Metrics",
// table 6.1, to three places.
func TestJaroPublished(t *testing.T) {
	for _, c := range []struct {
		a, b          string
		jaro, winkler float64
	}{
		{"SHACKLEFORD", "SHACKELFORD", 0.970, 0.982},
		{"DUNNINGHAM", "CUNNIGHAM", 0.896, 0.896},
		{"NICHLESON", "NICHULSON", 0.926, 0.956},
		{"JONES", "JOHNSON", 0.790, 0.832},
		{"MASSEY", "MASSIE", 0.889, 0.933},
		{"ABROMS", "ABRAMS", 0.889, 0.922},
		{"JERALDINE", "GERALDINE", 0.926, 0.926},
		{"MARHTA", "MARTHA", 0.944, 0.961},
		{"MICHELLE", "MICHAEL", 0.869, 0.921},
		{"JULIES", "JULIUS", 0.889, 0.933},
		{"TANYA", "TONYA", 0.867, 0.880},
		{"DWAYNE", "DUANE", 0.822, 0.840},
		{"SEAN", "SUSAN", 0.783, 0.805},
		{"JON", "JOHN", 0.917, 0.933},
		{"DIXON", "DICKSONX", 0.767, 0.813},
		{"", "", 1, 1},
		{"A", "", 0, 0},
		{"A", "A", 1, 1},
		{"A", "B", 0, 0},
		{"王小明", "王晓明", 0.778, 0.800}, // by bytes it would be 0.844
	} {
		if got := Jaro(c.a, c.b); math.Abs(got-c.jaro) > 0.0006 {
			t.Errorf("Jaro %s %s: %.4f, want %.3f", c.a, c.b, got, c.jaro)
		}
		if got := JaroWinkler(c.a, c.b); math.Abs(got-c.winkler) > 0.0006 {
			t.Errorf("JaroWinkler %s %s: %.4f, want %.3f", c.a, c.b, got, c.winkler)
		}
	}
}

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
	if Close("", "") != 1 || Close("张伟", "李娜") != 0 || Close("张伟", "张玮") != 0.5 {
		t.Error("Close")
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

func TestDicePublished(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"night", "nacht", 0.25},
		{"context", "contact", 0.5},
		{"healed", "sealed", 0.8},
		{"aaa", "aaaa", 0.8},
		{"张", "张", 1},
		{"张", "李", 0},
		{"张", "张伟", 0},
		{"张小伟", "张小明", 0.5},
	} {
		if got := Dice(c.a, c.b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s %s: %.4f, want %.4f", c.a, c.b, got, c.want)
		}
	}
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
		for name, f := range map[string]func(string, string) float64{"Jaro": Jaro, "JaroWinkler": JaroWinkler, "Dice": Dice, "Close": Close} {
			got := f(a, b)
			if got != f(b, a) || got < 0 || got > 1 || f(a, a) != 1 {
				t.Fatalf("%s(%q, %q) = %v, back %v, self %v", name, a, b, got, f(b, a), f(a, a))
			}
		}
		ab, bc, ac := Distance(a, b), Distance(b, c), Distance(a, c)
		if ac > ab+bc || ab != Distance(b, a) || (ab == 0) != (a == b) {
			t.Fatalf("%q %q %q: %d %d %d", a, b, c, ab, bc, ac)
		}
	})
}

// FuzzSimilar looks for panics and values outside 0 to 1.
func FuzzSimilar(f *testing.F) {
	f.Add("MARTHA", "MARHTA")
	f.Add("张\xff", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)*len(b) > 1<<16 {
			return
		}
		for _, got := range []float64{Jaro(a, b), JaroWinkler(a, b), Dice(a, b), Close(a, b)} {
			if !(got >= 0 && got <= 1) {
				t.Errorf("%q %q: %v", a, b, got)
			}
		}
		SamePinyin(a, b)
	})
}

func BenchmarkJaroWinkler(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		JaroWinkler("欧阳帅静", "欧阳静帅")
	}
}

func BenchmarkDistance(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Distance("欧阳帅静", "欧阳静帅")
	}
}
