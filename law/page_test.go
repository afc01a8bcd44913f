package law_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/shareddata"
	"kexin/law"
)

// page is the law page of the design.
func page(t *testing.T) string {
	t.Helper()
	return string(shareddata.File(t, "design", "law.md"))
}

// differ tells what is in one list and not in the other.
func differ(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, s := range want {
		if !slices.Contains(got, s) {
			t.Errorf("%s: %s is on the page and not in the table", what, s)
		}
	}
	for _, s := range got {
		if !slices.Contains(want, s) {
			t.Errorf("%s: %s is in the table and not on the page", what, s)
		}
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(got)))); n != len(got) {
		t.Errorf("%s: %d stand twice", what, len(got)-n)
	}
}

func TestPageRefusals(t *testing.T) {
	var got []string
	for _, r := range law.Refusals {
		got = append(got, string(r.Law))
	}
	// FALSE_ALARM is a state, no code.
	want := regexp.MustCompile(`\bE_[A-Z0-9_]*[A-Z0-9]`).FindAllString(page(t), -1)
	slices.Sort(want)
	differ(t, "refusals", got, slices.Compact(want))
}

// TestPageRefs: each refusal names the requirement in whose row its code
// stands.
func TestPageRefs(t *testing.T) {
	text := page(t)
	for _, r := range law.Refusals {
		row := regexp.MustCompile(`(?m)^\| ` + r.Ref + ` \|.*$`).FindString(text)
		if !strings.Contains(row, string(r.Law)) && !(r.Law == "E_PIA" && row != "") {
			t.Errorf("%s does not stand in the row of %s", r.Law, r.Ref)
		}
	}
}

func TestPageRequirements(t *testing.T) {
	text := page(t)
	for what, c := range map[string]struct {
		list []law.Requirement
		row  string
	}{
		"invariants":   {law.Invariants, `(?m)^\| (I\d+) \|`},
		"requirements": {law.Requirements, `(?m)^\| ([A-Z]{3}-\d\d) \|`},
	} {
		var got, want []string
		for _, r := range c.list {
			got = append(got, r.ID)
		}
		for _, m := range regexp.MustCompile(c.row).FindAllStringSubmatch(text, -1) {
			want = append(want, m[1])
		}
		differ(t, what, got, want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: not in the order of the page", what)
		}
	}
}

// TestPagePurposes: the matrix of §3 and the table name the same purposes.
func TestPagePurposes(t *testing.T) {
	_, section, _ := strings.Cut(page(t), "## 3. Lawful-basis")
	section, _, _ = strings.Cut(section, "\n---")
	var want []string
	for line := range strings.Lines(section) {
		cell := strings.SplitN(line, "|", 3)
		if len(cell) < 3 {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z_.]+(?:\\{[a-z,]+\\}|\\*)?)`").FindAllStringSubmatch(cell[1], -1) {
			want = append(want, expand(m[1])...)
		}
	}
	var got []string
	for _, p := range law.Purposes {
		code := string(p.Code)
		if p.Family {
			code += ".*"
		}
		got = append(got, code)
	}
	differ(t, "purposes", got, want)
}

// expand turns "a.{b,c}" into a.b and a.c, and "a.{thing}" into a.*.
func expand(code string) []string {
	head, list, ok := strings.Cut(strings.TrimSuffix(code, "}"), "{")
	switch {
	case !ok:
		return []string{code}
	case !strings.Contains(list, ","):
		return []string{head + "*"}
	}
	var all []string
	for _, s := range strings.Split(list, ",") {
		all = append(all, head+s)
	}
	return all
}

// TestPageSources: the closed list of IMP-02, lawful and unlawful.
func TestPageSources(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| IMP-02 \|.*$`).FindString(page(t))
	_, rule, _ := strings.Cut(row, "Closed list")
	lawful, unlawful, _ := strings.Cut(rule, "Refuse ")
	unlawful, _, _ = strings.Cut(unlawful, ", with")
	for flag, text := range map[bool]string{true: lawful, false: unlawful} {
		var got, want []string
		for _, s := range law.Sources {
			if s.Lawful == flag {
				got = append(got, string(s.Kind))
			}
		}
		for _, m := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(text, -1) {
			want = append(want, m[1])
		}
		differ(t, "sources", got, want)
	}
}

// TestPageTiers: the examples that the page gives for the meter.
func TestPageTiers(t *testing.T) {
	text := page(t)
	for example, ratio := range map[string]float64{
		"10 tier-50 + 150 tier-500, service-derived": law.Ratio(map[kexin.Tier]int{kexin.Tier50: 10, kexin.Tier500: 150}, true),
		"20 tier-50 + 300 tier-500, T ratio 1.0":     law.Ratio(map[kexin.Tier]int{kexin.Tier50: 20, kexin.Tier500: 300}, false),
	} {
		if !strings.Contains(text, example) {
			t.Errorf("the page no longer says %q", example)
		}
		if ratio != 1 {
			t.Errorf("%s: %v, want 1", example, ratio)
		}
	}
}
