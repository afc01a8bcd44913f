package api

import "kexin"

// Manifest declares an import before any byte of the file is sent (IMP-01).
type Manifest struct {
	Source    string `json:"source,omitempty" doc:"kind of source; unlawful kinds are refused with the reason"`
	From      string `json:"from,omitempty" doc:"first day the rows were collected, YYYY-MM-DD"`
	To        string `json:"to,omitempty" doc:"last day"`
	Collected string `json:"collected,omitempty" enum:"staff,customer,system" doc:"who wrote the rows down"`
	Accept    bool   `json:"accept,omitempty" doc:"the declaration is accepted by the person signed in"`
	Size      int64  `json:"size,omitempty" doc:"bytes of the file, if known"`
	SHA256    string `json:"sha256,omitempty" doc:"hex digest of the file, if known; compared after upload"`
}

// SourceKind is one kind of source with its explanation.
type SourceKind struct {
	Code   string `json:"code"`
	Label  string `json:"label"`
	Why    string `json:"why"`
	Lawful bool   `json:"lawful"`
	Own    bool   `json:"own"`
}

// Sources are all kinds, lawful first.
type Sources struct {
	Kinds       []SourceKind `json:"kinds" nullable:"false"`
	Declaration string       `json:"declaration" doc:"what the person declares by going on"`
}

// Column is one column of the file and what it becomes.
type Column struct {
	Index  int      `json:"index"`
	Name   string   `json:"name"`
	Sample []string `json:"sample" nullable:"false" doc:"masked"`
	Target string   `json:"target" doc:"object.field, or skip"`
	Fixed  bool     `json:"fixed" doc:"may not be mapped: sensitive and not needed"`
	Reason string   `json:"reason,omitempty"`
	Filled int      `json:"filled"`
	Bad    int      `json:"bad" doc:"values that could not be read"`
}

// Target is one thing a column may become.
type Target struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// Group is a group of rows without a source, asked about once (IMP-05).
type Group struct {
	ID     string `json:"id"`
	N      int    `json:"n"`
	Text   string `json:"text" doc:"这 90 位是怎么来的?"`
	Answer string `json:"answer" doc:"store, phone, order, unknown or empty"`
}

// Count is one outcome and its rows.
type Count struct {
	Outcome string `json:"outcome" enum:"new,same,unchanged,review,refused,aside"`
	N       int    `json:"n"`
}

// Refusal is one cause of refusal and its rows.
type Refusal struct {
	Code string `json:"code"`
	Text string `json:"text"`
	N    int    `json:"n"`
}

// Batch is one import. States: declared, received, reading, ready (dry run
// done), queued, running, done, cancelled, refused, failed.
type Batch struct {
	ID        kexin.ID  `json:"id"`
	State     string    `json:"state" enum:"declared,received,reading,ready,queued,running,done,cancelled,refused,failed"`
	Source    string    `json:"source"`
	By        string    `json:"by"`
	At        int64     `json:"at"`
	Format    string    `json:"format,omitempty"`
	Encoding  string    `json:"encoding,omitempty"`
	Encodings []string  `json:"encodings,omitempty" nullable:"false"`
	Sure      bool      `json:"sure" doc:"the encoding is certain"`
	Delimiter string    `json:"delimiter,omitempty"`
	Header    int       `json:"header,omitempty" doc:"record number of the header row"`
	Sheet     string    `json:"sheet,omitempty"`
	Sheets    []string  `json:"sheets,omitempty" nullable:"false"`
	Columns   []Column  `json:"columns" nullable:"false"`
	Targets   []Target  `json:"targets" nullable:"false"`
	Groups    []Group   `json:"groups" nullable:"false"`
	Counts    []Count   `json:"counts" nullable:"false" doc:"of the dry run, then of the import; they add up to rows"`
	Refusals  []Refusal `json:"refusals" nullable:"false"`
	Rows      int       `json:"rows" doc:"rows read"`
	Skipped   int       `json:"skipped" doc:"repeated headers and total lines, not counted as rows"`
	Done      int       `json:"done"`
	Total     int       `json:"total"`
	Error     *Text     `json:"error,omitempty" doc:"why it failed or was refused, and what to do"`
	Lawful    []Text    `json:"lawful,omitempty" nullable:"false" doc:"three lawful ways, where the file was refused"`
	NeedStep  bool      `json:"needStep" doc:"confirming needs the second factor or another member of staff"`
	PurgeOn   string    `json:"purgeOn,omitempty" doc:"day on which rows set aside are destroyed"`
	Outside   int       `json:"outside" doc:"rows known here and handed to their owner"`
	Version   int64     `json:"version" doc:"grows with every change; give it back with a change"`
}

// BatchChange corrects what was found in the file, or answers groups.
type BatchChange struct {
	Encoding  string            `json:"encoding,omitempty"`
	Delimiter string            `json:"delimiter,omitempty"`
	Header    int               `json:"header,omitempty"`
	Sheet     string            `json:"sheet,omitempty"`
	Targets   map[string]string `json:"targets,omitempty" doc:"column index to target code"`
	Answers   map[string]string `json:"answers,omitempty" doc:"group id to store, phone, order or unknown"`
}

// ReviewItem is one row that a person must judge: the same as a record that
// is there, or somebody else.
type ReviewItem struct {
	ID    kexin.ID `json:"id"`
	Row   int      `json:"row"`
	Why   []Text   `json:"why" nullable:"false" doc:"what speaks for the same person and what against"`
	Left  []Side   `json:"fields" nullable:"false"`
	Cand  kexin.ID `json:"candidate"`
	Score int      `json:"score" doc:"0 to 100"`
}

// Side is one field of a row beside the record's.
type Side struct {
	Name  string `json:"name"`
	Row   any    `json:"row"`
	There any    `json:"there"`
	Same  bool   `json:"same"`
}

// Reviews is a page of rows to judge.
type Reviews struct {
	Items []ReviewItem `json:"items" nullable:"false"`
	Left  int          `json:"left"`
}

// Judge answers a review.
type Judge struct {
	Answer string `json:"answer" enum:"same,different,later"`
}
