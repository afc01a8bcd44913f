package db_test

import (
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/internal/db"
)

func TestIn(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		for i, name := range []string{"a", "b", "c", "d"} {
			put(t, d, int64(i), name)
		}
		many := make([]kexin.ID, 40000)
		for i := range many {
			many[i] = kexin.ID(i + 2)
		}
		err := d.View(bg, func(tx *db.Tx) error {
			var n int
			if err := tx.Row(`select count(*) from t where org_id = $1 and `+d.In("name", 3, 2), 1, "a", "d", "x").Scan(&n); err != nil || n != 2 {
				t.Errorf("In: %d %v", n, err)
			}
			for _, c := range []struct {
				ids  []kexin.ID
				want int
			}{{nil, 0}, {[]kexin.ID{1}, 1}, {[]kexin.ID{3, 1, 9}, 2}, {many, 2}} {
				frag, arg := d.InIDs("id", c.ids, 2)
				if err := tx.Row(`select count(*) from t where org_id = $1 and `+frag, 1, arg).Scan(&n); err != nil || n != c.want {
					t.Errorf("InIDs of %d: %d %v", len(c.ids), n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSmallFragments(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		put(t, d, 4, "a")
		err := d.Update(bg, func(tx *db.Tx) error {
			var id, least int64
			err := tx.Row(`select id, `+d.Least("id", "cast($1 as bigint)")+` from t where org_id = 1`+d.ForUpdate(), 9).Scan(&id, &least)
			if id != 4 || least != 4 {
				t.Error(id, least)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestMonth(t *testing.T) {
	const china = 8 * 3600 * 1000
	both(t, func(t *testing.T, d *db.DB) {
		for day, want := range map[string]string{
			"2026-01-31T15:59:59.999Z": "2026-01", "2026-01-31T16:00:00Z": "2026-02", "2024-02-29T12:00:00Z": "2024-02", "1999-12-31T16:00:00Z": "2000-01",
		} {
			at, err := time.Parse(time.RFC3339, day)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			if err := d.View(bg, func(tx *db.Tx) error {
				return tx.Row(`select `+d.Month("cast($1 as bigint)", china), kexin.At(at)).Scan(&got)
			}); err != nil || got != want {
				t.Errorf("%s: %s, want %s, %v", day, got, want, err)
			}
		}
	})
}

// What the shim promises to be one text for both engines.
func TestCommonSubset(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB) {
		err := d.Update(bg, func(tx *db.Tx) error {
			if err := tx.Bulk("t", []string{"org_id", "id", "name", "n", "ok"}, [][]any{
				{1, 1, "Anna", 5, true}, {1, 2, "anna", 5, false}, {1, 3, "王", 6, false}}); err != nil {
				return err
			}
			for q, want := range map[string]int64{
				`select count(*) from t where name like 'a%'`:                                    1, // case counts
				`select count(*) from t where (n, id) < ($1, 2)`:                                 1,
				`select count(*) filter (where ok) from t`:                                       1,
				`select count(*) from t where ok and not coalesce(n is not distinct from 6, ok)`: 1,
				`select cast(coalesce(sum(n), 0) as bigint) from t`:                              16,
				`select length(name) from t where id = 3`:                                        1,
				`select id from t order by name, id limit 1`:                                     1, // bytes: "A" before "a"
				`select row_number() over (order by id desc) from t where id = 3`:                1,
				`select cast('{"a": 7}' as text) is not null and 7 / 2 = 3 as x`:                 1,
			} {
				var n int64
				var args []any
				if strings.Contains(q, "$1") {
					args = []any{5}
				}
				var scan any = &n
				var b bool
				if strings.HasSuffix(q, "as x") {
					scan = &b
				}
				if err := tx.Row(q, args...).Scan(scan); err != nil {
					t.Errorf("%s: %v", q, err)
					return err
				}
				if b {
					n = 1
				}
				if n != want {
					t.Errorf("%s: %d, want %d", q, n, want)
				}
			}
			var name string
			if err := tx.Row(`insert into t (org_id, id, name) values (1, 1, 'x') on conflict (org_id, id) do update
				set name = excluded.name returning name`).Scan(&name); err != nil || name != "x" {
				t.Error(name, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
