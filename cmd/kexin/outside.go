package main

import (
	"strconv"

	"kexin"
	"kexin/app"
	"kexin/outbound"
)

// outside is what reaches the outside: the one client, and who is asked to
// witness the log.
func (o *options) outside() (*outbound.Client, []app.Witness, error) {
	allow, err := outbound.ParseAllow(o.allow.String())
	if err != nil {
		return nil, nil, err
	}
	var list []app.Witness
	for _, s := range o.witnesses {
		w, err := app.ParseWitness(s)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, w)
	}
	ports, err := o.ports.numbers()
	if err != nil {
		return nil, nil, err
	}
	return outbound.New(outbound.Config{Allow: allow, More: ports, Off: o.demo}), list, nil
}

// numbers are ports as the flag has them.
func (l list) numbers() (out []uint16, err error) {
	for _, s := range l {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return nil, &kexin.Error{Op: "outside", Code: kexin.Invalid, Key: "outbound.port", Args: map[string]string{"port": s}}
		}
		out = append(out, uint16(n))
	}
	return out, nil
}
