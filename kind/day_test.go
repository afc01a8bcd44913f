package kind

import (
	"testing"
	"time"

	"kexin"
)

var (
	shanghai = time.FixedZone("CST", 8*3600)
	noon2026 = Env{Zone: shanghai, Now: kexin.At(time.Date(2026, 11, 22, 12, 0, 0, 0, shanghai))}
	onField  = &kexin.Field{ID: kexin.CustSourceOn, Name: "source_on", Kind: kexin.KindDay}
	bornOn   = &kexin.Field{ID: kexin.CustBirthday, Name: "birthday", Kind: kexin.KindDay}
	closeOn  = &kexin.Field{ID: kexin.DealCloseOn, Name: "close_on", Kind: kexin.KindDay}
	atField  = &kexin.Field{ID: kexin.VisitAt, Name: "at", Kind: kexin.KindInstant}
	nextAt   = &kexin.Field{ID: kexin.CustNextAt, Name: "next_at", Kind: kexin.KindInstant}
)

func TestDay(t *testing.T) {
	for _, c := range []reads{
		// the forms of the shop exports
		{"2025-01-23", "2025-01-23", ""},
		{"2023年4月16日", "2023-04-16", ""},
		{"2021.6.17", "2021-06-17", ""},
		{"2024/8/14", "2024-08-14", ""},
		{"20230328", "2023-03-28", ""},
		{"45976", "2025-11-15", ""},
		{"2026-01-15 14:00:05", "2026-01-15", ""},
		{"2023-02-30", "", CodeDateInvalid},
		// others
		{"２０２５－０１－２３", "2025-01-23", ""},
		{"2025年1月23号", "2025-01-23", ""},
		{"2025 1 23", "2025-01-23", ""},
		{"2025-1-23 (周四)", "2025-01-23", ""},
		{"2025年1月23日星期四", "2025-01-23", ""},
		{"2025/01/23 0:00", "2025-01-23", ""},
		{"2025-01-23T15:04:05Z", "2025-01-23", ""},
		{"2025-01-23T16:04:05Z", "2025-01-24", ""},
		{"2025-01-23T23:30:00+08:00", "2025-01-23", ""},
		{"45976.583391", "2025-11-15", ""},
		{"45976.0", "2025-11-15", ""},
		{"20230328140005", "2023-03-28", ""},
		{"16-Apr-2023", "2023-04-16", ""},
		{"April 16, 2023", "2023-04-16", ""},
		{"8/14/2024", "2024-08-14", ""},
		{"14.8.2024", "2024-08-14", ""},
		{"5/5/2024", "2024-05-05", ""},
		{"二〇二三年四月十六日", "2023-04-16", ""},
		{"二零二三年十二月二十一日", "2023-12-21", ""},
		{"2023年十月十日", "2023-10-10", ""},
		{"2024-02-29", "2024-02-29", ""},
		{"2100-02-28", "2100-02-28", CodeDateFuture},
		{"2026-11-23", "2026-11-23", ""},
		{"2026-11-24", "2026-11-24", CodeDateFuture},
		{"1989-12-31", "1989-12-31", CodeDateOld},
		{"2023-04-16 量房", "2023-04-16", CodeTextLeft},
		{"", "", ""},
		{"无", "", ""},
		{"-", "", ""},
		// refused
		{"23/4/16", "", CodeDateAmbiguous},
		{"23-04-16", "", CodeDateAmbiguous},
		{"230416", "", CodeDateAmbiguous},
		{"16-Apr-23", "", CodeDateAmbiguous},
		{"3/4/2024", "", CodeDateAmbiguous},
		{"4月16日", "", CodeDateAmbiguous},
		{"4/16", "", CodeDateAmbiguous},
		{"2023年4月", "", CodeDateInvalid},
		{"2023", "", CodeDateInvalid},
		{"2023-13-01", "", CodeDateInvalid},
		{"2023-00-10", "", CodeDateInvalid},
		{"2100-02-29", "", CodeDateInvalid},
		{"0202-01-23", "", CodeDateInvalid},
		{"20231301", "", CodeDateInvalid},
		{"上周", "", CodeDateInvalid},
		{"2023-4-31", "", CodeDateInvalid},
		{"99999", "2173-10-13", CodeDateFuture},
		{"2026-01-15 25:00", "", CodeDateInvalid},
		{"123456789", "", CodeDateInvalid},
	} {
		c.check(t, onField, noon2026)
	}
}

func TestDayByField(t *testing.T) {
	for _, c := range []struct {
		f *kexin.Field
		reads
	}{
		{bornOn, reads{"1958-03-02", "1958-03-02", ""}},
		{bornOn, reads{"2030-03-02", "2030-03-02", CodeDateFuture}},
		{bornOn, reads{"1899-12-31", "", CodeDateInvalid}},
		{closeOn, reads{"2030-03-02", "2030-03-02", ""}},
		{closeOn, reads{"1958-03-02", "1958-03-02", ""}},
		{nextAt, reads{"2030-03-02 9:00", "2030-03-02 09:00:00", ""}},
		{atField, reads{"2030-03-02 9:00", "2030-03-02 09:00:00", CodeDateFuture}},
		{atField, reads{"1980-03-02 9:00", "1980-03-02 09:00:00", CodeDateOld}},
	} {
		c.check(t, c.f, noon2026)
	}
	reads{"2030-03-02", "2030-03-02", ""}.check(t, onField, Env{}) // without a clock nothing is too late
}

func TestInstant(t *testing.T) {
	for _, c := range []reads{
		{"2026-01-15 14:00:05", "2026-01-15 14:00:05", ""},
		{"2026-01-15", "2026-01-15 00:00:00", ""},
		{"2026/1/15 9:05", "2026-01-15 09:05:00", ""},
		{"2026年1月15日 下午2点半", "2026-01-15 14:30:00", ""},
		{"2026-01-15 14时30分", "2026-01-15 14:30:00", ""},
		{"2026-01-15 14点", "2026-01-15 14:00:00", ""},
		{"2026-01-15 上午9:00", "2026-01-15 09:00:00", ""},
		{"2026-01-15 中午12:30", "2026-01-15 12:30:00", ""},
		{"2026-01-15 2:30 PM", "2026-01-15 14:30:00", ""},
		{"2026-01-15 12:30 AM", "2026-01-15 00:30:00", ""},
		{"2026-01-15T06:00:05Z", "2026-01-15 14:00:05", ""},
		{"2026-01-15T06:00:05.123Z", "2026-01-15 14:00:05.123", ""},
		{"2026-01-15T14:00:05+0800", "2026-01-15 14:00:05", ""},
		{"2026-01-15 01:00:05 -05:00", "2026-01-15 14:00:05", ""},
		{"45976.583391", "2025-11-15 14:00:05", ""},
		{"45976.99999999", "2025-11-16 00:00:00", ""},
		{"2026-01-15 14:00 量房", "2026-01-15 14:00:00", CodeTextLeft},
		{"2026-01-15 14:61", "", CodeDateInvalid},
		{"明天", "", CodeDateInvalid},
		{"", "", ""},
	} {
		c.check(t, atField, noon2026)
	}
}

// At the end of summer time an hour comes twice; both are written so that they
// are read back.
func TestInstantTwice(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip("SKIPPED: no time zones on this machine")
	}
	env := Env{Zone: zone}
	first := time.Date(2025, 11, 2, 5, 30, 0, 0, time.UTC)
	for _, at := range []time.Time{first, first.Add(time.Hour), first.Add(-time.Hour)} {
		v := kexin.Num(int64(kexin.At(at)))
		if back, issues := Parse(atField, Format(atField, v, env), env); back != v || len(issues) > 0 {
			t.Errorf("%s: %s, %v", at, Format(atField, v, env), issues)
		}
	}
}

func TestDayCheck(t *testing.T) {
	for _, v := range []kexin.Value{kexin.Str("2023-02-30"), kexin.Str("2023-2-3"), kexin.Str("x"), kexin.Num(3), kexin.Str("1899-01-01"), kexin.Str("9999-01-01")} {
		if err := Check(onField, v); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%v: %v", v, err)
		}
	}
	for _, v := range []kexin.Value{kexin.Str("2023-02-03"), kexin.Num(1 << 60)} {
		if err := Check(atField, v); kexin.CodeOf(err) != kexin.Invalid {
			t.Errorf("%v: %v", v, err)
		}
	}
}

// FuzzDate looks for panics, days that do not exist, and values that are read
// back differently.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2023年4月16日", "45976.5", "2026-01-15T06:00:05.123Z", "8/14/2024", "十十十", "2025-01-23 +08:00", "2200-12-31T23:00:00-05:00", "1900-01-01T00:00:00+14:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range []*kexin.Field{onField, atField} {
			v, issues := Parse(k, s, noon2026)
			if v.Empty() && len(issues) == 0 && !nothing(tidy(s)) {
				t.Fatalf("%q is lost", s)
			}
			if err := Check(k, v); err != nil {
				t.Fatalf("%q: %v: %v", s, v, err)
			}
			text := Format(k, v, noon2026)
			if back, _ := Parse(k, text, noon2026); back != v {
				t.Fatalf("%q: %v is written %q and read %v", s, v, text, back)
			}
		}
	})
}

func TestInstantBounds(t *testing.T) {
	if earliest != time.Date(1900, 1, 1, 0, 0, 0, 0, time.FixedZone("", 14*3600)).UnixMilli() || latest != time.Date(2201, 1, 1, 0, 0, 0, 0, time.FixedZone("", -12*3600)).UnixMilli()-1 {
		t.Error(earliest, latest)
	}
}
