package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"kexin"
	"kexin/store"
)

// The rhythm of what others see of the log.
const (
	witnessEvery = 10 * time.Minute // witnesses are asked, a new day is noticed (security.md A9)
	witnessRest  = time.Minute      // how long one that could not be reached is left alone
)

// A sealing is what the sealer knows about merchants' logs.
type sealing struct {
	witnesses []Witness
	mu        sync.Mutex
	asked     map[kexin.ID]bool    // a witness was asked since the start
	stopped   map[kexin.ID]int64   // logs of which a witness knows more than is here, and how much
	down      map[string]time.Time // witnesses that could not be reached, by key: left alone until then
}

func newSealing(w []Witness) *sealing {
	return &sealing{witnesses: w, asked: map[kexin.ID]bool{}, stopped: map[kexin.ID]int64{}, down: map[string]time.Time{}}
}

// stop notes that a log must not go on; it reports whether that is new.
func (s *sealing) stop(org kexin.ID, seen int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, was := s.stopped[org]
	s.stopped[org] = seen
	return !was
}

func (s *sealing) isStopped(org kexin.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, no := s.stopped[org]
	return no
}

// grade says whose witnesses have signed a log: one that runs on this machine,
// or that nobody else is named for, is an own device and no more.
func (s *sealing) grade(seen []store.Witnessed) (grade string, others int) {
	grade = "none"
	for _, w := range s.witnesses {
		if !slices.ContainsFunc(seen, func(x store.Witnessed) bool { return x.Witness == w.VKey && x.Size > 0 }) {
			continue
		}
		if w.Of == "" || w.local() {
			if grade == "none" {
				grade = "own"
			}
			continue
		}
		grade, others = "members", others+1
	}
	return grade, others
}

// rests reports whether a witness is left alone for now.
func (s *sealing) rests(vkey string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.down[vkey])
}

// rest leaves a witness alone for a while.
func (s *sealing) rest(vkey string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down[vkey] = now.Add(witnessRest)
}

// first reports whether a merchant's witnesses were not asked yet, and notes
// that they are now.
func (s *sealing) first(org kexin.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.asked[org]
	s.asked[org] = true
	return !was && len(s.witnesses) > 0
}

// seal seals a step of one log. Before the first since the start the witnesses
// are asked how far they have seen it: a log that somebody saw longer was cut,
// and must not grow other entries in the place of those. Errors: unavailable
// "ledger.stopped" there.
func (a *App) seal(ctx context.Context, org kexin.ID) (int, error) {
	if err := a.askFirst(ctx, org); err != nil {
		a.log.Warn("asking the witnesses at the start", "org", org.String(), "err", err.Error())
	}
	if a.sealing.isStopped(org) {
		return 0, &kexin.Error{Op: "app.seal", Code: kexin.Unavailable, Key: "ledger.stopped"}
	}
	return a.store.Seal(ctx, org)
}

// askFirst asks a merchant's witnesses once after the start.
func (a *App) askFirst(ctx context.Context, org kexin.ID) error {
	if !a.sealing.first(org) {
		return nil
	}
	return a.AskWitnesses(ctx, org)
}

// witnessRound has every log committed to at the beginning of its day, and
// signed by its witnesses.
func (a *App) witnessRound(ctx context.Context) {
	_, err := a.hold(ctx, "witness", func(ctx context.Context) error {
		all, err := a.store.Holders(ctx)
		if err != nil {
			return err
		}
		for _, o := range all {
			a.failed(ctx, "log not committed to", a.dayHeads(ctx, o.ID))
			a.failed(ctx, "log not witnessed", a.AskWitnesses(ctx, o.ID))
			a.failed(ctx, "line of the day not mailed", a.mailLine(ctx, o.ID))
		}
		return nil
	})
	a.failed(ctx, "witnesses", err)
}

// dayHeads writes the commitment to all persons of a new day.
func (a *App) dayHeads(ctx context.Context, org kexin.ID) error {
	due := false
	err := a.store.View(ctx, org, func(tx *store.Tx) (err error) { due, err = tx.HeadsDue(); return err })
	if err != nil || !due {
		return err
	}
	if _, err := a.seal(ctx, org); err != nil {
		return err
	}
	if _, err := a.store.DailyHeads(ctx, org); err != nil {
		return err
	}
	_, err = a.seal(ctx, org)
	return err
}

// sealAll seals what waits, commits to all persons' last entries, and seals
// that too.
func (a *App) sealAll(ctx context.Context, org kexin.ID) error {
	for range 1000 {
		n, err := a.seal(ctx, org)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		done := false
		if err := a.store.Update(ctx, org, func(tx *store.Tx) (err error) { done, err = tx.LogHeads(); return err }); err != nil {
			return err
		}
		if done {
			_, err := a.seal(ctx, org)
			return err
		}
	}
	return &kexin.Error{Op: "app.seal", Code: kexin.Unavailable, Key: "db.busy"}
}
