package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"kexin/app"
	"kexin/i18n"
	"kexin/ledger"
)

// proof registers the log, evidence, keys and backups.
func (s *Server) proof() {
	type after struct {
		After Ref `query:"after"`
	}
	route(s, http.MethodGet, "/api/v1/ledger", "getLedger", 200, func(ctx context.Context, c Caller, in *after) (*answer[Ledger], error) {
		l, err := s.app.Ledger(ctx, c.Actor, in.After.ID)
		if err != nil {
			return nil, err
		}
		return &answer[Ledger]{s.ledgerOf(ctx, c, l)}, nil
	})
	type file struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Body        []byte
	}
	route(s, http.MethodGet, "/api/v1/customers/{id}/evidence", "getEvidence", 200, func(ctx context.Context, c Caller, in *ByID) (*file, error) {
		b, err := s.app.Evidence(ctx, c.Actor, in.ID())
		return &file{"application/json", `attachment; filename="kexin-evidence-` + in.ID().String() + `.json"`, b}, err
	})
}

// ledgerOf is a page of the log as an officer reads it: codes in words, staff
// by name, persons not at all.
func (s *Server) ledgerOf(ctx context.Context, c Caller, l app.LedgerPage) Ledger {
	name := s.app.MemberName(ctx, c.Actor.Org)
	out := Ledger{Entries: []LedgerEntry{}, Size: l.Size, Checkpoint: l.Line, Origin: string(l.Origin), Lag: l.Lag, Grade: l.Grade, Witnesses: l.Others, Key: l.Key, Stopped: l.Stopped}
	if out.Grade == "" {
		out.Grade = "none" // nothing is sealed yet
	}
	for _, e := range l.Entries {
		x := LedgerEntry{ID: e.ID, Index: e.Index, At: int64(e.T), Type: string(e.Type()), Text: e.Sentence(c.Lang), Hash: e.Hash.String(), Facts: factsOf(e.Leaf, c.Lang)}
		x.Position = string(e.Actor.Position)
		switch e.Actor.Kind {
		case ledger.ByStaff:
			x.Actor = name(e.Actor.Ref)
		default:
			x.Actor = i18n.T(c.Lang, "actor."+string(e.Actor.Kind), nil)
		}
		out.Entries = append(out.Entries, x)
	}
	if l.More && len(l.Entries) > 0 {
		out.Next = l.Entries[len(l.Entries)-1].ID.String()
	}
	return out
}

// factsOf are an entry's facts as text: counts, codes and dates.
func factsOf(leaf []byte, lang string) map[string]string {
	_, doc, _ := bytes.Cut(leaf, []byte("\n"))
	entry, err := ledger.ParseJCS(doc)
	if err != nil {
		return nil
	}
	facts, _ := entry.Get("facts")
	out := map[string]string{}
	for _, m := range facts.Members() {
		switch v := m.Val; {
		case v.Str() != "":
			out[m.Key] = v.Str()
		case v.True():
			out[m.Key] = i18n.T(lang, "ledger.yes", nil)
		case len(v.Items()) > 0:
			out[m.Key] = strconv.Itoa(len(v.Items()))
		default:
			out[m.Key] = strconv.FormatInt(v.Num(), 10)
		}
	}
	return out
}
