package demo

// A step is one thing to try, with who does it and why it is lawful. Its words
// are in the catalogue under demo.step.KEY.
type step struct {
	Key   string
	Mins  string   // of the ten
	Who   []string // doors
	Files []string // to drop
	Phone string   // whose telephone
	Laws  []string // requirements of the law page
}

var steps = []step{
	{"owners", "1–2", []string{"lin"}, []string{OwnersList}, "", []string{"IMP-02", "IMP-03"}},
	{"own", "2–3", []string{"lin"}, []string{OwnList}, "", []string{"IMP-01", "IMP-05"}},
	{"recommend", "3–5", []string{"chen"}, nil, "", []string{"SHR-04", "SHR-12"}},
	{"hers", "5–6", nil, nil, "王秀兰", []string{"I2", "CON-02"}},
	{"accept", "6–7", []string{"huang"}, nil, "", []string{"I4", "MKT-05"}},
	{"stop", "7–8", nil, nil, "王秀兰", []string{"CON-08", "WDR-01"}},
	{"inside", "8–9", []string{"xu", "xuyan", "wen"}, nil, "", []string{"ACC-01", "I7"}},
	{"proof", "9–10", []string{"lin"}, []string{EvidenceFile, AlteredFile}, "", []string{"ACC-04", "I10"}},
}
