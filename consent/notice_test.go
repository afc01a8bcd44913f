package consent_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
)

var shop = consent.Shop{LegalName: "乐清市石语瓷砖店", USCC: "92330382MA2AB12C3D", Contact: "0577-62520000", Address: "浙江省乐清市伯乐东路 1 号", Officer: "店主，电话同上"}

// TestReady: the ready text has every part in both languages, can be
// published as it is, and reads in a minute: 400 Chinese characters or 240
// English words, the shop's own data aside.
func TestReady(t *testing.T) {
	for _, lang := range i18n.Langs {
		n, err := consent.Publish(consent.Ready(lang, shop), 1)
		if err != nil {
			t.Fatalf("%s: %v", lang, err)
		}
		text := strings.Join(n.Text, "")
		for _, own := range []string{shop.LegalName, shop.USCC, shop.Contact, shop.Address, shop.Officer} {
			if !strings.Contains(text, own) {
				t.Errorf("%s: the notice does not name %q", lang, own)
			}
			text = strings.ReplaceAll(text, own, "")
		}
		minute := map[string]int{i18n.Chinese: 400, i18n.English: 240}[lang]
		if units := consent.Units(text); units > minute {
			t.Errorf("%s: %d characters or words, a minute is %d", lang, units, minute)
		}
		if mean := consent.MeanSentence(n.Text); mean == 0 || mean > 40 {
			t.Errorf("%s: sentences of %.1f on average", lang, mean)
		}
		if strings.ContainsAny(text, "{}<>&") {
			t.Errorf("%s: parameters or markup left: %s", lang, text)
		}
		if !n.Intact() || !strings.Contains(n.Title, shop.LegalName) {
			t.Errorf("%s: %+v", lang, n)
		}
	}
}

// TestMissing is NOT-01: each part left out is named, and only it.
func TestMissing(t *testing.T) {
	for _, part := range consent.Required {
		d := consent.Ready(i18n.Chinese, shop)
		for i := range d.Paragraphs {
			d.Paragraphs[i].Says = slices.DeleteFunc(slices.Clone(d.Paragraphs[i].Says), func(p consent.Part) bool { return p == part })
		}
		if got := faults(consent.Publish(d, 1)); !slices.Equal(got, []string{string(part)}) {
			t.Errorf("without %s: %v", part, got)
		}
	}
	d := consent.Ready(i18n.Chinese, shop)
	d.Paragraphs[4].Text = " \n"
	if got := faults(consent.Publish(d, 1)); !slices.Equal(got, []string{"retention", "expiry"}) {
		t.Errorf("an empty paragraph says nothing: %v", got)
	}
	for name, change := range map[string]func(*consent.Shop){
		"shop.legal_name": func(s *consent.Shop) { s.LegalName = "" },
		"shop.uscc":       func(s *consent.Shop) { s.USCC = " " },
		"shop.contact":    func(s *consent.Shop) { s.Contact = "" },
		"shop.address":    func(s *consent.Shop) { s.Address = "" },
		"shop.officer":    func(s *consent.Shop) { s.Officer = "\t" },
	} {
		s := shop
		change(&s)
		if got := faults(consent.Publish(consent.Ready(i18n.Chinese, s), 1)); !slices.Equal(got, []string{name}) {
			t.Errorf("without %s: %v", name, got)
		}
	}
}

func faults(_ consent.Notice, err error) (paths []string) {
	var e *kexin.Error
	if errors.As(err, &e) && e.Code == kexin.Invalid {
		for _, f := range e.Fields {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// TestSensitive is NOT-05.
func TestSensitive(t *testing.T) {
	d := consent.Ready(i18n.Chinese, shop)
	d.Sensitive = true
	if got := faults(consent.Publish(d, 1)); !slices.Equal(got, []string{"necessity", "impact"}) {
		t.Errorf("%v", got)
	}
	d.Paragraphs = append(d.Paragraphs, consent.Paragraph{Says: []consent.Part{consent.PartNecessity, consent.PartImpact}, Text: "办按揭要用。"})
	if _, err := consent.Publish(d, 1); err != nil {
		t.Error(err)
	}
}

func TestPublishRefusesText(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*consent.NoticeDraft)
		want   string
	}{
		"markup":       {func(d *consent.NoticeDraft) { d.Paragraphs[1].Text += "<b>好</b>" }, "text"},
		"hidden":       {func(d *consent.NoticeDraft) { d.Paragraphs[1].Text += "\u202e" }, "text"},
		"control":      {func(d *consent.NoticeDraft) { d.Title = "怎么用\x00" }, "text"},
		"broken bytes": {func(d *consent.NoticeDraft) { d.Paragraphs[0].Text += "\xff" }, "text"},
		"long sentences": {func(d *consent.NoticeDraft) {
			d.Paragraphs[0].Text = strings.Repeat("我们会把您的资料用来做很多事情", 60) + "。"
		}, "text"},
		"no title":    {func(d *consent.NoticeDraft) { d.Title = "" }, "title"},
		"no language": {func(d *consent.NoticeDraft) { d.Lang = "" }, "lang"},
	} {
		d := consent.Ready(i18n.Chinese, shop)
		c.change(&d)
		if got := faults(consent.Publish(d, 1)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := faults(consent.Publish(consent.Ready(i18n.Chinese, shop), 0)); !slices.Equal(got, []string{"version"}) {
		t.Errorf("version 0: %v", got)
	}
}

// TestHash: a notice that differs in anything is not intact; line ends do not
// survive publishing.
func TestHash(t *testing.T) {
	base, err := consent.Publish(consent.Ready(i18n.Chinese, shop), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]consent.Notice{
		"version":   {Version: 2, Lang: base.Lang, Title: base.Title, Text: base.Text, Hash: base.Hash},
		"language":  {Version: 1, Lang: "en", Title: base.Title, Text: base.Text, Hash: base.Hash},
		"title":     {Version: 1, Lang: base.Lang, Title: base.Title + "。", Text: base.Text, Hash: base.Hash},
		"cut":       {Version: 1, Lang: base.Lang, Title: base.Title, Text: base.Text[1:], Hash: base.Hash},
		"joined":    {Version: 1, Lang: base.Lang, Title: base.Title, Text: []string{strings.Join(base.Text, "")}, Hash: base.Hash},
		"one empty": {Version: 1, Lang: base.Lang, Title: base.Title, Text: append(slices.Clone(base.Text), ""), Hash: base.Hash},
	} {
		if n.Intact() {
			t.Errorf("%s: a changed notice is intact", name)
		}
	}
	d := consent.Ready(i18n.Chinese, shop)
	d.Paragraphs[1].Text = "  " + strings.ReplaceAll(d.Paragraphs[1].Text, "。", "。\n") + "\u3000"
	spaced, err := consent.Publish(d, 1)
	if err != nil || strings.Contains(strings.Join(spaced.Text, ""), "\n") {
		t.Errorf("%v %q", err, spaced.Text)
	}
	if len(base.Hash.String()) != 64 {
		t.Errorf("hash form %s", base.Hash)
	}
}

// TestHashProperties: moving text over a paragraph's border changes the hash.
func TestHashProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := consent.Ready(i18n.Chinese, shop)
		text := rapid.StringMatching(`[甲-申]{4,12}`).Draw(t, "text")
		cut := rapid.IntRange(1, len([]rune(text))-1).Draw(t, "cut")
		other := rapid.IntRange(1, len([]rune(text))-1).Draw(t, "other")
		hash := func(cut int) consent.Hash {
			e := d
			e.Paragraphs = append(slices.Clone(d.Paragraphs), consent.Paragraph{Text: string([]rune(text)[:cut])}, consent.Paragraph{Text: string([]rune(text)[cut:])})
			n, err := consent.Publish(e, 1)
			if err != nil {
				t.Fatal(err)
			}
			return n.Hash
		}
		if (hash(cut) == hash(other)) != (cut == other) {
			t.Fatalf("%q cut at %d and %d", text, cut, other)
		}
	})
}

func TestUnits(t *testing.T) {
	for s, want := range map[string]int{"": 0, "您的资料": 4, "call 12315 now": 3, "打 12315，好": 3, "e-mail": 2, "。！": 0} {
		if got := consent.Units(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	if got := consent.MeanSentence([]string{"一二三。四五六七八！", "九"}); got != 3 {
		t.Errorf("%v", got)
	}
	if got := consent.MeanSentence(nil); got != 0 {
		t.Errorf("%v", got)
	}
}

func FuzzPublish(f *testing.F) {
	f.Add("我们会记电话。\n", "给您的", 1)
	f.Add("<script>", "\x00", 0)
	f.Fuzz(func(t *testing.T, text, title string, version int) {
		d := consent.Ready(i18n.Chinese, shop)
		d.Title = title
		d.Paragraphs = append(d.Paragraphs, consent.Paragraph{Text: text})
		n, err := consent.Publish(d, version)
		if err != nil {
			return
		}
		if !n.Intact() || strings.ContainsAny(fmt.Sprint(n.Title, n.Text), "<>\x00\n") {
			t.Errorf("published %q %q", n.Title, n.Text)
		}
	})
}
