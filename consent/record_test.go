package consent_test

import (
	"errors"
	"slices"
	"testing"

	"kexin"
	"kexin/consent"
)

func record() consent.Record {
	return consent.Record{Subject: 1, Controller: 2, Purpose: kexin.OwnSMS, Fields: []kexin.FieldID{kexin.CustPhone}, Processing: "sms",
		Notice: 3, NoticeHash: consent.Hash{1}, Terms: consent.Terms{About: "offers", MaxPerMonth: 2, Until: 200}, GivenAt: 100,
		Way: consent.Code, Evidence: "challenge:9", ExpiresAt: 200}
}

// TestRecord is CON-01: each part left out is named, and only it.
func TestRecord(t *testing.T) {
	if err := record().Validate(); err != nil {
		t.Fatal(err)
	}
	for part, change := range map[string]func(*consent.Record){
		"subject":             func(r *consent.Record) { r.Subject = 0 },
		"controller":          func(r *consent.Record) { r.Controller = 0 },
		"purpose":             func(r *consent.Record) { r.Purpose = "" },
		"categories":          func(r *consent.Record) { r.Fields = nil },
		"processing":          func(r *consent.Record) { r.Processing = "" },
		"notice_version":      func(r *consent.Record) { r.Notice = 0 },
		"notice_hash":         func(r *consent.Record) { r.NoticeHash = consent.Hash{} },
		"terms.about":         func(r *consent.Record) { r.Terms.About = "" },
		"terms.max_per_month": func(r *consent.Record) { r.Terms.MaxPerMonth = 0 },
		"terms.until":         func(r *consent.Record) { r.Terms.Until = 100 },
		"receiver":            func(r *consent.Record) { r.Receiver = 5 },
		"given_at":            func(r *consent.Record) { r.GivenAt = 0 },
		"method":              func(r *consent.Record) { r.Way = consent.NoGrade },
		"evidence":            func(r *consent.Record) { r.Evidence = "" },
		"expires_at":          func(r *consent.Record) { r.ExpiresAt = 100 },
	} {
		r := record()
		change(&r)
		var e *kexin.Error
		if err := r.Validate(); !errors.As(err, &e) || e.Code != kexin.Invalid || len(e.Fields) != 1 || e.Fields[0].Path != part {
			t.Errorf("without %s: %v", part, err)
		}
	}
	var e *kexin.Error
	if err := (consent.Record{}).Validate(); !errors.As(err, &e) || len(e.Fields) != 11 {
		t.Errorf("the empty record: %v", err)
	}
}

// TestRecordReceiver: a consent to provide names one merchant, the same in
// purpose and receiver.
func TestRecordReceiver(t *testing.T) {
	for purpose, ok := range map[kexin.PurposeCode][]bool{ // receiver 0, 5, 6
		"share.provide.5":  {false, true, false},
		"share.provide.*":  {false, false, false},
		"share.provide.":   {false, false, false},
		"share.provide.05": {false, false, false},
		kexin.FollowUp:     {true, false, false},
	} {
		var got []bool
		for _, receiver := range []kexin.ID{0, 5, 6} {
			r := record()
			r.Purpose, r.Receiver, r.Terms = purpose, receiver, consent.Terms{}
			got = append(got, r.Validate() == nil)
		}
		if !slices.Equal(got, ok) {
			t.Errorf("%s: %v, want %v", purpose, got, ok)
		}
	}
}
