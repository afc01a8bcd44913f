package api

import (
	"context"
	"net/http"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/store"
)

// Look is one full value that a member of staff, or a program of his, was
// shown.
type Look struct {
	At       int64    `json:"at"`
	Customer kexin.ID `json:"customer,omitempty" doc:"absent for a contact of a company, and where the person was erased"`
	Name     string   `json:"name,omitempty" doc:"as the asker may see it"`
	Text     string   `json:"text"`
	Why      string   `json:"why,omitempty"`
	Program  bool     `json:"program,omitempty" doc:"through an API token"`
}

// Looks are those of the last 30 days, newest first (ACC-05).
type Looks struct {
	Looks []Look `json:"looks" nullable:"false"`
	More  bool   `json:"more" doc:"there were more than are listed"`
}

// looks registers what a member of staff was shown lately.
func (s *Server) looks() {
	route(s, http.MethodGet, "/api/v1/members/{id}/looks", "listLooks", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Looks], error) {
		l, err := s.app.Looks(ctx, c.Actor, in.ID())
		if err != nil {
			return nil, err
		}
		out := Looks{Looks: []Look{}, More: l.More}
		for _, x := range l.Looks {
			out.Looks = append(out.Looks, s.lookOf(c, x, l))
		}
		return &answer[Looks]{out}, nil
	})
}

func (s *Server) lookOf(c Caller, x store.Look, l app.LooksOf) Look {
	out := Look{At: int64(x.At), Customer: x.Customer, Program: x.Program, Name: l.Names[x.Customer].Value.S}
	if x.Channel != "" {
		out.Text = t(c, "timeline.contact", map[string]string{"channel": t(c, "channel."+string(x.Channel), nil)})
		return out
	}
	out.Text = t(c, "timeline.revealed", map[string]string{"fields": s.fieldNames(c, []kexin.FieldID{x.Field})})
	why := string(x.Why)
	if why == "appointment" {
		why = "booked" // as the page that asks calls it
	}
	if key := "web.reveal." + why; i18n.Has(key) {
		out.Why = t(c, key, nil)
	}
	return out
}
