package region

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEstate(t *testing.T) {
	for _, c := range []struct{ in, estate, room string }{
		{"香榭一品22幢2单元201室", "香榭一品", "22-2-201"},
		{"御景公馆11-1-1003", "御景公馆", "11-1-1003"},
		{"锦绣名邸23栋1601", "锦绣名邸", "23-1601"},
		{"学院东路399号御景公馆11-1-1003", "御景公馆", "11-1-1003"},
		{"钟庄街道环城大道17号云栖家园21幢3单元1001室", "云栖家园", "21-3-1001"},
		{"常州监狱中山路213号星河新村17幢1单元703室", "星河新村", "17-1-703"},
		{"柳市镇后街村12号", "后街村", "12"},
		{"香榭一品二期22幢", "香榭一品", "2期-22"},
		{"香榭一品二十二幢二单元201", "香榭一品", "22-2-201"},
		{"御景公馆小区 11幢 0201室", "御景公馆", "11-201"},
		{"御景公馆（北区）3号楼", "御景公馆北区", "3"},
		{"1号公馆22幢", "1号公馆", "22"},
		{"SOHO公寓A座1201", "soho公寓", "a-1201"},
		{"万科17英里3-201", "万科17英里", "3-201"},
		{"学院东路御景公馆", "御景公馆", ""},
		{"学院东路399号", "学院东路399号", ""},
		{"柳市镇学院东路399号2幢", "学院东路399号", "2"},
		{"花园路145弄10号楼2311", "花园路145弄", "10-2311"},
		{"环城西路866号", "环城西路866号", ""},
		{"东方一品", "东方一品", ""},
		{"", "", ""},
		{"12号", "", ""},
		{"22", "", ""},
	} {
		e, r := Estate(c.in)
		if e != c.estate || r != c.room {
			t.Errorf("%s: %q %q, want %q %q", c.in, e, r, c.estate, c.room)
		}
	}
}

func BenchmarkEstate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Estate("常州监狱中山路213号星河新村17幢1单元703室")
	}
}

// FuzzEstate looks for panics, and for names that are not in the text.
func FuzzEstate(f *testing.F) {
	for _, s := range []string{"学院东路399号御景公馆11-1-1003", "香榭一品二十二幢二单元201", "A座", "百号", "路1号"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, room := Estate(s)
		if e == "" && room != "" {
			t.Errorf("%q: room %q without estate", s, room)
		}
		if !strings.Contains(plain(s), e) || e != "" && utf8.RuneCountInString(e) < 2 {
			t.Errorf("%q: estate %q", s, e)
		}
	})
}
