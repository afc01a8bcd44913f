package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kexin"
	"kexin/internal/sample"
)

// A kept is what a ground needs beside its directory to be measured again. The
// list that it holds is the sample's, which is the same every time.
type kept struct {
	Org           kexin.ID
	Owner, Leader kexin.Actor
	Clerks        []kexin.Actor
}

func keptFile(dir string) string { return filepath.Join(dir, "ground.json") }

// keep writes it down: the ground's directory stays.
func (g *ground) keep() error {
	k := kept{Org: g.org, Owner: g.owner.Actor, Leader: g.leader.Actor}
	for _, p := range g.clerks {
		k.Clerks = append(k.Clerks, p.Actor)
	}
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return os.WriteFile(keptFile(g.dir), b, 0o600)
}

// keptGround is the ground that an earlier run left in dir; nil where there is
// none. Its staff sign in anew.
func (c Config) keptGround(ctx context.Context, dir string, rows int) (*ground, error) {
	b, err := os.ReadFile(keptFile(dir))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return nil, fmt.Errorf("%s: %w", keptFile(dir), err)
	}
	g := &ground{Config: c, rows: rows, dir: dir, data: filepath.Join(dir, "data"), key: filepath.Join(dir, "key", "master.key"), people: sample.New(1, time.Now()), org: k.Org}
	g.owner.Actor, g.leader.Actor = k.Owner, k.Leader
	for _, a := range k.Clerks {
		g.clerks = append(g.clerks, person{Actor: a})
	}
	_, err = g.owned(ctx)
	return g, err
}
