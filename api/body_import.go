package api

import "kexin"

// Manifest declares an import before any byte of the file is sent (IMP-01).
type Manifest struct {
	Object    string `json:"object,omitempty" enum:"customer,contact,order,deal,visit,task" doc:"what the list holds; customers where it is not said. All others name a customer who is there, by phone or record number; one of orders has a row for each line"`
	Source    string `json:"source,omitempty" doc:"kind of source; unlawful kinds are refused with the reason"`
	Page      string `json:"page,omitempty" maxLength:"500" doc:"of public_web, and needed there: the address at which it was read"`
	From      string `json:"from,omitempty" doc:"first day the rows were collected, YYYY-MM-DD; needed for public_web"`
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
	Object    string    `json:"object" enum:"customer,contact,order,deal,visit,task" doc:"what the list holds"`
	State     string    `json:"state" enum:"declared,received,reading,ready,queued,running,halted,done,cancelled,refused,failed"`
	Source    string    `json:"source"`
	Page      string    `json:"page,omitempty" doc:"of public data: the address at which it was read"`
	By        string    `json:"by"`
	At        int64     `json:"at"`
	Format    string    `json:"format,omitempty"`
	Encoding  string    `json:"encoding,omitempty"`
	Encodings []string  `json:"encodings,omitempty" nullable:"false"`
	Sure      bool      `json:"sure" doc:"the encoding is certain"`
	Delimiter string    `json:"delimiter,omitempty"`
	Header    int       `json:"header,omitempty" doc:"record number of the header row, -1 = there is none"`
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
	Taken     int       `json:"taken" doc:"rows that are imported or judged, by whatever outcome"`
	Coarse    bool      `json:"coarse" doc:"which of them are known already is told once they are imported; counts holds the others only"`
	Outside   int       `json:"outside" doc:"rows known here and handed to their owner"`
	Kept      int       `json:"kept" doc:"rows whose record is there and says otherwise in some fields; it stays as it is, and the rows name the fields"`
	Reopens   kexin.ID  `json:"reopens,omitempty" doc:"the refused import whose file, and no other, this one takes"`
	OpensAt   int64     `json:"opensAt,omitempty" doc:"before this instant that file is not taken, ms"`
	Reopened  *Reopened `json:"reopened,omitempty" doc:"of a refused owners' list: who let it in again"`
	MayFetch  bool      `json:"mayFetch" doc:"this person may have the rows back that were not taken in, once"`
	Fetched   bool      `json:"fetched" doc:"this person has had them; POST makes the file anew"`
	MayReopen bool      `json:"mayReopen" doc:"this person may let the refused list in, on a lawyer's note"`
	Version   int64     `json:"version" doc:"grows with every change; give it back with a change"`
}

// LawyerNote is on what ground a list is let in that was refused as an owners'
// list: a lawyer has read it (IMP-03).
type LawyerNote struct {
	Lawyer  string `json:"lawyer,omitempty" maxLength:"200" doc:"name"`
	Firm    string `json:"firm,omitempty" maxLength:"200" doc:"law firm"`
	Licence string `json:"licence,omitempty" maxLength:"40" doc:"licence to practise, 17 digits"`
	On      string `json:"on,omitempty" maxLength:"10" doc:"day of the note, YYYY-MM-DD"`
	Text    string `json:"text,omitempty" maxLength:"4000" doc:"what the lawyer found, 20 to 2000 characters"`
}

// Reopened tells who let a refused list in, and on what ground.
type Reopened struct {
	By    string      `json:"by"`
	At    int64       `json:"at"`
	Into  kexin.ID    `json:"into" doc:"the import that takes the file"`
	Alone bool        `json:"alone" doc:"by the owner of a merchant without a protection officer"`
	Note  *LawyerNote `json:"note,omitempty" doc:"for those who read the log"`
}

// BatchChange corrects what was found in the file, or answers groups.
type BatchChange struct {
	Encoding  string            `json:"encoding,omitempty"`
	Delimiter string            `json:"delimiter,omitempty"`
	Header    int               `json:"header,omitempty" doc:"record number of the header row, -1 = there is none"`
	Sheet     string            `json:"sheet,omitempty"`
	Targets   map[string]string `json:"targets,omitempty" doc:"column index to target code"`
	Answers   map[string]string `json:"answers,omitempty" doc:"group id to store, phone, order or unknown"`
}

// ReviewItem is one row that a person must judge: the same as a record that
// is there, or somebody else.
type ReviewItem struct {
	ID    kexin.ID `json:"id"`
	Batch kexin.ID `json:"batch"`
	Row   int      `json:"row"`
	At    int64    `json:"at" doc:"when the list was sent"`
	Why   []Text   `json:"why" nullable:"false" doc:"what speaks for the same person and what against"`
	Left  []Side   `json:"fields" nullable:"false"`
	Cand  kexin.ID `json:"candidate"`
	Score int      `json:"score" doc:"0 to 100"`
}

// Side is one field of a row beside the record's.
type Side struct {
	Name  string `json:"name" doc:"of a customer's field, or that of what hangs on her behind its object: order.no, order_line.item"`
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

// JudgeHanded answers a row of a colleague's import about one's own customer.
type JudgeHanded struct {
	Answer string `json:"answer" enum:"same,dismiss,later" doc:"dismiss destroys the row"`
}

// ImportRow is one row of an import with what became of it.
type ImportRow struct {
	N        int      `json:"n" doc:"data row, from 1 under the header"`
	Outcome  string   `json:"outcome" enum:"new,same,unchanged,review,refused,aside"`
	Code     string   `json:"code,omitempty" doc:"cause of refusal, group without a source, reasons of a question, or outside: a colleague's customer; kept and the names of fields in which the record says otherwise and stays as it is"`
	Text     string   `json:"text" doc:"the same in a sentence"`
	Customer kexin.ID `json:"customer,omitempty" doc:"made of it or added to, where the reader's scope holds her"`
	Name     any      `json:"name,omitempty" doc:"hers, a cell"`
	Record   kexin.ID `json:"record,omitempty" doc:"of a list of contacts, orders, deals, follow-ups or tasks: what it made or added to, where the reader's scope holds that"`
}

// ImportRows is a page of rows in the order of the file. Rows about colleagues'
// customers are listed for those whose scope holds these; to others they are a
// figure of the import, outside.
type ImportRows struct {
	Rows    []ImportRow `json:"rows" nullable:"false"`
	Reasons []Reason    `json:"reasons" nullable:"false"`
	Next    int         `json:"next,omitempty" doc:"after of the next page; a page may be short or empty and yet have one"`
}
