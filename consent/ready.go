package consent

import "kexin/i18n"

// ready is the text for a small shop: which catalogue sentence says which
// parts. It reads in a minute.
var ready = []struct {
	key  string
	says []Part
}{
	{"notice.contact", []Part{PartContact}},
	{"notice.purposes", []Part{PartPurposes}},
	{"notice.categories", []Part{PartCategories}},
	{"notice.methods", []Part{PartMethods}},
	{"notice.retention", []Part{PartRetention, PartExpiry}},
	{"notice.rights", []Part{PartAccess, PartCopy, PartTransfer, PartCorrect, PartSupplement, PartDelete, PartRestrict, PartClose, PartWithdraw}},
	{"notice.how", nil},
	{"notice.complaint", []Part{PartComplaint}},
}

// Ready is the ready draft for a small shop in a language of i18n: fit to be
// published once every part of the shop is filled in.
func Ready(lang string, s Shop) NoticeDraft {
	args := map[string]string{
		"legal_name": plain(s.LegalName), "uscc": plain(s.USCC), "contact": plain(s.Contact),
		"address": plain(s.Address), "officer": plain(s.Officer),
	}
	d := NoticeDraft{Lang: lang, Shop: s, Title: i18n.T(lang, "notice.title", args)}
	for _, r := range ready {
		d.Paragraphs = append(d.Paragraphs, Paragraph{Says: r.says, Text: i18n.T(lang, r.key, args)})
	}
	return d
}
