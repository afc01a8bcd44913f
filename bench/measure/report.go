package measure

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"kexin/bench/load"
)

// A Report is everything one run found. Bytes, seconds, milliseconds unless a
// name says otherwise.
type Report struct {
	Machine Machine `json:"machine"`
	Sizes   []Size  `json:"sizes"`
	Goals   []Goal  `json:"goals"`
}

// A Machine is where it was measured.
type Machine struct {
	CPU        string  `json:"cpu"`
	Cores      int     `json:"cores"`
	Memory     int64   `json:"memory_bytes"`
	OS         string  `json:"os"`
	Arch       string  `json:"arch"`
	Go         string  `json:"go"`
	Engine     string  `json:"engine"`
	LoadBefore float64 `json:"load_before"` // of the last minute
	LoadAfter  float64 `json:"load_after"`
}

// A Size is what was found with so many customers.
type Size struct {
	Rows   int    `json:"rows"`
	Import Import `json:"import"`
	Memory Memory `json:"memory"`
	Disk   int64  `json:"disk_bytes"`
	Ops    []Op   `json:"operations"`
	Added  []Cost `json:"added"`
	HTTP   *HTTP  `json:"http,omitempty"`
}

// An Import is how fast a list came in, and its floor: the same rows of all
// tables it filled, prepared, 1,000 customers a transaction.
type Import struct {
	File      int64   `json:"file_bytes"`
	Read      float64 `json:"read_seconds"`    // of the result page: nothing is stored
	Store     float64 `json:"store_seconds"`   // from the confirmation to the last row
	Rate      float64 `json:"rows_per_second"` // stored
	Cells     int     `json:"table_rows"`      // rows of all tables
	Floor     float64 `json:"floor_rows_per_second"`
	OfFloor   float64 `json:"of_floor"`
	ServerCPU float64 `json:"server_cpu_seconds"`
	FloorCPU  float64 `json:"floor_cpu_seconds"`
}

// A Memory is what the server held.
type Memory struct {
	Idle   int64 `json:"idle_bytes"`        // started on this database, before its first request
	Import int64 `json:"import_peak_bytes"` // while the list came in
}

// An Op is one use-case, called by one caller after another.
type Op struct {
	Name string `json:"name"`
	N    int    `json:"n"`
	load.Times
	Rows float64 `json:"rows_per_page,omitempty"` // of searches among a clerk's own
}

// A Cost is what gate, masks and decryption add to the bare statement, by the
// medians of calls in turn: to the statement as a Go program runs it, prepared, by
// database/sql, and as the store reads it, which takes a part of that time.
type Cost struct {
	Name  string  `json:"name"`
	SQL   float64 `json:"sql_ms"`  // bare, by database/sql
	Bare  float64 `json:"bare_ms"` // bare, as the store reads it
	Whole float64 `json:"whole_ms"`
	ToSQL float64 `json:"added_to_sql"` // part of the one by database/sql, below 0 where it takes longer than the whole
	Added float64 `json:"added"`        // part of the other one
}

// An HTTP is what many clients got, and beside it what the peer's got.
type HTTP struct {
	Clients  int      `json:"clients"`
	Kexin    []Served `json:"kexin"`
	Peer     []Served `json:"peer,omitempty"`
	Versus   []Versus `json:"versus,omitempty"`
	Bare     []Served `json:"bare,omitempty"`    // get by a program that reads the row alone, without and with a log
	OfBare   []Versus `json:"of_bare,omitempty"` // Kexin's get as a part of theirs
	Hidden   *Hidden  `json:"hidden,omitempty"`
	Peak     int64    `json:"peak_bytes"`
	PeerPeak int64    `json:"peer_peak_bytes,omitempty"`
	PeerDisk int64    `json:"peer_disk_bytes,omitempty"`
}

// A Served is one operation over HTTP.
type Served struct {
	Name string `json:"name"`
	load.Result
}

// A Versus is one operation's requests a second over another's.
type Versus struct {
	Name  string  `json:"name"`
	Times float64 `json:"times"`
}

// A Goal is a figure held against what it should be.
type Goal struct {
	Name  string  `json:"name"` // key of the sentence, bench.goal.NAME
	Value float64 `json:"value"`
	Goal  float64 `json:"goal"`
	Least bool    `json:"at_least"` // the value is to be at least the goal; else at most
	Met   bool    `json:"met"`
}

// op finds an operation, nil where it was not measured.
func (s *Size) op(name string) *Op {
	for i := range s.Ops {
		if s.Ops[i].Name == name {
			return &s.Ops[i]
		}
	}
	return nil
}

// judge holds the figures against the goals of the project.
func (r *Report) judge() {
	last := &r.Sizes[len(r.Sizes)-1]
	if last.Import.Floor > 0 {
		r.goal("import_of_floor", last.Import.OfFloor, 0.5, true)
	}
	if len(r.Sizes) > 1 {
		first := &r.Sizes[0]
		for _, name := range []string{"list", "search"} {
			a, b := first.op(name), last.op(name)
			if b.Rows > 1.5*a.Rows || a.Rows > 1.5*b.Rows {
				continue // what they show differs, so their times tell nothing
			}
			r.goal(name+"_growth", b.P50/a.P50, 2, false)
		}
	}
	for _, c := range last.Added {
		r.goal("added_sql_"+c.Name, c.ToSQL, 0.15, false)
		r.goal("added_"+c.Name, c.Added, 0.15, false)
	}
	r.goal("decision", last.op("decision").P50*1e6, 1000, false)
	r.goal("idle_memory", float64(last.Memory.Idle)/(1<<20), 80, false)
	if last.Memory.Import > 0 {
		r.goal("import_memory", float64(last.Memory.Import)/(1<<20), 600, false)
	}
	if last.HTTP == nil {
		return
	}
	if h := last.HTTP.Hidden; h != nil {
		r.goal("hidden_apart", h.Apart, 0.02, false)
		r.goal("hidden_p", h.P, 0.001, true)
	}
	if len(last.HTTP.Peer) == 0 {
		return
	}
	least := map[string]float64{"get": 3, "list": 2, "create": 2}
	for _, v := range last.HTTP.Versus {
		r.goal("peer_"+v.Name, v.Times, least[v.Name], true)
	}
	r.goal("peer_memory", float64(last.HTTP.Peak)/float64(last.HTTP.PeerPeak), 0.6, false)
}

func (r *Report) goal(name string, value, goal float64, least bool) {
	r.Goals = append(r.Goals, Goal{name, value, goal, least, least == (value >= goal) || value == goal})
}

func loadNow() float64 { return load.Load() }

// cpuName is what the processor calls itself, "" where it cannot be read.
func cpuName() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(b) {
		if name, ok := strings.CutPrefix(string(line), "model name"); ok {
			return strings.Trim(name, " \t:\n")
		}
	}
	return ""
}

// memoryTotal is the machine's memory in bytes, 0 where it cannot be read.
func memoryTotal() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if f := strings.Fields(string(line)); len(f) > 1 && f[0] == "MemTotal:" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}
