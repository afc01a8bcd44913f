package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"

	"kexin/i18n"
	"kexin/law"
)

// TestCommands: every subcommand and every flag is explained in both
// languages.
func TestCommands(t *testing.T) {
	for _, c := range commands() {
		if !i18n.Has(helpKey(c.name)) {
			t.Errorf("%s has no line of help: %s", c.name, helpKey(c.name))
		}
		fs, _ := c.flagSet(newOptions(nil, nil))
		fs.VisitAll(func(f *flag.Flag) {
			if !i18n.Has(f.Usage) {
				t.Errorf("kexin %s --%s: %q is no key of the catalogue", c.name, f.Name, f.Usage)
			}
		})
		var out, errs bytes.Buffer
		if status := run(context.Background(), []string{c.name, "--lang", "en", "-h"}, &out, &errs); status != 0 || !strings.Contains(errs.String(), "KEXIN_DATA") {
			t.Errorf("kexin %s -h: %d %s", c.name, status, errs.String())
		}
	}
}

func TestCommandLine(t *testing.T) {
	t.Setenv("KEXIN_DATA", "/from/environment")
	t.Setenv("KEXIN_PUBLIC_URL", "https://from.environment")
	for _, x := range []struct {
		args []string
		data string
		rest []string
	}{
		{nil, "/from/environment", nil},
		{[]string{"--data", "/d"}, "/d", nil},
		{[]string{"a", "--data", "/d", "b"}, "/d", []string{"a", "b"}},
		{[]string{"a", "--", "--data", "b"}, "/from/environment", []string{"a", "--data", "b"}},
		{[]string{"--", "--data"}, "/from/environment", []string{"--data"}},
		{[]string{"-", "--data=/d"}, "/d", []string{"-"}},
	} {
		o := newOptions(new(bytes.Buffer), new(bytes.Buffer))
		c, _ := find("serve")
		_, rest, err := o.parse(c, x.args)
		if err != nil || o.data != x.data || !slices.Equal(rest, x.rest) || o.publicURL != "https://from.environment" {
			t.Errorf("%q: data %q, rest %q, public %q, %v", x.args, o.data, rest, o.publicURL, err)
		}
	}
}

// TestHelpLanguage: help, and what is wrong with a flag, come in the language of
// the command line, wherever that stands in it.
func TestHelpLanguage(t *testing.T) {
	t.Setenv("KEXIN_LANG", "zh-CN")
	for _, c := range commands() {
		for _, args := range [][]string{{c.name, "--help", "--lang", "en"}, {c.name, "-h", "--lang=en"}, {c.name, "--lang", "en", "--nix"}, {c.name, "--nix", "-lang", "en"}} {
			var out, errs bytes.Buffer
			run(context.Background(), args, &out, &errs)
			if s := errs.String(); !strings.Contains(s, i18n.T("en", helpKey(c.name), nil)) || strings.Contains(s, i18n.T("zh-CN", "cli.flag.data", nil)) {
				t.Errorf("%q: %s", args, s)
			}
		}
	}
	for _, args := range [][]string{{"help", "serve", "--lang", "en"}, {"--help", "--lang", "en"}, {"help", "--lang=en", "import"}} {
		var out, errs bytes.Buffer
		if status := run(context.Background(), args, &out, &errs); status != 0 || strings.ContainsFunc(out.String(), func(r rune) bool { return r >= '一' && r <= '鿿' }) {
			t.Errorf("%q: %d %s", args, status, out.String())
		}
	}
	if got := langOf([]string{"a", "--", "--lang", "en"}, "zh-CN"); got != "zh-CN" {
		t.Errorf("behind --: %s", got)
	}
}

// TestImportSources: kexin import without a source, or with one that there is
// not, lists them all by code and word; no server is asked.
func TestImportSources(t *testing.T) {
	for _, args := range [][]string{{"import", "list.csv", "--data", t.TempDir()}, {"import", "list.csv", "--accept", "--source", "nix", "--data", t.TempDir()}} {
		for _, lang := range []string{"en", "zh-CN"} {
			var out, errs bytes.Buffer
			status := run(context.Background(), append(slices.Clone(args), "--lang", lang), &out, &errs)
			if status != 2 || out.Len() > 0 {
				t.Errorf("%q: %d %s", args, status, out.String())
			}
			at := 0
			for _, s := range law.Sources {
				i := strings.Index(errs.String()[at:], "  "+string(s.Kind)+" ")
				if i < 0 || !strings.Contains(errs.String()[at+i:], i18n.T(lang, s.LabelKey(), nil)) {
					t.Fatalf("%q %s: %s is not told, or not in its place: %s", args, lang, s.Kind, errs.String())
				}
				at += i
			}
		}
	}
}

func TestTerminalLanguage(t *testing.T) {
	for locale, want := range map[string]string{"": "zh-CN", "en_US.UTF-8": "en", "zh_CN.UTF-8": "zh-CN", "C": "zh-CN", "de_DE": "zh-CN", "en": "en"} {
		for _, n := range []string{"LC_ALL", "LC_MESSAGES", "KEXIN_LANG"} {
			t.Setenv(n, "")
		}
		t.Setenv("LANG", locale)
		if got := newOptions(nil, nil).lang; got != want {
			t.Errorf("%q: %s, want %s", locale, got, want)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(context.Background(), []string{"nix"}, &out, &errs); status != 2 || out.Len() > 0 || !strings.Contains(errs.String(), "serve") {
		t.Errorf("%d %q %q", status, out.String(), errs.String())
	}
	if status := run(context.Background(), []string{"version", "--nix"}, &out, &errs); status != 2 {
		t.Errorf("an unknown flag: %d", status)
	}
}

// run is runUntil where nobody cuts.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	return runUntil(ctx, context.Background(), args, out, errs)
}
