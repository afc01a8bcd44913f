package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"kexin"
	"kexin/app"
)

// tokenCommand makes, lists and ends tokens for programs. A token is bound to
// a person and a purpose, may do no more than the person may, and dies with
// his account.
func tokenCommand(o *options, fs *flag.FlagSet) action {
	login := fs.String("login", "", "cli.flag.login")
	name := fs.String("name", "", "cli.flag.token_name")
	purpose := fs.String("purpose", "crm.followup", "cli.flag.purpose")
	acts := fs.String("acts", "list,get", "cli.flag.acts")
	days := fs.Int("days", 90, "cli.flag.days")
	return func(ctx context.Context, args []string) (err error) {
		verb := "list"
		if len(args) > 0 {
			verb = args[0]
		}
		if *login == "" || verb == "revoke" && len(args) != 2 {
			o.print("cli.token.usage", nil)
			return exitCode(2)
		}
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		switch verb {
		case "create":
			w := app.TokenWish{Name: *name, Purpose: kexin.PurposeCode(*purpose), Days: *days}
			for _, a := range strings.Split(*acts, ",") {
				w.Acts = append(w.Acts, kexin.Act(strings.TrimSpace(a)))
			}
			k, secret, err := x.app.CreateToken(ctx, *login, w)
			if err != nil {
				return err
			}
			return o.answer(map[string]string{"id": k.ID.String(), "token": secret.Text()}, func() {
				fmt.Fprintln(o.out, secret.Text())
				o.print("cli.token.once", nil)
			})
		case "revoke":
			id, err := kexin.ParseID(args[1])
			if err == nil {
				err = x.app.DropTokenNamed(ctx, *login, id)
			}
			if err == nil {
				o.print("cli.token.revoked", nil)
			}
			return err
		case "list":
			return listTokens(ctx, o, x, *login)
		}
		o.print("cli.token.usage", nil)
		return exitCode(2)
	}
}

// A tokenLine is one token as it is told, without its secret.
type tokenLine struct {
	ID      kexin.ID          `json:"id"`
	Name    string            `json:"name"`
	Purpose kexin.PurposeCode `json:"purpose"`
	Acts    []kexin.Act       `json:"acts"`
	Ends    kexin.Instant     `json:"ends"`
	Used    kexin.Instant     `json:"used"`
}

func listTokens(ctx context.Context, o *options, x *opened, login string) error {
	all, err := x.app.TokensNamed(ctx, login)
	if err != nil {
		return err
	}
	out := []tokenLine{}
	for _, k := range all {
		out = append(out, tokenLine{k.ID, k.Name, k.Purpose, k.Acts, k.Ends, k.Used})
	}
	return o.answer(out, func() {
		w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
		for _, k := range out {
			fmt.Fprintf(w, "%s\t%s\t%s\t%v\t%s\n", k.ID, k.Name, k.Purpose, k.Acts, k.Ends.Time().Local().Format("2006-01-02"))
		}
		_ = w.Flush()
	})
}

// userCommand opens an account whose owner lost password and second factor.
func userCommand(o *options, fs *flag.FlagSet) action {
	public := fs.String("public-url", "", "cli.flag.public_url")
	return func(ctx context.Context, args []string) (err error) {
		if len(args) != 2 || args[0] != "recover" {
			o.print("cli.user.usage", nil)
			return exitCode(2)
		}
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		secret, ends, err := x.app.RecoverUser(ctx, args[1])
		if err != nil {
			return err
		}
		link := x.base(*public) + "/recover/" + secret.Text()
		return o.answer(map[string]string{"link": link}, func() {
			o.print("cli.user.link", map[string]string{"url": link, "until": ends.Time().Local().Format("15:04")})
		})
	}
}

// setupCommand makes the one-time link by which one more merchant is set up on
// this server, as the first start does for the first.
func setupCommand(o *options, fs *flag.FlagSet) action {
	public := fs.String("public-url", "", "cli.flag.public_url")
	return func(ctx context.Context, args []string) (err error) {
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		all, err := x.store.Merchants(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.Demo { // a real merchant among invented ones would look like them
				return &kexin.Error{Op: "setup", Code: kexin.Conflict, Key: "demo.no_setup"}
			}
		}
		secret, ends, err := x.app.CreateSetupLink(ctx)
		if err != nil {
			return err
		}
		link := x.base(*public) + "/setup/" + secret.Text()
		return o.answer(map[string]string{"link": link}, func() {
			o.print("cli.user.link", map[string]string{"url": link, "until": ends.Time().Local().Format("15:04")})
		})
	}
}

// base is the address that links begin with: the one said, else the running
// server's, else where serve listens when nothing else is said.
func (x *opened) base(said string) string {
	switch {
	case said != "":
		return strings.TrimRight(said, "/")
	case x.public != "":
		return x.public
	}
	return "http://127.0.0.1:8080"
}
