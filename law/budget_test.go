package law_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kexin/internal/shareddata"
	"kexin/law"
)

// TestPageBudgets: each budget is the number that the design pages state, in
// their words.
func TestPageBudgets(t *testing.T) {
	text := page(t) + "\n" + security(t)
	for _, want := range []string{
		fmt.Sprintf("%d/min, %d/day, %d/30 d; per department %d/day", law.LookupPerMinute, law.LookupPerDay, law.LookupPer30Days, law.LookupDeptPerDay),
		fmt.Sprintf("above %d such rows a leader approves", law.LookupImportPerFile),
		fmt.Sprintf("≥ %d different values sharing last 4, or ≥ %d sharing first 7, in %d days", law.DetectSameLast4, law.DetectSameHead7, int(law.DetectWindow/(24*time.Hour))),
		fmt.Sprintf("Reveal budget %d/day", law.RevealPerDay),
		fmt.Sprintf("> %d distinct persons/day, or > %d × own 30-day median, or > %d with no note, call or task within %d h", law.ContactPerDay, law.ContactMedianTimes, law.ContactNoNote, int(law.ContactNoteWithin/time.Hour)),
		fmt.Sprintf("%d/day once a leaving date is set", law.LeavingPerDay),
		fmt.Sprintf("export >%d persons ⇒ two persons; ever >%d ⇒ refused", law.ExportAlone, law.ExportAtMost),
		fmt.Sprintf(">%d releases/h or >%d/day per employee or >%d/day per pair", law.ReleasePerHour, law.ReleasePerDay, law.ReleasePairPerDay),
		fmt.Sprintf("max %d receivers per need", law.ReceiversPerNeed),
		fmt.Sprintf("request batch ≤%d", law.RequestsPerBatch),
		fmt.Sprintf("≥%d phone numbers", law.PhonesInMessage),
		fmt.Sprintf("%d complaints/%d sends", law.ComplaintsPerSend, law.ComplaintSends),
		fmt.Sprintf("≤%d requests per purpose×receiver per %d d, ≤%d asks per customer", law.AskPerPurposeYear, int(law.AskYear/(24*time.Hour)), law.AskPerCustomerYear),
		fmt.Sprintf("≤%d call/day, ≤%d/7 d, ≤%d attempts per campaign; SMS ≤%d/day, ≤%d/30 d", law.CallsPerDay, law.CallsPer7Days, law.CallsPerCampaign, law.SMSPerDay, law.SMSPer30Days),
		fmt.Sprintf("alliance-wide ≤%d commercial touches/7 d", law.TouchesPer7Days),
		fmt.Sprintf("%02d:00–%d:00 local, not %d:00–%d:00, not public holidays before %d:00", law.ContactFrom, law.ContactTo, law.ContactNoonFrom, law.ContactNoonTo, law.ContactHolidayFrom),
		fmt.Sprintf("%d digits from crypto/rand, life %d min, %d tries", law.CodeDigits, int(law.CodeLife/time.Minute), law.CodeTries),
		fmt.Sprintf("resend ≥ %d s; per number %d/h, %d/day; per IP %d/h", int(law.CodeResendAfter/time.Second), law.CodePerNumberHour, law.CodePerNumberDay, law.CodePerAddrHour),
		fmt.Sprintf("throttle %d/min/IP, %d/h global alarm", law.LinkMissPerMinute, law.LinkMissPerHour),
		fmt.Sprintf("referral %d d, consent request 14 d, data page session %d min", int(law.LinkLife/(24*time.Hour)), int(law.PortalSession/time.Minute)),
		fmt.Sprintf("on file ≥ %d h", int(law.NumberOnFileAtLeast/time.Hour)),
		fmt.Sprintf("not shared by > %d subjects; device/IP that gave for > %d subjects in 24 h", law.SharedNumberAtMost, law.DeviceGivesPerDay),
		fmt.Sprintf("last proof of the number > %d d", int(law.NumberStaleAfter/(24*time.Hour))),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no page says %q", want)
		}
	}
}

func security(t *testing.T) string {
	t.Helper()
	b := shareddata.File(t, "design", "security.md")
	return strings.ReplaceAll(string(b), "**", "")
}
