// Command kexin is the whole product: server, command line and checks in one
// binary.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata"

	"kexin"
	"kexin/i18n"
)

// A command is one subcommand: its name, its one line of help and what it does.
type command struct {
	name string
	run  func(ctx context.Context, o *options, args []string) error
}

var commands = []command{
	{"serve", serve}, {"version", printVersion},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run picks the subcommand; none means serve.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	name := "serve"
	if len(args) > 0 && len(args[0]) > 0 && args[0][0] != '-' {
		name, args = args[0], args[1:]
	}
	for _, c := range commands {
		if c.name != name {
			continue
		}
		o, rest, err := parse(name, args, out, errs)
		if err == errHelp {
			return 0
		}
		if err == nil {
			err = c.run(ctx, o, rest)
		}
		return exit(err, o, errs)
	}
	fmt.Fprintf(errs, "kexin: %s?\n\n", name)
	usage(errs)
	return 2
}

// An exitCode is an error that only says how to end.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exit tells the error in words and gives the status.
func exit(err error, o *options, errs io.Writer) int {
	if err == nil {
		return 0
	}
	if c, ok := err.(exitCode); ok {
		return int(c)
	}
	fmt.Fprintln(errs, "kexin: "+sentence(err, o))
	return 1
}

// sentence is an error in the terminal's language, with its cause for whoever
// runs the server.
func sentence(err error, o *options) string {
	lang := "en"
	if o != nil {
		lang = o.lang
	}
	if e, ok := err.(*kexin.Error); ok && e.Key != "" {
		s := i18n.T(lang, e.Key, e.Args)
		if e.Err != nil {
			s += " (" + e.Err.Error() + ")"
		}
		return s
	}
	return err.Error()
}
