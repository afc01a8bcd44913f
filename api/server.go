package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kexin"
	"kexin/app"
	"kexin/i18n"
)

// A Server answers /api/v1.
type Server struct {
	app *app.App
	log *slog.Logger
	api huma.API
}

// A Caller is who made a request, found by the middleware in front.
type Caller struct {
	Actor   kexin.Actor
	Lang    string
	Request string
	Addr    string      // the nearest address that is not a trusted proxy's
	Acts    []kexin.Act // what a program's token was made for; nil for people
}

type callerKey struct{}

// WithCaller is for the middleware that reads the cookie or token.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is the caller of a request; nobody is signed in where its actor has
// no user.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Mount registers every operation on mux and gives the API, whose OpenAPI
// document is complete then.
func Mount(mux *http.ServeMux, a *app.App, log *slog.Logger, version string) *Server {
	ownErrors()
	c := huma.DefaultConfig("Kexin 客信", version)
	c.DocsPath, c.OpenAPIPath, c.SchemasPath, c.CreateHooks = "", document, "", nil
	s := &Server{app: a, log: log}
	s.api = humago.New(mux, c)
	s.records()
	s.work()
	s.people()
	s.imports()
	s.proof()
	s.introduce()
	s.keys()
	taken.Do(func() { ownNames(s.api.OpenAPI()) })
	return s
}

var taken sync.Once

// ownErrors makes huma's own refusals problems. huma keeps them in variables of
// its package, so they are set once.
var ownErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError { return bare(Caller{}, status, errs) }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return bare(CallerOf(ctx.Context()), status, errs)
	}
})

// OpenAPI is the document web's client is made from.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// A none is an input or output without content.
type none struct{}

// An answer is an output with a body.
type answer[T any] struct{ Body T }

// raw is an output whose JSON was written by hand, for the pages that must be
// quick. It says its length: without, it is sent in pieces.
type raw struct {
	ContentType string `header:"Content-Type"`
	Length      string `header:"Content-Length"`
	Body        []byte
}

// rawJSON is an answer of ready JSON.
func rawJSON(b []byte) *raw { return &raw{"application/json", strconv.Itoa(len(b)), b} }

// A large input has a body larger than others: it is read for those alone who
// may do what it is for.
type large interface {
	most() int64 // bytes
	act() kexin.Act
}

// before refuses who may not do an act before anything of a body is read.
func (s *Server) before(act kexin.Act) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := CallerOf(ctx.Context())
		err := s.app.May(ctx.Context(), c.Actor, act)
		if err == nil {
			next(ctx)
			return
		}
		p := ProblemOf(err, c.Lang, c.Request)
		p.head(ctx)
		_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
	}
}

// route registers one operation. Every error becomes a Problem in the caller's
// language; its cause goes to the log alone.
func route[I, O any](s *Server, method, path, id string, status int, h func(context.Context, Caller, *I) (*O, error)) {
	op := huma.Operation{OperationID: id, Method: method, Path: path, DefaultStatus: status, MaxBodyBytes: 1 << 20}
	if in, ok := any(new(I)).(large); ok {
		op.MaxBodyBytes, op.Middlewares = in.most(), huma.Middlewares{s.before(in.act())}
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		c := CallerOf(ctx)
		if c.Actor.User == 0 {
			return nil, s.problem(&kexin.Error{Op: "api", Code: kexin.Unauthorized}, c)
		}
		out, err := h(ctx, c, in)
		if err != nil {
			return nil, s.problem(err, c)
		}
		return out, nil
	})
}

// never registers what is refused to everybody, by name and recorded. It stands in
// no document.
func (s *Server) never(method, path string, refuse func(context.Context, kexin.Actor, kexin.ID) error) {
	huma.Register(s.api, huma.Operation{OperationID: method + path, Method: method, Path: path, Hidden: true}, func(ctx context.Context, in *ByID) (*none, error) {
		c := CallerOf(ctx)
		if c.Actor.User == 0 {
			return nil, s.problem(&kexin.Error{Op: "api", Code: kexin.Unauthorized}, c)
		}
		return nil, s.problem(refuse(ctx, c.Actor, in.ID()), c)
	})
}

// typed says what a raw answer looks like in the OpenAPI document.
func typed[T any](s *Server, id string) {
	for _, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch} {
			if op == nil || op.OperationID != id {
				continue
			}
			schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
			op.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {Schema: schema}}
			op.Responses["200"].Headers = nil
		}
	}
}

// problem answers an error and logs what it was.
func (s *Server) problem(err error, c Caller) error {
	p := ProblemOf(err, c.Lang, c.Request)
	level := slog.LevelInfo
	if p.Status >= 500 {
		level = slog.LevelError
	}
	s.log.Log(context.Background(), level, "refused", "request", c.Request, "status", p.Status, "code", p.Code, "law", p.Law, "err", err.Error())
	return p
}

func t(c Caller, key string, args map[string]string) string { return i18n.T(c.Lang, key, args) }
