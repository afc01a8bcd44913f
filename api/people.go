package api

import (
	"context"
	"net/http"

	"kexin"
	"kexin/app"
	"kexin/internal/front"
	"kexin/store"
)

// people registers who is here and who may what: the person himself, staff,
// departments, invitations, devices, second factor, tokens, settings, notice.
func (s *Server) people() {
	s.person()
	s.staff()
	s.helpIn()
	s.looks()
	s.depts()
	s.devices()
	s.factor()
	s.tokens()
	s.settings()
}

// signed is an answer that changes the session's cookies.
type signed[T any] struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      T
}

// cookies is an answer that only changes them.
type cookies struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// seat is who sits behind the request, for what concerns his own session.
func seat(ctx context.Context) (*front.Request, app.Seat, error) {
	q := front.Of(ctx)
	st, err := q.Seat()
	return q, st, err
}

// person registers what concerns the person signed in.
func (s *Server) person() {
	route(s, http.MethodGet, "/api/v1/me", "getMe", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Me], error) {
		return s.me(ctx, c)
	})
	type patch struct {
		Body struct {
			Lang string `json:"lang,omitempty" enum:"zh-CN,en"`
		}
	}
	route(s, http.MethodPatch, "/api/v1/me", "changeMe", 200, func(ctx context.Context, c Caller, in *patch) (*answer[Me], error) {
		_, st, err := seat(ctx)
		if err == nil && in.Body.Lang != "" {
			c.Lang = in.Body.Lang
			err = s.app.SetLang(ctx, st, in.Body.Lang)
		}
		if err != nil {
			return nil, err
		}
		return s.me(ctx, c)
	})
	route(s, http.MethodPost, "/api/v1/logout", "logout", 204, func(ctx context.Context, _ Caller, _ *none) (*cookies, error) {
		q, st, err := seat(ctx)
		if err == nil {
			err = s.app.SignOut(ctx, st)
		}
		return &cookies{q.NoCookies()}, err
	})
	type password struct {
		Body struct {
			Old string `json:"old" maxLength:"512"`
			New string `json:"new" maxLength:"512"`
		}
	}
	route(s, http.MethodPost, "/api/v1/password", "changePassword", 204, func(ctx context.Context, _ Caller, in *password) (*cookies, error) {
		q, st, err := seat(ctx)
		if err != nil {
			return nil, err
		}
		done, err := s.app.ChangePassword(ctx, st, q.From(), in.Body.Old, in.Body.New)
		if err != nil {
			return nil, err
		}
		return &cookies{q.Cookies(done)}, nil
	})
}

func (s *Server) me(ctx context.Context, c Caller) (*answer[Me], error) {
	q, st, err := seat(ctx)
	if err != nil {
		return nil, err
	}
	_, sheet := q.Recovery()
	m, err := s.app.Me(ctx, st, sheet)
	if err != nil {
		return nil, err
	}
	return &answer[Me]{s.meOf(c, m)}, nil
}

func (s *Server) meOf(c Caller, m app.Me) Me {
	out := Me{ID: m.Member.ID, Name: m.Member.Name, Position: string(m.Member.Position), Dept: m.Dept, Lang: c.Lang, Org: orgOf(m.Org),
		Purpose: string(c.Actor.Purpose), Purposes: []string{}, Scenes: []string{}, Can: []string{}, Todo: []Todo{},
		Budget: Budgets{Reveal: Budget(m.Reveal), Lookup: Budget(m.Lookup), Contact: Budget(m.Contact)},
		StepUp: int64(m.StepUp), TOTP: m.Member.TOTP, Own: []string{}, Arrivals: m.Arrivals, Waiting: int64(m.Waiting), Demo: m.Org.Demo, Version: s.api.OpenAPI().Info.Version}
	for _, k := range m.Own {
		out.Own = append(out.Own, map[kexin.KeyKind]string{kexin.KeyPhone: "phone", kexin.KeyEmail: "email"}[k])
	}
	for _, p := range m.Purposes {
		out.Purposes = append(out.Purposes, string(p))
	}
	for _, x := range m.Scenes {
		out.Scenes = append(out.Scenes, string(x))
	}
	for _, x := range m.Can {
		out.Can = append(out.Can, string(x))
	}
	for _, x := range m.Todo {
		out.Todo = append(out.Todo, Todo{Code: x.Code, Text: t(c, "todo."+x.Code, nil), Href: x.Href})
	}
	out.Backup = Backup{At: int64(m.Backup.At), State: m.Backed}
	return out
}

func orgOf(o store.Org) OrgCard {
	return OrgCard{ID: o.ID, Name: o.Name, USCC: o.USCC, Size: string(o.Size), Contact: o.Contact, Address: o.Address, Zone: o.Zone, Mutual: o.Mutual, PIO: o.PIO}
}

// A MemberChanged is a member after a change; of a leaver it says what was
// handed on.
type MemberChanged struct {
	Member
	Moved   int   `json:"moved,omitempty" doc:"customers handed on"`
	Left    bool  `json:"left,omitempty" doc:"there are more to hand on: send the same again"`
	Reveals int64 `json:"reveals,omitempty" doc:"full values asked for in the last 30 days"`
}

// staff registers members and invitations.
func (s *Server) staff() {
	route(s, http.MethodGet, "/api/v1/people", "getPeople", 200, func(ctx context.Context, c Caller, _ *none) (*answer[People], error) {
		p, err := s.app.People(ctx, c.Actor)
		return &answer[People]{peopleOf(p)}, err
	})
	type invite struct{ Body Invite }
	route(s, http.MethodPost, "/api/v1/invites", "invite", 201, func(ctx context.Context, c Caller, in *invite) (*answer[Invited], error) {
		return s.invite(ctx, c, in.Body)
	})
	route(s, http.MethodDelete, "/api/v1/invites/{id}", "uninvite", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.DropInvite(ctx, c.Actor, in.ID())
	})
	type change struct {
		ByID
		Body MemberChange
	}
	route(s, http.MethodPatch, "/api/v1/members/{id}", "changeMember", 200, func(ctx context.Context, c Caller, in *change) (*answer[MemberChanged], error) {
		m, err := s.app.ChangeMember(ctx, c.Actor, in.ID(), changeOf(in.Body))
		return &answer[MemberChanged]{MemberChanged{Member: memberOf(store.Staff{Member: m.Member}), Moved: m.Moved, Left: m.Left, Reveals: m.Reveals}}, err
	})
}

// helpIn registers the ways back in for who forgot his password or lost his
// phone: two acts, since the second opens more.
func (s *Server) helpIn() {
	route(s, http.MethodPost, "/api/v1/members/{id}/password", "recoverMember", 201, func(ctx context.Context, c Caller, in *ByID) (*answer[Invited], error) {
		v, err := s.app.RecoverMember(ctx, c.Actor, in.ID())
		return linkOf(ctx, "/recover/", v, err)
	})
	route(s, http.MethodDelete, "/api/v1/members/{id}/totp", "resetFactor", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.ResetFactor(ctx, c.Actor, in.ID())
	})
}

func peopleOf(p app.People) People {
	out := People{Members: []Member{}, Depts: []Dept{}, Invites: []OpenInvite{}}
	for _, m := range p.Members {
		if !p.Admin {
			m.Login = ""
		}
		out.Members = append(out.Members, memberOf(m))
	}
	for _, d := range p.Depts {
		out.Depts = append(out.Depts, Dept{ID: d.ID, Parent: d.Parent, Name: d.Name})
	}
	for _, l := range p.Invites {
		out.Invites = append(out.Invites, OpenInvite{ID: l.ID, Name: l.Grant.Name, Position: string(l.Grant.Position), Expires: int64(l.Ends)})
	}
	return out
}

func memberOf(m store.Staff) Member {
	return Member{ID: m.ID, Name: m.Name, Login: m.Login, Position: string(m.Position), Dept: m.Dept, Active: m.Active, TOTP: m.TOTP,
		Leaving: string(m.Leaving), Ends: string(m.Ends), LastSeen: int64(m.Seen)}
}

func changeOf(in MemberChange) app.MemberChange {
	c := app.MemberChange{Name: in.Name, Dept: in.Dept, Active: in.Active, MoveTo: in.MoveTo}
	if in.Position != nil {
		p := kexin.Position(*in.Position)
		c.Position = &p
	}
	if in.Leaving != nil {
		d := kexin.Day(*in.Leaving)
		c.Leaving = &d
	}
	if in.Ends != nil {
		d := kexin.Day(*in.Ends)
		c.Ends = &d
	}
	return c
}

func (s *Server) invite(ctx context.Context, c Caller, in Invite) (*answer[Invited], error) {
	v, err := s.app.Invite(ctx, c.Actor, app.Invitation{Name: in.Name, Position: kexin.Position(in.Position), Dept: in.Dept, Ends: kexin.Day(in.Ends)})
	return linkOf(ctx, "/invite/", v, err)
}

// linkOf is a one-time link as it is shown, once.
func linkOf(ctx context.Context, path string, v app.Invited, err error) (*answer[Invited], error) {
	if err != nil {
		return nil, err
	}
	url := front.Of(ctx).Origin() + path + v.Secret.Text()
	qr, err := front.QR(url)
	return &answer[Invited]{Invited{ID: v.ID, URL: url, QR: qr, Expires: int64(v.Ends)}}, err
}

// depts registers departments.
func (s *Server) depts() {
	type dept struct{ Body DeptChange }
	route(s, http.MethodPost, "/api/v1/depts", "addDept", 201, func(ctx context.Context, c Caller, in *dept) (*answer[Dept], error) {
		d, err := s.app.SaveDept(ctx, c.Actor, store.Dept{Name: in.Body.Name, Parent: in.Body.Parent})
		return &answer[Dept]{Dept{ID: d.ID, Parent: d.Parent, Name: d.Name}}, err
	})
	type change struct {
		ByID
		Body DeptChange
	}
	route(s, http.MethodPatch, "/api/v1/depts/{id}", "changeDept", 200, func(ctx context.Context, c Caller, in *change) (*answer[Dept], error) {
		d, err := s.app.SaveDept(ctx, c.Actor, store.Dept{ID: in.ID(), Name: in.Body.Name, Parent: in.Body.Parent})
		return &answer[Dept]{Dept{ID: d.ID, Parent: d.Parent, Name: d.Name}}, err
	})
	route(s, http.MethodDelete, "/api/v1/depts/{id}", "closeDept", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.DropDept(ctx, c.Actor, in.ID())
	})
}

// devices registers the signed-in browsers.
func (s *Server) devices() {
	type list struct {
		All bool `query:"all" doc:"everybody's, for who may change staff"`
	}
	route(s, http.MethodGet, "/api/v1/devices", "listDevices", 200, func(ctx context.Context, c Caller, in *list) (*answer[Devices], error) {
		all, err := s.app.Devices(ctx, c.Actor, in.All)
		if err != nil {
			return nil, err
		}
		name, out := s.app.MemberName(ctx, c.Actor.Org), Devices{Devices: []Device{}}
		for _, d := range all {
			label := d.Label
			if label == "" {
				label = t(c, "device.unknown", nil)
			}
			out.Devices = append(out.Devices, Device{ID: d.ID, Label: label, Member: name(d.Member), Created: int64(d.Made), Seen: int64(d.Seen), Trusted: int64(d.Trusted), Current: d.Current})
		}
		return &answer[Devices]{out}, nil
	})
	route(s, http.MethodDelete, "/api/v1/devices/{id}", "endDevice", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.DropDevice(ctx, c.Actor, in.ID())
	})
}

// factor registers the second factor: showing it again, and setting it up.
func (s *Server) factor() {
	type until struct {
		Until int64 `json:"until" doc:"the second factor counts until this instant, ms"`
	}
	type code struct{ Body StepUp }
	route(s, http.MethodPost, "/api/v1/step-up", "stepUp", 200, func(ctx context.Context, _ Caller, in *code) (*signed[until], error) {
		q, st, err := seat(ctx)
		if err != nil {
			return nil, err
		}
		done, to, err := s.app.StepUp(ctx, st, in.Body.Code)
		if err != nil {
			return nil, err
		}
		return &signed[until]{q.Cookies(done), until{int64(to)}}, nil
	})
	route(s, http.MethodPost, "/api/v1/totp", "startTOTP", 200, func(ctx context.Context, _ Caller, _ *none) (*answer[TOTPStart], error) {
		_, st, err := seat(ctx)
		if err != nil {
			return nil, err
		}
		seed, err := s.app.StartFactor(ctx, st)
		if err != nil {
			return nil, err
		}
		qr, err := front.QR(seed.URL.Text())
		return &answer[TOTPStart]{TOTPStart{Secret: seed.Text.Text(), QR: qr}}, err
	})
	route(s, http.MethodPost, "/api/v1/totp/confirm", "confirmTOTP", 200, func(ctx context.Context, _ Caller, in *code) (*signed[RecoveryCodes], error) {
		q, st, err := seat(ctx)
		if err != nil {
			return nil, err
		}
		codes, done, err := s.app.ConfirmFactor(ctx, st, in.Body.Code)
		if err != nil {
			return nil, err
		}
		out := RecoveryCodes{Codes: []string{}}
		for _, c := range codes {
			out.Codes = append(out.Codes, c.Text())
		}
		return &signed[RecoveryCodes]{q.Cookies(done), out}, nil
	})
}

// tokens registers the keys for programs.
func (s *Server) tokens() {
	route(s, http.MethodGet, "/api/v1/tokens", "listTokens", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Tokens], error) {
		all, err := s.app.Tokens(ctx, c.Actor)
		out := Tokens{Tokens: []Token{}}
		for _, k := range all {
			out.Tokens = append(out.Tokens, tokenOf(k))
		}
		return &answer[Tokens]{out}, err
	})
	type ask struct{ Body TokenAsk }
	route(s, http.MethodPost, "/api/v1/tokens", "makeToken", 201, func(ctx context.Context, c Caller, in *ask) (*answer[TokenMade], error) {
		w := app.TokenWish{Name: in.Body.Name, Purpose: kexin.PurposeCode(in.Body.Purpose), Days: in.Body.Days}
		for _, x := range in.Body.Acts {
			w.Acts = append(w.Acts, kexin.Act(x))
		}
		k, secret, err := s.app.NewToken(ctx, c.Actor, w)
		if err != nil {
			return nil, err
		}
		return &answer[TokenMade]{TokenMade{Token: tokenOf(k), Secret: secret.Text()}}, nil
	})
	route(s, http.MethodDelete, "/api/v1/tokens/{id}", "revokeToken", 204, func(ctx context.Context, c Caller, in *ByID) (*none, error) {
		return nil, s.app.DropToken(ctx, c.Actor, in.ID())
	})
}

func tokenOf(k store.Token) Token {
	out := Token{ID: k.ID, Name: k.Name, Purpose: string(k.Purpose), Acts: []string{}, Created: int64(k.Made), Expires: int64(k.Ends), Used: int64(k.Used)}
	for _, x := range k.Acts {
		out.Acts = append(out.Acts, string(x))
	}
	return out
}

// settings registers the merchant's card and notice.
func (s *Server) settings() {
	type change struct{ Body OrgChange }
	route(s, http.MethodPatch, "/api/v1/org", "changeOrg", 200, func(ctx context.Context, c Caller, in *change) (*answer[OrgCard], error) {
		b := in.Body
		ch := app.OrgChange{Contact: b.Contact, Address: b.Address, PIO: b.PIO, Mutual: b.Mutual}
		if b.Size != nil {
			size := kexin.Size(*b.Size)
			ch.Size = &size
		}
		o, err := s.app.ChangeOrg(ctx, c.Actor, ch)
		return &answer[OrgCard]{orgOf(o)}, err
	})
	route(s, http.MethodGet, "/api/v1/notice", "getNotice", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Notice], error) {
		n, err := s.app.Notice(ctx, c.Actor, c.Lang)
		return &answer[Notice]{noticeOf(ctx, c, n)}, err
	})
	route(s, http.MethodPost, "/api/v1/notice/publish", "publishNotice", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Notice], error) {
		n, err := s.app.PublishNotice(ctx, c.Actor, c.Lang)
		return &answer[Notice]{noticeOf(ctx, c, n)}, err
	})
}

// readingPace is how many characters or words are read in a second.
const readingPace = 5

func noticeOf(ctx context.Context, c Caller, n app.Notice) Notice {
	out := Notice{Version: n.Version, Published: int64(n.At), Paras: n.Text, Missing: []string{}, Seconds: n.Units() / readingPace, Changed: n.Changed}
	for _, what := range n.Missing {
		out.Missing = append(out.Missing, t(c, "notice.missing."+what, nil))
	}
	if n.Version > 0 {
		out.Hash = n.Hash.String()
		out.URL = front.Of(ctx).Origin() + "/notice/" + n.Org.String()
	}
	return out
}
