package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kexin/i18n"
)

// A catalogue is the two files in memory.
type catalogue struct{ zh, en map[string]string }

func read(dir string) (*catalogue, error) {
	c := &catalogue{zh: map[string]string{}, en: map[string]string{}}
	for lang, m := range c.files() {
		b, err := os.ReadFile(filepath.Join(dir, lang+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lang, err)
		}
	}
	return c, nil
}

func (c *catalogue) files() map[string]map[string]string {
	return map[string]map[string]string{i18n.Chinese: c.zh, i18n.English: c.en}
}

// put adds an entry. Without replace it refuses a key that is there with other
// words; the same words again are no fault.
func (c *catalogue) put(e entry, replace bool) error {
	if err := i18n.Check(e.key, e.zh, e.en); err != nil {
		return err
	}
	old, has := c.zh[e.key]
	if has && !replace && (old != e.zh || c.en[e.key] != e.en) {
		return fmt.Errorf("%s is there with other words: %q, %q (use set)", e.key, old, c.en[e.key])
	}
	c.zh[e.key], c.en[e.key] = e.zh, e.en
	return nil
}

func (c *catalogue) remove(keys []string) error {
	for _, k := range keys {
		if _, ok := c.zh[k]; !ok {
			return fmt.Errorf("%s is not there", k)
		}
		delete(c.zh, k)
		delete(c.en, k)
	}
	return nil
}

// write checks every entry and replaces both files, each in one step.
func (c *catalogue) write(dir string) error {
	for k := range c.en {
		if _, ok := c.zh[k]; !ok {
			return fmt.Errorf("%s is in English only", k)
		}
	}
	for k, zh := range c.zh {
		if err := i18n.Check(k, zh, c.en[k]); err != nil {
			return err
		}
	}
	for lang, m := range c.files() {
		name := filepath.Join(dir, lang+".json")
		if err := os.WriteFile(name+".new", format(m), 0o644); err != nil {
			return err
		}
		if err := os.Rename(name+".new", name); err != nil {
			return err
		}
	}
	return nil
}

// format is one key a line, sorted by bytes, so that two people's additions
// seldom touch the same line.
func format(m map[string]string) []byte {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b bytes.Buffer
	b.WriteString("{\n")
	for i, k := range keys {
		end := ",\n"
		if i == len(keys)-1 {
			end = "\n"
		}
		b.WriteString("  " + quote(k) + ": " + quote(m[k]) + end)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// quote is JSON's form of a string with <, > and & as they are.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

// A lock older than stale was left by a command that died.
const (
	stale = 30 * time.Second
	retry = 20 * time.Millisecond
)

// lock makes the file, waiting while another command has it. It works on
// every system that creates files exclusively.
func lock(name string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			return func() { _ = os.Remove(name) }, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if st, err := os.Stat(name); err == nil && time.Since(st.ModTime()) > stale {
			_ = os.Remove(name)
		}
		time.Sleep(retry)
	}
}
