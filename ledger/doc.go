// Package ledger is the record that nobody can change unseen 留痕: what is
// written in it, the Merkle log over it, the checkpoints that others keep,
// and the check that needs nothing but a file.
//
//	Entry ─▶ leaf bytes ─▶ Grower (tiles, root) ─▶ Checkpoint ─▶ witness
//	                          └─▶ Evidence file ─▶ VerifyEvidence ─▶ Verdict
//
// The package is pure: no SQL, no HTTP, no clock. Only the witness's state
// touches a file. Formats: leaves are RFC 8785 (JCS) in a restricted subset;
// the tree is RFC 6962; checkpoints, cosignatures, the witness protocol and
// policies are those of c2sp.org (signed-note, tlog-checkpoint,
// tlog-cosignature, tlog-witness, tlog-policy, tlog-tiles).
//
// To add a kind of event: one facts struct in a facts_*.go file, one line in
// the table of event.go. The tests then refuse it if a fact could hold free
// text.
package ledger

import "kexin"

// invalid is the error for bytes or values that do not follow the format.
func invalid(op string, cause error) error {
	return &kexin.Error{Op: "ledger." + op, Code: kexin.Invalid, Key: "error.ledger_format", Err: cause}
}

// broken is the error for stored things that contradict each other.
func broken(op string, cause error) error {
	return &kexin.Error{Op: "ledger." + op, Code: kexin.Internal, Err: cause}
}
