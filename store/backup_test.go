package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/ledger"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

// A taken backup is both streams in memory, clear.
type taken struct{ data, keyring []byte }

func dump(t *testing.T, s *store.Store) taken {
	t.Helper()
	var data, keys bytes.Buffer
	out, err := s.Dump(context.Background(), &data, &keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.Data.Created != out.Keyring.Created || out.Data.Created == 0 {
		t.Error("the two parts are not of one snapshot")
	}
	return taken{data.Bytes(), keys.Bytes()}
}

func opener(b []byte) store.Opener {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

func (b taken) restoring() store.Restoring {
	return store.Restoring{Data: opener(b.data), Keyring: opener(b.keyring)}
}

// load checks and loads a backup into an empty database.
func load(t *testing.T, b taken, keys vault.Keepers, d *db.DB) store.Checked {
	t.Helper()
	ctx := context.Background()
	c, err := b.restoring().Check(ctx, keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.restoring().Load(ctx, d, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// lines are the rows of a stream without the manifest, the trailer and the
// server's own row, with JSON texts decoded: the engines write them
// differently.
func lines(t *testing.T, b []byte) (out []any) {
	t.Helper()
	all := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	for i, l := range all[1 : len(all)-1] {
		if i > 0 && all[i] == `{"table":"server"}` {
			continue
		}
		var v any
		d := json.NewDecoder(strings.NewReader(l))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if row, ok := v.([]any); ok {
			for i, c := range row {
				var inner any
				if s, ok := c.(string); ok && strings.HasPrefix(s, "{") && json.Unmarshal([]byte(s), &inner) == nil {
					row[i] = inner
				}
			}
		}
		out = append(out, v)
	}
	return out
}

// The same values come back from SQLite by way of PostgreSQL and the other way
// round, byte for byte but for how JSON is spaced.
func TestBackupRoundTrip(t *testing.T) {
	for i, from := range dbtest.Engines {
		t.Run("from "+from, func(t *testing.T) {
			over := dbtest.Engines[1-i]
			w := storetest.New(t, storetest.Ready(t, from)(db.Config{}), nil)
			storetest.Day(w)
			w.Another("另一家店")
			first := dump(t, w.Store)
			there := dbtest.Empty(t, over)(db.Config{})
			load(t, first, w.Keys, there)
			middle, err := store.Open(context.Background(), there, w.Keys, w.Clock.Instant)
			if err != nil {
				t.Fatal(err)
			}
			second := dump(t, middle)
			back := dbtest.Empty(t, from)(db.Config{})
			load(t, second, w.Keys, back)
			last, err := store.Open(context.Background(), back, w.Keys, w.Clock.Instant)
			if err != nil {
				t.Fatal(err)
			}
			third := dump(t, last)
			for name, pair := range map[string][2][]byte{"data": {first.data, third.data}, "keyring": {first.keyring, third.keyring}, "data on the way": {first.data, second.data}} {
				a, b := lines(t, pair[0]), lines(t, pair[1])
				if len(a) < 20 && !strings.HasPrefix(name, "keyring") || !reflect.DeepEqual(a, b) {
					t.Errorf("%s differs: %d and %d lines", name, len(a), len(b))
				}
			}
		})
	}
}

// After a restore the log goes on in a new epoch that says where the old one
// ended, and everything verifies.
func TestResume(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx := context.Background()
		w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil)
		storetest.Day(w) // leaves an entry without a place
		fresh := w.Another("刚开的店")
		b := dump(t, w.Store)
		c := load(t, b, w.Keys, open(db.Config{}))
		s, err := store.Open(ctx, open(db.Config{}), w.Keys, w.Clock.Instant)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Resume(ctx, c, "restore", func(_ kexin.ID, c ledger.Checkpoint) int64 { return c.Size + 2 })
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out {
			if r.Org == fresh.Org {
				if r.Old != r.New || r.Size != 0 {
					t.Errorf("a log without entries: %+v", r)
				}
				continue
			}
			if r.Old == r.New || !r.New.SameLog(r.Old) || r.Size == 0 || r.Seen != r.Size+2 {
				t.Errorf("%+v", r)
			}
		}
		v := verify(t, s, w.Org)
		if v.Status != ledger.Unwitnessed || len(v.Faults) > 0 {
			t.Fatalf("%v %+v", v.Status, v.Faults)
		}
		if !slices.ContainsFunc(v.Silent, func(s ledger.Statement) bool { return s.Key == "verify.silent.cut" }) {
			t.Error("what was lost is not said")
		}
		got := list2(t, s, w, "owner")
		if len(got.Rows) != 2 || got.Rows[0].Cells[0].Value.S == "" {
			t.Errorf("%d customers after the restore", len(got.Rows))
		}
	})
}

// verify seals what waits and checks a merchant's log.
func verify(t *testing.T, s *store.Store, org kexin.ID) (v ledger.Verdict) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = s.Seal(context.Background(), org); err != nil {
			t.Fatal(err)
		}
	}
	err := s.View(context.Background(), org, func(tx *store.Tx) error {
		v = ledger.VerifyLog(tx.LogReader(), ledger.VerifyOptions{Strict: true})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func list2(t *testing.T, s *store.Store, w *storetest.World, who string) store.Found {
	t.Helper()
	n := *w
	n.Store = s
	got, _ := list(t, &n, who, kexin.Query{})
	return got
}

// A person who was erased after the data were taken is erased again.
func TestErasedStayErased(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		ctx := context.Background()
		w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil)
		gone := w.Customer("rep", person("王秀兰", "+8613812345678"))
		w.Customer("rep", person("张伟", "+8613900001111"))
		old := dump(t, w.Store)
		w.Update(func(tx *store.Tx) error { return erase(tx, gone) })
		b := taken{old.data, dump(t, w.Store).keyring}
		c := load(t, b, w.Keys, open(db.Config{}))
		s, err := store.Open(ctx, open(db.Config{}), w.Keys, w.Clock.Instant)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Resume(ctx, c, "restore", func(kexin.ID, ledger.Checkpoint) int64 { return 0 })
		if err != nil || out[0].Erased != 1 {
			t.Fatal(err, out)
		}
		got := list2(t, s, w, "owner")
		if len(got.Rows) != 1 || got.Rows[0].Cells[0].Value.S != "张伟" {
			t.Errorf("%d rows", len(got.Rows))
		}
		err = s.View(ctx, w.Org, func(tx *store.Tx) error {
			for _, q := range []string{
				"SELECT COUNT(*) FROM customer WHERE org_id=$1 AND id=$2 AND (name_c IS NOT NULL OR phone_c IS NOT NULL OR stage<>'')",
				"SELECT COUNT(*) FROM record_key WHERE org_id=$1 AND record_id=$2",
				"SELECT COUNT(*) FROM name_token WHERE org_id=$1 AND record_id=$2",
			} {
				var n int64
				if err := tx.Row(q, w.Org, gone).Scan(&n); err != nil || n != 0 {
					t.Errorf("%d of %s: %v", n, q, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// erase does what an erasure does to the keys.
func erase(tx *store.Tx, customer kexin.ID) error {
	var subject kexin.ID
	if err := tx.Row("SELECT subject_id FROM customer WHERE org_id=$1 AND id=$2", tx.Org, customer).Scan(&subject); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM subject_key WHERE org_id=$1 AND subject_id=$2 AND part=1", tx.Org, subject); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO tombstone(org_id,subject_id,at,tag) VALUES($1,$2,$3,$4)", tx.Org, subject, tx.Now, []byte("tag"))
	return err
}

func keyOf(err error) string {
	var e *kexin.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

// Everything that is wrong with a backup is found before anything is written,
// and said.
func TestRefusedBackups(t *testing.T) {
	ctx := context.Background()
	w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil)
	w.Customer("rep", person("王秀兰", "+8613812345678"))
	old := dump(t, w.Store)
	w.Customer("rep", person("张伟", "+8613900001111"))
	b := dump(t, w.Store)
	other := dump(t, storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil).Store)
	cut := func(x []byte, lines int) []byte {
		all := bytes.SplitAfter(bytes.TrimSuffix(x, []byte("\n")), []byte("\n"))
		return bytes.Join(all[:len(all)-lines], nil)
	}
	swap := func(x []byte, from, to string) []byte { return bytes.Replace(x, []byte(from), []byte(to), 1) }
	for name, c := range map[string]struct {
		b    taken
		keys vault.Keepers
		key  string
	}{
		"both in order":     {b, w.Keys, ""},
		"newer keyring":     {taken{old.data, b.keyring}, w.Keys, ""},
		"older keyring":     {taken{b.data, old.keyring}, w.Keys, "backup.keyring_old"},
		"exchanged":         {taken{b.keyring, b.data}, w.Keys, "backup.not_keyring"},
		"keyring twice":     {taken{b.keyring, b.keyring}, w.Keys, "backup.not_data"},
		"another server":    {taken{b.data, other.keyring}, w.Keys, "backup.keyring_master"},
		"another's data":    {taken{other.data, b.keyring}, w.Keys, "backup.other"},
		"wrong master key":  {b, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, "backup.keyring_master"},
		"no end":            {taken{cut(b.data, 1), b.keyring}, w.Keys, "backup.damaged"},
		"a row less":        {taken{cut(b.data, 2), b.keyring}, w.Keys, "backup.damaged"},
		"more behind":       {taken{append(slices.Clone(b.data), "{}\n"...), b.keyring}, w.Keys, "backup.damaged"},
		"a changed value":   {taken{swap(b.data, "石语", "石雨"), b.keyring}, w.Keys, "backup.damaged"},
		"empty":             {taken{nil, b.keyring}, w.Keys, "backup.format"},
		"something else":    {taken{[]byte("{\"a\":1}\n"), b.keyring}, w.Keys, "backup.format"},
		"a later format":    {taken{swap(b.data, `"format":1`, `"format":2`), b.keyring}, w.Keys, "backup.newer"},
		"a key of the data": {taken{swap(b.data, `"name":"org",`, `"name":"org_key",`), b.keyring}, w.Keys, "backup.damaged"},
		"a table unknown":   {taken{swap(b.data, `"name":"org",`, `"name":"orgs; DROP",`), b.keyring}, w.Keys, "backup.damaged"},
		"a key exchanged":   {taken{b.data, exchanged(t, b.keyring)}, w.Keys, "backup.keyring_key"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.b.restoring().Check(ctx, c.keys)
			if keyOf(err) != c.key || c.key == "" && err != nil {
				t.Errorf("%v, want %q", err, c.key)
			}
			if c.key == "" && got.Keys < 8 {
				t.Errorf("%d keys opened", got.Keys)
			}
		})
	}
	lost := taken{b.data, old.keyring}.restoring()
	lost.AcceptLost = true
	if c, err := lost.Check(ctx, w.Keys); err != nil || !c.Lost {
		t.Errorf("accepted: %v", err)
	}
}

// exchanged gives two persons each other's key and mends the digest.
func exchanged(t *testing.T, keyring []byte) []byte {
	t.Helper()
	var rows [][]any
	var kept store.Manifest
	_, err := store.ReadDump(bytes.NewReader(keyring), func(m store.Manifest) error { kept = m; return nil }, func(tb *store.DumpTable, row []any) error {
		if tb.Name == "subject_key" {
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil || len(rows) < 4 || kept.Part != store.KeyringPart {
		t.Fatal(err, len(rows))
	}
	a, b := rows[0][len(rows[0])-1].([]byte), rows[2][len(rows[2])-1].([]byte)
	return store.Rewrite(bytes.Replace(keyring, store.Base64(a), store.Base64(b), 1))
}

// A column that the tables do not have is refused when the file is loaded.
func TestLoadRefusesColumns(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		w := storetest.New(t, storetest.Ready(t, dbtest.SQLite)(db.Config{}), nil)
		b := dump(t, w.Store)
		b.data = store.Rewrite(bytes.Replace(b.data, []byte(`"name":"uscc"`), []byte(`"name":"x) --"`), 1))
		c, err := b.restoring().Check(context.Background(), w.Keys)
		if err != nil {
			t.Fatal(err)
		}
		d := open(db.Config{})
		if err := b.restoring().Load(context.Background(), d, c); keyOf(err) != "backup.damaged" {
			t.Errorf("%v", err)
		}
		if full, err := store.Full(context.Background(), d); full || err != nil {
			t.Errorf("half was loaded: %v %v", full, err)
		}
	})
}
