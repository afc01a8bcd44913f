package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"kexin/i18n"
)

// A command is one subcommand. Its line of help is "cli.help.NAME" in the
// catalogue. make adds its own flags to those that all have, and gives what
// the command does once they are read; the usage of a flag is a catalogue key.
type command struct {
	name string
	args string // what follows the flags, for the usage line: "FILE…"
	make func(o *options, fs *flag.FlagSet) action
}

// An action does what a command is for. An exitCode is an end that needs no
// words; every other error is told in the terminal's language.
type action func(ctx context.Context, args []string) error

// commands is the table of subcommands, in the order of the help page. One
// line each; what a command does stands in a file of its own.
func commands() []command {
	return []command{
		{"init", "", initCommand},
		{"serve", "", serveCommand},
		{"bench", "", benchCommand},
		{"verify", "[FILE|DIR]", verifyCommand},
		{"witness", "", witnessCommand},
		{"setup", "", setupCommand},
		{"import", "FILE", importCommand},
		{"backup", "", backupCommand},
		{"restore", "NAME.kxb NAME.kxk | --here", restoreCommand},
		{"keys", "status | rotate [master] [wrap] [log] [file] | backup | restore [NAME.kxk]", keysCommand},
		{"token", "list | create | revoke ID", tokenCommand},
		{"user", "recover LOGIN", userCommand},
		{"doctor", "", doctorCommand},
		{"selfcheck", "", selfcheckCommand},
		{"version", "", versionCommand},
		{"help", "[command]", helpCommand},
	}
}

// find gives the command of a name.
func find(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// usage is the help page: what there is, in one line each.
func usage(w io.Writer, lang string) {
	fmt.Fprintln(w, i18n.T(lang, "cli.usage", nil))
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, i18n.T(lang, helpKey(c.name), nil))
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, i18n.T(lang, "cli.usage_more", nil))
}

func helpKey(name string) string { return "cli.help." + name }

// explain is the help page of one command: its flags with their environment
// twins.
func explain(w io.Writer, lang string, c command, fs *flag.FlagSet) {
	fmt.Fprintln(w, strings.TrimRight("kexin "+c.name+" [flags] "+c.args, " "))
	fmt.Fprintln(w, "  "+i18n.T(lang, helpKey(c.name), nil))
	fmt.Fprintln(w)
	fs.VisitAll(func(f *flag.Flag) {
		line := "  --" + f.Name
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			line += "=" + f.DefValue
		}
		fmt.Fprintf(w, "%s  (%s)\n        %s\n", line, envName(f.Name), i18n.T(lang, f.Usage, nil))
	})
}

// helpCommand prints the help page, or that of one command.
func helpCommand(o *options, _ *flag.FlagSet) action {
	return func(_ context.Context, args []string) error {
		if len(args) == 0 {
			usage(o.out, o.lang)
			return nil
		}
		c, ok := find(args[0])
		if !ok {
			usage(o.errs, o.lang)
			return exitCode(2)
		}
		fs, _ := c.flagSet(o)
		explain(o.out, o.lang, c, fs)
		return nil
	}
}

// flagSet makes the flags of a command and what it does.
func (c command) flagSet(o *options) (*flag.FlagSet, action) {
	fs := flag.NewFlagSet("kexin "+c.name, flag.ContinueOnError)
	commonFlags(o, fs)
	do := c.make(o, fs)
	return fs, do
}
