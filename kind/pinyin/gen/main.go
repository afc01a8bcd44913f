// Command gen writes readings.txt of package pinyin from pinyin-data
// (kMandarin_8105.txt: the usual reading of the 8,105 characters of the
// national list; pinyin.txt: all readings; MIT, see NOTICE). The same input
// gives the same bytes. It is run by hand when the data changes:
//
//	go run ./kind/pinyin/gen -from DIR -to kind/pinyin
//
// One line holds readings without tones, the usual one first and at most four,
// and every character that has exactly these: "le,yue,yao,lao 乐". ü is v. The
// characters are those of the national list and of U+4E00 to U+9FFF.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// most is how many readings of a character are kept.
const most = 4

func main() {
	from := flag.String("from", "", "folder with kMandarin_8105.txt and pinyin.txt")
	to := flag.String("to", "", "folder to write readings.txt to")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		log.Fatal(err)
	}
}

func run(from, to string) error {
	usual, err := read(filepath.Join(from, "kMandarin_8105.txt"))
	if err != nil {
		return err
	}
	all, err := read(filepath.Join(from, "pinyin.txt"))
	if err != nil {
		return err
	}
	by := map[string][]rune{}
	for r, more := range all {
		if _, listed := usual[r]; !listed && (r < 0x4E00 || r > 0x9FFF) {
			continue
		}
		set := add(add(nil, usual[r]), more)
		key := strings.Join(set[:min(most, len(set))], ",")
		by[key] = append(by[key], r)
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[key])
		fmt.Fprintf(&b, "%s %s\n", key, string(by[key]))
	}
	return os.WriteFile(filepath.Join(to, "readings.txt"), []byte(b.String()), 0o644)
}

// add appends what is not there yet.
func add(set, more []string) []string {
	for _, s := range more {
		if !slices.Contains(set, s) {
			set = append(set, s)
		}
	}
	return set
}

// read reads lines "U+4E00: yī,yí  # 一".
func read(file string) (map[rune][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[rune][]string{}
	in := bufio.NewScanner(f)
	for in.Scan() {
		code, rest, ok := strings.Cut(in.Text(), ":")
		if !ok || !strings.HasPrefix(code, "U+") {
			continue
		}
		r, err := strconv.ParseInt(code[2:], 16, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		rest, _, _ = strings.Cut(rest, "#")
		for s := range strings.SplitSeq(strings.TrimSpace(rest), ",") {
			out[rune(r)] = add(out[rune(r)], []string{plain(s)})
		}
	}
	return out, in.Err()
}

// plain drops tones: lǜ gives lv, hǎo gives hao.
func plain(s string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToLower(s)) {
		d := norm.NFD.String(string(r))
		switch {
		case strings.ContainsRune(d, '\u0308'):
			b.WriteByte('v')
		case d[0] >= 'a' && d[0] <= 'z':
			b.WriteByte(d[0])
		}
	}
	return b.String()
}
