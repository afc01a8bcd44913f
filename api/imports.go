package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kexin"
	"kexin/app"
	"kexin/i18n"
	"kexin/intake"
	"kexin/law"
)

// imports registers the way of a list into Kexin: the declaration first, the
// bytes second, the result page, and what is left to judge or mend.
func (s *Server) imports() {
	route(s, http.MethodGet, "/api/v1/import-sources", "importSources", 200, func(_ context.Context, c Caller, _ *none) (*answer[Sources], error) {
		return &answer[Sources]{sourcesOf(s.app.ImportSources(), c)}, nil
	})
	type declare struct {
		Once
		Body Manifest
	}
	route(s, http.MethodPost, "/api/v1/imports", "declareImport", 201, func(ctx context.Context, c Caller, in *declare) (*answer[Batch], error) {
		m := manifestOf(in.Body)
		var err error
		if m.Once, err = in.of("import", in.Body); err != nil {
			return nil, err
		}
		b, err := s.app.DeclareImport(ctx, c.Actor, m)
		return s.batchAnswer(c, b, err)
	})
	route(s, http.MethodGet, "/api/v1/imports", "listImports", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Batches], error) {
		all, err := s.app.Imports(ctx, c.Actor)
		out := Batches{Batches: make([]Batch, len(all))}
		for i, b := range all {
			out.Batches[i] = s.batchOf(c, b)
		}
		return &answer[Batches]{out}, err
	})
	route(s, http.MethodGet, "/api/v1/imports/{id}", "getImport", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Batch], error) {
		b, err := s.app.Import(ctx, c.Actor, in.ID())
		return s.batchAnswer(c, b, err)
	})
	type change struct {
		ByID
		Body BatchChange
	}
	route(s, http.MethodPatch, "/api/v1/imports/{id}", "changeImport", 200, func(ctx context.Context, c Caller, in *change) (*answer[Batch], error) {
		x, err := importChangeOf(in.Body)
		if err != nil {
			return nil, err
		}
		b, err := s.app.ChangeImport(ctx, c.Actor, in.ID(), x)
		return s.batchAnswer(c, b, err)
	})
	type confirm struct {
		ByID
		Body struct {
			Version int64 `json:"version"`
		}
	}
	route(s, http.MethodPost, "/api/v1/imports/{id}/confirm", "confirmImport", 200, func(ctx context.Context, c Caller, in *confirm) (*answer[Batch], error) {
		b, err := s.app.ConfirmImport(ctx, c.Actor, in.ID(), in.Body.Version)
		return s.batchAnswer(c, b, err)
	})
	route(s, http.MethodPost, "/api/v1/imports/{id}/cancel", "cancelImport", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Batch], error) {
		b, err := s.app.CancelImport(ctx, c.Actor, in.ID())
		return s.batchAnswer(c, b, err)
	})
	route(s, http.MethodPost, "/api/v1/imports/{id}/refused", "renewRefusedRows", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Batch], error) {
		b, err := s.app.RenewRefused(ctx, c.Actor, in.ID())
		return s.batchAnswer(c, b, err)
	})
	type reopen struct {
		ByID
		Body LawyerNote
	}
	route(s, http.MethodPost, "/api/v1/imports/{id}/reopen", "reopenImport", 200, func(ctx context.Context, c Caller, in *reopen) (*answer[Batch], error) {
		n := in.Body
		b, err := s.app.ReopenImport(ctx, c.Actor, in.ID(), app.LawyerNote{Lawyer: n.Lawyer, Firm: n.Firm, Licence: n.Licence, On: kexin.Day(n.On), Text: n.Text})
		return s.batchAnswer(c, b, err)
	})
	s.importReviews()
	s.importRows()
	s.importBytes()
}

// Batches is a list of imports, the newest first.
type Batches struct {
	Batches []Batch `json:"batches" nullable:"false"`
}

func (s *Server) importReviews() {
	route(s, http.MethodGet, "/api/v1/imports/{id}/reviews", "listReviews", 200, func(ctx context.Context, c Caller, in *ByID) (*answer[Reviews], error) {
		all, left, err := s.app.Reviews(ctx, c.Actor, in.ID())
		return &answer[Reviews]{s.reviewsOf(c, all, left)}, err
	})
	type judge struct {
		ByID
		Review Ref `path:"rid"`
		Body   Judge
	}
	route(s, http.MethodPost, "/api/v1/imports/{id}/reviews/{rid}", "judgeReview", 200, func(ctx context.Context, c Caller, in *judge) (*answer[Reviews], error) {
		all, left, err := s.app.JudgeReview(ctx, c.Actor, in.ID(), int(in.Review.ID), in.Body.Answer)
		return &answer[Reviews]{s.reviewsOf(c, all, left)}, err
	})
	route(s, http.MethodGet, "/api/v1/handed-rows", "listHandedRows", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Reviews], error) {
		all, left, err := s.app.Handed(ctx, c.Actor)
		return &answer[Reviews]{s.reviewsOf(c, all, left)}, err
	})
	type judgeHanded struct {
		ByID
		Row  Ref `path:"rid"`
		Body JudgeHanded
	}
	route(s, http.MethodPost, "/api/v1/handed-rows/{id}/{rid}", "judgeHandedRow", 200, func(ctx context.Context, c Caller, in *judgeHanded) (*answer[Reviews], error) {
		all, left, err := s.app.JudgeHanded(ctx, c.Actor, in.ID(), int(in.Row.ID), in.Body.Answer)
		return &answer[Reviews]{s.reviewsOf(c, all, left)}, err
	})
}

// importBytes registers the two operations whose bodies are streams: the file
// on its way in, and the refused rows on their way out.
func (s *Server) importBytes() {
	put := &huma.Operation{OperationID: "sendImport", Method: http.MethodPut, Path: "/api/v1/imports/{id}/file", DefaultStatus: 200,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	s.stream(put, func(ctx huma.Context, c Caller, id kexin.ID) error {
		size, err := strconv.ParseInt(ctx.Header("Content-Length"), 10, 64)
		if err != nil {
			size = -1
		}
		b, err := s.app.ReceiveImport(ctx.Context(), c.Actor, id, ctx.BodyReader(), size)
		if err != nil {
			return err
		}
		ctx.SetHeader("Content-Type", "application/json")
		ctx.SetStatus(http.StatusOK)
		return json.NewEncoder(ctx.BodyWriter()).Encode(s.batchOf(c, b))
	})
	get := &huma.Operation{OperationID: "refusedRows", Method: http.MethodGet, Path: "/api/v1/imports/{id}/refused", DefaultStatus: 200}
	s.stream(get, func(ctx huma.Context, c Caller, id kexin.ID) error {
		if unasked(ctx) {
			return &kexin.Error{Op: "api.refusedRows", Code: kexin.Forbidden, Key: "error.cross_site"}
		}
		return s.app.WriteRefusedRows(ctx.Context(), c.Actor, id, ctx.BodyWriter(), func() {
			name := i18n.T(c.Lang, "import.file_name", nil) + ".csv"
			ctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
			ctx.SetHeader("Content-Disposition", "attachment; filename*=UTF-8''"+escapeName(name))
			ctx.SetHeader("Cache-Control", "no-store")
			ctx.SetStatus(http.StatusOK)
		})
	})
}

// unasked reports whether a browser fetches what nobody on Kexin's own pages
// asked for: a link elsewhere, or ahead of time. It would use up what can be
// fetched once.
func unasked(ctx huma.Context) bool {
	site := ctx.Header("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site" || strings.Contains(ctx.Header("Sec-Purpose")+ctx.Header("Purpose"), "prefetch")
}

// stream registers an operation beside huma's own reading and writing of
// bodies. An error before the first byte becomes a Problem; behind it the
// answer breaks off.
func (s *Server) stream(op *huma.Operation, h func(huma.Context, Caller, kexin.ID) error) {
	s.api.OpenAPI().AddOperation(op)
	s.api.Adapter().Handle(op, func(ctx huma.Context) {
		c := CallerOf(ctx.Context())
		var err error = &kexin.Error{Op: "api", Code: kexin.Unauthorized}
		if c.Actor.User != 0 {
			var id kexin.ID
			if id, err = kexin.ParseID(ctx.Param("id")); err == nil {
				err = h(ctx, c, id)
			}
		}
		if err == nil {
			return
		}
		p, ok := s.problem(err, c).(*Problem)
		if !ok || ctx.Status() != 0 {
			panic(http.ErrAbortHandler) // else half an answer would look whole
		}
		p.head(ctx)
		if err := json.NewEncoder(ctx.BodyWriter()).Encode(p); err != nil {
			_, _ = io.WriteString(ctx.BodyWriter(), "{}")
		}
	})
}

// escapeName writes a file name for Content-Disposition (RFC 8187).
func escapeName(name string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
	var b strings.Builder
	for _, c := range []byte(name) {
		if strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)+256, 16)[1:]))
	}
	return b.String()
}

func manifestOf(m Manifest) app.Manifest {
	return app.Manifest{Page: m.Page, Object: m.Object, Source: kexin.SourceKind(m.Source), From: kexin.Day(m.From), To: kexin.Day(m.To), Collected: m.Collected, Accept: m.Accept,
		Size: m.Size, SHA256: strings.ToLower(m.SHA256)}
}

func importChangeOf(in BatchChange) (app.ImportChange, error) {
	out := app.ImportChange{Encoding: in.Encoding, Delimiter: in.Delimiter, Sheet: in.Sheet, Header: in.Header, Answers: in.Answers}
	for col, code := range in.Targets {
		n, err := strconv.Atoi(col)
		if err != nil || n < 0 {
			return out, badField("targets")
		}
		if out.Targets == nil {
			out.Targets = map[int]string{}
		}
		out.Targets[n] = code
	}
	return out, nil
}

func sourcesOf(all []law.Source, c Caller) Sources {
	out := Sources{Kinds: make([]SourceKind, len(all)), Declaration: t(c, "import.declaration", nil)}
	for i, x := range all {
		out.Kinds[i] = SourceKind{Code: string(x.Kind), Label: t(c, x.LabelKey(), nil), Why: t(c, x.WhyKey(), nil), Lawful: x.Lawful, Own: x.Own}
	}
	return out
}

func (s *Server) batchAnswer(c Caller, b app.Batch, err error) (*answer[Batch], error) {
	if err != nil {
		return nil, err
	}
	return &answer[Batch]{s.batchOf(c, b)}, nil
}

// batchOf writes a batch in the caller's language.
func (s *Server) batchOf(c Caller, b app.Batch) Batch {
	out := Batch{ID: b.ID, State: b.State, Object: b.Object, Source: string(b.Source), Page: b.Page, By: b.By, At: int64(b.At), Rows: b.Rows, Skipped: b.Skipped, Done: b.Done, Total: b.Total,
		NeedStep: b.NeedStep, PurgeOn: string(b.Purge), Outside: b.Outside, Kept: b.Kept, Taken: b.Taken, Coarse: b.Coarse, Version: b.Version,
		Columns: []Column{}, Targets: []Target{}, Groups: []Group{}, Counts: []Count{}, Refusals: []Refusal{}}
	for _, code := range b.Targets {
		out.Targets = append(out.Targets, Target{code, app.TargetLabel(s.app.Schema(), b.Object, c.Lang, code)})
	}
	for _, g := range b.Groups {
		out.Groups = append(out.Groups, Group{ID: g.ID, N: g.N, Text: t(c, "import.group_"+g.ID, map[string]string{"n": strconv.Itoa(g.N)}), Answer: g.Answer})
	}
	for _, o := range kexin.Outcomes {
		if n, ok := b.Outcomes[o]; ok || len(b.Outcomes) > 0 && !b.Coarse {
			out.Counts = append(out.Counts, Count{string(o), n})
		}
	}
	for _, code := range app.RefusalCodes(b.Refusals) {
		out.Refusals = append(out.Refusals, Refusal{Code: code, Text: app.RefusalText(c.Lang, code), N: b.Refusals[code]})
	}
	out.found(c, b)
	out.reopened(b)
	switch {
	case b.Held:
		out.Error = &Text{Code: "import.held", Text: t(c, "import.held", nil)}
	case b.Second:
		out.Error = &Text{Code: "import.second_person", Text: t(c, "import.second_person", nil)}
	case b.Coarse:
		out.Error = &Text{Code: "import.coarse", Text: t(c, "import.coarse", map[string]string{"n": strconv.Itoa(law.ImportTries)})}
	}
	if b.Fault != "" {
		out.Error = &Text{Code: b.Fault, Text: t(c, b.Fault, b.Args), Args: b.Args}
	}
	if b.Law == "E_IMP_OWNER_LIST" {
		for _, code := range []string{"lawful_qr", "lawful_poster", "lawful_card"} {
			out.Lawful = append(out.Lawful, Text{Code: code, Text: t(c, "import."+code, nil)})
		}
	}
	return out
}

// reopened writes who let a refused list in.
func (out *Batch) reopened(b app.Batch) {
	out.Reopens, out.OpensAt, out.MayReopen = b.Reopens, int64(b.Opens), b.MayReopen
	out.MayFetch, out.Fetched = b.MayFetch, b.Fetched
	r := b.Reopened
	if r == nil {
		return
	}
	out.Reopened = &Reopened{By: r.Name, At: int64(r.At), Into: b.Into, Alone: r.Alone}
	if r.Lawyer != "" {
		out.Reopened.Note = &LawyerNote{Lawyer: r.Lawyer, Firm: r.Firm, Licence: r.Licence, On: string(r.On), Text: r.Text}
	}
}

// found writes what the file looks like.
func (out *Batch) found(c Caller, b app.Batch) {
	g := b.Guess
	if g.Format == "" {
		return
	}
	out.Format, out.Encoding, out.Sure, out.Sheet, out.Sheets, out.Header = string(g.Format), g.Encoding, g.Sure, g.Sheet, g.Sheets, g.Header
	if g.Format == intake.CSV {
		out.Delimiter, out.Encodings = string(g.Delimiter), intake.Encodings
	}
	for _, x := range b.Columns {
		col := Column{Index: x.Index, Name: x.Name, Sample: x.Sample, Target: x.Target, Fixed: x.Fixed, Filled: x.Filled, Bad: x.Bad}
		if col.Sample == nil {
			col.Sample = []string{}
		}
		if x.Reason != "" {
			col.Reason = t(c, x.Reason, nil)
		}
		out.Columns = append(out.Columns, col)
	}
}

func (s *Server) reviewsOf(c Caller, all []app.Review, left int) Reviews {
	out := Reviews{Items: make([]ReviewItem, len(all)), Left: left}
	for i, r := range all {
		item := ReviewItem{ID: kexin.ID(r.Row), Batch: r.Batch, Row: r.Row, At: int64(r.At), Cand: r.Candidate, Score: r.Score, Why: []Text{}, Left: []Side{}}
		for _, w := range r.Why {
			item.Why = append(item.Why, Text{Code: string(w), Text: t(c, "why."+string(w), nil)})
		}
		for _, x := range r.Sides {
			name := x.Field.Name
			if o := s.app.Schema().Object(x.Field.Object); o.Object != kexin.Customer {
				name = o.Name + "." + name
			}
			item.Left = append(item.Left, Side{Name: name, Row: sideJSON(x.Field, x.Row), There: sideJSON(x.Field, x.There), Same: x.Same})
		}
		out.Items[i] = item
	}
	return out
}

// sideJSON is a cell of a question.
func sideJSON(f *kexin.Field, cell kexin.Cell) json.RawMessage {
	cell.Reason = 0
	if cell.Level == kexin.Masked && !cell.Value.Empty() {
		return appendValue(nil, f, cell.Value)
	}
	return appendCell(nil, f, cell)
}
