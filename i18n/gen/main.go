// Command gen keeps the two catalogue files in step. It holds a lock while it
// works, so several people may add keys to one checkout at the same time, and
// it writes the files sorted.
//
//	go run ./i18n/gen add KEY ZH EN     a new key; refused if it is there with other words
//	go run ./i18n/gen add - <FILE       many: one key a line, KEY TAB ZH TAB EN
//	go run ./i18n/gen set KEY ZH EN     a new key or new words ("set -" for many)
//	go run ./i18n/gen rm KEY...         take keys out
//	go run ./i18n/gen sort              check and rewrite in order
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	dir, err := findDir()
	if err == nil {
		err = run(dir, os.Args[1:], os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "i18n/gen:", err)
		os.Exit(1)
	}
}

// findDir walks up to go.mod and gives its i18n folder.
func findDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "i18n"), nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = up
	}
}

const usage = "add KEY ZH EN | add - | set KEY ZH EN | set - | rm KEY... | sort"

// run carries out one command on the catalogue in dir. Nothing is written
// unless the whole command is in order.
func run(dir string, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%s", usage)
	}
	change, err := parse(args, in)
	if err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return err
	}
	defer unlock()
	c, err := read(dir)
	if err != nil {
		return err
	}
	if err := change(c); err != nil {
		return err
	}
	if err := c.write(dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d keys\n", len(c.zh))
	return err
}

// An entry is one key with its two sentences.
type entry struct{ key, zh, en string }

// parse turns the command line into a change of the catalogue.
func parse(args []string, in io.Reader) (func(*catalogue) error, error) {
	switch verb, rest := args[0], args[1:]; {
	case verb == "sort" && len(rest) == 0:
		return func(*catalogue) error { return nil }, nil
	case verb == "rm" && len(rest) > 0:
		return func(c *catalogue) error { return c.remove(rest) }, nil
	case (verb == "add" || verb == "set") && len(rest) == 3:
		return put(verb, []entry{{rest[0], rest[1], rest[2]}}), nil
	case (verb == "add" || verb == "set") && len(rest) == 1 && rest[0] == "-":
		entries, err := lines(in)
		return put(verb, entries), err
	}
	return nil, fmt.Errorf("%s", usage)
}

func put(verb string, entries []entry) func(*catalogue) error {
	return func(c *catalogue) error {
		for _, e := range entries {
			if err := c.put(e, verb == "set"); err != nil {
				return err
			}
		}
		return nil
	}
}

// lines reads KEY TAB ZH TAB EN; empty lines and lines that start with # are
// passed over.
func lines(in io.Reader) ([]entry, error) {
	var entries []entry
	s := bufio.NewScanner(in)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimRight(s.Text(), "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		part := strings.Split(line, "\t")
		if len(part) != 3 {
			return nil, fmt.Errorf("line %d: %d columns, want KEY TAB ZH TAB EN", n, len(part))
		}
		entries = append(entries, entry{part[0], part[1], part[2]})
	}
	return entries, s.Err()
}
