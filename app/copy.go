package app

import (
	"context"
	"encoding/json"

	"kexin"
	"kexin/i18n"
	"kexin/law"
	"kexin/store"
)

// A herCopy is the file of what one merchant holds of her 资料副本 (DSR-05):
// values, where they came from, for what, until when, who else has them, what
// she said and the proof of it. It holds nothing of anybody else and no note of
// staff.
type herCopy struct {
	Form     string        `json:"form"`
	Made     kexin.Instant `json:"made"`
	Holder   copyHolder    `json:"holder"`
	Data     []copyField   `json:"data"`
	Orders   int64         `json:"orders"`
	Origins  []copyOrigin  `json:"origins"`
	Came     *copyCame     `json:"came,omitempty"`
	GivenTo  []string      `json:"given_to"`
	Consents []copyWord    `json:"consents"`
	Looked   []copyLook    `json:"looked"`
	Notice   copyNotice    `json:"notice"`
	Keeping  string        `json:"keeping"`
}

type copyHolder struct {
	Legal   string `json:"legal"`
	USCC    string `json:"uscc"`
	Address string `json:"address"`
	Phone   string `json:"phone"`
}

type copyField struct {
	Field  string   `json:"field"`
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

type copyOrigin struct {
	Kind string    `json:"kind"`
	Day  kexin.Day `json:"day"`
	Way  string    `json:"way"`
}

type copyCame struct {
	Through string        `json:"through"`
	At      kexin.Instant `json:"at"`
	State   string        `json:"state"`
}

type copyWord struct {
	At    kexin.Instant   `json:"at"`
	Event string          `json:"event"`
	Proof json.RawMessage `json:"proof"`
}

type copyLook struct {
	Position string `json:"position"`
	Opens    int    `json:"opens"`
	Reveals  int    `json:"reveals"`
}

type copyNotice struct {
	Version int      `json:"version"`
	Title   string   `json:"title"`
	Text    []string `json:"text"`
}

// TakeCopy gives the copy for a visit in which she saw her data by a code, and
// a second code, made for the copy, was right: the same for a wrong, old or
// unknown one. Errors: unauthorized without the first, invalid, not_found.
func (a *App) TakeCopy(ctx context.Context, v Visit, to kexin.Channel, code string) ([]byte, error) {
	seen := false
	err := a.store.View(ctx, v.Session.Org, func(tx *store.Tx) error {
		r, err := receiptOf(tx, v)
		if err != nil {
			return err
		}
		keys, err := v.provedHere(tx, r)
		seen = len(keys) > 0
		return err
	})
	if err != nil {
		return nil, err
	}
	if !seen {
		return nil, &kexin.Error{Op: "app.copy", Code: kexin.Unauthorized, Key: "error.her_code"}
	}
	if err := a.TryCode(ctx, v, CodeCopy, to, code); err != nil {
		return nil, err
	}
	var out herCopy
	err = a.store.Update(ctx, v.Session.Org, func(tx *store.Tx) (err error) {
		out, err = readCopy(tx, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	file, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, &kexin.Error{Op: "app.copy", Err: err}
	}
	return file, nil
}

func readCopy(tx *store.Tx, v Visit) (out herCopy, err error) {
	r, err := receiptOf(tx, v)
	if err != nil {
		return out, err
	}
	card, err := tx.Card(tx.Org)
	if err != nil {
		return out, err
	}
	out = herCopy{Form: "kexin-copy/1", Made: tx.Now, Holder: copyHolder{card.Legal, card.USCC, card.Address, card.Phone}, Data: []copyField{}, Origins: []copyOrigin{}, GivenTo: []string{}, Consents: []copyWord{}, Looked: []copyLook{}}
	d := HerData{Clear: true}
	if err := d.read(tx, r.Subject); err != nil {
		return out, err
	}
	for _, f := range d.Fields {
		out.Data = append(out.Data, copyField{f.Field.Name, i18n.T(i18n.Chinese, "field.customer."+f.Field.Name, nil), f.Cell.Value.Strings()})
	}
	out.Orders = d.Orders
	for _, o := range d.Origins {
		out.Origins = append(out.Origins, copyOrigin{o.Kind, o.Day, o.Way})
	}
	for _, s := range d.Seen {
		out.Looked = append(out.Looked, copyLook{string(s.Position), s.Opens, s.Reveals})
	}
	through, err := tx.Card(r.Peer)
	if err != nil && kexin.CodeOf(err) != kexin.NotFound {
		return out, err
	}
	out.Came = &copyCame{through.Legal, r.Made, string(r.State)}
	proofs, err := tx.Proofs(r.Subject)
	if err != nil {
		return out, err
	}
	for _, p := range proofs {
		out.Consents = append(out.Consents, copyWord{p.At, string(p.Event), p.Doc})
	}
	n, err := tx.Notice()
	if err != nil {
		return out, err
	}
	text := n.Texts[i18n.Chinese]
	out.Notice = copyNotice{n.Version, text.Title, text.Text}
	keep, err := law.RetentionOf(kexin.KeepEnquiry)
	out.Keeping = i18n.T(i18n.Chinese, keep.Key(), nil)
	return out, err
}
