package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"

	"kexin"
	"kexin/ledger"
)

// tiles is where a program keeps a log's tiles; the store has a table.
type tiles map[ledger.TileID][]byte

func (t tiles) ReadTile(id ledger.TileID) ([]byte, error) { return t[id], nil }

// From an entry to a verdict: an entry is written and sealed, a checkpoint
// signed, its line goes out, an evidence file is made, and somebody who kept
// the line checks the file.
func Example() {
	key := ed25519.NewKeyFromSeed(make([]byte, 32)) // of the merchant's log
	origin, _ := ledger.NewOrigin("demo", 12, 1)
	store := tiles{}

	// The business transaction writes the entry behind the person's last one.
	person := ledger.Head{Subj: ledger.Subj{1, 2, 3}}
	salt, body := [32]byte{7}, []byte(`{"reason":"约好回访"}`)
	commit, _ := ledger.Commitment(salt, body)
	entry := &ledger.Entry{
		ID: 1001, T: 1764000000000, Org: 12, Actor: ledger.Who(kexin.Actor{User: 5, Position: kexin.Rep}),
		Facts: &ledger.ValueRevealed{Object: kexin.Customer, Field: kexin.CustPhone, Why: "aftersales"}, Commit: commit,
	}
	leaf, person, _ := ledger.Link(entry, person)

	// The sealer puts it in the tree and signs.
	g, _ := ledger.NewGrower(0, store)
	g.Add(ledger.LeafHash(leaf))
	for _, t := range g.Tiles() {
		store[t.TileID] = t.Hashes
	}
	cp := ledger.Checkpoint{Origin: origin, Tree: g.Tree()}
	signed, _ := ledger.Sign(cp, ledger.NewSigner(origin, key))
	kept := cp.Line() // on a receipt, in a chat group, at a neighbour's

	// Later: the person's evidence file.
	leaves, _ := ledger.ProveRows(0, cp.Size, []ledger.Row{{Index: 0, Leaf: leaf}}, store)
	leaves[0].Body, leaves[0].Salt = body, salt
	ev := &ledger.Evidence{
		Made: 1764000001000, Checkpoint: signed, Subj: person.Subj, Leaves: leaves,
		Keys: []ledger.LogKey{{VKey: ledger.VKey(origin, key.Public().(ed25519.PublicKey))}},
	}
	file, _ := ev.Seal(key)

	v := ledger.VerifyEvidence(bytes.NewReader(file), ledger.VerifyOptions{Known: []string{kept}})
	fmt.Println(v.Status, v.Entries, v.Bodies)
	v = ledger.VerifyEvidence(bytes.NewReader(file), ledger.VerifyOptions{})
	fmt.Println(v.Status)
	v = ledger.VerifyEvidence(bytes.NewReader(bytes.Replace(file, []byte("aftersales"), []byte("appointment"), 1)), ledger.VerifyOptions{})
	fmt.Println(v.Status, v.Faults[0].Key)
	// Output:
	// valid 1 1
	// unwitnessed
	// invalid verify.fault.signature
}
