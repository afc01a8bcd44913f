package api

import (
	"context"
	"net/http"
	"strings"

	"kexin"
	"kexin/app"
	"kexin/internal/front"
	"kexin/store"
)

// introduce registers what two shops do about one customer: card, alliance,
// recommending, inbox, counter, vouchers, counts.
func (s *Server) introduce() {
	s.card()
	s.alliance()
	s.recommend()
	s.inbox()
	s.counter()
}

func cardOf(c store.Card) ShopCard {
	out := ShopCard{ID: c.Org, Legal: c.Legal, USCC: c.USCC, Shown: c.Shown, Address: c.Address, Phone: c.Phone, About: c.About, Needs: c.Needs, Photo: len(c.Photo) > 0, Edited: int64(c.Edited)}
	if out.Needs == nil {
		out.Needs = []string{}
	}
	return out
}

// card registers the merchant's own card.
func (s *Server) card() {
	route(s, http.MethodGet, "/api/v1/card", "getCard", 200, func(ctx context.Context, c Caller, _ *none) (*answer[ShopCard], error) {
		card, err := s.app.Card(ctx, c.Actor)
		return &answer[ShopCard]{cardOf(card)}, err
	})
	type change struct{ Body CardChange }
	route(s, http.MethodPut, "/api/v1/card", "changeCard", 200, func(ctx context.Context, c Caller, in *change) (*answer[ShopCard], error) {
		b := in.Body
		if err := s.app.SaveCard(ctx, c.Actor, app.CardDraft{Shown: b.Shown, Address: b.Address, Phone: b.Phone, About: b.About, Needs: b.Needs}); err != nil {
			return nil, err
		}
		card, err := s.app.Card(ctx, c.Actor)
		return &answer[ShopCard]{cardOf(card)}, err
	})
	route(s, http.MethodPut, "/api/v1/card/photo", "changePhoto", 204, func(ctx context.Context, c Caller, in *photoFile) (*none, error) {
		return nil, s.app.SavePhoto(ctx, c.Actor, in.RawBody)
	})
	route(s, http.MethodDelete, "/api/v1/card/photo", "removePhoto", 204, func(ctx context.Context, c Caller, _ *none) (*none, error) {
		return nil, s.app.SavePhoto(ctx, c.Actor, nil)
	})
	type own struct{ Body OwnAddresses }
	route(s, http.MethodPut, "/api/v1/me/own", "changeOwn", 204, func(ctx context.Context, c Caller, in *own) (*none, error) {
		return nil, s.app.SetOwn(ctx, c.Actor, app.Own{Phone: in.Body.Phone, Email: in.Body.Email})
	})
}

func allianceOf(c Caller, v app.AllianceView) AllianceBody {
	out := AllianceBody{In: v.In, Founds: v.Founds, ID: v.ID, Name: v.Name, Members: []AllianceSeat{}}
	for _, m := range v.Members {
		card := m.Card
		card.Org = m.Org
		out.Members = append(out.Members, AllianceSeat{Card: cardOf(card), State: string(m.State), Joined: int64(m.Joined), Self: m.Org == c.Actor.Org})
	}
	return out
}

// alliance registers founding, joining and verifying.
func (s *Server) alliance() {
	route(s, http.MethodGet, "/api/v1/alliance", "getAlliance", 200, func(ctx context.Context, c Caller, _ *none) (*answer[AllianceBody], error) {
		v, err := s.app.Alliance(ctx, c.Actor)
		return &answer[AllianceBody]{allianceOf(c, v)}, err
	})
	type found struct {
		Body struct {
			Name string `json:"name" maxLength:"80"`
		}
	}
	route(s, http.MethodPost, "/api/v1/alliance", "foundAlliance", 201, func(ctx context.Context, c Caller, in *found) (*answer[AllianceBody], error) {
		if _, err := s.app.FoundAlliance(ctx, c.Actor, in.Body.Name); err != nil {
			return nil, err
		}
		v, err := s.app.Alliance(ctx, c.Actor)
		return &answer[AllianceBody]{allianceOf(c, v)}, err
	})
	route(s, http.MethodPost, "/api/v1/alliance/invitation", "inviteToAlliance", 201, func(ctx context.Context, c Caller, _ *none) (*answer[LinkBody], error) {
		secret, ends, err := s.app.InviteToAlliance(ctx, c.Actor)
		if err != nil {
			return nil, err
		}
		// Behind #: the token never reaches a log or another site.
		return linkBody(ctx, "/shop/join#"+secret.Text(), ends)
	})
	type token struct {
		Body struct {
			Token string `json:"token" maxLength:"64"`
		}
	}
	route(s, http.MethodPost, "/api/v1/alliance/look", "lookAlliance", 200, func(ctx context.Context, c Caller, in *token) (*answer[AllianceBody], error) {
		v, err := s.app.AllianceInvited(ctx, c.Actor, in.Body.Token)
		return &answer[AllianceBody]{allianceOf(c, v)}, err
	})
	route(s, http.MethodPost, "/api/v1/alliance/join", "joinAlliance", 200, func(ctx context.Context, c Caller, in *token) (*answer[AllianceBody], error) {
		if err := s.app.JoinAlliance(ctx, c.Actor, in.Body.Token); err != nil {
			return nil, err
		}
		v, err := s.app.Alliance(ctx, c.Actor)
		return &answer[AllianceBody]{allianceOf(c, v)}, err
	})
	route(s, http.MethodPost, "/api/v1/alliance/leave", "leaveAlliance", 204, func(ctx context.Context, c Caller, _ *none) (*none, error) {
		return nil, s.app.LeaveAlliance(ctx, c.Actor)
	})
	route(s, http.MethodGet, "/api/v1/alliance/log", "getAllianceLog", 200, func(ctx context.Context, c Caller, _ *none) (*answer[AllianceLog], error) {
		p, list, err := s.app.AllianceLog(ctx, c.Actor)
		out := AllianceLog{Origin: string(p.Origin), Size: p.Size, Checkpoint: p.Line, Key: p.Key, Entries: []AllianceEntry{}}
		for _, e := range list {
			out.Entries = append(out.Entries, AllianceEntry{At: int64(e.At), Change: string(e.Change), Member: e.Member, By: e.By, Index: e.Index, Hash: e.Hash.String()})
		}
		return &answer[AllianceLog]{out}, err
	})
	type verify struct {
		ByID
		Body struct {
			State string `json:"state" enum:"verified,suspended"`
			Shown string `json:"shown,omitempty" maxLength:"160" doc:"to verify: the name over the door that was seen; conflict if it is another by now"`
		}
	}
	route(s, http.MethodPost, "/api/v1/alliance/members/{id}/state", "setAllianceMember", 204, func(ctx context.Context, c Caller, in *verify) (*none, error) {
		return nil, s.app.VerifyMember(ctx, c.Actor, in.ID(), store.MemberState(in.Body.State), in.Body.Shown)
	})
}

func linkBody(ctx context.Context, path string, ends kexin.Instant) (*answer[LinkBody], error) {
	url := front.Of(ctx).Origin() + path
	qr, err := front.QR(url)
	return &answer[LinkBody]{LinkBody{URL: url, QR: qr, Expires: int64(ends)}}, err
}

// recommend registers the sender's side.
func (s *Server) recommend() {
	type need struct {
		Need string `query:"need" doc:"code of the need list; empty for all"`
	}
	type shops struct {
		Shops []ShopCard `json:"shops" nullable:"false"`
	}
	route(s, http.MethodGet, "/api/v1/shops", "listShops", 200, func(ctx context.Context, c Caller, in *need) (*answer[shops], error) {
		list, err := s.app.Shops(ctx, c.Actor, in.Need)
		out := shops{Shops: []ShopCard{}}
		for _, x := range list {
			out.Shops = append(out.Shops, cardOf(x))
		}
		return &answer[shops]{out}, err
	})
	type ask struct {
		ByID
		Once
		Body Recommend
	}
	route(s, http.MethodPost, "/api/v1/customers/{id}/recommend", "recommendCustomer", 201, func(ctx context.Context, c Caller, in *ask) (*answer[Recommended], error) {
		once, err := in.of("ask", in.ID(), in.Body)
		if err != nil {
			return nil, err
		}
		w := app.Recommendation{Customer: in.ID(), Need: in.Body.Need, Said: in.Body.Said, Way: in.Body.Way, Once: once}
		for _, shop := range in.Body.Shops {
			var id kexin.ID // of every shop: none
			if shop != "*" {
				if id, err = kexin.ParseID(shop); err != nil {
					return nil, err
				}
			}
			w.Shops = append(w.Shops, id)
		}
		return s.recommended(ctx, c, w)
	})
	route(s, http.MethodGet, "/api/v1/referrals", "listReferrals", 200, func(ctx context.Context, c Caller, _ *none) (*answer[SentList], error) {
		list, reasons, err := s.app.Sent(ctx, c.Actor)
		return s.sentList(ctx, c, list, reasons), err
	})
	route(s, http.MethodGet, "/api/v1/customers/{id}/referrals", "listCustomerReferrals", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[SentList], error) {
		list, err := s.app.SentOf(ctx, c.Actor, in.ID())
		return s.sentList(ctx, c, list, nil), err
	})
	route(s, http.MethodPost, "/api/v1/referrals/{id}/cancel", "cancelReferral", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.CancelReferral(ctx, c.Actor, in.ID())
	})
}

func (s *Server) recommended(ctx context.Context, c Caller, w app.Recommendation) (*answer[Recommended], error) {
	r, err := s.app.Recommend(ctx, c.Actor, w)
	if err != nil {
		return nil, err
	}
	out := Recommended{Referrals: r.Referrals, Words: r.Words, Lang: r.Lang, Other: r.Other, Expires: int64(r.Ends)}
	if r.Path != "" {
		out.URL = front.Of(ctx).Origin() + r.Path.Text()
		out.Words, out.Other = strings.ReplaceAll(r.Words, "{link}", out.URL), strings.ReplaceAll(r.Other, "{link}", out.URL)
		if out.QR, err = front.QR(out.URL); err != nil {
			return nil, err
		}
	}
	return &answer[Recommended]{out}, nil
}

func (s *Server) sentList(ctx context.Context, c Caller, list []app.SentReferral, reasons []kexin.Reason) *answer[SentList] {
	names, f := s.app.MemberName(ctx, c.Actor.Org), s.app.Schema().Field(kexin.CustName)
	out := SentList{Referrals: []SentRow{}, Reasons: reasonsOf(reasons, c.Lang), CanSend: s.app.CanSend(kexin.BySMS) || s.app.CanSend(kexin.ByEmail)}
	for _, r := range list {
		out.Referrals = append(out.Referrals, SentRow{ID: r.ID, Customer: r.Customer, Name: cellJSON(f, r.Name), By: names(r.Member), Shop: r.Shop, ShopID: r.ShopID, Need: r.Need, Way: r.Way,
			Sight: string(r.Sight), Text: t(c, "referral.sight."+string(r.Sight), nil), Made: int64(r.Made), Ends: int64(r.Ends), AgainAt: int64(r.AgainAt), Cancel: r.Cancel, Link: r.Link})
	}
	return &answer[SentList]{out}
}

// inbox registers the receiver's side.
func (s *Server) inbox() {
	route(s, http.MethodGet, "/api/v1/inbox", "listInbox", 200, func(ctx context.Context, c Caller, _ *none) (*answer[ArrivalList], error) {
		list, reasons, err := s.app.Inbox(ctx, c.Actor)
		if err != nil {
			return nil, err
		}
		out := ArrivalList{Arrivals: []ArrivalRow{}, Reasons: reasonsOf(reasons, c.Lang)}
		names := s.app.MemberName(ctx, c.Actor.Org)
		for _, a := range list {
			out.Arrivals = append(out.Arrivals, s.arrivalOf(c, names, a))
			if a.State == "SELF_SUBMITTED" {
				out.Waiting++
			}
		}
		return &answer[ArrivalList]{out}, nil
	})
	type arrived struct {
		Arrival *ArrivalRow `json:"arrival,omitempty" doc:"absent where she came otherwise"`
	}
	route(s, http.MethodGet, "/api/v1/customers/{id}/arrival", "getArrival", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[arrived], error) {
		a, ok, err := s.app.ArrivalOf(ctx, c.Actor, in.ID())
		if err != nil || !ok {
			return &answer[arrived]{}, err
		}
		row := s.arrivalOf(c, s.app.MemberName(ctx, c.Actor.Org), a)
		return &answer[arrived]{arrived{&row}}, nil
	})
	type accepted struct {
		Customer kexin.ID `json:"customer"`
	}
	route(s, http.MethodPost, "/api/v1/inbox/{id}/accept", "acceptReferral", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[accepted], error) {
		id, err := s.app.AcceptReferral(ctx, c.Actor, in.ID())
		return &answer[accepted]{accepted{id}}, err
	})
	for _, x := range []struct {
		path, id string
		do       func(context.Context, kexin.Actor, kexin.ID) error
	}{{"reject", "rejectReferral", s.app.RejectReferral}, {"lost", "loseReferral", s.app.LoseReferral}, {"won", "winReferral", s.app.WinReferral}} {
		route(s, http.MethodPost, "/api/v1/inbox/{id}/"+x.path, x.id, 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
			return nil, x.do(ctx, c.Actor, in.ID())
		})
	}
	type word struct {
		ByID
		Body WordBody
	}
	route(s, http.MethodPost, "/api/v1/inbox/{id}/word", "answerWord", 200, func(ctx context.Context, c Caller, in *word) (*answer[WordAnswer], error) {
		right, left, err := s.app.AnswerWord(ctx, c.Actor, in.ID(), in.Body.Word)
		return &answer[WordAnswer]{WordAnswer{right, left}}, err
	})
}

func (s *Server) arrivalOf(c Caller, names func(kexin.ID) string, a app.Arrival) ArrivalRow {
	out := ArrivalRow{ID: a.ID, From: a.From, FromID: a.FromID, Counter: a.Counter, Need: a.Need, Channel: string(a.Channel), Grade: a.Grade.String(), State: string(a.State),
		Text: t(c, "referral.state."+strings.ToLower(string(a.State)), nil), Doubt: a.Doubt, Outcome: a.Outcome, Made: int64(a.Made), Due: int64(a.Due),
		Customer: a.Customer, By: names(a.Member), Said: a.Said, Back: a.Back, Tries: a.Tries, Proved: a.Proved, Calls: a.Calls}
	out.Given, out.Waits = append([]kexin.PurposeCode{}, a.Given...), append([]kexin.PurposeCode{}, a.Waits...)
	if a.Customer != 0 {
		out.Name = cellJSON(s.app.Schema().Field(kexin.CustName), a.Name)
	}
	return out
}

// counter registers the counter's QR code, vouchers and counts.
func (s *Server) counter() {
	route(s, http.MethodPost, "/api/v1/counter", "newCounter", 201, func(ctx context.Context, c Caller, _ *none) (*answer[LinkBody], error) {
		path, ends, err := s.app.NewCounter(ctx, c.Actor)
		if err != nil {
			return nil, err
		}
		return linkBody(ctx, path.Text(), ends)
	})
	type voucher struct{ Body VoucherBody }
	route(s, http.MethodPost, "/api/v1/vouchers/redeem", "redeemVoucher", 200, func(ctx context.Context, c Caller, in *voucher) (*answer[VoucherAnswer], error) {
		from, need, err := s.app.RedeemVoucher(ctx, c.Actor, in.Body.Code)
		return &answer[VoucherAnswer]{VoucherAnswer{from.Shown, need}}, err
	})
	type credits struct {
		Credits []CreditRow `json:"credits" nullable:"false"`
	}
	route(s, http.MethodGet, "/api/v1/credits", "listCredits", 200, func(ctx context.Context, c Caller, _ *none) (*answer[credits], error) {
		list, err := s.app.Credits(ctx, c.Actor)
		out := credits{Credits: []CreditRow{}}
		for _, l := range list {
			out.Credits = append(out.Credits, CreditRow{Shop: l.Shop, Mine: l.Mine, Kind: l.Kind, Month: l.Month, N: l.N})
		}
		return &answer[credits]{out}, err
	})
}
