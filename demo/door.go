package demo

import (
	"context"

	"kexin"
	"kexin/app"
	"kexin/store"
)

// A Door is the way in as one of the town's people. Each has a host name of
// its own on this machine (RFC 6761: names below localhost never leave it), so
// that one browser can be several people at once.
type Door struct {
	Host     string // chen.localhost
	Path     string // /enter/…, good once, ten minutes
	Name     string
	Org      string
	Position kexin.Position
}

// hosts are those who get a door, with the name of theirs.
var hosts = []struct{ name, host string }{
	{"林国栋", "lin"}, {"陈晓雯", "chen"}, {"黄蕾", "huang"}, {"叶丽萍", "ye"}, {"徐海峰", "xu"}, {"孙婷", "sun"}, {"温静", "wen"}, {"许言", "xuyan"}, {"周敏", "zhou"},
}

// Doors makes the links of one start. Errors: forbidden on a database whose
// merchants are real.
func Doors(ctx context.Context, s *store.Store, a *app.App) (out []Door, err error) {
	all, err := s.Merchants(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]Door{}
	for _, o := range all {
		var members []store.Member
		if err := s.View(ctx, o.ID, func(tx *store.Tx) (err error) { members, err = tx.Members(); return err }); err != nil {
			return nil, err
		}
		for _, m := range members {
			for _, h := range hosts {
				if h.name != m.Name || found[m.Name].Host != "" {
					continue
				}
				secret, err := a.CreateDoor(ctx, o.ID, m.ID)
				if err != nil {
					return nil, err
				}
				found[m.Name] = Door{Host: h.host + ".localhost", Path: "/enter/" + secret.Text(), Name: m.Name, Org: o.Name, Position: m.Position}
			}
		}
	}
	for _, h := range hosts {
		if d, ok := found[h.name]; ok {
			out = append(out, d)
		}
	}
	return out, nil
}
