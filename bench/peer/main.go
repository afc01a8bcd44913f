// Command peer is PocketBase at its defaults with one collection, customers,
// as `kexin bench --peer` measures it beside Kexin: the same persons, the
// same twenty fields, an owner rule for 50 users, and the three indexes that
// its rule, order and look-ups want.
//
//	peer fill --dir D --people people.csv --tokens tokens.json
//	peer serve --dir D --http 127.0.0.1:PORT
//
// It is also a plain program that answers for one record: see bare.
//
//	peer bare --http 127.0.0.1:PORT --file D/kexin.db --org ID [--log FILE]
package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "bare" { // before PocketBase makes its directory
		c := bareCommand()
		c.SetArgs(os.Args[2:])
		if err := c.Execute(); err != nil {
			log.Fatal(err)
		}
		return
	}
	app := pocketbase.New()
	var people, tokens string
	fill := &cobra.Command{Use: "fill", Short: "fills an empty directory", RunE: func(*cobra.Command, []string) error { return fillFrom(app, people, tokens) }}
	fill.Flags().StringVar(&people, "people", "people.csv", "persons, one a line, with a header of field names")
	fill.Flags().StringVar(&tokens, "tokens", "tokens.json", "where to write the users with their tokens and the ids of their customers")
	app.RootCmd.AddCommand(fill)
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}

func bareCommand() *cobra.Command {
	var addr, file, log string
	var org int64
	c := &cobra.Command{Use: "bare", Short: "a plain program that answers for one record", RunE: func(*cobra.Command, []string) error { return serveBare(addr, file, log, org) }}
	c.Flags().StringVar(&addr, "http", "", "address")
	c.Flags().StringVar(&file, "file", "", "Kexin's database")
	c.Flags().StringVar(&log, "log", "", "file of a log that is written before each answer")
	c.Flags().Int64Var(&org, "org", 0, "the merchant")
	return c
}

// owners is how many users there are; each owns an equal part.
const owners = 50

// A user is one of them with what the generator needs to be him.
type user struct {
	ID    string   `json:"id"`
	Token string   `json:"token"`
	IDs   []string `json:"ids"` // of his customers
}

// numbers are the fields that are not text.
var numbers = map[string]bool{"sum": true, "next_at": true}

func fillFrom(app *pocketbase.PocketBase, people, tokens string) error {
	f, err := os.Open(people)
	if err != nil {
		return err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	names, err := rows.Read()
	if err != nil {
		return err
	}
	c, err := collection(app, names)
	if err != nil {
		return err
	}
	users, err := addUsers(app)
	if err != nil {
		return err
	}
	if err := insertAll(app, rows, names, users); err != nil {
		return err
	}
	// the indexes come last: filling a table that has them took minutes
	c.Indexes = []string{
		"CREATE INDEX customers_owner ON customers (owner, stage, created)",
		"CREATE INDEX customers_email ON customers (email)",
		"CREATE INDEX customers_phone ON customers (phone)",
	}
	if err := app.Save(c); err != nil {
		return err
	}
	if _, err := app.DB().NewQuery("ANALYZE").Execute(); err != nil {
		return err
	}
	b, err := json.Marshal(users)
	if err != nil {
		return err
	}
	return os.WriteFile(tokens, b, 0o600)
}

// collection makes customers with its rules: an owner sees and makes his own.
func collection(app *pocketbase.PocketBase, names []string) (*core.Collection, error) {
	accounts, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return nil, err
	}
	mine, new := "@request.auth.id != '' && owner = @request.auth.id", "@request.body.owner = @request.auth.id"
	c := core.NewBaseCollection("customers")
	c.ListRule, c.ViewRule, c.UpdateRule, c.CreateRule = &mine, &mine, &mine, &new
	for _, name := range names {
		if numbers[name] {
			c.Fields.Add(&core.NumberField{Name: name})
		} else {
			c.Fields.Add(&core.TextField{Name: name})
		}
	}
	c.Fields.Add(&core.RelationField{Name: "owner", CollectionId: accounts.Id, MaxSelect: 1, Required: true})
	c.Fields.Add(&core.AutodateField{Name: "created", OnCreate: true}, &core.AutodateField{Name: "updated", OnCreate: true, OnUpdate: true})
	return c, app.Save(c)
}

func addUsers(app *pocketbase.PocketBase) ([]*user, error) {
	accounts, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return nil, err
	}
	out := make([]*user, owners)
	for i := range out {
		r := core.NewRecord(accounts)
		r.SetEmail(fmt.Sprintf("u%d@example.com", i))
		r.SetPassword("measured-beside-kexin")
		if err := app.Save(r); err != nil {
			return nil, err
		}
		token, err := r.NewAuthToken()
		if err != nil {
			return nil, err
		}
		out[i] = &user{ID: r.Id, Token: token}
	}
	return out, nil
}

// batch is how many rows go into one transaction.
const batch = 20_000

// insertAll writes the persons; its own way of saving records would take
// hours for a million.
func insertAll(app *pocketbase.PocketBase, rows *csv.Reader, names []string, users []*user) error {
	start := time.Now().AddDate(-1, 0, 0)
	for n, more := 0, true; more; {
		err := app.RunInTransaction(func(tx core.App) error {
			q := tx.DB().NewQuery(insert(names)).Prepare()
			defer q.Close()
			for end := n + batch; n < end; n++ {
				row, err := rows.Read()
				if errors.Is(err, io.EOF) {
					more = false
					return nil
				}
				if err != nil {
					return err
				}
				u := users[n%owners]
				p, err := params(names, row)
				if err != nil {
					return err
				}
				p["id"], p["owner"] = newID(), u.ID
				p["at"] = start.Add(time.Duration(n) * time.Second / 2).UTC().Format("2006-01-02 15:04:05.000Z")
				u.IDs = append(u.IDs, p["id"].(string))
				if _, err := q.Bind(p).Execute(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func insert(names []string) string {
	return "INSERT INTO customers (id,owner,created,updated," + strings.Join(names, ",") + ") VALUES ({:id},{:owner},{:at},{:at},{:" + strings.Join(names, "},{:") + "})"
}

func params(names, row []string) (dbx.Params, error) {
	p := dbx.Params{}
	for i, name := range names {
		p[name] = row[i]
		if !numbers[name] {
			continue
		}
		v := 0.0
		if row[i] != "" {
			var err error
			if v, err = strconv.ParseFloat(row[i], 64); err != nil {
				return nil, err
			}
		}
		p[name] = v
	}
	return p, nil
}

// newID is an id as PocketBase draws them: 15 of 36 characters.
func newID() string {
	const chars = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, 15)
	for i := range b {
		b[i] = chars[rand.IntN(len(chars))]
	}
	return string(b)
}
