package store

import (
	"kexin"
	"kexin/vault"
)

// OnceFor is how long a key of the sender's is remembered, in ms; LinkFor how
// long a link that belongs into the answer is kept for it: as long as whoever
// asked sits before the page and his browser asks again.
const (
	OnceFor = kexin.DayMS
	LinkFor = 10 * 60_000
)

// A Once is a request that makes something once however often it is sent. The
// zero Once is a request without a key, which makes it each time.
type Once struct {
	Key  string // the sender's own, new for each thing he wants made
	What string // what it makes: one word of the code
	Body []byte // the request, by which the same one is known again
}

// A Made is what such a request made.
type Made struct {
	Record kexin.ID // 0 = nothing yet
	Link   string   // a secret that is stored nowhere else and belongs into the answer; "" = none
}

const linkMade vault.Label = "once.link"

// codes are what is stored of a key and of a request: keyed, for a request
// holds what a person typed.
func (o Once) codes(tx *Tx, member kexin.ID) (key, body []byte) {
	k := vault.OneTimeMAC(tx.ring, member, "repeat/key\x00"+o.Key)
	b := vault.OneTimeMAC(tx.ring, member, "repeat/body\x00"+o.What+"\x00"+string(o.Body))
	return k[:], b[:]
}

// Earlier gives what the member made with the key within a day, and the link
// that came with it within ten minutes; the zero Made where there is nothing or
// no key. Errors: E_OTHER_BODY where the key came
// with another request.
func (tx *Tx) Earlier(member kexin.ID, o Once) (m Made, err error) {
	if o.Key == "" {
		return m, nil
	}
	key, body := o.codes(tx, member)
	var was, link []byte
	var at kexin.Instant
	err = tx.Row("SELECT body,record_id,link_c,at FROM once WHERE org_id=$1 AND member_id=$2 AND key=$3 AND at>$4", tx.Org, member, key, tx.Now-OnceFor).Scan(&was, &m.Record, &link, &at)
	if kexin.CodeOf(err) == kexin.NotFound {
		return Made{}, nil
	}
	if err != nil {
		return Made{}, err
	}
	if string(was) != string(body) {
		return Made{}, &kexin.Error{Op: "store.once", Code: kexin.Conflict, Law: "E_OTHER_BODY", Key: "error.once_other"}
	}
	if len(link) > 0 && tx.Now-at < LinkFor {
		clear, err := vault.OpenOrg(tx.ring, linkMade, m.Record, link)
		if err != nil {
			return Made{}, err
		}
		m.Link = string(clear)
	}
	return m, nil
}

// LinksOver reports whether links are kept whose ten minutes are over, and
// ForgetLinks forgets them.
func (tx *Tx) LinksOver() (bool, error) {
	var n int64
	err := tx.Row("SELECT COUNT(*) FROM once WHERE org_id=$1 AND link_c IS NOT NULL AND at<=$2", tx.Org, tx.Now-LinkFor).Scan(&n)
	return n > 0, err
}

func (tx *Tx) ForgetLinks() error {
	_, err := tx.Exec("UPDATE once SET link_c=NULL WHERE org_id=$1 AND link_c IS NOT NULL AND at<=$2", tx.Org, tx.Now-LinkFor)
	return err
}

// KeepMade remembers what the member made with the key, in the transaction
// that makes it. Of two that make it at the same time one commits; the other
// runs again and finds it by Earlier.
func (tx *Tx) KeepMade(member kexin.ID, o Once, m Made) error {
	if o.Key == "" {
		return nil
	}
	key, body := o.codes(tx, member)
	if _, err := tx.Exec("DELETE FROM once WHERE org_id=$1 AND member_id=$2 AND key=$3 AND at<=$4", tx.Org, member, key, tx.Now-OnceFor); err != nil {
		return err
	}
	var link []byte
	if m.Link != "" {
		link = vault.SealOrg(tx.ring, linkMade, m.Record, []byte(m.Link))
	}
	n, err := tx.Exec("INSERT INTO once(org_id,member_id,key,what,body,record_id,link_c,at) VALUES($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT DO NOTHING", tx.Org, member, key, o.What, body, m.Record, link, tx.Now)
	if err == nil && n == 0 {
		return &kexin.Error{Op: "store.once", Code: kexin.Conflict}
	}
	return err
}
