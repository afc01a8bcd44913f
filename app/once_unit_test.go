package app

import (
	"context"
	"testing"

	"kexin"
)

// Who has gone waits for no turn, and takes none from those behind him.
func TestTurnGivenUp(t *testing.T) {
	turns := newTurns()
	end, err := turns.take(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	waits := make(chan error)
	go func() {
		_, err := turns.take(gone, "key")
		waits <- err
	}()
	leave()
	if err := <-waits; kexin.CodeOf(err) != kexin.Unavailable {
		t.Errorf("%v", err)
	}
	end()
	end, err = turns.take(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	end()
}
