package law

import "kexin"

// A Refusal is one way in which the law says no: the code that tests and the
// API use, the kind of failure, the requirement it comes from and the
// parameters of its sentence.
type Refusal struct {
	Law  kexin.Law
	Code kexin.Code
	Ref  string   // requirement id
	Args []string // parameters of the sentence, sorted
}

// Key is the catalogue key of the public sentence.
func (r Refusal) Key() string { return "law." + string(r.Law) }

// Refusals is the one table from E_ code to all else.
var Refusals = []Refusal{
	{Law: "E_AGG_ASSESSMENT", Code: kexin.Forbidden, Ref: "AGG-06"},
	{Law: "E_AGG_SUPPRESSED", Code: kexin.Forbidden, Ref: "AGG-03"},
	{Law: "E_ART23_FIELDS", Code: kexin.Invalid, Ref: "NOT-06"},
	{Law: "E_AUDITOR_ROTATION", Code: kexin.Forbidden, Ref: "GOV-07"},
	{Law: "E_BREAKER", Code: kexin.RateLimited, Ref: "SHR-11"},
	{Law: "E_CONTACT_DUMP", Code: kexin.Forbidden, Ref: "ALL-08"},
	{Law: "E_CREDIT_FORBIDDEN", Code: kexin.Forbidden, Ref: "SHR-09"},
	{Law: "E_DIFFERENCING", Code: kexin.RateLimited, Ref: "AGG-04", Args: []string{"date"}},
	{Law: "E_FANOUT_CAP", Code: kexin.Forbidden, Ref: "SHR-07"},
	{Law: "E_FEE_PER_RECORD", Code: kexin.Forbidden, Ref: "SHR-08"},
	{Law: "E_FIELD_NOT_NECESSARY", Code: kexin.Forbidden, Ref: "SHR-03"},
	{Law: "E_FREQ", Code: kexin.RateLimited, Ref: "MKT-05", Args: []string{"date"}},
	{Law: "E_FREQ_PROMISED", Code: kexin.RateLimited, Ref: "MKT-02"},
	{Law: "E_IDENTITY_DISPUTE", Code: kexin.Forbidden, Ref: "CON-13"},
	{Law: "E_IMP_NO_PROVENANCE", Code: kexin.Invalid, Ref: "IMP-01"},
	{Law: "E_IMP_OWNER_LIST", Code: kexin.Conflict, Ref: "IMP-03"},
	{Law: "E_IMP_UNLAWFUL_SOURCE", Code: kexin.Forbidden, Ref: "IMP-02"},
	{Law: "E_JOINT_DOOR", Code: kexin.Invalid, Ref: "DSR-12"},
	{Law: "E_MINOR", Code: kexin.Forbidden, Ref: "SEN-04"},
	{Law: "E_NOTICE_STALE", Code: kexin.Forbidden, Ref: "NOT-03"},
	{Law: "E_NO_CHANNEL_CONSENT", Code: kexin.Forbidden, Ref: "MKT-01", Args: []string{"channel"}},
	{Law: "E_ONLY_SUBJECT", Code: kexin.Forbidden, Ref: "CON-02"},
	{Law: "E_ONWARD", Code: kexin.Forbidden, Ref: "SHR-06"},
	{Law: "E_PIA", Code: kexin.Forbidden, Ref: "ADM-04"},
	{Law: "E_PIA_SCOPE", Code: kexin.Forbidden, Ref: "AGR-04"},
	{Law: "E_PURPOSE", Code: kexin.Forbidden, Ref: "SHR-05"},
	{Law: "E_QUIET_HOURS", Code: kexin.Forbidden, Ref: "MKT-05", Args: []string{"time"}},
	{Law: "E_RCPT_SIG", Code: kexin.Invalid, Ref: "IMP-04"},
	{Law: "E_REASK_COOLDOWN", Code: kexin.RateLimited, Ref: "CON-05", Args: []string{"date"}},
	{Law: "E_RETENTION_FLOOR", Code: kexin.Invalid, Ref: "RET-04"},
	{Law: "E_SCOPE_FIELD", Code: kexin.Forbidden, Ref: "CON-07"},
	{Law: "E_SOD", Code: kexin.Forbidden, Ref: "ACC-09"},
	{Law: "E_SUBPROCESSOR", Code: kexin.Forbidden, Ref: "AGR-02"},
	{Law: "E_WILDCARD", Code: kexin.Invalid, Ref: "CON-03"},
	{Law: "E_XBORDER", Code: kexin.Forbidden, Ref: "XBR-01"},
}

// RefusalOf finds the row of a code; ok is false for a code that is not in
// the table.
func RefusalOf(l kexin.Law) (r Refusal, ok bool) {
	for _, r := range Refusals {
		if r.Law == l {
			return r, true
		}
	}
	return Refusal{}, false
}

// Refuse makes the error of a refusal for the operation op. args are the
// parameters of its sentence and hold no personal value. A code that is not
// in the table gives an internal error, since it is a defect.
func Refuse(op string, l kexin.Law, args map[string]string) *kexin.Error {
	r, ok := RefusalOf(l)
	if !ok {
		return &kexin.Error{Op: op, Code: kexin.Internal, Law: l}
	}
	return &kexin.Error{Op: op, Code: r.Code, Law: l, Key: r.Key(), Args: args}
}

// StatusOf is the one status that a code has on the wire, as in HTTP. An
// unknown code counts as internal.
func StatusOf(c kexin.Code) int {
	switch c {
	case kexin.Invalid:
		return 422
	case kexin.Conflict:
		return 409
	case kexin.NotFound:
		return 404
	case kexin.Withheld, kexin.Forbidden:
		return 403
	case kexin.Unauthorized:
		return 401
	case kexin.RateLimited:
		return 429
	case kexin.Unavailable:
		return 503
	}
	return 500
}
