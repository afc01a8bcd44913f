package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/kind"
	"kexin/law"
	"kexin/store"
)

// work registers what a day's work needs beside records: schema, today's list,
// timeline, contact, reveal, consents, moving, alerts.
func (s *Server) work() {
	route(s, http.MethodGet, "/api/v1/schema", "getSchema", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Schema], error) {
		out, err := s.schemaFor(ctx, c)
		return &answer[Schema]{out}, err
	})
	route(s, http.MethodGet, "/api/v1/today", "getToday", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Today], error) {
		t, err := s.app.Today(ctx, c.Actor)
		if err != nil {
			return nil, err
		}
		return &answer[Today]{s.todayOf(ctx, c, t)}, nil
	})
	route(s, http.MethodGet, "/api/v1/customers/{id}/timeline", "getTimeline", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Timeline], error) {
		t, err := s.app.Timeline(ctx, c.Actor, in.ID())
		if err != nil {
			return nil, err
		}
		return &answer[Timeline]{s.timelineOf(ctx, c, t)}, nil
	})
	route(s, http.MethodGet, "/api/v1/customers/{id}/consents", "getConsents", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Consents], error) {
		words, seen, notice, err := s.app.Consents(ctx, c.Actor, in.ID())
		if err != nil {
			return nil, err
		}
		return &answer[Consents]{consentsOf(c, words, seen, notice)}, nil
	})
	for _, path := range []string{"/api/v1/customers/{id}/consents", "/api/v1/customers/{id}/consents/{purpose}"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch} { // not in the document: nobody can (CON-02)
			s.never(method, path, s.app.ConsentByStaff)
		}
	}
	s.values()
	type move struct {
		ByID
		Body struct {
			Owner kexin.ID `json:"owner"`
		}
	}
	route(s, http.MethodPost, "/api/v1/customers/{id}/owner", "moveCustomer", 204, func(ctx context.Context, c Caller, in *move) (*none, error) {
		return nil, s.app.Move(ctx, c.Actor, in.ID(), in.Body.Owner)
	})
	type stop struct {
		ByID
		Scope string `query:"scope" enum:"shop,ads" default:"shop" doc:"shop: every contact; ads: offers alone"`
	}
	route(s, http.MethodPost, "/api/v1/customers/{id}/stop", "stopCustomer", 204, func(ctx context.Context, c Caller, in *stop) (*none, error) {
		return nil, s.app.StopAsTold(ctx, c.Actor, in.ID(), in.Scope)
	})
	type alerts struct {
		Alerts []Alert `json:"alerts" nullable:"false"`
	}
	route(s, http.MethodGet, "/api/v1/alerts", "listAlerts", 200, func(ctx context.Context, c Caller, _ *none) (*answer[alerts], error) {
		list, err := s.app.Alerts(ctx, c.Actor)
		return &answer[alerts]{alerts{s.alertsOf(ctx, c, list)}}, err
	})
	route(s, http.MethodPost, "/api/v1/alerts/{id}/done", "closeAlert", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.CloseAlert(ctx, c.Actor, in.ID())
	})
}

// values registers the two ways to a full value.
func (s *Server) values() {
	type contact struct {
		ByID
		Body ContactAsk
	}
	route(s, http.MethodPost, "/api/v1/customers/{id}/contact", "contactCustomer", 200, func(ctx context.Context, c Caller, in *contact) (*answer[Revealed], error) {
		if in.Body.Contact != 0 {
			v, err := s.app.ContactOf(ctx, c.Actor, in.ID(), in.Body.Contact, kexin.Channel(in.Body.Channel))
			return &answer[Revealed]{revealedOf(v)}, err
		}
		v, err := s.app.Contact(ctx, c.Actor, kexin.Customer, in.ID(), kexin.Channel(in.Body.Channel))
		return &answer[Revealed]{revealedOf(v)}, err
	})
	type reveal struct {
		ByID
		Body Reveal
	}
	for _, o := range []*kexin.ObjectDef{s.app.Schema().Object(kexin.Customer), s.app.Schema().Object(kexin.Contact)} {
		route(s, http.MethodPost, "/api/v1/"+o.Plural+"/{id}/reveal", "reveal"+title(o.Name), 200, func(ctx context.Context, c Caller, in *reveal) (*answer[Revealed], error) {
			f := o.Field(in.Body.Field)
			if f == nil {
				return nil, badField("field")
			}
			v, err := s.app.Reveal(ctx, c.Actor, o.Object, in.ID(), f.ID, in.Body.Reason)
			return &answer[Revealed]{revealedOf(v)}, err
		})
	}
}

func revealedOf(v app.Shown) Revealed {
	return Revealed{Value: v.Value, Seconds: v.Seconds, Budget: Budget{Used: v.Used, Limit: v.Limit}}
}

// schemaFor is the schema with this person's levels.
func (s *Server) schemaFor(ctx context.Context, c Caller) (Schema, error) {
	v, err := s.app.SchemaView(ctx, c.Actor)
	if err != nil {
		return Schema{}, err
	}
	out := Schema{Version: v.Schema.Version, Objects: []ObjectDef{}, Members: []Member{}, Depts: []Dept{}}
	for _, o := range v.Schema.Objects() {
		d := ObjectDef{Name: o.Name, Plural: o.Plural, Label: t(c, "object."+o.Name, nil), Fields: []Field{}}
		for _, f := range o.Fields {
			d.Fields = append(d.Fields, fieldOf(c, o, f, v))
		}
		out.Objects = append(out.Objects, d)
	}
	for _, m := range v.Members {
		out.Members = append(out.Members, Member{ID: m.ID, Name: m.Name, Position: string(m.Position), Dept: m.Dept, Active: m.Active})
	}
	for _, d := range v.Depts {
		out.Depts = append(out.Depts, Dept{ID: d.ID, Parent: d.Parent, Name: d.Name})
	}
	return out, nil
}

func fieldOf(c Caller, o *kexin.ObjectDef, f *kexin.Field, v app.SchemaView) Field {
	own, other := v.Levels(f)
	out := Field{Name: f.Name, Label: t(c, "field."+o.Name+"."+f.Name, nil), Kind: string(f.Kind), Class: f.Class.String(),
		Required: f.Rule.Required, Max: f.Rule.Max, Computed: f.Computed, List: f.List, Own: own.String(), Other: other.String()}
	out.Filter = f.Filter && own == kexin.Clear
	out.Sort = f.Sort && own == kexin.Clear
	for _, code := range f.Rule.Choices {
		out.Choices = append(out.Choices, Choice{Code: code, Label: app.ChoiceLabel(c.Lang, o, f, code)})
	}
	if f.Kind == kexin.KindRef {
		out.Ref = "member"
		if r := v.Schema.Object(f.Rule.Ref); r != nil {
			out.Ref = r.Name
		}
	}
	return out
}

// cellJSON is a cell as a page shows it.
func cellJSON(f *kexin.Field, c kexin.Cell) any {
	if f == nil {
		return nil
	}
	return json.RawMessage(appendCell(nil, f, c))
}

func (s *Server) todayOf(ctx context.Context, c Caller, t app.Today) Today {
	name := s.app.MemberName(ctx, c.Actor.Org)
	out := Today{Due: []DueItem{}, Soon: []DueItem{}, Overdue: t.Overdue, Reasons: reasonsOf(t.Reasons, c.Lang), Deals: []DealSum{},
		Customers: int(t.Own), Begun: t.Begun, Review: int(t.Review), Handed: int(t.Handed), Alerts: s.alertsOf(ctx, c, t.Alerts), Team: []TeamDue{}}
	for _, d := range t.Due {
		out.Due = append(out.Due, dueOf(c, t, d))
	}
	for _, d := range t.Soon {
		out.Soon = append(out.Soon, dueOf(c, t, d))
	}
	for _, d := range t.Deals {
		out.Deals = append(out.Deals, DealSum{Stage: d.Key, N: int(d.N), Sum: d.Sum})
	}
	late := map[string]int{}
	for _, g := range t.Late {
		late[g.Key] = int(g.N)
	}
	for _, g := range t.Team {
		id, _ := kexin.ParseID(g.Key)
		out.Team = append(out.Team, TeamDue{ID: id, Name: name(id), Due: int(g.N), Overdue: late[g.Key]})
	}
	return out
}

func dueOf(c Caller, t app.Today, d app.Due) DueItem {
	out := DueItem{Customer: d.Customer, Task: d.Task, Due: int64(d.At), Day: d.Day, Overdue: d.Overdue, Need: []string{}, Call: mayOf(c, d.Call, t.Zone)}
	if d.Cells != nil {
		out.Name, out.Phone = cellJSON(t.Fields[0], d.Cells[0]), cellJSON(t.Fields[1], d.Cells[1])
		out.Need = append(out.Need, d.Cells[2].Value.Strings()...)
		out.LastAt = d.Cells[4].Value.N
	}
	if t.What != nil && (d.What.Level != kexin.Nothing || d.What.Reason > 0) {
		out.What = cellJSON(t.What, d.What)
	}
	return out
}

func mayOf(c Caller, m app.May, zone *time.Location) MayContact {
	out := MayContact{Channel: string(m.Channel), Purpose: string(m.Purpose), OK: m.OK}
	code := m.Reason
	if m.OK {
		code = "may_" + map[kexin.PurposeCode]string{kexin.FollowUp: "followup", kexin.AfterSales: "order"}[m.Purpose]
	}
	until := ""
	if m.Until != 0 {
		until = string(kexin.DayOf(m.Until.Time().In(zone)))
	}
	out.Reason = Reason{Code: code, Rule: "consent:" + string(m.Purpose), Text: t(c, "reason."+code, map[string]string{"date": until, "channel": t(c, "channel."+string(m.Channel), nil)})}
	return out
}

func (s *Server) timelineOf(ctx context.Context, c Caller, tl app.Timeline) Timeline {
	name := s.app.MemberName(ctx, c.Actor.Org)
	out := Timeline{Events: []Event{}, Reasons: reasonsOf(tl.Reasons, c.Lang), More: tl.More}
	for _, m := range tl.Moments {
		e := Event{ID: m.ID, At: int64(m.At), Kind: m.Kind, Way: m.Way, Next: int64(m.Next), By: name(m.By), N: m.N}
		e.Text = s.momentText(c, m)
		if m.Field != nil {
			e.Note = cellJSON(m.Field, m.Note)
		}
		out.Events = append(out.Events, e)
	}
	return out
}

// momentText is the one line of a moment.
func (s *Server) momentText(c Caller, m app.Moment) string {
	args := map[string]string{}
	switch m.Kind {
	case "visit":
		if m.Way == "" {
			return t(c, "object.visit", nil)
		}
		args["way"] = choiceText(c, "visit_way", m.Way)
	case "order":
		args["status"] = choiceText(c, "order_state", m.Way)
		args["amount"] = amountText(m.Amount)
	case "deal":
		args["stage"] = choiceText(c, "deal_stage", m.Way)
		args["amount"] = amountText(m.Amount)
	case "edited", "revealed", "created":
		args["fields"] = s.fieldNames(c, m.Fields)
	case "contact":
		args["channel"] = t(c, "channel."+m.Way, nil)
	case "task":
		if m.Way == "done" {
			return t(c, "timeline.task_done", nil)
		}
	}
	return strings.Join(strings.Fields(t(c, "timeline."+m.Kind, args)), " ") // what is not there leaves no gap
}

// choiceText is the word for a choice, nothing where none was made.
func choiceText(c Caller, list, code string) string {
	if code == "" {
		return ""
	}
	return t(c, "choice."+list+"."+code, nil)
}

func amountText(c kexin.Cell) string {
	if c.Level != kexin.Clear || c.Value.Empty() {
		return ""
	}
	return "¥" + kind.Yuan(c.Value.N)
}

func (s *Server) fieldNames(c Caller, ids []kexin.FieldID) string {
	out, sep := "", "、"
	if c.Lang == "en" {
		sep = ", "
	}
	for _, id := range ids {
		f := s.app.Schema().Field(id)
		if f == nil {
			continue
		}
		if out != "" {
			out += sep
		}
		out += t(c, "field."+s.app.Schema().Object(f.Object).Name+"."+f.Name, nil)
	}
	return out
}

func consentsOf(c Caller, words []app.Word, seen []store.Seen, notice int64) Consents {
	out := Consents{Rows: []ConsentRow{}, Seen: []SeenBy{}}
	for _, w := range words {
		out.Rows = append(out.Rows, consentRowOf(c, w))
	}
	if notice > 0 {
		out.Notice = kexin.ID(notice).String()
	}
	for _, x := range seen {
		out.Seen = append(out.Seen, SeenBy{Position: string(x.Position), Opens: x.Opens, Reveals: x.Reveals, Last: int64(x.Last)})
	}
	return out
}

func consentRowOf(c Caller, w app.Word) ConsentRow {
	r := ConsentRow{Purpose: string(w.Purpose.Code), Label: t(c, "purpose."+string(w.Purpose.Code), nil), Channel: string(cmp.Or(w.Purpose.Channel, w.Channel)), Until: int64(w.Until), Grade: w.Grade.String()}
	switch {
	case w.Purpose.Basis == law.Contract:
		r.Basis, r.State = "contract", "contract"
	case w.Asked:
		r.Basis, r.State = "request", "request"
	default:
		r.Basis, r.State = "consent", cmp.Or(saidStates[w.State], "none")
	}
	return r
}

// saidStates are the states in which a word still says something; of the others
// nothing is left to go by.
var saidStates = map[consent.State]string{consent.Given: "given", consent.Requested: "asked", consent.Refused: "refused", consent.Withdrawn: "withdrawn", consent.Expired: "expired", consent.Suspended: "suspended"}

func (s *Server) alertsOf(ctx context.Context, c Caller, list []app.Alert) []Alert {
	name := s.app.MemberName(ctx, c.Actor.Org)
	out := []Alert{}
	for _, a := range list {
		args := map[string]string{}
		for k, v := range a.Args {
			args[k] = v
		}
		for _, who := range []string{"member", "by"} {
			if id, err := kexin.ParseID(args[who]); err == nil && id != 0 {
				args[who] = name(id)
			}
		}
		if id, err := kexin.ParseID(args["peer"]); err == nil && id != 0 {
			card, _ := s.app.PublicCard(ctx, id) // a shop without a card has no name to show
			args["shop"] = card.Shown
		}
		row := Alert{ID: a.ID, At: int64(a.At), Code: a.Code, Text: t(c, "alert."+a.Code, args), Done: a.Done != 0, Due: int64(a.Due), Late: a.Late, Customers: []AlertCustomer{}}
		for _, x := range a.About {
			row.Customers = append(row.Customers, AlertCustomer{x.ID, x.Name.Value.S})
		}
		out = append(out, row)
	}
	return out
}
