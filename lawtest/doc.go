// Package lawtest asks the whole server, over HTTP, for what the law asks of
// Kexin: one test a requirement, named by its id (TestLaw/CON-02). The run
// writes docs/law.md, which says of each requirement whether it holds, holds
// partly or is not there yet; nothing holds whose test did not run and pass.
//
//	go test ./lawtest                               asks, and compares the page
//	go test ./lawtest -run TestLaw -write           writes it
//	go test ./lawtest -run TestLaw/CON-02 -write    writes the lines of one requirement
//
// The package holds tests alone. To add one, put a proof in the list of its
// file; a new file's list goes into all of law_test.go.
package lawtest
