package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"kexin"
	"kexin/app"
	"kexin/kind"
	"kexin/law"
	"kexin/store"
)

// records registers list, get, create, edit and delete for every object.
func (s *Server) records() {
	for _, o := range s.app.Schema().Objects() {
		s.object(o)
	}
	type count struct{ Body CountAsk }
	route(s, http.MethodPost, "/api/v1/customers/count", "countCustomers", 200, func(ctx context.Context, c Caller, in *count) (*answer[Counts], error) {
		return s.count(ctx, c, in.Body)
	})
	type ask struct{ Body LookupAsk }
	route(s, http.MethodPost, "/api/v1/lookup", "lookup", 200, func(ctx context.Context, c Caller, in *ask) (*answer[LookupAnswer], error) {
		k := map[string]kexin.KeyKind{"phone": kexin.KeyPhone, "wechat": kexin.KeyWeChat, "email": kexin.KeyEmail, "uscc": kexin.KeyUSCC}[in.Body.Kind]
		l, err := s.app.Lookup(ctx, c.Actor, k, in.Body.Value)
		if err != nil {
			return nil, err
		}
		return &answer[LookupAnswer]{answerOf(l)}, nil
	})
}

// A Ref is an id as a parameter. It is a struct so that huma reads it by
// UnmarshalText, as the string that its schema says; a bare kexin.ID is read
// as a number and then refused for not being text.
type Ref struct{ kexin.ID }

// ByID is the input of an operation on one thing. Its name is exported because
// huma does not look into embedded fields that are not.
type ByID struct {
	Path Ref `path:"id"`
}

// ID is the thing's.
func (b ByID) ID() kexin.ID { return b.Path.ID }

// A Once is the input of an operation that makes something. Its name is
// exported for the same reason as ByID's.
type Once struct {
	Key string `header:"Idempotency-Key" minLength:"16" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"new for each thing to be made; sent again within a day with the same body, the first answer comes and nothing is made twice; with another body the answer is E_OTHER_BODY"`
}

// of is the request as the use-cases know it again.
func (o Once) of(what string, body ...any) (store.Once, error) {
	if o.Key == "" {
		return store.Once{}, nil
	}
	b, err := json.Marshal(body)
	return store.Once{Key: o.Key, What: what, Body: b}, err
}

func (s *Server) object(o *kexin.ObjectDef) {
	path, name := "/api/v1/"+o.Plural, title(o.Name)
	type search struct{ Body Search }
	route(s, http.MethodPost, path+"/search", "search"+name, 200, func(ctx context.Context, c Caller, in *search) (*raw, error) {
		q, err := s.queryOf(o, in.Body)
		if err != nil {
			return nil, err
		}
		if c.Acts != nil && kind.WholePhone(q.Search) && !slices.Contains(c.Acts, kexin.ActLookup) {
			return nil, tokenAct() // a whole phone is a lookup
		}
		l, err := s.app.Find(ctx, c.Actor, q)
		if err != nil {
			return nil, err
		}
		return rawJSON(encodePage(l, c.Lang)), nil
	})
	typed[Page](s, "search"+name)
	route(s, http.MethodGet, path+"/{id}", "get"+name, 200, func(ctx context.Context, c Caller, in *ByID) (*raw, error) {
		r, err := s.app.Get(ctx, c.Actor, o.Object, in.ID())
		if err != nil {
			return nil, err
		}
		return rawJSON(encodeRecord(r, c)), nil
	})
	typed[Record](s, "get"+name)
	type write struct {
		Once
		Body Write
	}
	route(s, http.MethodPost, path, "create"+name, 201, func(ctx context.Context, c Caller, in *write) (*answer[Written], error) {
		d, err := s.draftOf(o, in.Body, s.app.Env(ctx, c.Actor.Org))
		if err != nil {
			return nil, err
		}
		if d.Once, err = in.of(o.Name, in.Body); err != nil {
			return nil, err
		}
		id, err := s.app.Create(ctx, c.Actor, d)
		return &answer[Written]{Written{ID: id, Rev: 1}}, err
	})
	type edit struct {
		ByID
		Body Write
	}
	route(s, http.MethodPatch, path+"/{id}", "edit"+name, 200, func(ctx context.Context, c Caller, in *edit) (*answer[Written], error) {
		d, err := s.draftOf(o, in.Body, s.app.Env(ctx, c.Actor.Org))
		if err != nil {
			return nil, err
		}
		rev, err := s.app.Edit(ctx, c.Actor, in.ID(), in.Body.Rev, d)
		return &answer[Written]{Written{ID: in.ID(), Rev: rev}}, err
	})
	if o.Object == kexin.Customer {
		return
	}
	type del struct {
		ByID
		Rev int64 `query:"rev" required:"true"`
	}
	route(s, http.MethodDelete, path+"/{id}", "delete"+name, 204, func(ctx context.Context, c Caller, in *del) (*none, error) {
		return nil, s.app.Delete(ctx, c.Actor, o.Object, in.ID(), in.Rev)
	})
}

// title makes an operation id part: order_line → OrderLine.
func title(name string) string {
	b, up := []byte{}, true
	for _, c := range []byte(name) {
		switch {
		case c == '_':
			up = true
		case up:
			b, up = append(b, c-'a'+'A'), false
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// answerOf is what of a lookup may be said.
func answerOf(l app.Looked) LookupAnswer {
	out := LookupAnswer{Answer: "none", Budget: Budget{Used: l.Spend.Day, Limit: law.LookupPerDay}}
	switch {
	case len(l.Records) > 0:
		out.Answer, out.ID = "mine", l.Records[0]
	case l.Known:
		out.Answer, out.Owner, out.Ask = "exists", l.Owner, l.Ask
	}
	return out
}

func (s *Server) count(ctx context.Context, c Caller, in CountAsk) (*answer[Counts], error) {
	o := s.app.Schema().Object(kexin.Customer)
	q := kexin.Query{Object: o.Object, Scene: kexin.Scene(in.Scene)}
	if in.Group != "" {
		f := o.Field(in.Group)
		if f == nil {
			return nil, badField("group")
		}
		q.Group = f.ID
	}
	var err error
	if q.Where, err = condsOf(o, in.Where); err != nil {
		return nil, err
	}
	groups, rounded, err := s.app.Count(ctx, c.Actor, q)
	if err != nil {
		return nil, err
	}
	out := Counts{Cells: []CountCell{}, Rounded: rounded}
	names := s.app.MemberName(ctx, c.Actor.Org)
	for _, g := range groups {
		out.Cells = append(out.Cells, CountCell{Key: g.Key, Label: s.groupLabel(c, o, q.Group, g, names), N: int(g.N)})
		out.Total += int(g.N)
	}
	return &answer[Counts]{out}, nil
}

// groupLabel is what one group is called; a region's name is known to the page.
func (s *Server) groupLabel(c Caller, o *kexin.ObjectDef, group kexin.FieldID, g store.Group, names func(kexin.ID) string) string {
	f := s.app.Schema().Field(group)
	switch {
	case f == nil || g.Key == "":
		return ""
	case f.Kind == kexin.KindRef:
		id, _ := kexin.ParseID(g.Key)
		return names(id)
	}
	return app.ChoiceLabel(c.Lang, o, f, g.Key)
}
