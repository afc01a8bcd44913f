package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
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
