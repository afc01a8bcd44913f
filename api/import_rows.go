package api

import (
	"context"
	"net/http"
	"strings"

	"kexin"
	"kexin/app"
)

// importRows registers the list of an import's rows.
func (s *Server) importRows() {
	type ask struct {
		ByID
		Outcome string `query:"outcome" enum:"new,same,unchanged,review,refused,aside,kept" doc:"rows with this outcome only; kept: those whose record says otherwise and stays as it is"`
		After   int    `query:"after" minimum:"0" doc:"rows behind this one: next of the page before"`
	}
	route(s, http.MethodGet, "/api/v1/imports/{id}/rows", "listImportRows", 200, func(ctx context.Context, c Caller, in *ask) (*answer[ImportRows], error) {
		rows, err := s.app.ImportRows(ctx, c.Actor, in.ID(), kexin.Outcome(in.Outcome), in.After)
		if err != nil {
			return nil, err
		}
		return &answer[ImportRows]{importRowsOf(c, rows)}, nil
	})
}

func importRowsOf(c Caller, in app.BatchRows) ImportRows {
	out := ImportRows{Rows: make([]ImportRow, len(in.Rows)), Reasons: reasonsOf(in.Reasons, c.Lang), Next: in.Next}
	for i, r := range in.Rows {
		x := ImportRow{N: r.N, Outcome: string(r.Outcome), Code: r.Code, Text: app.RowText(c.Lang, r), Customer: r.Customer, Record: r.Record}
		if x.Code == "" {
			x.Code = strings.Join(r.Whys, " ")
		}
		if r.Name != nil {
			x.Name = cellJSON(in.Field, *r.Name)
		}
		out.Rows[i] = x
	}
	return out
}
