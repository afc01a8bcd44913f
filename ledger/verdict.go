package ledger

import (
	"strconv"

	"kexin"
)

// A Status is the outcome of a check; it is the exit code of kexin verify.
type Status int

// The outcomes.
const (
	Valid       Status = 0 // all proofs hold, and somebody outside holds or witnessed a checkpoint
	Invalid     Status = 1 // something contradicts; Faults name it
	Unwitnessed Status = 2 // all proofs hold, but nobody outside vouches for all of it, or a tail is not sealed yet
)

// String is the code used in the API.
func (s Status) String() string {
	return [...]string{"valid", "invalid", "unwitnessed"}[s]
}

// A Statement is one sentence of a verdict: a catalogue key and parameters.
// Parameters are numbers, days, origins, names of keys and of merchants, never
// personal data.
type Statement struct {
	Key  string
	Args map[string]string
}

// A Fault is what contradicts. Entry and Index are those of the entry at
// fault; Index is -1 where no one entry is.
type Fault struct {
	Statement
	Origin Origin
	Index  int64
	Entry  kexin.ID // 0 = could not be read
}

// A Verdict is the result of a check. Proves and Silent are the two lists of
// which neither may be shown without the other.
type Verdict struct {
	Status  Status
	Faults  []Fault
	Proves  []Statement
	Silent  []Statement // what is not proved
	Entries int64
	Bodies  int64 // opened
	Persons int64
	Tree    Checkpoint
	Read    []ReadEntry // of an evidence file that is not invalid: its entries, for people to read
	Notices []Notice    // of the same: the texts that they name
}

// A ReadEntry is an entry of an evidence file whose place was proved. Older is
// how many epochs its log lies back.
type ReadEntry struct {
	*Entry
	Index int64
	Older int64
}

// VerifyOptions are what the reader brings himself.
type VerifyOptions struct {
	Known   []string // checkpoint lines from outside: see ParseLine
	Policy  *Policy  // whom the reader trusts; nil = nobody
	Receipt *Receipt // what a customer holds
	Strict  bool     // VerifyLog only: read every entry in full, not only its links
}

// A Receipt is what a customer's receipt says about the log.
type Receipt struct {
	Checkpoint
	Leaf Hash // the entry that the receipt is for
}

// faultMax is how many faults are listed; more do not change the verdict.
const faultMax = 100

func (v *Verdict) fault(key string, o Origin, index int64, e *Entry) {
	if len(v.Faults) >= faultMax {
		return
	}
	f := Fault{Statement: Statement{Key: "verify.fault." + key}, Origin: o, Index: index}
	if e != nil {
		f.Entry = e.ID
	}
	v.Faults = append(v.Faults, f)
}

func (v *Verdict) prove(key string, args ...string) {
	v.Proves = append(v.Proves, Statement{"verify.proves." + key, argMap(args)})
}

func (v *Verdict) silent(key string, args ...string) {
	v.Silent = append(v.Silent, Statement{"verify.silent." + key, argMap(args)})
}

// Proved adds a sentence about what was checked beside the log; not where
// something contradicts.
func (v *Verdict) Proved(key string, args ...string) {
	if v.Status != Invalid {
		v.prove(key, args...)
	}
}

// Silently adds a sentence about what was not checked.
func (v *Verdict) Silently(key string, args ...string) { v.silent(key, args...) }

// Fails adds what contradicts the log outside it; entry is the entry's number,
// 0 for none, and index its place, -1 for none.
func (v *Verdict) Fails(key string, o Origin, index int64, entry kexin.ID, args ...string) {
	v.Status, v.Proves = Invalid, nil
	if len(v.Faults) < faultMax {
		v.Faults = append(v.Faults, Fault{Statement{"verify.fault." + key, argMap(args)}, o, index, entry})
	}
}

// argMap pairs names with values.
func argMap(args []string) map[string]string {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return m
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// close fixes the status and adds what no check of this kind can prove.
func (v *Verdict) close(anchored, whole bool) Verdict {
	switch {
	case len(v.Faults) > 0:
		v.Status, v.Proves = Invalid, nil
	case !anchored || !whole:
		v.Status = Unwitnessed
	}
	if !anchored {
		v.silent("unwitnessed")
	}
	for _, key := range []string{"happened", "outside", "key_owner"} {
		v.silent(key)
	}
	v.silent("after", "size", itoa(v.Tree.Size))
	return *v
}
