// Package kexin is the vocabulary of Kexin 客信: a CRM in which every piece of
// customer data carries the customer's own word. It holds types, constants and
// Validate methods only: no I/O, no SQL, no HTTP, nothing but the standard
// library. Every other package speaks in these words.
package kexin

import (
	"fmt"
	"strconv"
	"time"
)

// An ID is a time-ordered 63-bit identifier, unique over all merchants of a
// server. In JSON and URLs it is a decimal string. Zero means none.
type ID int64

// String returns the decimal form, "" for none.
func (id ID) String() string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(int64(id), 10)
}

// ParseID reads the decimal form. "" is none. Anything else that is not a
// positive 63-bit number is an invalid error.
func ParseID(s string) (ID, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return 0, &Error{Op: "id", Code: Invalid, Key: "error.id"}
	}
	return ID(n), nil
}

// MarshalText and UnmarshalText make an ID a string in JSON.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the decimal form.
func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

// An Instant is a moment: milliseconds since 1970-01-01 UTC. Zero means none.
type Instant int64

// DayMS is a day in the milliseconds of an Instant.
const DayMS = 86_400_000

// At converts a time.Time, dropping what is finer than a millisecond.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time converts back, in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// Add moves the instant by d.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Milliseconds()) }

// Sub is the time from j to i.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i-j) * time.Millisecond }

// A Day is a calendar day, "YYYY-MM-DD", in the merchant's zone. "" means none.
type Day string

// DayOf is the day of t in its own location.
func DayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// Valid reports whether the day exists in the calendar. "" is valid.
func (d Day) Valid() bool {
	if d == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil && len(d) == len(time.DateOnly)
}

// Start is the day's first moment in a zone; 0 for none.
func (d Day) Start(zone *time.Location) Instant {
	t, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil {
		return 0
	}
	return At(t)
}

// Money is an amount in minor units (分) of CNY, the only currency of the
// built-in objects so far.
type Money int64

// String is the amount with two decimals, for logs of non-personal sums only.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}
