package apptest

import (
	"context"
	"fmt"
	"sync"

	"kexin"
	"kexin/app"
)

// A Phone is every telephone of the town, or every mailbox: it keeps what is
// sent and can refuse. As a provider does, it takes a second try of a message
// for the same one: a test that moves the clock past a claim while the server
// sends makes it try again.
type Phone struct {
	over  kexin.Channel
	mu    sync.Mutex
	boxes map[string][]string
	taken map[kexin.ID]bool
	fail  error // given to every sending while set
}

// NewPhone is one with empty boxes.
func NewPhone(over kexin.Channel) *Phone {
	return &Phone{over: over, boxes: map[string][]string{}, taken: map[kexin.ID]bool{}}
}

// Channel is SMS or e-mail.
func (p *Phone) Channel() kexin.Channel { return p.over }

// Has says that every text can go out.
func (p *Phone) Has(string) bool { return true }

// Send puts a message into the box of its number.
func (p *Phone) Send(_ context.Context, m app.Parcel) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return "", p.fail
	}
	if !p.taken[m.ID] {
		p.taken[m.ID] = true
		p.boxes[m.To] = append(p.boxes[m.To], m.Text)
	}
	return fmt.Sprint(p.over, "-", m.ID), nil
}

// Fails makes every sending end with err, or go through again with nil.
func (p *Phone) Fails(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

// Box is what a number received.
func (p *Phone) Box(number string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.boxes[number]...)
}
