// Command gen writes the two data files of package region from the gazetteer
// "Administrative-divisions-of-China" (dist/provinces.csv, cities.csv,
// areas.csv, streets.csv; WTFPL, see NOTICE). The same input gives the same
// bytes. It is run by hand when the divisions change:
//
//	go run ./kind/region/gen -from DIR -to kind/region
//
// regions.txt has one place a line: six-digit code, number of characters of
// the stem (乐清 of 乐清市), name. A line with "=" gives another name of the
// place above. towns.bin has one town a record of six bytes: the FNV-1a hash
// of its name, big endian, and the row of its district in regions.txt, big
// endian, sorted by both.
package main

import (
	"cmp"
	"encoding/binary"
	"encoding/csv"
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// A place is one province, city or district.
type place struct {
	code string // six digits
	name string
	stem int // characters
	also []string
}

func main() {
	from := flag.String("from", "", "folder with the four csv files")
	to := flag.String("to", "", "folder to write regions.txt and towns.bin to")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		log.Fatal(err)
	}
}

func run(from, to string) error {
	places, err := readPlaces(from)
	if err != nil {
		return err
	}
	towns, err := readTowns(from, places)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(to, "regions.txt"), text(places), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "towns.bin"), towns, 0o644)
}

// readPlaces reads three levels in order of code. Cities that exist only in
// the table (市辖区 of a municipality, 省直辖县级行政区划) are left out, and
// so is the one district of a city without districts (东莞, 中山).
func readPlaces(from string) ([]place, error) {
	provinces, err := read(from, "provinces.csv")
	if err != nil {
		return nil, err
	}
	cities, err := read(from, "cities.csv")
	if err != nil {
		return nil, err
	}
	areas, err := read(from, "areas.csv")
	if err != nil {
		return nil, err
	}
	// The gazetteer has no codes below these three.
	provinces = append(provinces, []string{"71", "台湾省"}, []string{"81", "香港特别行政区"}, []string{"82", "澳门特别行政区"})
	var out []place
	city := map[string]string{}
	for _, r := range provinces {
		out = append(out, newPlace(r[0]+"0000", r[1]))
	}
	for _, r := range cities {
		if strings.HasSuffix(r[1], "市辖区") || r[1] == "县" || strings.HasSuffix(r[1], "直辖县级行政区划") {
			continue
		}
		city[r[0]] = r[1]
		out = append(out, newPlace(r[0]+"00", r[1]))
	}
	for _, r := range areas {
		if r[1] != city[r[2]] {
			p := newPlace(r[0], r[1])
			if isZone(r[0]) {
				p.also = zoneNames(r[1], city[r[2]])
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b place) int { return cmp.Compare(a.code, b.code) })
	unique(out)
	return out, nil
}

func newPlace(code, name string) place {
	p := place{code: code, name: name, stem: utf8.RuneCountInString(stem(name))}
	if isZone(code) {
		p.stem = utf8.RuneCountInString(name)
	}
	return p
}

// isZone reports whether the code is one that the statistics office gives to
// development zones; they have no stem, or 兰州新区 would be 兰州.
func isZone(code string) bool { return code[4] == '7' && code[5] > '0' }

// peoples are the names that stand between the stem and 自治县, without 族.
var peoples = strings.Fields(`壮 回 维吾尔 彝 藏 羌 苗 侗 布依 土家 哈尼 傣 白 景颇 傈僳 朝鲜 蒙古 哈萨克
	柯尔克孜 满 畲 瑶 黎 仡佬 佤 拉祜 布朗 独龙 怒 普米 纳西 水 仫佬 毛南 土 撒拉 保安 东乡 裕固 锡伯
	塔吉克 达斡尔 鄂温克 各`)

// stem is the name without what says which kind of division it is.
func stem(name string) string {
	for _, s := range []string{"特别行政区", "自治区", "自治州", "自治县", "自治旗", "矿区", "新区", "林区", "特区", "地区", "省", "市", "盟", "县", "区", "旗"} {
		cut, ok := strings.CutSuffix(name, s)
		if name == "万柏林区" && s == "林区" {
			continue // a district, while 神农架林区 is a forest
		}
		if !ok || utf8.RuneCountInString(cut) < 1 {
			continue
		}
		if strings.HasPrefix(s, "自治") {
			cut = withoutPeoples(cut)
		} else if utf8.RuneCountInString(s) >= 2 && utf8.RuneCountInString(cut) < 2 {
			continue // 清新区 has the stem 清新
		}
		return cut
	}
	return name
}

// withoutPeoples turns 恩施土家族苗族 into 恩施 and leaves at least two
// characters: 东乡族 gives 东乡.
func withoutPeoples(s string) string {
	for again := true; again; {
		again = false
		for _, p := range peoples {
			for _, tail := range []string{p + "族", p} {
				cut, ok := strings.CutSuffix(s, tail)
				if ok && utf8.RuneCountInString(cut) >= 2 && (tail != p || utf8.RuneCountInString(p) > 1) {
					s, again = cut, true
				}
			}
		}
	}
	return strings.TrimSuffix(s, "族")
}

// zoneNames are what people call a development zone after the name of its
// city: 扬州经济技术开发区 is also 经济技术开发区, 经开区 and 开发区.
func zoneNames(name, city string) []string {
	base := name
	if i := strings.Index(name, stem(city)); city != "" && i >= 0 {
		base = strings.TrimPrefix(name[i+len(stem(city)):], "市")
	}
	var out []string
	if base != name && utf8.RuneCountInString(base) >= 4 {
		out = append(out, base)
	}
	switch base {
	case "高新技术产业开发区", "高新技术开发区", "高新技术产业园区", "高新技术产业园":
		out = append(out, "高新区")
	case "经济技术开发区", "经济开发区":
		out = append(out, "经开区", "开发区")
	}
	return out
}

// unique drops other names that two places of one city would share.
func unique(places []place) {
	seen := map[string]int{}
	for _, p := range places {
		for _, a := range p.also {
			seen[p.code[:4]+a]++
		}
		seen[p.code[:4]+p.name]++
	}
	for i := range places {
		places[i].also = slices.DeleteFunc(places[i].also, func(a string) bool { return seen[places[i].code[:4]+a] > 1 })
	}
}

// readTowns makes towns.bin. A town of a city without districts points to the
// city.
func readTowns(from string, places []place) ([]byte, error) {
	rows, err := read(from, "streets.csv")
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, p := range places {
		at[p.code] = i
	}
	names := map[uint32]string{}
	var keys []uint64
	for _, r := range rows {
		i, ok := at[r[2]]
		if !ok {
			if i, ok = at[r[4]+"00"]; !ok {
				return nil, fmt.Errorf("town %s has no district %s", r[0], r[2])
			}
		}
		h := fnv.New32a()
		h.Write([]byte(r[1]))
		sum := h.Sum32()
		if was := names[sum]; was != "" && was != r[1] {
			return nil, fmt.Errorf("towns %s and %s have the same hash", was, r[1])
		}
		names[sum] = r[1]
		keys = append(keys, uint64(sum)<<16|uint64(i))
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	var out []byte
	for _, k := range keys {
		out = binary.BigEndian.AppendUint32(out, uint32(k>>16))
		out = binary.BigEndian.AppendUint16(out, uint16(k))
	}
	return out, nil
}

func text(places []place) []byte {
	var b strings.Builder
	for _, p := range places {
		fmt.Fprintf(&b, "%s %d %s\n", p.code, p.stem, p.name)
		for _, a := range p.also {
			fmt.Fprintf(&b, "= %s\n", a)
		}
	}
	return []byte(b.String())
}

// read gives the records of a file without its header.
func read(dir, name string) ([][]string, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, fmt.Errorf("%s: %d rows, %v", name, len(rows), err)
	}
	return rows[1:], nil
}
