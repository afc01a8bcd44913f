package main

import (
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
	return outbound.New(outbound.Config{Allow: allow, Off: o.demo}), list, nil
}
