package auth_test

import (
	"regexp"
	"testing"
	"time"

	"kexin"
	"kexin/auth"
	"kexin/law"
)

func TestOneTime(t *testing.T) {
	form, seen := regexp.MustCompile(`^\d{6}$`), map[string]bool{}
	for range 200 {
		c := auth.NewOneTime().Text()
		if !form.MatchString(c) {
			t.Fatal(c)
		}
		seen[c] = true
	}
	if len(seen) < 190 {
		t.Errorf("%d different codes of 200", len(seen))
	}
}

func TestChallenge(t *testing.T) {
	const now = kexin.Instant(1_000_000)
	c := auth.Challenge{Made: now}
	for i := range law.CodeTries {
		var err error
		if c, err = c.Try(false, now+1); kexin.CodeOf(err) != kexin.Invalid || c.Tries != i+1 || c.Used != 0 {
			t.Fatalf("try %d: %+v %v", i, c, err)
		}
	}
	if _, err := c.Try(true, now+1); err == nil {
		t.Error("a sixth try was looked at")
	}
	c = auth.Challenge{Made: now}
	c, err := c.Try(true, c.Ends()-1)
	if err != nil || c.Used == 0 {
		t.Fatal(err)
	}
	if _, err := c.Try(true, now+2); err == nil {
		t.Error("used twice")
	}
	if _, err := (auth.Challenge{Made: now}).Try(true, now.Add(law.CodeLife)); err == nil {
		t.Error("used too late")
	}
	if (auth.Challenge{}).Live(now) {
		t.Error("no challenge lives")
	}
	if auth.Again(0, now) != nil || auth.Again(now, now.Add(60*time.Second)) != nil || kexin.CodeOf(auth.Again(now, now+59_999)) != kexin.RateLimited {
		t.Error("sending again")
	}
	if auth.MerchantOneTime(7) != 114 {
		t.Error("rates")
	}
}
