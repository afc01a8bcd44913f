// Command kexin is the whole product: server, command line and checks in one
// binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata"

	"kexin"
	"kexin/i18n"
)

func main() {
	soft, hard := signals()
	os.Exit(runUntil(soft, hard, os.Args[1:], os.Stdout, os.Stderr))
}

// signals are told what the first signal to stop ends, and what the second;
// the third kills.
func signals() (soft, hard context.Context) {
	soft, stop := context.WithCancel(context.Background())
	hard, cut := context.WithCancel(context.Background())
	in := make(chan os.Signal, 2)
	signal.Notify(in, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-in
		stop()
		<-in
		signal.Stop(in)
		cut()
	}()
	return soft, hard
}

// runUntil picks the subcommand and does it; none means serve, with the
// browser opened where nothing else is said. It ends in good order when soft
// ends, and at once when hard does. It gives the status to exit with: 0, 1 for
// an error, 2 for a command line that is none, or the command's own.
func runUntil(soft, hard context.Context, args []string, out, errs io.Writer) int {
	name, o := "serve", newOptions(out, errs)
	o.soft, o.hard = soft, hard
	switch {
	case len(args) == 0:
		o.open = true
	case args[0] == "-h" || args[0] == "--help":
		name, args = "help", args[1:]
	case args[0] != "" && args[0][0] != '-':
		name, args = args[0], args[1:]
	}
	c, ok := find(name)
	if !ok {
		fmt.Fprintf(errs, "kexin: %s?\n\n", name)
		usage(errs, o.lang)
		return 2
	}
	do, rest, err := o.parse(c, args)
	if err == errHelp {
		return 0
	}
	if err == nil {
		err = do(soft, rest)
	}
	return exit(err, o)
}

// An exitCode is an error that only says how to end.
type exitCode int

// stopped ends a command that was stopped while it asked something.
const stopped exitCode = 130

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exit tells the error in words and gives the status.
func exit(err error, o *options) int {
	var c exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &c):
		return int(c)
	}
	fmt.Fprintln(o.errs, "kexin: "+sentence(err, o.lang))
	return 1
}

// sentence is an error in the terminal's language, with its cause for whoever
// runs the server.
func sentence(err error, lang string) string {
	var e *kexin.Error
	if !errors.As(err, &e) || e.Key == "" {
		return err.Error()
	}
	s := i18n.T(lang, e.Key, e.Args)
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	return s
}
