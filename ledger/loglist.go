package ledger

// A LogList is which logs a witness watches: verifier keys that somebody gave
// it. A key counts for every epoch of its log: after a restore the log goes on
// under another origin and signs with the same key.
type LogList struct{ keys []logListKey }

type logListKey struct {
	origin Origin
	vkey   string
}

// NewLogList reads verifier keys of logs. Errors: invalid.
func NewLogList(vkeys []string) (*LogList, error) {
	l := &LogList{}
	for _, vk := range vkeys {
		name, alg, _, err := parseVKey(vk)
		if err != nil || alg != algNote || !originForm(name) {
			return nil, invalid("logs", errVKey)
		}
		l.keys = append(l.keys, logListKey{Origin(name), vk})
	}
	return l, nil
}

// Keys are the verifier keys of a log under this origin, none for a log that
// is not watched.
func (l *LogList) Keys(o Origin) (out []string) {
	for _, k := range l.keys {
		if !o.SameLog(k.origin) {
			continue
		}
		if _, _, pub, err := parseVKey(k.vkey); err == nil {
			out = append(out, VKey(o, pub))
		}
	}
	return out
}
