package ledger

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"kexin"

	"pgregory.net/rapid"
)

// Whatever single byte of a file is changed, it is not valid any more: its
// signature covers all of it.
func TestEvidenceEveryByte(t *testing.T) {
	w := sampleWorld(t)
	file := w.file(w.evidence(w.persons[3], 62))
	opt := VerifyOptions{Known: []string{w.line(0, w.now().tree.Size).Line()}}
	if v := VerifyEvidence(bytes.NewReader(file), opt); v.Status != Valid {
		t.Fatal(v.Status, faults(v))
	}
	for i := 0; i < len(file); i += 1 + i%7 {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		if v := VerifyEvidence(bytes.NewReader(bad), opt); v.Status != Invalid || len(v.Faults) == 0 {
			t.Fatalf("byte %d (%q): %v", i, file[max(0, i-20):i+1], v.Status)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		bad := bytes.Clone(file)
		switch rapid.IntRange(0, 2).Draw(rt, "how") {
		case 0:
			bad[rapid.IntRange(0, len(bad)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
		case 1:
			at := rapid.IntRange(0, len(bad)-1).Draw(rt, "at")
			bad = slices.Delete(bad, at, min(len(bad), at+rapid.IntRange(1, 300).Draw(rt, "n")))
		case 2:
			bad = slices.Insert(bad, rapid.IntRange(0, len(bad)).Draw(rt, "at"), rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(rt, "bytes")...)
		}
		if v := VerifyEvidence(bytes.NewReader(bad), opt); v.Status != Invalid && !bytes.Equal(bad, file) {
			rt.Fatal(v.Status)
		}
	})
}

func TestEvidenceUnreadable(t *testing.T) {
	w := sampleWorld(t)
	file := w.file(w.evidence(w.persons[3]))
	for what, b := range map[string][]byte{
		"empty": nil, "no newline": file[:len(file)-1], "two newlines": append(bytes.Clone(file), '\n'), "pretty": bytes.Replace(file, []byte(`"form":`), []byte(`"form": `), 1),
		"other form": bytes.Replace(file, []byte("kexin-evidence/1"), []byte("kexin-evidence/2"), 1), "no form": bytes.Replace(file, []byte(`"form":"kexin-evidence/1",`), nil, 1), "not JSON": []byte("%PDF-1.7\n"), "no sig": []byte(`{"doc":{},"form":"kexin-evidence/1"}` + "\n"),
		"unknown member": bytes.Replace(file, []byte(`"made":`), []byte(`"hint":1,"made":`), 1), "deep": []byte(strings.Repeat(`{"doc":`, 1000) + "\n"),
	} {
		if v := VerifyEvidence(bytes.NewReader(b), VerifyOptions{}); v.Status != Invalid || faults(v)[0] != "verify.fault.format" {
			t.Errorf("%s: %v", what, faults(v))
		}
	}
	if v := VerifyEvidence(iotest.ErrReader(errors.New("gone")), VerifyOptions{}); v.Status != Invalid || faults(v)[0] != "verify.fault.read" {
		t.Error(faults(v))
	}
	if v := VerifyEvidence(neverending{}, VerifyOptions{}); faults(v)[0] != "verify.fault.read" {
		t.Error(faults(v))
	}
	if _, err := (&Evidence{Made: -1}).Seal(testKey(1)); kexin.CodeOf(err) != kexin.Invalid {
		t.Error(err)
	}
}

type neverending struct{}

func (neverending) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '{'
	}
	return len(p), nil
}

func FuzzEvidence(f *testing.F) {
	w := sampleWorld(f)
	good := w.file(w.evidence(w.persons[3], 62))
	small := w.file(&Evidence{Made: 1, Checkpoint: w.now().cps[0], Keys: w.now().keys})
	f.Add(good)
	f.Add(small)
	f.Add([]byte(`{"doc":{},"form":"kexin-evidence/1","sig":"AQ"}` + "\n"))
	opt := VerifyOptions{Known: []string{w.line(0, w.now().tree.Size).Line()}}
	f.Fuzz(func(t *testing.T, b []byte) {
		v := VerifyEvidence(bytes.NewReader(b), opt)
		if v.Status == Valid && !bytes.Equal(b, good) && !bytes.Equal(b, small) {
			t.Fatal("valid")
		}
		checkStatements(t, v)
		if e, err := ParseEvidence(b); err == nil {
			again := codec{writing: true}
			e.outer(&again)
			if !bytes.Equal(append(again.out, '\n'), b) {
				t.Fatalf("%q\n%q", b, again.out)
			}
			sub := codec{writing: true}
			e.fields(&sub)
			if !bytes.Equal(sub.out, e.doc) {
				t.Fatalf("%q\n%q", e.doc, sub.out)
			}
		}
	})
}
