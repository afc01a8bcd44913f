package app

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"kexin"
	"kexin/ledger"
	"kexin/outbound"
	"kexin/store"
)

// A Witness 见证 is somebody who is asked to sign what he saw of the logs.
type Witness struct {
	URL  string // prefix of its add-checkpoint
	VKey string
	Of   string // whose it is: another merchant's name; "" = this server's own people
}

// ParseWitness reads --witness: "URL,vkey" for a device of one's own, or
// "URL,vkey,name" for one that another legal person runs. Errors: invalid.
func ParseWitness(s string) (w Witness, err error) {
	parts := strings.SplitN(s, ",", 3)
	if len(parts) < 2 {
		return w, witnessForm(nil)
	}
	w.URL, w.VKey = strings.TrimRight(parts[0], "/"), parts[1]
	if len(parts) == 3 {
		w.Of = strings.TrimSpace(parts[2])
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return w, witnessForm(errors.New("address"))
	}
	if err := ledger.CheckWitnessKey(w.VKey); err != nil {
		return w, witnessForm(err)
	}
	return w, nil
}

// name is how people know it: whose it is, or its host.
func (w Witness) name() string {
	if w.Of != "" {
		return w.Of
	}
	u, err := url.Parse(w.URL)
	if err != nil {
		return w.URL
	}
	return u.Host
}

// local reports whether a witness runs on this machine.
func (w Witness) local() bool {
	u, err := url.Parse(w.URL)
	if err != nil {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

func witnessForm(err error) error {
	return &kexin.Error{Op: "app.witness", Code: kexin.Invalid, Key: "ledger.witness_form", Err: err}
}

// errAhead is what a witness says of a log that was cut or rewritten.
var errAhead = errors.New("the witness has seen another or a longer log")

// AskWitnesses has every witness sign the newest checkpoint of a merchant. A
// witness that saw more than is here, or something else, stops the log. It
// gives the last fault that was met; the others are asked all the same.
func (a *App) AskWitnesses(ctx context.Context, org kexin.ID) (fault error) {
	for _, w := range a.sealing.witnesses {
		if a.sealing.rests(w.VKey, a.now()) {
			continue
		}
		seen, err := a.ask(ctx, org, w)
		if errors.Is(err, errAhead) && a.sealing.stop(org, seen) {
			a.log.Error("a witness has seen a longer or another log: it is not sealed further; begin a new epoch with kexin restore", "org", org.String(), "seen", seen)
			if e := a.store.Update(ctx, org, func(tx *store.Tx) error {
				return tx.Alert("log_cut", map[string]string{"seen": strconv.FormatInt(seen, 10)})
			}); e != nil {
				err = errors.Join(err, e)
			}
		}
		if err != nil {
			fault = err
		}
	}
	return fault
}

// ask asks one witness (c2sp.org/tlog-witness). Where it answers with the size
// that it knows, it is asked once more from there.
func (a *App) ask(ctx context.Context, org kexin.ID, w Witness) (seen int64, err error) {
	old := int64(-1)
	for range 3 {
		var s store.Submission
		var proof []ledger.Hash
		// Not a View: what leaves the house must be on disk (see db's syncer).
		err := a.store.Update(ctx, org, func(tx *store.Tx) (err error) {
			if s, err = tx.Submission(w.VKey); err != nil || s.Size == 0 {
				return err
			}
			if old < 0 {
				old = s.Known
			}
			proof, err = tx.ProveFrom(s.Checkpoint, old)
			return err
		})
		if err != nil || s.Size == 0 {
			return 0, err
		}
		answer, err := a.out.Do(ctx, outbound.Request{URL: w.URL + "/add-checkpoint", Body: ledger.AddCheckpoint{Old: old, Proof: proof, Checkpoint: s.Note}.Body()})
		if err != nil {
			a.sealing.rest(w.VKey, a.now())
			return 0, err
		}
		switch size, ok := conflictSize(answer); {
		case answer.Status == ledger.AddOK:
			return s.Size, a.keep(ctx, org, w, s, string(answer.Body))
		case ok && (size > s.Size || size == old):
			return size, errAhead
		case ok:
			old = size
		case answer.Status == ledger.AddNoProof:
			return s.Known, errAhead
		default:
			return 0, &kexin.Error{Op: "app.witness", Code: kexin.Unavailable, Key: "ledger.witness_refused", Args: map[string]string{"status": strconv.Itoa(answer.Status)}}
		}
	}
	return 0, &kexin.Error{Op: "app.witness", Code: kexin.Conflict, Key: "ledger.witness_refused", Args: map[string]string{"status": "409"}}
}

// conflictSize is the size that a witness answers with where it knows another
// one than it was told.
func conflictSize(a *outbound.Answer) (int64, bool) {
	if a.Status != http.StatusConflict {
		return 0, false
	}
	s := strings.TrimSuffix(string(a.Body), "\n")
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

// keep checks and stores a witness's answer.
func (a *App) keep(ctx context.Context, org kexin.ID, w Witness, s store.Submission, answer string) error {
	with, err := ledger.AddCosignatures(s.Note, answer, w.VKey)
	if err != nil {
		return err
	}
	lines := strings.TrimPrefix(with, s.Note)
	return a.store.Update(ctx, org, func(tx *store.Tx) error { return tx.Cosigned(s.Checkpoint, w.VKey, lines) })
}
