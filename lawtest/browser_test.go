package lawtest

import (
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A pairSeen is what a browser makes of two buttons of which one says yes and
// the other no.
type pairSeen struct {
	Differ []string  // names of the computed properties in which they differ
	Wide   []float64 // of each, in CSS px
	High   []float64
}

// A pageSeen is a page as it was drawn.
type pageSeen struct {
	Ground string // its background
	Pairs  []pairSeen
}

// looked has Chromium lay out pages of hers with the sheet that goes with them,
// each on a phone of 390 px, and tells what it computed. The script that asks
// stands in the page around them: they themselves run none. It skips loudly
// without Chromium, and fails where KEXIN_REQUIRE_BROWSER=1.
func looked(t *testing.T, sheet string, pages []string, flags ...string) (out []pageSeen) {
	t.Helper()
	browser := os.Getenv("CHROMIUM")
	if browser == "" {
		browser = "chromium-headless-shell"
	}
	if _, err := exec.LookPath(browser); err != nil {
		if os.Getenv("KEXIN_REQUIRE_BROWSER") == "1" {
			t.Fatalf("KEXIN_REQUIRE_BROWSER=1 and no Chromium: %v", err)
		}
		t.Skip("SKIPPED: no Chromium; set CHROMIUM")
	}
	around := "<!doctype html><meta charset=utf-8>"
	for _, page := range pages {
		page = strings.Replace(linkOf.ReplaceAllString(page, ""), "</head>", "<style>"+sheet+"</style></head>", 1)
		around += `<iframe width="390" height="844" srcdoc="` + html.EscapeString(page) + `"></iframe>`
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "pages.html")
	if err := os.WriteFile(file, []byte(around+asks), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + filepath.Join(dir, "profile")}, flags...)
	dom, err := exec.CommandContext(ctx, browser, append(args, "--dump-dom", "file://"+file)...).Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	said := saidOf.FindSubmatch(dom)
	if said == nil {
		t.Fatal("the browser says nothing of the pages")
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(string(said[1]))), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	linkOf = regexp.MustCompile(`<link[^>]*>`)
	saidOf = regexp.MustCompile(`<output id="seen">(.*?)</output>`)
)

// asks compares every property that Chromium computes but where on the page a
// thing lies.
const asks = `<output id="seen"></output><script>
const place = /^(top|right|bottom|left|inset.*|perspective-origin|transform-origin)$/
onload = () => document.getElementById('seen').textContent = JSON.stringify([...document.querySelectorAll('iframe')].map(frame => {
  const doc = frame.contentDocument, style = frame.contentWindow.getComputedStyle
  return { Ground: style(doc.body).backgroundColor, Pairs: [...doc.querySelectorAll('.pair')].map(pair => {
    const [a, b] = pair.children, x = style(a), y = style(b), box = [a, b].map(e => e.getBoundingClientRect())
    return { Differ: [...x].filter(p => !place.test(p) && x[p] !== y[p]), Wide: box.map(r => r.width), High: box.map(r => r.height) }
  }) }
}))</script>`

// sameToTheEye: what a browser draws for yes and for no is one thing, in light
// and in dark.
func sameToTheEye(t *testing.T, sheet string, pages ...string) {
	t.Helper()
	light, dark := looked(t, sheet, pages), looked(t, sheet, pages, "--blink-settings=preferredColorScheme=0")
	for i := range pages {
		if light[i].Ground == dark[i].Ground {
			t.Errorf("page %d is %s in light and in dark", i, light[i].Ground)
		}
		if len(light[i].Pairs) == 0 || len(dark[i].Pairs) == 0 {
			t.Errorf("page %d has no pair", i)
		}
		for _, p := range slices.Concat(light[i].Pairs, dark[i].Pairs) {
			if len(p.Differ) > 0 || len(p.Wide) != 2 || p.Wide[0] != p.Wide[1] || p.High[0] != p.High[1] || p.High[0] < 44 {
				t.Errorf("page %d: yes and no do not look alike: %+v", i, p)
			}
		}
	}
}
