package demo

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unicode/utf8"

	"kexin"
	"kexin/app"
)

// Phones are the customers' telephones of the demonstration 演示手机: where
// every message ends that a real server would send, and where whoever tries it
// pastes the words that a member of staff copied. They are the one transport of
// a demonstration; nothing leaves the machine. They are kept in a file beside
// the other files of the demonstration. Safe for concurrent use.
type Phones struct {
	Now  func() kexin.Instant
	file string
	mu   sync.Mutex
	list []Phone
}

// A Phone is one of them.
type Phone struct {
	ID       string    `json:"id"` // the name of its host: ID.phone.localhost
	Name     string    `json:"name"`
	Number   string    `json:"number"` // as it is typed, eleven digits
	Story    bool      `json:"story"`  // one of the tour's people
	Messages []Message `json:"messages"`
}

// A Message lies on a phone.
type Message struct {
	At   kexin.Instant `json:"at"`
	Kind string        `json:"kind"` // code, link, receipt, told; pasted = copied words
	Text string        `json:"text"`
}

// Bounds of what may be pasted.
const (
	pastedMost   = 2000 // characters
	messagesMost = 200  // on one phone
	phonesMost   = 60
)

// NewPhones opens the phones that are kept in a directory, or new ones with
// those of the story.
func NewPhones(dir string, now func() kexin.Instant) (*Phones, error) {
	p := &Phones{Now: now, file: filepath.Join(dir, "demo", "phones.json")}
	b, err := os.ReadFile(p.file)
	switch {
	case os.IsNotExist(err):
		for n := 1; n <= len(customers); n++ {
			c := customers[n]
			if slices.ContainsFunc(p.list, func(x Phone) bool { return x.Number == typed(c.phone) }) {
				continue // two people of the story share one
			}
			p.list = append(p.list, Phone{ID: hostOf(len(p.list)), Name: c.name, Number: typed(c.phone), Story: true})
		}
		return p, nil
	case err != nil:
		return nil, err
	}
	return p, json.Unmarshal(b, &p.list)
}

func hostOf(i int) string { return "p" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }

// typed is a number as people type it.
func typed(e164 string) string {
	if len(e164) == 14 && e164[:3] == "+86" {
		return e164[3:]
	}
	return e164
}

// All are the phones with their messages, oldest first.
func (p *Phones) All() []Phone {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := slices.Clone(p.list)
	for i := range out {
		out[i].Messages = append([]Message{}, out[i].Messages...)
	}
	return out
}

// Channel is SMS.
func (p *Phones) Channel() kexin.Channel { return kexin.BySMS }

// Has says that every text can go out.
func (p *Phones) Has(string) bool { return true }

// Send puts a message on the phone with the number. A number that nobody of
// the story has gets a phone of its own.
func (p *Phones) Send(_ context.Context, m app.Parcel) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	number := typed(m.To)
	i := slices.IndexFunc(p.list, func(x Phone) bool { return x.Number == number })
	if i < 0 {
		if len(p.list) >= phonesMost {
			return "", &kexin.Error{Op: "demo.send", Code: kexin.Invalid, Key: "demo.phones_full"}
		}
		i = len(p.list)
		p.list = append(p.list, Phone{ID: hostOf(i), Number: number})
	}
	return m.ID.String(), p.put(i, Message{At: p.Now(), Kind: m.Kind, Text: m.Text})
}

// Paste puts words on a phone as a chat message. Errors: not_found, invalid.
func (p *Phones) Paste(id, text string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.list, func(x Phone) bool { return x.ID == id })
	switch {
	case i < 0:
		return &kexin.Error{Op: "demo.paste", Code: kexin.NotFound}
	case text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > pastedMost:
		return &kexin.Error{Op: "demo.paste", Code: kexin.Invalid, Key: "demo.paste_bad"}
	}
	return p.put(i, Message{At: p.Now(), Kind: "pasted", Text: text})
}

// put adds a message and keeps the phones, at one stroke.
func (p *Phones) put(i int, m Message) error {
	x := &p.list[i]
	x.Messages = append(x.Messages, m)
	if n := len(x.Messages); n > messagesMost {
		x.Messages = slices.Clone(x.Messages[n-messagesMost:])
	}
	b, err := json.MarshalIndent(p.list, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.file), 0o700); err != nil {
		return err
	}
	fresh := p.file + ".new"
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, p.file)
}

// last is the newest message of a kind on the phone with a number.
func (p *Phones) last(number, kind string) (Message, bool) {
	for _, x := range p.All() {
		if x.Number != typed(number) {
			continue
		}
		for _, m := range slices.Backward(x.Messages) {
			if m.Kind == kind {
				return m, true
			}
		}
	}
	return Message{}, false
}
