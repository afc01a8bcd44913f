package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	_ "modernc.org/sqlite"
)

// A bare is a plain Go program that answers for one record over HTTP, to stand beside
// Kexin: one prepared statement by database/sql on Kexin's table, its columns written
// as JSON. It asks for no rights, opens nothing that is sealed and knows no sessions.
// With a log it answers when a row of it is on disk: one commit for all who wait, at
// synchronous=FULL.
type bare struct {
	org    int64
	one    *sql.Stmt
	opened chan *opening
}

// An opening is one row of the log on its way to disk.
type opening struct {
	record int64
	done   chan error
}

// bareCols are what it reads of a customer: what Kexin's answer is made from.
const bareCols = "id,subject_id,owner_id,state,rev,made_at,edited_at,made_by,name_c,type,salutation,gender,phone_c,phones_c,wechat_c,email_c,region,address_c,birthday_c,need,stage,source,source_on,tags,remark_c,next_at,last_at,orders,sum"

// serveBare answers on addr until the program is ended. log is the file of the log,
// "" for none.
func serveBare(addr, file, log string, org int64) error {
	read, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)&_pragma=cache_size(-16000)")
	if err != nil {
		return err
	}
	read.SetMaxOpenConns(runtime.NumCPU())
	read.SetMaxIdleConns(runtime.NumCPU())
	b := &bare{org: org}
	if b.one, err = read.Prepare("SELECT " + bareCols + " FROM customer WHERE org_id=? AND id=?"); err != nil {
		return err
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(3, runtime.NumCPU())) // as Kexin does
	}
	if log != "" {
		if err := b.logTo(log); err != nil {
			return err
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/v1/customers/{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := b.get(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	srv := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	end, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() { <-end.Done(); _ = srv.Close() }()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (b *bare) get(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return err
	}
	out, err := b.read(id)
	if err != nil {
		return err
	}
	if b.opened != nil {
		o := &opening{id, make(chan error, 1)}
		b.opened <- o
		if err := <-o.done; err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	_, err = w.Write(out)
	return err
}

// bareNames are the columns' names.
var bareNames = strings.Split(bareCols, ",")

func (b *bare) read(id int64) ([]byte, error) {
	rows, err := b.one.Query(b.org, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, errors.Join(errors.New("no such customer"), rows.Err())
	}
	cells, dest := make([]sql.RawBytes, len(bareNames)), make([]any, len(bareNames))
	for i := range cells {
		dest[i] = &cells[i]
	}
	if err := rows.Scan(dest...); err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, 2048), '{')
	for i, name := range bareNames {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, name)
		out = append(out, ':')
		if utf8.Valid(cells[i]) {
			out = strconv.AppendQuote(out, string(cells[i]))
			continue
		}
		out = append(base64.StdEncoding.AppendEncode(append(out, '"'), cells[i]), '"') // sealed
	}
	return append(out, '}'), nil
}

// most is how many rows of the log one commit takes at most.
const most = 128

// logTo begins to write the log.
func (b *bare) logTo(file string) error {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS opening (id INTEGER PRIMARY KEY, at INTEGER, record INTEGER, leaf BLOB)"); err != nil {
		return err
	}
	insert, err := db.Prepare("INSERT INTO opening (at,record,leaf) VALUES (?,?,?)")
	if err != nil {
		return err
	}
	b.opened = make(chan *opening, most)
	go func() {
		for o := range b.opened {
			batch := []*opening{o}
			runtime.Gosched() // who was answered by the last commit is on his way back
			for more := true; more && len(batch) < most; {
				select {
				case next := <-b.opened:
					batch = append(batch, next)
				default:
					more = false
				}
			}
			err := insertOpenings(db, insert, batch)
			for _, o := range batch {
				o.done <- err
			}
		}
	}()
	return nil
}

// leafSize is how long an entry of Kexin's log about an opening is.
const leafSize = 300

func insertOpenings(db *sql.DB, insert *sql.Stmt, batch []*opening) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	now, leaf, each := time.Now().UnixMilli(), make([]byte, leafSize), tx.Stmt(insert)
	for _, o := range batch {
		if _, err := each.Exec(now, o.record, leaf); err != nil {
			return err
		}
	}
	return tx.Commit()
}
