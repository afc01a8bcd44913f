// Package intake turns the bytes of a shop's own file into rows and drafts:
// CSV, XLSX and JSON lines, in the encodings that Chinese shops really have.
//
// The line of work is Look (what is this file?), Map (what is each column?),
// Rows (one record after the other, memory flat) and Drafts (one record as
// fields of a customer and an order, with the evidence of where she came from,
// law IMP-05). A Detector beside it recognises lists of home owners, which
// must never be taken in (law IMP-03). WriteRefused gives back what was not
// imported, in a file that can be corrected and imported again.
//
// A file is an adversary: every count and size has a limit (security A14), and
// each breach is its own *kexin.Error, which names row and column and never a
// value. Nothing is written to disk here.
package intake
