// Package web holds the staff's workbench 工作台 as it was built by Vite: the
// files of dist, which are committed, so that the program builds without Node.
// index.html carries the placeholder __CSP_NONCE__ wherever a nonce belongs;
// who serves it replaces the placeholder with a fresh nonce for each answer.
// Files under assets/ have hashed names and never change.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// NoncePlaceholder stands in index.html where the nonce of the
// Content-Security-Policy belongs.
const NoncePlaceholder = "__CSP_NONCE__"

// FS is the built workbench, rooted at dist: index.html, assets/, favicon.svg.
var FS = sub(dist, "dist")

// sub roots f at dir. It panics where dir is missing, which the package's own
// test finds first.
func sub(f fs.FS, dir string) fs.FS {
	s, err := fs.Sub(f, dir)
	if err != nil {
		panic(err)
	}
	return s
}
