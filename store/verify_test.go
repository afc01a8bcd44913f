package store_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// A proofWorld is a day's work in a database that a test can also write past
// the program.
type proofWorld struct {
	*storetest.World
	t    *testing.T
	open func(db.Config) *db.DB
	raw  *db.DB
}

func proofBoth(t *testing.T, f func(*testing.T, *proofWorld)) {
	storetest.Opened(t, func(t *testing.T, open func(db.Config) *db.DB) {
		w := &proofWorld{World: storetest.New(t, open(db.Config{}), nil), t: t, open: open, raw: open(db.Config{})}
		storetest.Day(w.World)
		w.seal()
		f(t, w)
	})
}

func (w *proofWorld) seal() {
	for n := 1; n > 0; {
		var err error
		if n, err = w.Store.Seal(context.Background(), w.Org); err != nil {
			w.t.Fatal(err)
		}
	}
}

// line is the checkpoint that somebody outside may have noted now.
func (w *proofWorld) line() (line string) {
	w.View(func(tx *store.Tx) error {
		p, err := tx.LastPoint()
		if err != nil {
			return err
		}
		c, err := ledger.ParseLine(p.Note)
		line = c.Line()
		return err
	})
	return line
}

// verify opens the database for reading, as kexin verify does.
func (w *proofWorld) verify(keys vault.Keepers, deep bool, opt ledger.VerifyOptions) ledger.Verdict {
	w.t.Helper()
	s, err := store.OpenReading(context.Background(), w.open(db.Config{ReadOnly: true}), keys, w.Clock.Instant)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	opt.Strict = true
	v, err := s.Verify(context.Background(), w.Org, opt, deep)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// past writes past the program.
func (w *proofWorld) past(q string, args ...any) int64 {
	w.t.Helper()
	var n int64
	if err := w.raw.Update(context.Background(), func(tx *db.Tx) (err error) { n, err = tx.Exec(q, args...); return err }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *proofWorld) leaf(idx int64) (leaf []byte) {
	w.t.Helper()
	err := w.raw.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row("SELECT leaf FROM ledger_entry WHERE org_id=$1 AND epoch=1 AND idx=$2", w.Org, idx).Scan(&leaf)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return leaf
}

func codes(list []ledger.Statement) (out []string) {
	for _, s := range list {
		out = append(out, s.Key[strings.LastIndexByte(s.Key, '.')+1:])
	}
	return out
}

func faults(v ledger.Verdict) (out []string) {
	for _, f := range v.Faults {
		out = append(out, f.Key[strings.LastIndexByte(f.Key, '.')+1:])
	}
	return out
}

// named reports whether a fault of this code names this place.
func named(v ledger.Verdict, code string, index int64) bool {
	return slices.ContainsFunc(v.Faults, func(f ledger.Fault) bool {
		return f.Key == "verify.fault."+code && f.Index == index
	})
}

// TestVerifySound: an honest database, with keys and without, alone and
// against a line from outside.
func TestVerifySound(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		line := w.line()
		v := w.verify(w.Keys, true, ledger.VerifyOptions{})
		if v.Status != ledger.Unwitnessed || len(v.Faults) > 0 || !slices.Contains(codes(v.Silent), "unwitnessed") || !slices.Contains(codes(v.Proves), "deep") {
			t.Errorf("alone: %v %v %v", v.Status, faults(v), codes(v.Silent))
		}
		v = w.verify(w.Keys, true, ledger.VerifyOptions{Known: []string{line}})
		if v.Status != ledger.Valid || !slices.Contains(codes(v.Proves), "unaltered") || !slices.Contains(codes(v.Proves), "persons") {
			t.Errorf("with a line: %v %v %v", v.Status, faults(v), codes(v.Proves))
		}
		v = w.verify(nil, true, ledger.VerifyOptions{Known: []string{line}})
		if v.Status != ledger.Unwitnessed || len(v.Faults) > 0 || !slices.Contains(codes(v.Silent), "unsigned") || !slices.Contains(codes(v.Silent), "keyless") {
			t.Errorf("without keys: %v %v %v", v.Status, faults(v), codes(v.Silent))
		}
		keys := w.keys()
		p, err := ledger.ParsePolicy("log " + keys[len(keys)-1].VKey + "\nquorum none\n")
		if err != nil {
			t.Fatal(err)
		}
		if v = w.verify(nil, false, ledger.VerifyOptions{Known: []string{line}, Policy: p}); v.Status != ledger.Valid {
			t.Errorf("without the master key, by the public one: %v %v %v", v.Status, faults(v), codes(v.Silent))
		}
		w.Customer("rep", store.Values{kexin.CustName: kexin.Str("赵敏")})
		if v = w.verify(w.Keys, true, ledger.VerifyOptions{Known: []string{line}}); v.Status != ledger.Unwitnessed || !slices.Contains(codes(v.Silent), "unsealed") {
			t.Errorf("with a tail that is not sealed: %v %v %v", v.Status, faults(v), codes(v.Silent))
		}
	})
}

func (w *proofWorld) keys() (out []ledger.LogKey) {
	w.View(func(tx *store.Tx) error {
		o, err := tx.Origin()
		if err != nil {
			return err
		}
		out, err = tx.LogReader().Keys(o)
		return err
	})
	return out
}

// TestVerifyFinds: what somebody with the database and without the keys does
// to the log is found and named (ACC-04).
func TestVerifyFinds(t *testing.T) {
	const at = 7
	for _, c := range []struct {
		name   string
		tamper func(*proofWorld)
		code   string
		index  int64
	}{
		{"a flipped byte", func(w *proofWorld) {
			leaf := bytes.Clone(w.leaf(at))
			leaf[len(leaf)/2] ^= 1
			w.past("UPDATE ledger_entry SET leaf=$1 WHERE org_id=$2 AND idx=$3", leaf, w.Org, int64(at))
		}, "hash", at},
		{"a flipped byte in the tree", func(w *proofWorld) {
			tile := w.tile(0, 0)
			tile[32*at] ^= 1
			w.past("UPDATE ledger_tile SET data=$1 WHERE org_id=$2 AND level=0 AND n=0", tile, w.Org)
		}, "hash", at},
		{"a removed entry", func(w *proofWorld) {
			w.past("DELETE FROM ledger_entry WHERE org_id=$1 AND idx=$2", w.Org, int64(at))
		}, "index", at},
		{"two entries in each other's place", func(w *proofWorld) {
			a, b := w.leaf(at), w.leaf(at+1)
			w.past("UPDATE ledger_entry SET leaf=$1 WHERE org_id=$2 AND idx=$3", b, w.Org, int64(at))
			w.past("UPDATE ledger_entry SET leaf=$1 WHERE org_id=$2 AND idx=$3", a, w.Org, int64(at+1))
		}, "hash", at},
		{"an entry left out and the rest moved up", func(w *proofWorld) {
			w.past("DELETE FROM ledger_entry WHERE org_id=$1 AND idx=$2", w.Org, int64(at))
			w.past("UPDATE ledger_entry SET idx=-idx WHERE org_id=$1 AND idx>$2", w.Org, int64(at))
			w.past("UPDATE ledger_entry SET idx=-idx-1 WHERE org_id=$1 AND idx<0", w.Org)
		}, "hash", at},
		{"the end cut off", func(w *proofWorld) {
			w.past("DELETE FROM ledger_entry WHERE org_id=$1 AND idx>=$2", w.Org, int64(at))
		}, "tail", at},
		{"a checkpoint of one's own", func(w *proofWorld) {
			w.past("UPDATE checkpoint SET note=replace(note,'kexin.','kexin.0') WHERE org_id=$1", w.Org)
		}, "checkpoint", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			proofBoth(t, func(t *testing.T, w *proofWorld) {
				c.tamper(w)
				if v := w.verify(w.Keys, false, ledger.VerifyOptions{}); v.Status != ledger.Invalid || len(v.Proves) > 0 || !named(v, c.code, c.index) {
					t.Errorf("%v %+v", v.Status, v.Faults)
				}
			})
		})
	}
}

func (w *proofWorld) tile(level, n int64) (data []byte) {
	w.t.Helper()
	err := w.raw.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row("SELECT data FROM ledger_tile WHERE org_id=$1 AND epoch=1 AND level=$2 AND n=$3", w.Org, level, n).Scan(&data)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return data
}

// rewrite is what the holder of the server and its keys can do: an entry says
// something else, the tree is built and signed anew.
func (w *proofWorld) rewrite() {
	w.t.Helper()
	var idx int64
	w.scan("SELECT MIN(idx) FROM ledger_entry WHERE org_id=$1 AND subj IS NULL AND body_c IS NULL AND type<>'heads'", []any{w.Org}, &idx)
	e, err := ledger.Decode(w.leaf(idx))
	if err != nil {
		w.t.Fatal(err)
	}
	e.T += 1000
	leaf, err := e.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	hash := ledger.LeafHash(leaf)
	w.past("UPDATE ledger_entry SET leaf=$1,hash=$2,at=$3 WHERE org_id=$4 AND idx=$5", leaf, hash[:], e.T, w.Org, idx)
	// A commitment to all persons does not depend on the entry, so it stays.
	w.past("UPDATE ledger_entry SET idx=NULL WHERE org_id=$1", w.Org)
	w.past("DELETE FROM ledger_tile WHERE org_id=$1", w.Org)
	w.past("DELETE FROM checkpoint WHERE org_id=$1", w.Org)
	w.seal()
}

// TestVerifyRewritten: a log that was rewritten and signed anew shows only
// against what somebody outside holds.
func TestVerifyRewritten(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		line := w.line()
		known, err := ledger.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		receipt := &ledger.Receipt{Checkpoint: known, Leaf: ledger.LeafHash(w.leaf(3))}
		if v := w.verify(w.Keys, false, ledger.VerifyOptions{Receipt: receipt}); v.Status != ledger.Valid {
			t.Fatalf("an honest receipt: %v %v", v.Status, faults(v))
		}
		w.rewrite()
		if v := w.verify(w.Keys, true, ledger.VerifyOptions{}); v.Status != ledger.Unwitnessed || len(v.Faults) > 0 || !slices.Contains(codes(v.Silent), "unwitnessed") {
			t.Errorf("alone it must look sound, and say so: %v %v", v.Status, faults(v))
		}
		if v := w.verify(w.Keys, false, ledger.VerifyOptions{Known: []string{line}}); v.Status != ledger.Invalid || !slices.Contains(faults(v), "rewritten") {
			t.Errorf("against the line: %v %v", v.Status, faults(v))
		}
		if v := w.verify(w.Keys, false, ledger.VerifyOptions{Receipt: receipt}); v.Status != ledger.Invalid || !slices.Contains(faults(v), "rewritten") {
			t.Errorf("against the receipt: %v %v", v.Status, faults(v))
		}
	})
}

// A person's entries are found going back from the last; a row that leads in a circle
// or to somebody else's entries ends the way, and neither hangs.
func TestChainInCircle(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		id := w.Customer("rep", person("张伟", "+8613900001111"))
		for _, stage := range []string{"talking", "quoted", "won"} {
			w.Edit(w.Staff["rep"], id, store.Values{kexin.CustStage: kexin.Str(stage)})
		}
		entries := func() (n int) {
			w.View(func(tx *store.Tx) error {
				p, err := w.One(tx, "owner", kexin.ActGet, id)
				if err != nil {
					return err
				}
				all, err := tx.PersonLog(&p)
				n = len(all)
				return err
			})
			return n
		}
		if n := entries(); n != 4 {
			t.Fatalf("%d entries", n)
		}
		for _, to := range []string{"id", "(SELECT MIN(x.id) FROM ledger_entry x WHERE x.org_id=$1 AND x.subj<>ledger_entry.subj)"} {
			w.past("UPDATE ledger_entry SET before_id="+to+" WHERE org_id=$1 AND id=(SELECT last_id FROM subject_head h WHERE h.org_id=$1 AND h.subj=ledger_entry.subj AND h.sseq=4)", w.Org)
			if n := entries(); n != 1 {
				t.Errorf("%s: %d entries", to, n)
			}
		}
	})
}

// A copy from before entries named the one before them is looked through as it is.
func TestVerifyDeepOlder(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		w.past("ALTER TABLE ledger_entry DROP COLUMN before_id")
		w.past("ALTER TABLE subject_head DROP COLUMN last_id")
		if v := w.verify(w.Store.Keepers(), true, ledger.VerifyOptions{}); len(faults(v)) > 0 {
			t.Errorf("%v %v", v.Status, faults(v))
		}
	})
}

// TestVerifyDeep: what was changed beside the log.
func TestVerifyDeep(t *testing.T) {
	for _, c := range []struct {
		name    string
		tamper  func(*proofWorld)
		code    string
		keyless bool // found without the master key too
	}{
		{"an entry hidden from its person", func(w *proofWorld) {
			w.past("UPDATE ledger_entry SET subj=NULL WHERE org_id=$1 AND idx=(SELECT MAX(idx) FROM ledger_entry WHERE org_id=$1 AND subj IS NOT NULL)", w.Org)
		}, "column", true},
		{"a digest beside the leaf", func(w *proofWorld) {
			w.past("UPDATE ledger_entry SET hash=leaf WHERE org_id=$1 AND idx=3", w.Org)
		}, "column", true},
		{"a person's last entry", func(w *proofWorld) {
			w.past("UPDATE subject_head SET sseq=sseq-1 WHERE org_id=$1 AND sseq=(SELECT MAX(sseq) FROM subject_head WHERE org_id=$1)", w.Org)
		}, "person_head", true},
		{"which entry a person's last one is", func(w *proofWorld) {
			w.past("UPDATE subject_head SET last_id=last_id-1 WHERE org_id=$1 AND sseq=(SELECT MAX(sseq) FROM subject_head WHERE org_id=$1)", w.Org)
		}, "person_head", true},
		{"an entry passed over", func(w *proofWorld) {
			w.past(`UPDATE ledger_entry SET before_id=(SELECT p.before_id FROM ledger_entry p WHERE p.org_id=$1 AND p.id=ledger_entry.before_id)
			 WHERE org_id=$1 AND id=(SELECT MAX(id) FROM ledger_entry WHERE org_id=$1 AND sseq>1)`, w.Org)
		}, "column", true},
		{"a position", func(w *proofWorld) {
			w.past("UPDATE member SET position='owner' WHERE org_id=$1 AND id=$2", w.Org, w.Staff["rep"].User)
		}, "row", false},
		{"a customer given to a colleague", func(w *proofWorld) {
			w.past("UPDATE customer SET owner_id=$2 WHERE org_id=$1 AND id=(SELECT MIN(id) FROM customer WHERE org_id=$1 AND owner_id<>$2)", w.Org, w.Staff["rep4"].User)
		}, "owner", false},
		{"a department moved", func(w *proofWorld) {
			w.past("UPDATE dept SET parent_id=0 WHERE org_id=$1 AND id=$2", w.Org, w.Depts[1])
		}, "row", false},
		{"clerks who see each other's customers", func(w *proofWorld) {
			w.past("UPDATE org SET mutual=TRUE WHERE id=$1", w.Org)
		}, "row", false},
		{"a code taken away", func(w *proofWorld) {
			w.past("UPDATE dept SET mac=NULL WHERE org_id=$1 AND id=$2", w.Org, w.Depts[2])
		}, "row", false},
		{"a department's older place", func(w *proofWorld) {
			old := w.Depts[1]
			w.past("CREATE TABLE kept AS SELECT parent_id,mac FROM dept WHERE org_id=$1 AND id=$2", w.Org, old)
			w.Update(func(tx *store.Tx) error {
				if err := tx.SaveDept(store.Dept{ID: old, Name: "一部"}); err != nil {
					return err
				}
				return tx.Log(store.Event{Actor: ledger.Actor{Kind: ledger.ByCLI}, Facts: &ledger.DeptChanged{Change: "moved", Dept: old}})
			})
			w.seal()
			w.past("UPDATE dept SET parent_id=(SELECT parent_id FROM kept),mac=(SELECT mac FROM kept) WHERE org_id=$1 AND id=$2", w.Org, old)
		}, "row_old", false},
		{"an older value put back", func(w *proofWorld) {
			var id kexin.ID
			var old []byte
			w.scan("SELECT id,phone_c FROM customer WHERE org_id=$1 AND phone_c IS NOT NULL ORDER BY id LIMIT 1", []any{w.Org}, &id, &old)
			w.Edit(w.Staff["owner"], id, store.Values{kexin.CustPhone: kexin.Str("+8613866667777")})
			w.seal()
			w.past("UPDATE customer SET phone_c=$1 WHERE org_id=$2 AND id=$3", old, w.Org, id)
		}, "cells", false},
		{"a value taken away", func(w *proofWorld) {
			w.past("UPDATE customer SET phone_c=NULL WHERE org_id=$1 AND phone_c IS NOT NULL", w.Org)
		}, "cells", false},
		{"a day kept beside a record", func(w *proofWorld) {
			w.past("UPDATE customer SET last_at=last_at+86400000 WHERE org_id=$1 AND id=(SELECT MAX(id) FROM customer WHERE org_id=$1)", w.Org)
		}, "figures", true},
		{"a sum kept beside a record", func(w *proofWorld) {
			w.past("UPDATE customer SET sum=sum+100 WHERE org_id=$1 AND id=(SELECT MAX(id) FROM customer WHERE org_id=$1)", w.Org)
		}, "figures", true},
		{"a record taken away", func(w *proofWorld) {
			w.past("DELETE FROM visit WHERE org_id=$1", w.Org)
		}, "lost", false},
		{"a body exchanged", func(w *proofWorld) {
			w.past("UPDATE ledger_entry SET body_c=(SELECT b.body_c FROM ledger_entry b WHERE b.org_id=$1 AND b.body_c IS NOT NULL AND b.id<>ledger_entry.id ORDER BY b.id LIMIT 1) WHERE org_id=$1 AND body_c IS NOT NULL AND idx=(SELECT MAX(x.idx) FROM ledger_entry x WHERE x.org_id=$1 AND x.body_c IS NOT NULL)", w.Org)
		}, "body", false},
		{"an erased person whose data is still there", func(w *proofWorld) {
			w.past("INSERT INTO tombstone(org_id,subject_id,at,tag) SELECT org_id,subject_id,1,$2 FROM customer WHERE org_id=$1", w.Org, []byte{1})
		}, "undead", true},
		{"a consent of one's own", func(w *proofWorld) {
			w.past("INSERT INTO consent_state(org_id,subject_id,purpose,channel,receiver,state,valid_from,valid_until,grade,epoch,leaf,mac) SELECT org_id,subject_id,'marketing.own.call','call',0,'GIVEN',1,9999999999999,'E5',1,$2,$3 FROM customer WHERE org_id=$1", w.Org, make([]byte, 32), make([]byte, 16))
		}, "row", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			proofBoth(t, func(t *testing.T, w *proofWorld) {
				c.tamper(w)
				if v := w.verify(w.Keys, true, ledger.VerifyOptions{}); v.Status != ledger.Invalid || !slices.Contains(faults(v), c.code) || len(v.Proves) > 0 {
					t.Errorf("%v %+v", v.Status, v.Faults)
				}
				v := w.verify(nil, true, ledger.VerifyOptions{})
				if found := slices.Contains(faults(v), c.code); found != c.keyless || !slices.Contains(codes(v.Silent), "keyless") {
					t.Errorf("without keys: %v %v", v.Status, faults(v))
				}
			})
		})
	}
}

func (w *proofWorld) scan(q string, args []any, dest ...any) {
	w.t.Helper()
	if err := w.raw.View(context.Background(), func(tx *db.Tx) error { return tx.Row(q, args...).Scan(dest...) }); err != nil {
		w.t.Fatal(err)
	}
}

// TestVerifyConsent: what she said stands in the row that decisions read; the
// row from before she withdrew, put back with its own code, is found.
func TestVerifyConsent(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		var subject kexin.ID
		w.scan("SELECT MIN(subject_id) FROM customer WHERE org_id=$1", []any{w.Org}, &subject)
		say := func(k consent.Kind) {
			w.Update(func(tx *store.Tx) error {
				_, _, err := tx.Say(store.Said{Subject: subject, Purpose: "marketing.own.sms", Channel: kexin.BySMS, By: ledger.Actor{Kind: ledger.ByCustomer}, Way: "sms",
					Event: consent.Event{Kind: k, By: consent.Customer, At: tx.Now, Facts: consent.Facts{Purpose: true, Notice: true, MayAsk: true, Channel: true, Complete: true, Proof: true, Active: true, Alone: true}}, Until: tx.Now.Add(24 * time.Hour), Grade: consent.Code,
					Fields: []kexin.FieldID{kexin.CustPhone}, Notice: 1, Text: consent.Hash{1}, Evidence: "test", Terms: consent.Terms{About: "offers", MaxPerMonth: 1, Until: tx.Now.Add(24 * time.Hour)}})
				return err
			})
		}
		say(consent.Create)
		if v := w.verify(w.Keys, true, ledger.VerifyOptions{}); len(v.Faults) > 0 {
			t.Fatalf("drafted: %v", faults(v))
		}
		say(consent.Give)
		w.seal()
		if v := w.verify(w.Keys, true, ledger.VerifyOptions{}); len(v.Faults) > 0 {
			t.Fatalf("given: %v", faults(v))
		}
		var state, grade string
		var from, until, epoch int64
		var leaf, mac []byte
		w.scan("SELECT state,valid_from,valid_until,grade,epoch,leaf,mac FROM consent_state WHERE org_id=$1", []any{w.Org}, &state, &from, &until, &grade, &epoch, &leaf, &mac)
		say(consent.Withdraw)
		w.seal()
		if v := w.verify(w.Keys, true, ledger.VerifyOptions{}); len(v.Faults) > 0 {
			t.Fatalf("withdrawn: %v", faults(v))
		}
		w.past("UPDATE consent_state SET state=$1,valid_from=$2,valid_until=$3,grade=$4,epoch=$5,leaf=$6,mac=$7 WHERE org_id=$8", state, from, until, grade, epoch, leaf, mac, w.Org)
		if v := w.verify(w.Keys, true, ledger.VerifyOptions{}); v.Status != ledger.Invalid || !slices.Contains(faults(v), "consent") {
			t.Errorf("a withdrawn consent put back: %v %v", v.Status, faults(v))
		}
	})
}

// TestVerifyHiddenEpoch: what a restore began cannot be hidden by setting the
// merchant's row back, nor by taking the new epoch away from who holds a line
// of it; a line of nothing vouches for nothing.
func TestVerifyHiddenEpoch(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		first := w.line()
		empty := first[:strings.IndexByte(first, ' ')] + " 0 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
		if v := w.verify(w.Keys, false, ledger.VerifyOptions{Known: []string{empty}}); v.Status != ledger.Unwitnessed || len(v.Faults) > 0 {
			t.Errorf("a line of size 0 counts: %v %v", v.Status, faults(v))
		}
		if _, err := w.Store.Resume(context.Background(), store.Checked{}, "restore", func(_ kexin.ID, c ledger.Checkpoint) int64 { return c.Size }); err != nil {
			t.Fatal(err)
		}
		w.seal()
		second := w.line()
		if v := w.verify(w.Keys, true, ledger.VerifyOptions{Known: []string{first, second}}); v.Status != ledger.Valid {
			t.Fatalf("two epochs: %v %v", v.Status, faults(v))
		}
		w.past("UPDATE org SET epoch=1 WHERE id=$1", w.Org)
		if v := w.verify(w.Keys, false, ledger.VerifyOptions{Known: []string{first, second}}); v.Status != ledger.Valid {
			t.Errorf("the new epoch is not read: %v %v", v.Status, faults(v))
		}
		for _, table := range []string{"ledger_entry", "ledger_tile", "checkpoint"} {
			w.past("DELETE FROM "+table+" WHERE org_id=$1 AND epoch=2", w.Org)
		}
		if v := w.verify(w.Keys, false, ledger.VerifyOptions{Known: []string{first, second}}); v.Status != ledger.Invalid || !slices.Contains(faults(v), "tail") {
			t.Errorf("an epoch taken away: %v %v", v.Status, faults(v))
		}
	})
}

// TestVerifyChangesNothing: reading takes no lease and migrates nothing.
func TestVerifyChangesNothing(t *testing.T) {
	proofBoth(t, func(t *testing.T, w *proofWorld) {
		count := func() (n, m int64) {
			w.scan("SELECT COUNT(*) FROM node", nil, &n)
			w.scan("SELECT COUNT(*) FROM ledger_entry WHERE org_id=$1", []any{w.Org}, &m)
			return n, m
		}
		n, m := count()
		w.verify(w.Keys, true, ledger.VerifyOptions{})
		if n2, m2 := count(); n2 != n || m2 != m {
			t.Errorf("%d nodes and %d entries, before %d and %d", n2, m2, n, m)
		}
		s, err := store.OpenReading(context.Background(), w.open(db.Config{ReadOnly: true}), w.Keys, w.Clock.Instant)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Seal(context.Background(), w.Org); err == nil {
			t.Error("a reader sealed")
		}
	})
}
