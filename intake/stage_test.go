package intake

import (
	"bytes"
	"testing"

	"kexin"
	"kexin/vault"
)

// An upload lies encrypted on disk; reading it needs no clear copy.
func TestEncryptedStage(t *testing.T) {
	for _, name := range []string{"tile-gb18030.csv", "appliance.xlsx"} {
		clear := sharedFile(t, name)
		plain := make([]byte, clear.Size())
		if n, err := readAt(clear, plain, 0); err != nil || n != len(plain) {
			t.Fatal(n, err)
		}
		key := bytes.Repeat([]byte{7}, 32)
		var stage bytes.Buffer
		w, err := vault.NewStageWriter(&stage, key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := vault.OpenStage(bytes.NewReader(stage.Bytes()), int64(stage.Len()), key)
		if err != nil {
			t.Fatal(err)
		}
		want, got := rows(t, clear, look(t, clear, Options{})), rows(t, f, look(t, f, Options{}))
		if grid(got) != grid(want) || len(got) < 300 {
			t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
		}
		stage.Bytes()[stage.Len()/2] ^= 1 // a changed byte is noticed, not read
		damaged, err := vault.OpenStage(bytes.NewReader(stage.Bytes()), int64(stage.Len()), key)
		if err == nil {
			err = lookOrRows(damaged, lim)
		}
		if kexin.CodeOf(err) == "" {
			t.Errorf("%s: a damaged stage file was read", name)
		}
	}
}
