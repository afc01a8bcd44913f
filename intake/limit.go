package intake

import (
	"errors"
	"io"
	"strconv"

	"kexin"
)

// Limits bound what a file may ask of the machine (security A14). All sizes
// are in bytes. Reaching a limit is allowed, passing it is not.
type Limits struct {
	Upload    int64 // the file
	Rows      int   // data records
	Columns   int   // cells of one record
	Cell      int   // one cell, as UTF-8
	Line      int   // one CSV record or JSON object
	Quote     int   // how far an opened quote is followed
	Entries   int   // files in a ZIP
	Part      int64 // one file in a ZIP, uncompressed, declared and counted
	Total     int64 // all files in a ZIP, uncompressed
	Ratio     int64 // uncompressed ÷ compressed
	RatioFrom int64 // uncompressed size from which Ratio holds
	Strings   int64 // shared strings of a workbook, in memory
	Sheets    int   // sheets of a workbook
	XMLDepth  int   // nesting of elements
	JSONDepth int   // nesting of values
}

// DefaultLimits are those of security A14.
func DefaultLimits() Limits {
	return Limits{
		Upload: 2 << 30, Rows: 5_000_000, Columns: 500, Cell: 64 << 10, Line: 1 << 20, Quote: 1 << 20,
		Entries: 100, Part: 1 << 30, Total: 4 << 30, Ratio: 100, RatioFrom: 10 << 20,
		Strings: 200 << 20, Sheets: 100, XMLDepth: 64, JSONDepth: 32,
	}
}

// refuse is an error about the file as a whole.
func refuse(key string) error {
	return &kexin.Error{Op: "intake", Code: kexin.Invalid, Key: key}
}

// refuseAt is an error at a row (physical line, or row of the sheet) and a
// column, both from 1; 0 leaves one out.
func refuseAt(key string, row, column int) error {
	args := map[string]string{}
	if row > 0 {
		args["row"] = strconv.Itoa(row)
	}
	if column > 0 {
		args["column"] = strconv.Itoa(column)
	}
	return &kexin.Error{Op: "intake", Code: kexin.Invalid, Key: key, Args: args}
}

// broken wraps an error of reading: one of ours passes, an early end means a
// truncated file, anything else is the store's trouble and keeps its cause.
func broken(err error, key string) error {
	var e *kexin.Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(key)
	}
	return &kexin.Error{Op: "intake.read", Code: kexin.Unavailable, Err: err}
}
