package consent_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kexin"
	"kexin/consent"
	"kexin/ledger"
)

func receipt() consent.Slip {
	return consent.Slip{ID: 7, Time: 1_764_000_000_000, Language: "zh-CN", Controller: consent.Party{Name: "晴窗窗帘店", USCC: "92330382MAKXDM0398", Contact: "0577-62500003"},
		Through: "石语瓷砖店", Subject: [16]byte{1, 2}, Data: []string{"salutation", "phone", "need"}, Notice: 2, NoticeHash: consent.Hash{9}, NoticeURL: "/notice/3",
		Retention: "enquiry", Withdrawal: "https://kexin.example/l/x", GPC: true, Origin: "kexin.abc/3/1", Leaf: [32]byte{5}, Size: 12,
		Words: []consent.Word{{Purpose: kexin.FollowUp, State: consent.Requested, Grade: consent.Handed, Until: 1_800_000_000_000},
			{Purpose: kexin.OwnSMS, Channel: kexin.BySMS, State: consent.Given, Grade: consent.Code, Until: 1_800_000_000_000, Terms: consent.Terms{About: "offers", MaxPerMonth: 2}}}}
}

// TestReceipt: what was signed checks, against the key inside and against the
// merchant's; what is written about the log comes back.
func TestReceipt(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := receipt().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []ed25519.PublicKey{nil, pub} {
		c, err := consent.CheckReceipt(file, k)
		if err != nil {
			t.Fatal(err)
		}
		if origin, leaf, size := c.Log(); origin != "kexin.abc/3/1" || leaf != [32]byte{5} || size != 12 {
			t.Errorf("%s %v %d", origin, leaf, size)
		}
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := consent.CheckReceipt(file, other); kexin.LawOf(err) != "E_RCPT_SIG" {
		t.Errorf("another merchant's key: %v", err)
	}
}

// TestReceiptTampered: one byte changed anywhere is found, and so is a part
// left out.
func TestReceiptTampered(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := receipt().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(file)
		i := rapid.IntRange(0, len(bad)-1).Draw(t, "at")
		bad[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		if _, err := consent.CheckReceipt(bad, nil); kexin.LawOf(err) != "E_RCPT_SIG" {
			t.Fatalf("byte %d: %v", i, err)
		}
	})
	for _, bad := range []string{"", "{}", `{"doc":{},"form":"kexin-receipt/1","key":"","sig":""}`} {
		if _, err := consent.CheckReceipt([]byte(bad), nil); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestVerifyReceipt: what a receipt calls its shop steers no terminal and fills
// no page; a byte changed anywhere leaves nothing proved.
func TestVerifyReceipt(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := receipt()
	r.Controller.Name = "\x1b[2J\u202e晴窗" + strings.Repeat("窗", 200) + "\n"
	file, err := r.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	v := consent.VerifyFile(bytes.NewReader(file), ledger.VerifyOptions{}, nil)
	if v.Status != ledger.Unwitnessed || len(v.Proves) != 1 {
		t.Fatalf("%+v", v)
	}
	if name := v.Proves[0].Args["shop"]; name != "[2J晴窗"+strings.Repeat("窗", 95)+"…" || v.Proves[0].Args["code"] != r.Controller.USCC || v.Proves[0].Args["time"] != "2025-11-24 16:00 UTC" {
		t.Errorf("%+v", v.Proves[0])
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1
		if v := consent.VerifyFile(bytes.NewReader(bad), ledger.VerifyOptions{}, nil); v.Status != ledger.Invalid || len(v.Proves) != 0 || len(v.Faults) != 1 || v.Faults[0].Key != "verify.fault.receipt_signature" {
			t.Fatalf("byte %d: %+v", i, v)
		}
	}
}

func FuzzCheckReceipt(f *testing.F) {
	_, key, _ := ed25519.GenerateKey(nil)
	file, _ := receipt().Sign(key)
	f.Add(file)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := consent.CheckReceipt(b, nil)
		if err != nil && kexin.LawOf(err) != "E_RCPT_SIG" {
			t.Error(err)
		}
		v := consent.VerifyFile(bytes.NewReader(b), ledger.VerifyOptions{}, nil)
		if v.Status == ledger.Valid || err == nil && (v.Status != ledger.Unwitnessed || len(v.Proves) != 1 || len(v.Silent) == 0) {
			t.Errorf("%v: %+v", err, v)
		}
	})
}

// TestKeys: a list that was published is read back; a receipt is its shop's by
// the key and the credit code, and by neither alone.
func TestKeys(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := receipt().Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	list := consent.Keys{Name: "晴窗窗帘店", USCC: receipt().Controller.USCC, Origin: "kexin.abc/3/1", Receipt: []ed25519.PublicKey{other, pub}}
	b, err := list.JSON()
	if err != nil {
		t.Fatal(err)
	}
	read, err := consent.ParseKeys(b)
	if err != nil || read.Name != list.Name || read.USCC != list.USCC || read.Origin != list.Origin || len(read.Receipt) != 2 || !read.Receipt[1].Equal(pub) {
		t.Fatalf("%+v %v", read, err)
	}
	strange, wrong := read, read
	strange.Receipt, wrong.USCC = read.Receipt[:1], "92330382MAKXDM055X"
	for name, c := range map[string]struct {
		keys   consent.Keys
		listed bool
		status ledger.Status
		says   string
	}{
		"its shop's":       {read, true, ledger.Unwitnessed, "verify.proves.receipt_key"},
		"a strange key":    {strange, true, ledger.Invalid, "verify.fault.receipt_key"},
		"another shop's":   {wrong, true, ledger.Invalid, "verify.fault.receipt_key"},
		"of another place": {read, false, ledger.Unwitnessed, "verify.silent.receipt_key"},
	} {
		v := consent.VerifyFile(bytes.NewReader(file), ledger.VerifyOptions{}, func(o ledger.Origin) (consent.Keys, bool) {
			if o != "kexin.abc/3/1" {
				t.Errorf("%s: asked for %s", name, o)
			}
			return c.keys, c.listed
		})
		said := ""
		for _, s := range append(v.Proves, v.Silent...) {
			said += s.Key + " "
		}
		for _, f := range v.Faults {
			said += f.Key + " "
		}
		if v.Status != c.status || !strings.Contains(said, c.says) || c.listed && strings.Contains(said, "verify.silent.receipt_key") || (c.status == ledger.Invalid) != (len(v.Proves) == 0) {
			t.Errorf("%s: %s %s", name, v.Status, said)
		}
	}
	for _, bad := range []string{"", "{}", `{"form":"kexin-keys/1","merchant":{"name":"","uscc":"x"},"origin":"","receipt":[{"key":"AA"}]}`} {
		if _, err := consent.ParseKeys([]byte(bad)); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	pub, _, _ := ed25519.GenerateKey(nil)
	b, _ := consent.Keys{Name: "店", USCC: "92330382MAKXDM0398", Receipt: []ed25519.PublicKey{pub}}.JSON()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := consent.ParseKeys(b)
		if err != nil {
			return
		}
		again, err := k.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if l, err := consent.ParseKeys(again); err != nil || l.USCC != k.USCC || len(l.Receipt) != len(k.Receipt) {
			t.Errorf("%+v %v", l, err)
		}
	})
}
