package pinyin

import (
	"bytes"
	"kexin/internal/shareddata"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReadings(t *testing.T) {
	for _, c := range []struct {
		r     rune
		first string
		also  string
	}{
		{'单', "shan", "dan"},
		{'仇', "qiu", "chou"},
		{'曾', "zeng", "ceng"},
		{'解', "xie", "jie"},
		{'查', "zha", "cha"},
		{'区', "ou", "qu"},
		{'任', "ren", ""},
		{'华', "hua", ""},
		{'吕', "lv", ""},
		{'伟', "wei", ""},
		{'𬬭', "lun", ""},
		{'〇', "", ""},
		{'a', "", ""},
		{'乐', "yue", "le"},
	} {
		got := Readings(c.r)
		if c.first == "" {
			if len(got) > 0 {
				t.Errorf("%c: %v", c.r, got)
			}
			continue
		}
		if len(got) == 0 || got[0] != c.first || c.also != "" && !slices.Contains(got, c.also) {
			t.Errorf("%c: %v, want %s %s", c.r, got, c.first, c.also)
		}
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct{ name, full, initials string }{
		{"张伟", "zhangwei", "zw"},
		{"单雄信", "shanxiongxin danxiongxin", "sxx dxx"},
		{"曾乐", "zengle zengyue cengle cengyue", "zl zy cl cy"},
		{"欧阳帅静", "ouyangshuaijing", "oysj"},
		{"尉迟恭", "yuchigong", "ycg"},
		{"吕布", "lvbu", "lb"},
		{"王𬬭", "wanglun", "wl"},
		{"舒", "shu", "s"},
		{"任长霞", "renchangxia renzhangxia", "rcx rzx"},
		{"Li", "", ""},
		{"", "", ""},
	} {
		full, initials := Name(c.name)
		if strings.Join(full, " ") != c.full || strings.Join(initials, " ") != c.initials {
			t.Errorf("%s: %v %v, want %s %s", c.name, full, initials, c.full, c.initials)
		}
	}
}

func TestSurname(t *testing.T) {
	for in, want := range map[string]string{"欧阳帅静": "欧阳", "张伟": "张", "欧": "欧", "": "", "Li": "", "司徒": "司徒"} {
		if got := Surname(in); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestSpelled(t *testing.T) {
	for _, s := range []string{"zhangwei", "xian", "lv", "a", "ouyangshuaijing", "linda"} {
		if !Spelled(s) {
			t.Errorf("%s cannot be cut", s)
		}
	}
	for _, s := range []string{"", "zw", "smith", "zhangw", "v", "m", strings.Repeat("a", 65), "张"} {
		if Spelled(s) {
			t.Errorf("%q can be cut", s)
		}
	}
}

// The lists in names.go are about Han characters, in syllables that exist, and
// each says something new.
func TestLists(t *testing.T) {
	tab := load()
	for r, s := range surnames {
		if !tab.spell[s] || len(tab.of(r)) == 0 || tab.of(r)[0] == s {
			t.Errorf("surname %c %s", r, s)
		}
	}
	for r, list := range given {
		for _, s := range list {
			if !tab.spell[s] || len(tab.of(r)) == 0 {
				t.Errorf("given %c %s", r, s)
			}
		}
		if len(list) == 1 && tab.of(r)[0] == list[0] {
			t.Errorf("given %c is read %s anyway", r, list[0])
		}
	}
	for name, s := range compounds {
		two := strings.Fields(s)
		if utf8.RuneCountInString(name) != 2 || len(two) != 2 || !tab.spell[two[0]] || !tab.spell[two[1]] {
			t.Errorf("compound %s %s", name, s)
		}
	}
}

func TestGenerated(t *testing.T) {
	dir := shareddata.Path(t, "data", "zh-pinyin")
	to := t.TempDir()
	if out, err := exec.Command("go", "run", "./gen", "-from", dir, "-to", to).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(to, "readings.txt"))
	if err != nil || !bytes.Equal(got, []byte(readings)) {
		t.Errorf("readings.txt is not what gen writes (%v)", err)
	}
}

// FuzzName looks for panics and for spellings that are not letters.
func FuzzName(f *testing.F) {
	for _, s := range []string{"张伟", "欧阳", "单于", "\xff张", "a张", "𬬭"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		full, initials := Name(s)
		if len(full) > widest || len(initials) > widest || (len(full) == 0) != (len(initials) == 0) {
			t.Fatalf("%q: %v %v", s, full, initials)
		}
		for _, w := range append(full, initials...) {
			if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("%q: %q", s, w)
			}
		}
	})
}

func BenchmarkName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Name("欧阳帅静")
	}
}
