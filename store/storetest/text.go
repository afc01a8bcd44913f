package storetest

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"kexin/internal/db/dbtest"
	"kexin/internal/pgtest"
	"kexin/store"
)

// Main runs the tests of a package and then looks at every statement they ran
// on any database: one on a tenant's table filters it by its merchant, or
// stands in a list of exceptions. A package that uses worlds has
//
//	func TestMain(m *testing.M) { storetest.Main(m, job.Untenanted) }
func Main(m *testing.M, exceptions ...map[string]string) {
	code := pgtest.Run(m)
	for _, q := range dbtest.Statements() {
		if err := Tenanted(q, exceptions...); err != nil {
			fmt.Printf("--- FAIL: a statement is not of one merchant: %v\n    %s\n", err, q)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// tenant finds the tables of merchants in a statement, each with its alias.
var tenant = func() *regexp.Regexp {
	var names []string
	for _, r := range store.Registry {
		if r.Class == store.Tenant {
			names = append(names, r.Name)
		}
	}
	return regexp.MustCompile(`(?i)(\bFROM|\bJOIN|\bINTO|\bUPDATE|\bUSING|,)\s+(` + strings.Join(names, "|") + `)\b(?:\s+(?:AS\s+)?([a-z]\w*))?`)
}()

// words may stand where an alias would.
var words = regexp.MustCompile(`(?i)^(WHERE|SET|ON|ORDER|GROUP|LIMIT|LEFT|JOIN|INNER|CROSS|VALUES|UNION|FOR|RETURNING|DEFAULT|SELECT|USING|AND)$`)

// Tenanted is nil for a statement in which each tenant's table is filtered or
// joined by org_id, or written with it, and for those of the exceptions.
func Tenanted(q string, exceptions ...map[string]string) error {
	for _, list := range append(exceptions, store.Untenanted) {
		if list[q] != "" {
			return nil
		}
	}
	if strings.HasPrefix(q, dbtest.Past) {
		return nil
	}
	bare := 0
	for _, m := range tenant.FindAllStringSubmatch(q, -1) {
		verb, table, alias := strings.ToUpper(m[1]), m[2], m[3]
		if words.MatchString(alias) {
			alias = ""
		}
		switch {
		case verb == "INTO":
			if !regexp.MustCompile(`(?i)INTO\s+` + table + `\s*(AS\s+\w+\s*)?\(\s*org_id\b`).MatchString(q) {
				return fmt.Errorf("%s is written without its merchant first", table)
			}
		case !regexp.MustCompile(`\b(` + cmp.Or(alias, table) + `|` + table + `)\.org_id\s*=|=\s*(` + cmp.Or(alias, table) + `|` + table + `)\.org_id\b`).MatchString(q):
			bare++
		}
	}
	named := len(regexp.MustCompile(`(?:^|[^.\w])org_id\s*=`).FindAllString(q, -1))
	if named < bare {
		return fmt.Errorf("%d tenant tables without a filter by merchant of their own, %d without a name", bare, named)
	}
	return nil
}
