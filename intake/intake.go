package intake

import "io"

// A File is what was uploaded: usually an encrypted stage file that decrypts
// as it is read.
type File interface {
	io.ReaderAt
	Size() int64
}

// A Format is how a file holds its table.
type Format string

// The formats.
const (
	CSV  Format = "csv"   // any delimiter
	XLSX Format = "xlsx"  // Office Open XML workbook (ECMA-376)
	JSON Format = "jsonl" // JSON lines, or one array, of flat objects
)

// Options correct what Look finds. The zero value lets it find everything.
type Options struct {
	Encoding  string // one of Encodings, or gbk, gb2312
	Delimiter rune
	Sheet     string
	Header    int // 1-based record or sheet row; 0 = find, NoHeader = there is none
}

// NoHeader says that the first record is data already.
const NoHeader = -1

// A Guess is what Look found; corrected by the user it is what Rows needs.
type Guess struct {
	Format    Format
	Encoding  string   // one of Encodings; "" for a workbook
	Delimiter rune     // CSV only
	Sheet     string   // XLSX only
	Sheets    []string // all worksheets in order, hidden ones too
	Header    int      // 1-based record (CSV; blank lines count) or sheet row; NoHeader; 0 for JSON
	Columns   []Column
	Sample    [][]string // the first 20 data records
	Sure      bool       // the encoding is certain
	Refused   bool       // a file by WriteRefused that has come back
}

// A Column is one column of the file. Index counts from 0 and is the place of
// its cell in Row.Cells. Name is "" where the header is blank.
type Column struct {
	Name  string
	Index int
}

// within: a Guess may have been on its way through a browser.
func (c Column) within(columns int) bool { return c.Index >= 0 && c.Index < columns }

// A Skip says why a record is no data.
type Skip string

// The reasons.
const (
	SkipHeader Skip = "header" // the header once more 重复的表头
	SkipTotal  Skip = "total"  // a line of totals 合计
)

// A Row is one record. Where Skip is set N is 0 and the record is only
// reported; every other record counts, blank cells or not.
type Row struct {
	N     int // data record under the first header, from 1
	Line  int // physical line of a text file, row of a sheet
	Cells []string
	Notes []Note // what reading changed
	Skip  Skip
	apart bool // blank lines stand before it
}

// A Note says that a cell is not quite what the file shows.
type Note struct {
	Column int    // from 0
	Code   string // one of the Note codes
}

// The codes of a Note; also codes of the issues that Drafts makes of them.
const (
	NoteError    = "cell_error" // #N/A and the like: read as empty
	NoteMerged   = "merged"     // value taken from the merged cell above
	NoteEncoding = "encoding"   // bytes that are no text of this encoding
	NoteExtra    = "extra_cell" // beyond the last column of the header
)

// A record is what a source yields, not yet told apart into data and others.
type record struct {
	num    int // 1-based record or sheet row, for Guess.Header
	line   int
	fields [][]byte // valid until the next record is read
	notes  []Note
}

// A source yields the records of one table; io.EOF ends it. Physical lines
// without any cell are not records.
type source interface {
	next() (record, error)
}
