// Package api is the HTTP face: it decodes a request, calls one use-case of
// app and encodes its View. It never touches the store. Its OpenAPI document
// is made from the types here; web's client is made from that document.
package api

import "kexin"

// A Text is a catalogue key with its parameters and, for people, the sentence
// in the caller's language.
type Text struct {
	Code string            `json:"code" doc:"stable code"`
	Text string            `json:"text" doc:"sentence in the caller's language"`
	Args map[string]string `json:"args,omitempty"`
}

// Reason says why a cell is not clear and what to do next.
type Reason struct {
	Code   string `json:"code"`
	Rule   string `json:"rule" doc:"which rule decided, e.g. matrix:rep/contact@1"`
	Text   string `json:"text"`
	CanAsk bool   `json:"canAsk" doc:"a reveal may be asked for"`
}

// Me is who is signed in and what the page should offer.
type Me struct {
	ID       kexin.ID `json:"id"`
	Name     string   `json:"name"`
	Position string   `json:"position" enum:"owner,leader,rep,service,marketing,steward,analyst,pio,auditor"`
	Dept     string   `json:"dept" doc:"name of the department, empty for none"`
	Lang     string   `json:"lang" enum:"zh-CN,en"`
	Org      OrgCard  `json:"org"`
	Purpose  string   `json:"purpose"`
	Purposes []string `json:"purposes" nullable:"false"`
	Scenes   []string `json:"scenes" nullable:"false" doc:"widest last"`
	Can      []string `json:"can" nullable:"false" doc:"acts this position may ask for: create,edit,import,contact,reveal,lookup,count,admin,ledger,keys,export,move,reopen"`
	Todo     []Todo   `json:"todo" nullable:"false" doc:"what is still to be set up, most urgent first"`
	Budget   Budgets  `json:"budget"`
	Backup   Backup   `json:"backup"`
	StepUp   int64    `json:"stepUp" doc:"the second factor counts until this instant, ms; 0 = ask"`
	TOTP     bool     `json:"totp" doc:"a second factor is set up"`
	Own      []string `json:"own" nullable:"false" enum:"phone,email" doc:"of these the person's own is noted"`
	Arrivals int64    `json:"arrivals" doc:"customers who came by a recommendation and wait for an answer"`
	Waiting  int64    `json:"waiting" doc:"since when the first of them waits, ms; 0 = none waits"`
	Demo     bool     `json:"demo"`
	Version  string   `json:"version"`
}

// OrgCard is the merchant as its staff see it.
type OrgCard struct {
	ID      kexin.ID `json:"id"`
	Name    string   `json:"name"`
	USCC    string   `json:"uscc" doc:"unified social credit code"`
	Size    string   `json:"size" enum:"shop,company,mall"`
	Contact string   `json:"contact"`
	Address string   `json:"address"`
	Zone    string   `json:"zone"`
	Mutual  bool     `json:"mutual" doc:"reps of a shop see each other's customers"`
	PIO     string   `json:"pio" doc:"how to reach the protection officer; the notice says it"`
}

// Todo is one open point of the setup.
type Todo struct {
	Code string `json:"code" enum:"recovery,totp,own_phone,verify,import,notice,backup,people"`
	Text string `json:"text"`
	Href string `json:"href"`
}

// Budgets are today's counts against their limits.
type Budgets struct {
	Reveal  Budget `json:"reveal"`
	Lookup  Budget `json:"lookup"`
	Contact Budget `json:"contact"`
}

// Budget is one count and its limit a day.
type Budget struct {
	Used  int `json:"used"`
	Limit int `json:"limit"`
}

// Backup tells how old the newest backup is.
type Backup struct {
	At    int64  `json:"at" doc:"ms; 0 = none yet"`
	State string `json:"state" enum:"ok,late,failed,none"`
	Kept  int    `json:"kept" doc:"data files in the directory"`

	Error   string `json:"error,omitempty" doc:"why the last try failed"`
	Keyring int64  `json:"keyring,omitempty" doc:"newest keyring file, ms"`
	Running bool   `json:"running,omitempty"`
	Done    int64  `json:"done,omitempty" doc:"rows written so far"`
	Total   int64  `json:"total,omitempty"`
}

// Field is one field of the schema with what this person may see of it.
type Field struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Kind     string   `json:"kind"`
	Class    string   `json:"class"`
	Required bool     `json:"required"`
	Max      int      `json:"max,omitempty"`
	Choices  []Choice `json:"choices,omitempty" nullable:"false"`
	Ref      string   `json:"ref,omitempty" doc:"object a ref points to, member for staff"`
	Filter   bool     `json:"filter" doc:"may be filtered by, by this person in the widest scene"`
	Sort     bool     `json:"sort"`
	Computed bool     `json:"computed"`
	List     bool     `json:"list"`
	Own      string   `json:"own" enum:"none,exists,masked,clear" doc:"level on own records"`
	Other    string   `json:"other" enum:"none,exists,masked,clear" doc:"level on others' records in scope"`
}

// Choice is one code of a closed list with its label.
type Choice struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// ObjectDef is one object of the schema.
type ObjectDef struct {
	Name   string  `json:"name"`
	Plural string  `json:"plural"`
	Label  string  `json:"label"`
	Fields []Field `json:"fields" nullable:"false"`
}

// Schema is everything forms, lists and imports are made from.
type Schema struct {
	Version int64       `json:"version"`
	Objects []ObjectDef `json:"objects" nullable:"false"`
	Members []Member    `json:"members" nullable:"false" doc:"staff, for owner fields; disabled ones too"`
	Depts   []Dept      `json:"depts" nullable:"false"`
}

// Member is one member of staff.
type Member struct {
	ID       kexin.ID `json:"id"`
	Name     string   `json:"name"`
	Login    string   `json:"login,omitempty" doc:"only for admins"`
	Position string   `json:"position"`
	Dept     kexin.ID `json:"dept,omitempty"`
	Active   bool     `json:"active"`
	TOTP     bool     `json:"totp"`
	Leaving  string   `json:"leaving,omitempty" doc:"leaving date, YYYY-MM-DD"`
	Ends     string   `json:"ends,omitempty" doc:"last day of a dated account (auditor), YYYY-MM-DD"`
	LastSeen int64    `json:"lastSeen,omitempty"`
}

// Dept is one department; Parent is empty for the root.
type Dept struct {
	ID     kexin.ID `json:"id"`
	Parent kexin.ID `json:"parent,omitempty"`
	Name   string   `json:"name"`
}

// Cond is one condition of a search.
type Cond struct {
	Field  string `json:"field"`
	Op     string `json:"op" enum:"eq,in,gte,lte,has,empty"`
	Values []any  `json:"values,omitempty" nullable:"false"`
}

// Search asks for one page of records.
type Search struct {
	Scene  string   `json:"scene,omitempty" enum:"mine,dept,subtree,all"`
	Search string   `json:"search,omitempty" maxLength:"100" doc:"two characters of a name, pinyin, last four digits, or a whole phone; of orders the whole number"`
	Where  []Cond   `json:"where,omitempty" nullable:"false"`
	Sort   string   `json:"sort,omitempty"`
	Desc   bool     `json:"desc,omitempty"`
	After  string   `json:"after,omitempty" doc:"sealed cursor of the page before"`
	Limit  int      `json:"limit,omitempty" minimum:"1" maximum:"200"`
	Parent kexin.ID `json:"parent,omitempty" doc:"only records of this customer"`
	Fields []string `json:"fields,omitempty" nullable:"false" doc:"default: the list's fields"`
}

// Row is one record of a page. A cell is a bare value, or {v, m} where v is
// what may be seen of it (absent: nothing) and m the 1-based number of the
// reason in the page.
type Row struct {
	ID    kexin.ID       `json:"id"`
	Rev   int64          `json:"rev"`
	Mine  bool           `json:"mine,omitempty"`
	Cells map[string]any `json:"cells" doc:"by field name"`
}

// Page is one page of records.
type Page struct {
	Fields  []string          `json:"fields" nullable:"false"`
	Reasons []Reason          `json:"reasons" nullable:"false"`
	Rows    []Row             `json:"rows" nullable:"false"`
	Names   map[string]string `json:"names,omitempty" doc:"customer id to name, for records that point to customers"`
	Next    string            `json:"next,omitempty"`
	Scene   string            `json:"scene"`
	More    bool              `json:"more,omitempty" doc:"more hits than the search looks through: type more"`
}

// RecordField is one field of a record page.
type RecordField struct {
	Name   string  `json:"name"`
	Value  any     `json:"value" doc:"clear, or what the mask leaves"`
	Level  string  `json:"level" enum:"none,exists,masked,clear"`
	Reason *Reason `json:"reason,omitempty"`
}

// Record is one record with what may be done with it.
type Record struct {
	ID      kexin.ID          `json:"id"`
	Object  string            `json:"object"`
	Rev     int64             `json:"rev"`
	Mine    bool              `json:"mine"`
	Fields  []RecordField     `json:"fields" nullable:"false"`
	Names   map[string]string `json:"names,omitempty"`
	Can     []string          `json:"can" nullable:"false" doc:"edit,contact,reveal,move,delete"`
	Contact []MayContact      `json:"contact" nullable:"false" doc:"for a customer: may I contact, by channel"`
	Source  *Provenance       `json:"source" doc:"where the record comes from"`
	Created int64             `json:"created"`
	Updated int64             `json:"updated"`
}

// MayContact is the gate's answer for one channel.
type MayContact struct {
	Channel string `json:"channel" enum:"call,sms,wechat,email,visit"`
	Purpose string `json:"purpose"`
	OK      bool   `json:"ok"`
	Reason  Reason `json:"reason"`
}

// Provenance says where a record comes from and, of a customer, on what ground
// it is kept.
type Provenance struct {
	Source  string   `json:"source" doc:"source kind of the import that made it, or manual"`
	Label   string   `json:"label" doc:"the same in words"`
	Way     string   `json:"way" doc:"of a customer and a contact: how she came"`
	On      string   `json:"on"`
	Batch   kexin.ID `json:"batch,omitempty" doc:"the import that made it, for who may look at that"`
	Basis   string   `json:"basis,omitempty"`
	KeptTo  string   `json:"keptTo,omitempty" doc:"day until which it is kept, empty = not yet known"`
	By      string   `json:"by" doc:"name of the member of staff who entered it"`
	Evident string   `json:"evidence,omitempty" enum:"order,enquiry,visit,answered,manual"`
	Origins []Origin `json:"origins" nullable:"false" doc:"of a customer and a contact: every dealing that is known, by day, each with the import that told of it"`
}

// Origin is one enquiry, visit or order by which a person came.
type Origin struct {
	Way     string   `json:"way"`
	On      string   `json:"on"`
	Evident string   `json:"evidence" enum:"order,enquiry,visit,answered,manual"`
	Batch   kexin.ID `json:"batch,omitempty" doc:"for who may look at that import"`
}

// Write creates or changes a record. Values by field name; null clears.
type Write struct {
	Rev    int64          `json:"rev,omitempty" doc:"the revision that was read; needed to change"`
	Fields map[string]any `json:"fields"`
	Same   string         `json:"same,omitempty" enum:"different" doc:"after E_MAYBE_SAME: another person who shares the number"`
	Task   kexin.ID       `json:"task,omitempty" doc:"with a new follow-up: the customer's task that is done with it"`
}

// Written answers a write.
type Written struct {
	ID  kexin.ID `json:"id"`
	Rev int64    `json:"rev"`
}

// Reveal asks for one full value, with a reason.
type Reveal struct {
	Field  string `json:"field"`
	Reason string `json:"reason" enum:"booked,aftersales,caller,delivery,check"`
}

// Revealed is one full value.
type Revealed struct {
	Value   string `json:"value"`
	Seconds int    `json:"seconds" doc:"the page hides it again after this time"`
	Budget  Budget `json:"budget"`
}

// ContactAsk opens a channel to a customer.
type ContactAsk struct {
	Channel string   `json:"channel" enum:"call,wechat,sms,email,visit"`
	Contact kexin.ID `json:"contact,omitempty" doc:"a contact of the customer instead of the customer"`
}

// LookupAsk asks whether a value is known.
type LookupAsk struct {
	Kind  string `json:"kind" enum:"phone,wechat,email,uscc"`
	Value string `json:"value" maxLength:"200"`
}

// LookupAnswer is all that may be said: none, mine with the record, or exists.
type LookupAnswer struct {
	Answer string   `json:"answer" enum:"none,mine,exists"`
	ID     kexin.ID `json:"id,omitempty"`
	Owner  string   `json:"owner,omitempty" doc:"who protects it, for positions that may know"`
	Ask    string   `json:"ask,omitempty" doc:"for others the colleague who may know, whatever was asked"`
	Budget Budget   `json:"budget"`
}

// Event is one entry of a record's timeline.
type Event struct {
	ID   kexin.ID `json:"id"`
	At   int64    `json:"at"`
	Kind string   `json:"kind" enum:"visit,order,deal,task,created,edited,opened,revealed,contact,moved"`
	Text string   `json:"text" doc:"one line, in the caller's language"`
	Note any      `json:"note,omitempty" doc:"free text, a cell"`
	Way  string   `json:"way,omitempty"`
	Next int64    `json:"next,omitempty"`
	By   string   `json:"by" doc:"name of the member of staff"`
	N    int      `json:"n,omitempty" doc:"how many times, for grouped entries"`
}

// Timeline is the events of a record, newest first.
type Timeline struct {
	Events  []Event  `json:"events" nullable:"false"`
	Reasons []Reason `json:"reasons" nullable:"false"`
	More    bool     `json:"more" doc:"there are earlier ones, which are not listed"`
}

// ConsentRow is one purpose × channel with its state.
type ConsentRow struct {
	Purpose string `json:"purpose"`
	Label   string `json:"label"`
	Basis   string `json:"basis" enum:"contract,consent,request,legal"`
	Channel string `json:"channel,omitempty"`
	State   string `json:"state" doc:"given, asked, refused, withdrawn, expired, suspended, none; contract or request where no consent is needed"`
	Until   int64  `json:"until,omitempty"`
	Grade   string `json:"grade,omitempty"`
}

// Consents are what the customer agreed to.
type Consents struct {
	Rows   []ConsentRow `json:"rows" nullable:"false"`
	Notice string       `json:"notice" doc:"version of the notice in force, empty = none published"`
	Seen   []SeenBy     `json:"seen" nullable:"false" doc:"opens in the last 30 days by position"`
}

// SeenBy counts openings by one position.
type SeenBy struct {
	Position string `json:"position"`
	Opens    int    `json:"opens"`
	Reveals  int    `json:"reveals"`
	Last     int64  `json:"last"`
}

// DueItem is one line of today's list.
type DueItem struct {
	Customer kexin.ID   `json:"customer"`
	Task     kexin.ID   `json:"task,omitempty"`
	Name     any        `json:"name" doc:"a cell"`
	Phone    any        `json:"phone" doc:"a cell"`
	Due      int64      `json:"due"`
	Day      bool       `json:"day,omitempty" doc:"no hour was said: due all day long"`
	Overdue  bool       `json:"overdue"`
	What     any        `json:"what" doc:"task title or last note, a cell"`
	LastAt   int64      `json:"lastAt,omitempty"`
	Need     []string   `json:"need" nullable:"false"`
	Call     MayContact `json:"call"`
}

// Today is the home page.
type Today struct {
	Due       []DueItem `json:"due" nullable:"false" doc:"overdue, then today, each in time order"`
	Soon      []DueItem `json:"soon" nullable:"false" doc:"the next seven days"`
	Overdue   int       `json:"overdue"`
	Reasons   []Reason  `json:"reasons" nullable:"false"`
	Deals     []DealSum `json:"deals" nullable:"false" doc:"open deals by stage"`
	Customers int       `json:"customers" doc:"own customers"`
	Begun     bool      `json:"begun" doc:"there are customers in this person's scope, whoever's"`
	Review    int       `json:"review" doc:"import rows waiting for a decision"`
	Handed    int       `json:"handed" doc:"rows of colleagues' imports about own customers, waiting for a decision"`
	Alerts    []Alert   `json:"alerts" nullable:"false" doc:"for owner, leader, PIO"`
	Team      []TeamDue `json:"team" nullable:"false" doc:"due by person, for owner and leader"`
}

// TeamDue is one person's open work.
type TeamDue struct {
	ID      kexin.ID `json:"id"`
	Name    string   `json:"name"`
	Due     int      `json:"due"`
	Overdue int      `json:"overdue"`
}

// DealSum is one stage of the open deals.
type DealSum struct {
	Stage string `json:"stage"`
	N     int    `json:"n"`
	Sum   int64  `json:"sum"`
}

// Alert is something the protection officer should look at.
type Alert struct {
	ID   kexin.ID `json:"id"`
	At   int64    `json:"at"`
	Code string   `json:"code"`
	Text string   `json:"text"`
	Done bool     `json:"done"`
	Due  int64    `json:"due" doc:"by when it should be dealt with, 0 = no term"`
	Late bool     `json:"late" doc:"its term is over and nobody has"`

	Customers []AlertCustomer `json:"customers" nullable:"false" doc:"whom it is about, as far as the caller may see them; in the list of alerts alone"`
}

// AlertCustomer is a customer whom an alert is about.
type AlertCustomer struct {
	ID   kexin.ID `json:"id"`
	Name string   `json:"name"`
}
