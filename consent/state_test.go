package consent_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/consent"
	"kexin/i18n"
	"kexin/internal/shareddata"
)

// good is an event whose guard holds in every state.
func good(k consent.Kind, by consent.Role) consent.Event {
	e := consent.Event{Kind: k, By: by, At: 1000, Due: 2000, Reason: "flow_defective", Facts: consent.Facts{
		Purpose: true, Notice: true, MayAsk: true, Channel: true, Complete: true, Proof: true, Active: true, Alone: true,
		Minor: by == consent.Guardian, Renewed: true}}
	switch k {
	case consent.Timeout, consent.Expire, consent.Fail:
		e.At = 2000
	}
	return e
}

// machine is the table of law.md 8.1 written down a second time: from event
// by to.
const machine = `
- create staff DRAFT
- create customer DRAFT
DRAFT request staff REQUESTED
DRAFT request system REQUESTED
DRAFT give customer GIVEN
REQUESTED give customer GIVEN
REQUESTED give guardian GIVEN
REQUESTED refuse customer REFUSED
REQUESTED timeout clock LAPSED
REQUESTED cancel staff LAPSED
GIVEN withdraw customer WITHDRAWN
GIVEN withdraw guardian WITHDRAWN
GIVEN withdraw relative WITHDRAWN
GIVEN expire clock EXPIRED
GIVEN reconsent customer SUPERSEDED
GIVEN dispute customer SUSPENDED
GIVEN dispute staff SUSPENDED
SUSPENDED confirm customer GIVEN
SUSPENDED fail clock INVALIDATED
SUSPENDED fail pio INVALIDATED
GIVEN invalidate pio INVALIDATED
GIVEN invalidate authority INVALIDATED
SUSPENDED invalidate pio INVALIDATED
SUSPENDED invalidate authority INVALIDATED
GIVEN stop controller REVOKED_BY_CONTROLLER
SUSPENDED withdraw customer WITHDRAWN
SUSPENDED expire clock EXPIRED
`

// TestMachine asks every state, event and role: what is listed passes, and
// all else is refused and changes nothing.
func TestMachine(t *testing.T) {
	want := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(machine)) {
		f := strings.Fields(line)
		want[strings.TrimPrefix(f[0], "-")+" "+f[1]+" "+f[2]] = f[3]
	}
	states := append([]consent.State{consent.None}, consent.States[:]...)
	for _, s := range states {
		for _, k := range consent.Kinds {
			for _, by := range consent.Roles {
				name := string(s) + " " + string(k) + " " + string(by)
				got, err := consent.Apply(s, good(k, by))
				to, listed := want[name]
				switch {
				case listed && (err != nil || string(got) != to):
					t.Errorf("%s: %s, %v; want %s", name, got, err, to)
				case !listed && (kexin.CodeOf(err) != kexin.Forbidden || got != s):
					t.Errorf("%s: %s, %v; want refused", name, got, err)
				}
				delete(want, name)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("never asked: %v", want)
	}
}

// TestOnlySubject is CON-02: whoever else tries to give is told that only she
// can, in every state.
func TestOnlySubject(t *testing.T) {
	for _, s := range consent.States {
		for _, k := range []consent.Kind{consent.Give, consent.Confirm, consent.Reconsent} {
			for _, by := range consent.Roles {
				if by == consent.Customer || by == consent.Guardian {
					continue
				}
				if got, err := consent.Apply(s, good(k, by)); kexin.LawOf(err) != "E_ONLY_SUBJECT" || got != s {
					t.Errorf("%s: %s by %s gives %s, %v", s, k, by, got, err)
				}
			}
		}
	}
	for _, tr := range consent.Transitions {
		if tr.To == consent.Given && slices.ContainsFunc(tr.By, func(r consent.Role) bool { return r != consent.Customer && r != consent.Guardian }) {
			t.Errorf("%s %s leads %v to GIVEN", tr.From, tr.Event, tr.By)
		}
	}
}

// TestGuards turns one fact at a time and expects its own refusal.
func TestGuards(t *testing.T) {
	for name, c := range map[string]struct {
		from   consent.State
		kind   consent.Kind
		by     consent.Role
		change func(*consent.Event)
		law    kexin.Law
		key    string
	}{
		"unknown purpose":   {consent.None, consent.Create, consent.Staff, func(e *consent.Event) { e.Facts.Purpose = false }, "E_PURPOSE", ""},
		"no notice":         {consent.None, consent.Create, consent.Staff, func(e *consent.Event) { e.Facts.Notice = false }, "E_NOTICE_STALE", ""},
		"incomplete":        {consent.Draft, consent.Request, consent.Staff, func(e *consent.Event) { e.Facts.Complete = false }, "E_ART23_FIELDS", ""},
		"channel":           {consent.Draft, consent.Request, consent.Staff, func(e *consent.Event) { e.Facts.Channel = false }, "", "error.consent_channel"},
		"asked too often":   {consent.Draft, consent.Request, consent.System, func(e *consent.Event) { e.Facts.MayAsk = false }, "E_REASK_COOLDOWN", ""},
		"draft no proof":    {consent.Draft, consent.Give, consent.Customer, func(e *consent.Event) { e.Facts.Proof = false }, "", "error.consent_proof"},
		"draft minor":       {consent.Draft, consent.Give, consent.Customer, func(e *consent.Event) { e.Facts.Minor = true }, "E_MINOR", ""},
		"no proof":          {consent.Requested, consent.Give, consent.Customer, func(e *consent.Event) { e.Facts.Proof = false }, "", "error.consent_proof"},
		"silence":           {consent.Requested, consent.Give, consent.Customer, func(e *consent.Event) { e.Facts.Active = false }, "", "error.consent_bundled"},
		"bundled":           {consent.Requested, consent.Give, consent.Customer, func(e *consent.Event) { e.Facts.Alone = false }, "", "error.consent_bundled"},
		"minor alone":       {consent.Requested, consent.Give, consent.Customer, func(e *consent.Event) { e.Facts.Minor = true }, "E_MINOR", ""},
		"guardian of adult": {consent.Requested, consent.Give, consent.Guardian, func(e *consent.Event) { e.Facts.Minor = false }, "E_ONLY_SUBJECT", ""},
		"after 14 days":     {consent.Requested, consent.Give, consent.Customer, func(e *consent.Event) { e.At = 2000 }, "", "error.consent_late"},
		"no deadline known": {consent.Requested, consent.Give, consent.Customer, func(e *consent.Event) { e.Due = 0 }, "", "error.consent_late"},
		"timeout early":     {consent.Requested, consent.Timeout, consent.Clock, func(e *consent.Event) { e.At = 1999 }, "", "error.consent_early"},
		"timeout unset":     {consent.Requested, consent.Timeout, consent.Clock, func(e *consent.Event) { e.Due = 0 }, "", "error.consent_early"},
		"expire early":      {consent.Given, consent.Expire, consent.Clock, func(e *consent.Event) { e.At = 1999 }, "", "error.consent_early"},
		"renewal not given": {consent.Given, consent.Reconsent, consent.Customer, func(e *consent.Event) { e.Facts.Renewed = false }, "", "error.consent_renew"},
		"confirm unproved":  {consent.Suspended, consent.Confirm, consent.Customer, func(e *consent.Event) { e.Facts.Proof = false }, "", "error.consent_proof"},
		"confirm late":      {consent.Suspended, consent.Confirm, consent.Customer, func(e *consent.Event) { e.At = 2001 }, "", "error.consent_late"},
		"fail early":        {consent.Suspended, consent.Fail, consent.Clock, func(e *consent.Event) { e.At = 1999 }, "", "error.consent_early"},
		"no reason":         {consent.Given, consent.Invalidate, consent.Officer, func(e *consent.Event) { e.Reason = "" }, "", "error.consent_reason"},
	} {
		e := good(c.kind, c.by)
		if _, err := consent.Apply(c.from, e); err != nil {
			t.Errorf("%s: the good event is refused: %v", name, err)
		}
		c.change(&e)
		got, err := consent.Apply(c.from, e)
		if err == nil || got != c.from || kexin.LawOf(err) != c.law || (c.key != "" && keyOf(err) != c.key) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if !i18n.Has(keyOf(err)) {
			t.Errorf("%s: no sentence %q", name, keyOf(err))
		}
	}
	// The officer ends a dispute without waiting; a withdrawal has no guard.
	early := good(consent.Fail, consent.Officer)
	early.At = 1
	if s, err := consent.Apply(consent.Suspended, early); s != consent.Invalidated || err != nil {
		t.Errorf("officer: %s %v", s, err)
	}
	if s, err := consent.Apply(consent.Given, consent.Event{Kind: consent.Withdraw, By: consent.Customer}); s != consent.Withdrawn || err != nil {
		t.Errorf("bare withdrawal: %s %v", s, err)
	}
}

func keyOf(err error) string {
	e, ok := err.(*kexin.Error)
	if !ok {
		return ""
	}
	return e.Key
}

func TestStates(t *testing.T) {
	for _, s := range consent.States {
		leaves := slices.ContainsFunc(consent.Transitions, func(tr consent.Transition) bool { return tr.From == s })
		if leaves == s.Terminal() {
			t.Errorf("%s: terminal %v, but transitions %v", s, s.Terminal(), leaves)
		}
		if (s.DPV() == "") != (s == consent.Draft) {
			t.Errorf("%s: DPV %q", s, s.DPV())
		}
	}
}

// TestPage compares the machine with the table of the law page: every row's
// from, event and to are there.
func TestPage(t *testing.T) {
	b := shareddata.File(t, "design", "law.md")
	_, section, _ := strings.Cut(string(b), "### 8.1 Consent")
	section, _, _ = strings.Cut(section, "### 8.2")
	edge := map[string]bool{} // true once the page has it
	for _, tr := range consent.Transitions {
		edge[string(tr.From)+">"+string(tr.To)] = false
	}
	name := regexp.MustCompile(`[A-Z_]{5,}`)
	for line := range strings.Lines(section) {
		cell := strings.Split(line, "|")
		if len(cell) < 6 || strings.Contains(cell[1], "From") || strings.Contains(cell[1], "---") {
			continue
		}
		from, to := name.FindAllString(cell[1], -1), name.FindAllString(cell[4], -1)
		if len(from) == 0 {
			from = []string{""}
		}
		for _, f := range from {
			for _, s := range to {
				if _, ok := edge[f+">"+s]; !ok {
					t.Errorf("%s to %s is on the page and not in the table", f, s)
				}
				edge[f+">"+s] = true
			}
		}
	}
	for e, onPage := range edge {
		if !onPage {
			t.Errorf("%s is in the table and not on the page", e)
		}
	}
	_, states, _ := strings.Cut(section, "States: `")
	states, _, _ = strings.Cut(states, "`")
	for _, s := range strings.Split(states, ", ") {
		if !slices.Contains(consent.States[:], consent.State(s)) {
			t.Errorf("%s is a state on the page only", s)
		}
	}
}
