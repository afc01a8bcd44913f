package ledger

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The limits of a policy file: well above what c2sp.org/tlog-policy asks of a
// reader.
const (
	policyMax   = 1 << 20
	policyLines = 10_000
)

var errPolicy = errors.New("policy")

// A Policy says which logs and witnesses somebody trusts, and how many
// witnesses a checkpoint needs (c2sp.org/tlog-policy). It must come from who
// verifies; one that comes with the evidence proves nothing.
type Policy struct {
	Logs      []PolicyKey
	Witnesses []PolicyKey
	Quorum    string // name of a witness or group, or "none"
	groups    map[string]group
}

// A PolicyKey is a log or witness of a policy.
type PolicyKey struct {
	Name string // of a witness, inside the policy only
	VKey string
	URL  string // "" = none
}

// A group is satisfied when need of its members are; a witness is a group of
// its own key.
type group struct {
	need    int
	members []string
	vkey    string
}

// ParsePolicy reads a policy file. Errors: invalid, naming the line.
func ParsePolicy(text string) (*Policy, error) {
	if len(text) > policyMax || !policyBytes(text) {
		return nil, invalid("policy", fmt.Errorf("%w: too long, or a control character", errPolicy))
	}
	p := &policyParser{Policy: Policy{groups: map[string]group{}}, keys: map[string]bool{}, used: map[string]bool{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if err := p.line(fieldsOf(line)); err != nil || n > policyLines {
			return nil, invalid("policy", fmt.Errorf("%w: line %d: %w", errPolicy, n, err))
		}
	}
	if p.Quorum == "" {
		return nil, invalid("policy", fmt.Errorf("%w: no quorum", errPolicy))
	}
	return &p.Policy, nil
}

// policyBytes allows tab, newline, printable ASCII and anything with the high
// bit set.
func policyBytes(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\t' && c != '\n' || c == 0x7f {
			return false
		}
	}
	return true
}

// fieldsOf splits at ASCII blanks and tabs only; nil for a comment.
func fieldsOf(line string) []string {
	f := strings.FieldsFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r == ' ' || r == '\t' })
	if len(f) > 0 && strings.HasPrefix(f[0], "#") {
		return nil
	}
	return f
}

type policyParser struct {
	Policy
	keys map[string]bool // public keys seen, by kind
	used map[string]bool // names that are a group's member already
}

var (
	errSyntax  = errors.New("not a line of a policy")
	errTwice   = errors.New("key or name stands twice")
	errUnknown = errors.New("name is not defined before")
	errNeed    = errors.New("threshold is not from 1 to the number of members")
)

func (p *policyParser) line(f []string) error {
	switch {
	case len(f) == 0:
		return nil
	case f[0] == "log" && (len(f) == 2 || len(f) == 3):
		return p.log(f[1], strings.Join(f[2:], ""))
	case f[0] == "witness" && (len(f) == 3 || len(f) == 4):
		return p.witness(f[1], f[2], strings.Join(f[3:], ""))
	case f[0] == "group" && len(f) >= 4:
		return p.group(f[1], f[2], f[3:])
	case f[0] == "quorum" && len(f) == 2:
		return p.quorum(f[1])
	}
	return errSyntax
}

func (p *policyParser) log(vk, url string) error {
	if err := p.key("log", vk, algNote); err != nil {
		return err
	}
	p.Logs = append(p.Logs, PolicyKey{VKey: vk, URL: url})
	return nil
}

func (p *policyParser) witness(name, vk, url string) error {
	if err := p.key("witness", vk, algCosig); err != nil {
		return err
	}
	p.Witnesses = append(p.Witnesses, PolicyKey{name, vk, url})
	return p.define(name, group{need: 1, vkey: vk})
}

// key checks a key's form and that the public key is new among its kind.
func (p *policyParser) key(kind, vk string, want byte) error {
	_, alg, pub, err := parseVKey(vk)
	if err != nil || alg != want {
		return errVKey
	}
	id := kind + string(pub)
	if p.keys[id] {
		return errTwice
	}
	p.keys[id] = true
	return nil
}

func (p *policyParser) define(name string, g group) error {
	if _, ok := p.groups[name]; ok || name == "none" {
		return errTwice
	}
	p.groups[name] = g
	return nil
}

func (p *policyParser) group(name, need string, members []string) error {
	g := group{members: members}
	switch need {
	case "any":
		g.need = 1
	case "all":
		g.need = len(members)
	default:
		n, err := strconv.Atoi(need)
		if err != nil || strconv.Itoa(n) != need || n < 1 || n > len(members) {
			return errNeed
		}
		g.need = n
	}
	for _, m := range members {
		if _, ok := p.groups[m]; !ok {
			return errUnknown
		}
		if p.used[m] {
			return errTwice
		}
		p.used[m] = true
	}
	return p.define(name, g)
}

func (p *policyParser) quorum(name string) error {
	if p.Quorum != "" {
		return errTwice
	}
	if _, ok := p.groups[name]; !ok && name != "none" {
		return errUnknown
	}
	p.Quorum = name
	return nil
}

// Satisfied reports whether the witnesses with these keys make the quorum.
// With "quorum none" anything does; ask Needs first.
func (p *Policy) Satisfied(vkeys map[string]bool) bool {
	return p.Quorum == "none" || p.met(p.Quorum, vkeys)
}

// Needs reports whether the policy asks for any witness at all.
func (p *Policy) Needs() bool { return p.Quorum != "none" }

func (p *Policy) met(name string, vkeys map[string]bool) bool {
	g := p.groups[name]
	if g.vkey != "" {
		return vkeys[g.vkey]
	}
	n := 0
	for _, m := range g.members {
		if p.met(m, vkeys) {
			n++
		}
	}
	return n >= g.need
}

// WitnessKeys are the verifier keys of all witnesses.
func (p *Policy) WitnessKeys() []string {
	out := make([]string, len(p.Witnesses))
	for i, w := range p.Witnesses {
		out[i] = w.VKey
	}
	return out
}
