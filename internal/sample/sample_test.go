package sample

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kexin"
	"kexin/intake"
	"kexin/kind"
	"kexin/kind/region"
)

var today = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// The shares of surnames are the published ones.
func TestSurnames(t *testing.T) {
	s, n, count := New(1, today), 40_000, map[string]int{}
	for i := range n {
		name := []rune(s.Person(i).Name)
		count[string(name[0])]++
	}
	for name, want := range map[string]float64{"王": 7.25, "李": 7.19, "张": 6.83, "刘": 5.38} {
		got := float64(count[name]) / float64(n) * 100
		if sd := math.Sqrt(want * (100 - want) / float64(n)); math.Abs(got-want) > 5*sd {
			t.Errorf("%s: %.2f %%, published %.2f", name, got, want)
		}
	}
	w := surnameWheel()
	if got := w.upto[99]; math.Abs(got-84.77) > 0.3 {
		t.Errorf("the first hundred have %.2f %%, published 84.77", got)
	}
	if got := w.upto[len(w.upto)-1]; math.Abs(got-100) > 1e-6 {
		t.Errorf("all have %.2f %%", got)
	}
	seen := map[string]bool{}
	for _, name := range w.names {
		if seen[name] {
			t.Errorf("%s stands twice", name)
		}
		seen[name] = true
	}
}

// A person is the same whenever she is made, and another seed makes another.
func TestSamePerson(t *testing.T) {
	a, b, c := New(7, today), New(7, today), New(8, today)
	for i := range 100 {
		if x, y := a.Person(i), b.Person(i); strings.Join(x.row(""), "|") != strings.Join(y.row(""), "|") {
			t.Fatal(i)
		}
		if a.Person(i).Phone == c.Person(i).Phone {
			t.Error("another seed, the same phone")
		}
	}
}

// No two numbers give one phone, first and second numbers together.
func TestPhonesDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, i, j := rapid.Uint64().Draw(t, "seed"), rapid.Uint64Range(0, secondPhones-1).Draw(t, "i"), rapid.Uint64Range(0, secondPhones-1).Draw(t, "j")
		a, b := phone(seed, i), phone(seed, j)
		if (a == b) != (i == j) || phone(seed, i+secondPhones) == b || len(a) != 11 {
			t.Fatal(a, b)
		}
	})
}

// Every value is one that the product takes as it is.
func TestValuesAreClean(t *testing.T) {
	s, schema := New(3, today), kexin.Builtin()
	env := kind.Env{Zone: time.UTC, Now: kexin.At(today)}
	for i := range 2000 {
		p := s.Person(i)
		for id, text := range map[kexin.FieldID]string{kexin.CustName: p.Name, kexin.CustGender: p.Gender, kexin.CustPhone: p.Phone, kexin.CustPhones: p.Phones,
			kexin.CustWeChat: p.WeChat, kexin.CustEmail: p.Email, kexin.CustBirthday: p.Birthday, kexin.CustStage: p.Stage, kexin.CustSource: p.Source,
			kexin.CustSourceOn: p.SourceOn, kexin.CustNeed: strings.Join(p.Need, "\n"), kexin.CustTags: strings.Join(p.Tags, "\n"), kexin.CustNextAt: p.NextOn, kexin.CustRemark: p.Remark} {
			f := schema.Field(id)
			if text == "" {
				continue
			}
			v, issues := kind.Parse(f, text, env)
			if len(issues) > 0 || v.Empty() || kind.Check(f, v) != nil {
				t.Fatalf("%s of %d: %v", f.Name, i, issues)
			}
		}
		if region.Level(p.Region) != region.District {
			t.Fatal(p.Region)
		}
		if code, rest, _ := region.Split(region.Full(p.Region) + p.Address); code != p.Region || rest != p.Address {
			t.Errorf("%s%s is read as %s %s", region.Full(p.Region), p.Address, code, rest)
		}
		if (p.OrderNo == "") != (p.Amount == 0) || p.OrderOn > today.Format(time.DateOnly) || p.NextOn != "" && p.NextOn < today.Format(time.DateOnly) {
			t.Errorf("%d: order %q on %s", i, p.OrderNo, p.OrderOn)
		}
	}
}

// Orders are log-normal about the median.
func TestOrders(t *testing.T) {
	s := New(4, today)
	var logs []float64
	for i := range 20_000 {
		if p := s.Person(i); p.Amount > 0 {
			logs = append(logs, math.Log(float64(p.Amount)))
		}
	}
	if share := float64(len(logs)) / 20_000; math.Abs(share-shareOrder/100.0) > 0.02 {
		t.Errorf("%.2f have an order", share)
	}
	slices.Sort(logs)
	at := func(q float64) float64 { return logs[int(q*float64(len(logs)))] }
	if m := math.Exp(at(0.5)); math.Abs(m/orderMedian-1) > 0.05 {
		t.Errorf("median %.0f fen", m)
	}
	if sd := (at(0.841) - at(0.159)) / 2; math.Abs(sd-orderSigma) > 0.05 {
		t.Errorf("sigma %.3f", sd)
	}
}

// The list is one that the import reads without help: every column finds its
// field.
func TestListIsRead(t *testing.T) {
	var b bytes.Buffer
	if err := New(5, today).WriteList(&b, 300, []string{"陈晓雯", "马骏"}); err != nil {
		t.Fatal(err)
	}
	g, err := intake.Look(bytes.NewReader(b.Bytes()), intake.Options{}, intake.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range intake.Map(g, kexin.Builtin(), kexin.Customer) {
		if x.Role == intake.RoleSkip {
			t.Errorf("column %s is not read: %v", Header[x.Column], x.Why)
		}
	}
	if n := bytes.Count(b.Bytes(), []byte("\n")); n != 301 {
		t.Errorf("%d lines", n)
	}
}
