package share

import (
	"time"

	"kexin"
	"kexin/law"
)

// How long each state may last (law.md 8.2).
const (
	LinkLife      = law.LinkLife
	AnswerWithin  = 72 * time.Hour
	ContactWithin = 7 * 24 * time.Hour
	DealWithin    = 90 * 24 * time.Hour
	DeleteWithin  = 30 * 24 * time.Hour
	OutcomeWithin = 15 * 24 * time.Hour
	HoldErasure   = 24 * time.Hour // after a withdrawal by the link alone (security.md A6)
	VoucherLife   = 30 * 24 * time.Hour
	GivenFor      = 365 * 24 * time.Hour // what she allows on her form (law.md §3)
	WonFor        = GivenFor
	NoFor         = law.AskAgainDays * 24 * time.Hour // her no: as long as she is not asked again (CON-05)
)

// SumAtLeast is in how many figures between two merchants are told (product.md
// step 4).
const SumAtLeast = 5

// MayAsk holds a recommendation against the bounds of asking (SHR-07, SHR-12):
// the receivers named now and those the same need already has with this
// customer, and the questions that this member of staff has open. more is the
// number of receivers named.
func MayAsk(more, same, open int) error {
	switch {
	case more <= 0:
		return fault(kexin.Invalid, "error.referral_shops")
	case more+same > law.ReceiversPerNeed:
		return refuse("E_FANOUT_CAP")
	case open+more > law.RequestsPerBatch:
		return fault(kexin.RateLimited, "error.referral_open")
	}
	return nil
}

// Due is when the clock of a state ends, counted from the moment it was
// entered; 0 for a state without a clock. That of an end closes it: nothing is
// left to do then but to keep the proof.
func Due(s State, from kexin.Instant) kexin.Instant {
	switch s {
	case Awaiting:
		return from.Add(LinkLife)
	case Submitted:
		return from.Add(AnswerWithin)
	case Accepted:
		return from.Add(ContactWithin)
	case Contacted:
		return from.Add(DealWithin)
	case Revoking:
		return from.Add(OutcomeWithin)
	case Lost, Expired, Rejected, Revoked:
		return from.Add(DeleteWithin)
	case Declined:
		return from.Add(NoFor)
	case Won:
		return from.Add(WonFor)
	}
	return 0
}

// A Sight is what the sender's staff see of a referral.
type Sight string

// The sights.
const (
	SeeWaiting  Sight = "waiting"
	SeeDeclined Sight = "declined"
	SeeDone     Sight = "done" // she sent it, and allowed to say so
	SeeAccepted Sight = "accepted"
	SeeWon      Sight = "won"
	SeeLost     Sight = "lost"
	SeeClosed   Sight = "closed"
	SeeBlocked  Sight = "blocked"
)

// Seen is what the sender sees at a moment. A question waits until ends, when
// its fourteen days are over, and is closed from then on; ends 0 is one that he
// took back. Of her yes he is told where she allowed it; where she did not, his
// row stays that of a question without an answer.
func Seen(s State, told bool, ends, now kexin.Instant) Sight {
	switch s {
	case Draft, Blocked:
		return SeeBlocked
	case Declined:
		return SeeDeclined
	}
	if s == Awaiting {
		if now < ends {
			return SeeWaiting
		}
		return SeeClosed
	}
	if !told {
		return SeeClosed
	}
	switch s {
	case Submitted:
		return SeeDone
	case Accepted, Contacted:
		return SeeAccepted
	case Won:
		return SeeWon
	case Lost, Rejected:
		return SeeLost
	}
	return SeeClosed
}

func refuse(l kexin.Law) *kexin.Error { return law.Refuse("share", l, nil) }

func fault(c kexin.Code, key string) *kexin.Error {
	return &kexin.Error{Op: "share", Code: c, Key: key}
}
