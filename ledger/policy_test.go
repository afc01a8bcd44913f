package ledger

import (
	"fmt"
	"strings"
	"testing"

	"kexin"

	"pgregory.net/rapid"
)

func wkey(n byte) string { return WitnessVKey(fmt.Sprintf("w%d.example", n), pubOf(testKey(n))) }

// The example of c2sp.org/tlog-policy with keys filled in.
func examplePolicy() string {
	return "log " + VKey(testOrigin, pubOf(testKey(1))) + "\n\n" +
		"witness X1 " + wkey(11) + "\nwitness X2 " + wkey(12) + "\nwitness X3 " + wkey(13) + " https://w3.example/\n" +
		"group X-witnesses 2 X1 X2 X3\n\n" +
		" \twitness Y1\t" + wkey(14) + " \nwitness Y2 " + wkey(15) + "\nwitness Y3 " + wkey(16) + "\n# a comment 见证\n" +
		"group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
}

func TestPolicyExample(t *testing.T) {
	p, err := ParsePolicy(examplePolicy())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Logs) != 1 || len(p.Witnesses) != 6 || p.Witnesses[2].URL != "https://w3.example/" || !p.Needs() || len(p.WitnessKeys()) != 6 {
		t.Errorf("%+v", p)
	}
	for keys, want := range map[string]bool{"": false, "11 12": false, "14": false, "11 14": false, "11 13 16": true, "11 12 13 14 15 16": true, "99 98 14": false} {
		have := map[string]bool{}
		for _, k := range strings.Fields(keys) {
			var n byte
			if _, err := fmt.Sscan(k, &n); err != nil {
				t.Fatal(err)
			}
			have[wkey(n)] = true
		}
		if p.Satisfied(have) != want {
			t.Errorf("%q: %v", keys, !want)
		}
	}
	none, err := ParsePolicy("quorum none")
	if err != nil || none.Needs() || !none.Satisfied(nil) {
		t.Error(err)
	}
}

func TestPolicyRefuses(t *testing.T) {
	w1, w2 := "witness A "+wkey(11)+"\n", "witness B "+wkey(12)+"\n"
	for what, s := range map[string]string{
		"empty": "", "no quorum": w1, "two quorums": w1 + "quorum A\nquorum A\n", "unknown quorum": w1 + "quorum B\n", "quorum of later": "quorum A\n" + w1,
		"name twice": w1 + "witness A " + wkey(12) + "\nquorum A\n", "key twice": w1 + "witness B " + wkey(11) + "\nquorum A\n",
		"same key, other name": w1 + "witness B " + WitnessVKey("other", pubOf(testKey(11))) + "\nquorum A\n",
		"a log's key":          "witness A " + VKey(testOrigin, pubOf(testKey(1))) + "\nquorum A\n", "a witness's key": "log " + wkey(11) + "\nquorum none\n",
		"log twice":  "log " + VKey(testOrigin, pubOf(testKey(1))) + "\nlog " + VKey("kexin.abc/12/2", pubOf(testKey(1))) + "\nquorum none\n",
		"named none": "witness none " + wkey(11) + "\nquorum none\n", "group none": w1 + "group none any A\nquorum A\n",
		"threshold 0": w1 + "group G 0 A\nquorum G\n", "threshold too large": w1 + "group G 2 A\nquorum G\n", "threshold 01": w1 + "group G 01 A\nquorum G\n",
		"threshold word": w1 + "group G most A\nquorum G\n", "no member": w1 + "group G any\nquorum G\n", "unknown member": w1 + "group G any B\nquorum G\n",
		"none as member": w1 + "group G any none\nquorum G\n", "member twice": w1 + "group G any A A\nquorum G\n",
		"in two groups": w1 + w2 + "group G any A B\ngroup H any A\nquorum G\n", "itself": "group G any G\nquorum G\n", "unknown word": "trust me\nquorum none\n",
		"too many words": "quorum none please\n", "control": "quorum none\r\n", "NUL": "quorum none\n#\x00", "blank of Unicode": "quorum\u00a0none\n",
		"too long": "quorum none\n" + strings.Repeat("#", policyMax), "too many lines": "quorum none\n" + strings.Repeat("\n", policyLines),
	} {
		if _, err := ParsePolicy(s); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Adding a cosignature never makes a satisfied quorum unsatisfied, and a
// k-of-n group is satisfied by exactly the sets of k or more.
func TestPolicyProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "n")
		k := rapid.IntRange(1, n).Draw(rt, "k")
		s, names := "", ""
		for i := range n {
			s += fmt.Sprintf("witness W%d %s\n", i, wkey(byte(20+i)))
			names += fmt.Sprintf(" W%d", i)
		}
		p, err := ParsePolicy(s + fmt.Sprintf("group G %d%s\nquorum G\n", k, names))
		if err != nil {
			rt.Fatal(err)
		}
		have := map[string]bool{}
		for i := range n {
			if rapid.Bool().Draw(rt, "signed") {
				have[wkey(byte(20+i))] = true
			}
		}
		if p.Satisfied(have) != (len(have) >= k) {
			rt.Fatal(len(have), k)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(examplePolicy())
	f.Add("quorum none")
	f.Add("witness A " + wkey(11) + "\ngroup G all A\nquorum G")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePolicy(s)
		if err != nil {
			if kexin.CodeOf(err) != kexin.Invalid {
				t.Fatal(err)
			}
			return
		}
		all := map[string]bool{}
		for _, k := range p.WitnessKeys() {
			all[k] = true
		}
		if !p.Satisfied(all) {
			t.Fatal("all witnesses together do not satisfy it")
		}
		if p.Needs() && p.Satisfied(nil) {
			t.Fatal("nobody satisfies it")
		}
	})
}
