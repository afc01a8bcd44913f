package region

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTable(t *testing.T) {
	tab := load()
	seen := map[string]bool{}
	for _, i := range tab.rows {
		p := tab.places[i]
		if seen[p.code] || len(p.code) != 6 || p.name == "" || int(p.stem) > len(p.name) || p.is != i {
			t.Fatalf("row %d: %+v", i, p)
		}
		seen[p.code] = true
		if p.level != Province && tab.places[p.up].level >= p.level {
			t.Errorf("%s lies in %s", p.code, tab.places[p.up].code)
		}
	}
	if len(seen) != 3341 {
		t.Errorf("%d places", len(seen))
	}
}

func TestNames(t *testing.T) {
	for code, full := range map[string]string{
		"330382": "浙江省温州市乐清市",
		"110105": "北京市朝阳区",
		"419001": "河南省济源市",
		"500233": "重庆市忠县",
		"330000": "浙江省",
		"810000": "香港特别行政区",
		"321071": "江苏省扬州市扬州经济技术开发区",
		"999999": "",
		"":       "",
	} {
		if Full(code) != full {
			t.Errorf("%s: %q", code, Full(code))
		}
	}
	if Level("330382") != District || Level("330300") != City || Level("330000") != Province || Level("x") != None {
		t.Error("levels")
	}
	if !Within("330382", "330000") || !Within("330382", "330382") || Within("330000", "330382") || Within("x", "330000") || Within("330000", "x") {
		t.Error("within")
	}
}

// Every code's full name is read back as that code with nothing left over.
func TestFullIsRead(t *testing.T) {
	tab := load()
	for _, i := range tab.rows {
		p := tab.places[i]
		code, rest, level := Split(Full(p.code))
		if code != p.code || rest != "" || level != int(p.level) {
			t.Errorf("%s %s: %s %q", p.code, Full(p.code), code, rest)
		}
	}
}

// The data files are what gen makes of the gazetteer.
func TestGenerated(t *testing.T) {
	dir, err := filepath.Abs(shared(t, "zh-gazetteer"))
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	if out, err := exec.Command("go", "run", "./gen", "-from", dir, "-to", to).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"regions.txt", "towns.bin"} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(to, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what gen writes (%v)", name, err)
		}
	}
}
