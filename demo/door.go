package demo

import (
	"context"
	"slices"

	"kexin"
	"kexin/app"
	"kexin/store"
)

// A Person is one of the town's whom whoever tries the demonstration may be.
// Each has a host name of its own on this machine (RFC 6761: names below
// localhost never leave it), so that one browser can be several people at once.
type Person struct {
	Host     string // chen.localhost
	Name     string
	Org      string
	OrgID    kexin.ID
	Size     kexin.Size
	Member   kexin.ID
	Position kexin.Position
	First    bool // has a door at every start
}

// hosts are those whom one may be, with the name of their door; the first ones
// are named at the start.
var hosts = []struct{ name, host string }{
	{"林国栋", "lin"}, {"陈晓雯", "chen"}, {"黄蕾", "huang"}, {"徐海峰", "xu"},
	{"马骏", "ma"}, {"叶丽萍", "ye"}, {"孙婷", "sun"}, {"刘志强", "liu"}, {"丁宁", "ding"}, {"何佳", "he"}, {"郑小燕", "zheng"},
	{"谢依", "xie"}, {"许言", "xuyan"}, {"温静", "wen"}, {"方正明", "fang"}, {"郭亮", "guo"}, {"鲁平", "lu"}, {"周敏", "zhou"},
}

const firstDoors = 4

// People lists them, in the order of hosts. Errors: forbidden on a database
// whose merchants are real.
func People(ctx context.Context, s *store.Store) (out []Person, err error) {
	all, err := s.Merchants(ctx)
	if err != nil {
		return nil, err
	}
	for i, h := range hosts {
		for _, o := range all {
			var members []store.Member
			if err := s.View(ctx, o.ID, func(tx *store.Tx) (err error) { members, err = tx.Members(); return err }); err != nil {
				return nil, err
			}
			if at := slices.IndexFunc(members, func(m store.Member) bool { return m.Name == h.name }); at >= 0 {
				m := members[at]
				out = append(out, Person{Host: h.host + ".localhost", Name: m.Name, Org: o.Name, OrgID: o.ID, Size: o.Size, Member: m.ID, Position: m.Position, First: i < firstDoors})
				break
			}
		}
	}
	return out, nil
}

// Door makes the way in as a person: a path that is good once, for ten minutes.
func (p Person) Door(ctx context.Context, a *app.App) (path string, err error) {
	secret, err := a.CreateDoor(ctx, p.OrgID, p.Member)
	return "/enter/" + secret.Text(), err
}
