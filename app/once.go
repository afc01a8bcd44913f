package app

import (
	"context"
	"hash/maphash"

	"kexin"
	"kexin/store"
)

// turns let requests under one key of a sender's go one after the other on this
// server. Across servers the row of the key decides.
type turns struct {
	seed maphash.Seed
	of   [64]chan struct{} // full while somebody has it
}

func newTurns() *turns {
	t := &turns{seed: maphash.MakeSeed()}
	for i := range t.of {
		t.of[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the key's turn, at most as long as the sender does; what it
// gives ends it.
func (t *turns) take(ctx context.Context, key string) (end func(), err error) {
	turn := t.of[maphash.String(t.seed, key)%uint64(len(t.of))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, &kexin.Error{Op: "app.turn", Code: kexin.Unavailable, Key: "db.cancelled", Err: ctx.Err()}
	}
}

// made gives what a request made that was carried out already, 0 where it was
// not. Errors: E_OTHER_BODY.
func (a *App) made(ctx context.Context, actor kexin.Actor, o store.Once) (id kexin.ID, err error) {
	err = a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		m, err := tx.Earlier(actor.User, o)
		id = m.Record
		return err
	})
	return id, err
}
