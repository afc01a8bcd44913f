package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"kexin"
	"kexin/vault"
)

// initCommand makes ready a server that is set up from a terminal: data
// directory, database and master key, and the recovery code 恢复码 on paper,
// of which two groups are typed again (security.md A2). Once it is noted, no
// page shows it. Where merchants are here already it refuses.
func initCommand(o *options, _ *flag.FlagSet) action {
	return func(ctx context.Context, _ []string) (err error) {
		x, err := o.door(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, x.Close()) }()
		empty, err := x.app.Empty(ctx)
		if err != nil {
			return err
		}
		if !empty {
			return &kexin.Error{Op: "init", Code: kexin.Conflict, Key: "cli.init.full"}
		}
		code, ok := x.recovery()
		if !ok {
			return &kexin.Error{Op: "init", Code: kexin.Conflict, Key: "cli.keys.no_file"}
		}
		if o.inside != nil { // the running server's owner sees it on the page; its terminal is not this one
			return &kexin.Error{Op: "init", Code: kexin.Conflict, Key: "cli.init.serving"}
		}
		due, err := x.app.HostSheetDue(ctx)
		if err != nil {
			return err
		}
		if !due {
			o.print("cli.init.noted", nil)
			return nil
		}
		if err := o.sheet(code); err != nil {
			return err
		}
		if err := x.app.HostSheetNoted(ctx); err != nil {
			return err
		}
		o.print("cli.init.done", map[string]string{"data": o.data, "key": x.keys.path})
		return nil
	}
}

// sheet shows the recovery code and has two groups of it typed again, three
// tries each.
func (o *options) sheet(code string) error {
	groups := strings.Split(code, "-")
	o.print("cli.init.sheet", nil)
	fmt.Fprintln(o.out)
	for i := 0; i < len(groups); i += 4 {
		fmt.Fprintln(o.out, "    "+strings.Join(groups[i:min(i+4, len(groups))], "  "))
	}
	fmt.Fprintln(o.out)
	if err := o.drawQR(code); err != nil {
		return err
	}
	for _, n := range vault.TwoGroups("kexin/init/1"+code, len(groups)) {
		for try := 1; ; try++ {
			typed, err := o.ask("cli.init.group", map[string]string{"n": strconv.Itoa(n + 1)})
			if err != nil {
				return err
			}
			if vault.SameGroup(typed, groups[n]) {
				break
			}
			if try == 3 {
				return &kexin.Error{Op: "init", Code: kexin.Invalid, Key: "error.sheet"}
			}
		}
	}
	return nil
}

// drawQR draws a QR code with half blocks, dark on light whatever the colours
// of the terminal, with the quiet zone that scanners want.
func (o *options) drawQR(text string) error {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	const quiet = 2
	size := code.Bounds().Dx()
	for y := -quiet; y < size+quiet; y += 2 {
		var line strings.Builder
		line.WriteString("    \x1b[30;47m")
		for x := -quiet; x < size+quiet; x++ {
			line.WriteString(halves[dark(code, x, y)][dark(code, x, y+1)])
		}
		fmt.Fprintln(o.out, line.String()+"\x1b[0m")
	}
	return nil
}

// halves are the characters for an upper and a lower half, light 0 and dark 1.
var halves = [2][2]string{{" ", "▄"}, {"▀", "█"}}

func dark(code barcode.Barcode, x, y int) int {
	b := code.Bounds()
	if x < b.Min.X || y < b.Min.Y || x >= b.Max.X || y >= b.Max.Y {
		return 0
	}
	if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
		return 1
	}
	return 0
}
