package demo

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	"kexin"
	"kexin/app"
	"kexin/internal/sample"
)

// listDay is how many days ago the shops took their own lists over.
const listDay = 3

// seedOf gives each shop customers of its own.
func seedOf(key string) uint64 {
	return uint64(len(key))<<32 | uint64(key[0])<<8 | uint64(key[len(key)-1])
}

// source makes a shop's customers as they were on the day of the list.
func (t *town) source(key string) *sample.Source {
	return sample.New(seedOf(key), t.day.AddDate(0, 0, -listDay).Add(12*time.Hour))
}

// lists has every shop import its own list, as a real one does.
func (t *town) lists() error {
	for _, m := range merchants {
		if m.own == 0 {
			continue
		}
		t.say("demo.building_list_" + m.key)
		var b bytes.Buffer
		var staff []string
		for _, p := range m.people {
			if p.position == kexin.Rep || p.position == kexin.Leader || len(m.people) < 3 {
				staff = append(staff, p.name)
			}
		}
		for i := range m.more {
			staff = append(staff, moreNames[i])
		}
		if err := t.source(m.key).WriteList(&b, m.own, staff); err != nil {
			return err
		}
		if err := t.take(t.shops[m.key], &b, int64(b.Len())); err != nil {
			return fmt.Errorf("%s: %w", m.key, err)
		}
	}
	return nil
}

// take imports a file from the declaration to the end. Where a second person
// must agree, one does.
func (t *town) take(s *shop, file io.Reader, size int64) error {
	owner := s.plan.people[0].name
	x, err := t.app.DeclareImport(t.ctx, t.as(s, owner), app.Manifest{Source: kexin.FromMigration, Collected: "staff", Accept: true})
	if err != nil {
		return err
	}
	if _, err := t.app.ReceiveImport(t.ctx, t.as(s, owner), x.ID, file, size); err != nil {
		return err
	}
	if x, err = t.until(s, x.ID, "ready"); err != nil {
		return err
	}
	if x, err = t.app.ConfirmImport(t.ctx, t.as(s, owner), x.ID, x.Version); err != nil {
		return err
	}
	if x.State == "ready" && len(s.plan.people) > 1 { // the second act is another person's (IMP-07)
		if _, err = t.app.ConfirmImport(t.ctx, t.as(s, s.plan.people[1].name), x.ID, x.Version); err != nil {
			return err
		}
	}
	_, err = t.until(s, x.ID, "done")
	return err
}

// until waits for a batch; a real clock counts, the town's stands still.
func (t *town) until(s *shop, id kexin.ID, state string) (app.Batch, error) {
	for range 6000 {
		b, err := t.app.Import(t.ctx, t.as(s, s.plan.people[0].name), id)
		switch {
		case err != nil:
			return b, err
		case b.State == state:
			return b, nil
		case slices.Contains([]string{"refused", "failed", "cancelled"}, b.State):
			return b, fmt.Errorf("import %s: %s", b.State, b.Fault)
		}
		select {
		case <-t.ctx.Done():
			return b, t.ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return app.Batch{}, fmt.Errorf("import: not %s", state)
}
