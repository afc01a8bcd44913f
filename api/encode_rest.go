package api

import (
	"encoding/json"
	"strconv"

	"kexin"
)

// What stands beside the fields of a record, as json.Marshal writes it.

func appendReason(b []byte, r Reason) []byte {
	b = appendString(append(b, `{"code":`...), r.Code)
	b = appendString(append(b, `,"rule":`...), r.Rule)
	b = appendString(append(b, `,"text":`...), r.Text)
	return append(strconv.AppendBool(append(b, `,"canAsk":`...), r.CanAsk), '}')
}

func appendNames(b []byte, names map[string]string) []byte {
	q, _ := json.Marshal(names) // in the order of the keys
	return append(b, q...)
}

// appendRest writes a rest without its opening brace, behind what stands there.
func appendRest(b []byte, r rest) []byte {
	if len(r.Names) > 0 {
		b = append(appendNames(append(b, `"names":`...), r.Names), ',')
	}
	b = append(b, `"can":[`...)
	for i, act := range r.Can {
		b = appendString(comma(b, i), act)
	}
	b = append(b, `],"contact":[`...)
	for i, m := range r.Contact {
		b = appendString(append(comma(b, i), `{"channel":`...), m.Channel)
		b = appendString(append(b, `,"purpose":`...), m.Purpose)
		b = strconv.AppendBool(append(b, `,"ok":`...), m.OK)
		b = append(appendReason(append(b, `,"reason":`...), m.Reason), '}')
	}
	b = appendProvenance(append(b, `],"source":`...), r.Source)
	b = strconv.AppendInt(append(b, `,"created":`...), r.Created, 10)
	b = strconv.AppendInt(append(b, `,"updated":`...), r.Updated, 10)
	return append(b, '}')
}

func appendProvenance(b []byte, p *Provenance) []byte {
	b = appendString(append(b, `{"source":`...), p.Source)
	b = appendString(append(b, `,"label":`...), p.Label)
	b = appendString(append(b, `,"way":`...), p.Way)
	b = appendString(append(b, `,"on":`...), p.On)
	b = appendBatch(b, p.Batch)
	b = appendGiven(b, `,"basis":`, p.Basis)
	b = appendGiven(b, `,"keptTo":`, p.KeptTo)
	b = appendString(append(b, `,"by":`...), p.By)
	b = appendGiven(b, `,"evidence":`, p.Evident)
	b = append(b, `,"origins":[`...)
	for i, o := range p.Origins {
		b = appendString(append(comma(b, i), `{"way":`...), o.Way)
		b = appendString(append(b, `,"on":`...), o.On)
		b = appendString(append(b, `,"evidence":`...), o.Evident)
		b = append(appendBatch(b, o.Batch), '}')
	}
	return append(b, "]}"...)
}

func appendBatch(b []byte, id kexin.ID) []byte {
	if id == 0 {
		return b
	}
	return appendID(append(b, `,"batch":`...), id)
}

// appendGiven writes a text where there is one.
func appendGiven(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendString(append(b, name...), text)
}
