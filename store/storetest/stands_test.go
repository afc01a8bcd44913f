package storetest_test

import (
	"testing"

	"kexin/store/storetest"
)

// TestStands: what a mask or a value shows is found, what an id or a digest
// holds by chance is not.
func TestStands(t *testing.T) {
	for text, want := range map[string]bool{
		`5678`: true, `"phone":"5678"`: true, `*******5678`: true, `1381234****，5678。`: true, `tel:+865678`: true, `{N:5678 S:}`: true, `00865678`: true, `15678 5678`: true, `王5678女士`: true,
		``: false, `"id":"356191567829"`: false, `0afbd5678b`: false, `e5678`: false, `5678f`: false, `Zm9v+5678`: false, `a_5678`: false, `5678-`: false, `/l/5678/`: false, `156785678`: false,
	} {
		if storetest.Stands(text, "5678") != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
