package lawtest

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"kexin/internal/db/dbtest"
	"kexin/internal/shareddata"
	"kexin/internal/sitetest"
	"kexin/job"
	"kexin/law"
	"kexin/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, job.Untenanted) }

// A proof is one test of one requirement. A requirement may have several; it
// holds when all of them passed and none says that something is missing.
type proof struct {
	id      string
	says    string // what the test shows, one sentence
	missing string // what the requirement asks for beyond, "" = nothing
	below   bool   // it asks the use-cases, without HTTP
	sites   []string
	on      func(t *testing.T, s *sitetest.Site)
	alone   func(t *testing.T)
}

// both is a proof on a server on each engine.
func both(id, says string, f func(t *testing.T, s *sitetest.Site)) proof {
	return proof{id: id, says: says, sites: dbtest.Engines[:], on: f}
}

// once is a proof on the embedded database alone, for what no engine changes.
func once(id, says string, f func(t *testing.T, s *sitetest.Site)) proof {
	return proof{id: id, says: says, sites: []string{dbtest.SQLite}, on: f}
}

// bare is a proof that needs no server.
func bare(id, says string, f func(t *testing.T)) proof {
	return proof{id: id, says: says, alone: f}
}

// lacks says what is not there yet: the requirement holds partly.
func (p proof) lacks(what string) proof {
	p.missing = what
	return p
}

// all are all proofs.
var all = slices.Concat(importProofs, accessProofs, secrecyProofs, boundaryProofs, introduceProofs, herPageProofs, basisProofs, outcomeProofs)

// A verdict is what became of a proof's runs.
type verdict struct {
	mu                   sync.Mutex
	ran, failed, skipped int
}

func (v *verdict) note(t *testing.T) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ran++
	switch {
	case t.Failed():
		v.failed++
	case t.Skipped():
		v.skipped++
	}
}

// run asks one proof on each of its servers.
func (p *proof) run(t *testing.T, v *verdict) {
	if p.alone != nil {
		t.Cleanup(func() { v.note(t) })
		p.alone(t)
		return
	}
	for _, engine := range p.sites {
		t.Run(engine, func(t *testing.T) {
			t.Cleanup(func() { v.note(t) })
			p.on(t, sitetest.New(t, engine))
		})
	}
}

// runs is how often a proof is asked.
func (p *proof) runs() int { return max(1, len(p.sites)) }

// TestLaw asks for every requirement that has a proof, in the order of the law
// page, and holds docs/law.md against what came out.
func TestLaw(t *testing.T) {
	verdicts := make([]verdict, len(all))
	for _, r := range slices.Concat(law.Invariants, law.Requirements) {
		of := proofsOf(r.ID)
		if len(of) == 0 {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			for n, i := range of {
				if len(of) == 1 {
					all[i].run(t, &verdicts[i])
					continue
				}
				t.Run(string(rune('a'+n)), func(t *testing.T) { all[i].run(t, &verdicts[i]) })
			}
		})
	}
	if t.Failed() {
		t.Log("docs/law.md is not compared: a requirement failed")
		return
	}
	compare(t, verdicts)
}

// proofsOf are the places in all of a requirement's proofs.
func proofsOf(id string) (out []int) {
	for i := range all {
		if all[i].id == id {
			out = append(out, i)
		}
	}
	return out
}

// TestProofs: every proof is of a requirement that exists and says what it
// shows.
func TestProofs(t *testing.T) {
	for _, p := range all {
		if _, ok := law.RequirementOf(p.id); !ok {
			t.Errorf("%s is no requirement", p.id)
		}
		if p.says == "" || (p.on == nil) == (p.alone == nil) || p.on != nil && len(p.sites) == 0 {
			t.Errorf("%s: %q asks nothing", p.id, p.says)
		}
	}
}

// root is the directory of go.mod.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

// export reads one of the shops' files, skipping loudly without them.
func export(tb testing.TB, name string) []byte {
	tb.Helper()
	return shareddata.File(tb, "data", "shop-exports", name)
}
