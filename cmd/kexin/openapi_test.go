package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"kexin/internal/db/dbtest"
	"kexin/internal/sitetest"
)

var update = flag.Bool("update", false, "write golden files")

// The committed API document is the one the routes make; web's client is made
// from it.
func TestOpenAPI(t *testing.T) {
	doc := sitetest.New(t, dbtest.SQLite).Site.API.OpenAPI()
	doc.Info.Version = "1"
	b, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	const path = "../../api/openapi.json"
	if *update {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(old, b) {
		t.Errorf("api/openapi.json is not what the routes make: go test ./cmd/kexin -run TestOpenAPI -update (%v)", err)
	}
}

// call finds what web/src/api/calls.ts asks for: the helper with the type it
// expects, and the path.
var call = regexp.MustCompile("\\b(get|post|patch|drop|upload|download|call)(?:<K\\.(\\w+)>)?\\((?:\\{ method: '(\\w+)', path: )?(['`])(/[^\\n]*?)['`]")

// verbs are the methods of the helpers.
var verbs = map[string]string{"get": "get", "post": "post", "patch": "patch", "drop": "delete", "upload": "put", "download": "get"}

// ours are the names of shapes that web calls otherwise than the document.
var ours = map[string]string{"Rec": "Record", "Card": "ShopCard", "Alliance": "AllianceBody", "ShownLink": "LinkBody", "SentPage": "SentList", "Inbox": "ArrivalList", "Redeemed": "VoucherAnswer"}

// TestCalls: every call of the workbench is in the API document, by method and
// path, and expects the shape that the document promises. That the shapes
// agree is web/src/api/agree.ts's.
func TestCalls(t *testing.T) {
	src, err := os.ReadFile("../../web/src/api/calls.ts")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	calls := call.FindAllStringSubmatch(string(src), -1)
	if len(calls) < 50 {
		t.Fatalf("only %d calls found: has calls.ts another form?", len(calls))
	}
	hole := regexp.MustCompile(`\$\{[^}]*\}`)
	for _, c := range calls {
		verb, want, path := verbs[c[1]], c[2], c[5]
		if c[1] == "call" {
			verb = strings.ToLower(c[3])
		}
		path, _, _ = strings.Cut(path, "?")
		path, _, _ = strings.Cut(path, "${after")
		path, _, _ = strings.Cut(path, "${all")
		path = strings.TrimSuffix(path, "`")
		found := false
		for route, item := range doc.Paths {
			op, ok := item[verb]
			if !ok || !sameRoute(hole.ReplaceAllString(path, "*"), strings.TrimPrefix(route, "/api/v1")) {
				continue
			}
			found = true
			for status, r := range op.Responses {
				ref := strings.TrimPrefix(r.Content["application/json"].Schema.Ref, "#/components/schemas/")
				if name, other := ours[want]; other {
					want = name
				}
				if status[0] == '2' && want != "" && ref != "" && ref != want {
					t.Errorf("%s %s: %s, and the document says %s", verb, path, want, ref)
				}
			}
		}
		if !found {
			t.Errorf("%s %s is not in the document", verb, path)
		}
	}
}

// plurals are the kinds of record in paths.
const plurals = " customers contacts orders order-lines deals visits tasks "

// sameRoute compares a path with holes to one of the document; a hole in the
// first part stands for a kind of record.
func sameRoute(path, route string) bool {
	a, b := strings.Split(path, "/"), strings.Split(route, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && a[i] != "*" {
			return false
		}
		if a[i] == "*" && i > 1 && !strings.HasPrefix(b[i], "{") || a[i] == "*" && i == 1 && !strings.Contains(plurals, " "+b[i]+" ") {
			return false
		}
	}
	return true
}
