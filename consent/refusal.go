package consent

import "kexin"

// codes are the refusals of this package with the kind of failure that the
// table of package law gives them; a test compares the two.
var codes = map[kexin.Law]kexin.Code{
	"E_ART23_FIELDS":       kexin.Invalid,
	"E_IDENTITY_DISPUTE":   kexin.Forbidden,
	"E_MINOR":              kexin.Forbidden,
	"E_NOTICE_STALE":       kexin.Forbidden,
	"E_NO_CHANNEL_CONSENT": kexin.Forbidden,
	"E_ONLY_SUBJECT":       kexin.Forbidden,
	"E_PURPOSE":            kexin.Forbidden,
	"E_RCPT_SIG":           kexin.Invalid,
	"E_REASK_COOLDOWN":     kexin.RateLimited,
	"E_SCOPE_FIELD":        kexin.Forbidden,
}

func refuse(l kexin.Law) *kexin.Error {
	return &kexin.Error{Op: "consent", Code: codes[l], Law: l, Key: "law." + string(l)}
}

func fault(c kexin.Code, key string) *kexin.Error {
	return &kexin.Error{Op: "consent", Code: c, Key: key}
}
