package api

import (
	"context"
	"net/http"
	"time"

	"kexin"
	"kexin/app"
)

// soon is how long a request waits for what goes on behind it before it
// answers how far it is.
const soon = 5 * time.Second

// keys registers the keyring and the backups.
func (s *Server) keys() {
	route(s, http.MethodGet, "/api/v1/keys", "getKeys", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Keys], error) {
		k, err := s.app.Keys(ctx, c.Actor)
		return &answer[Keys]{s.keysOf(k)}, err
	})
	route(s, http.MethodPost, "/api/v1/keys/rotate", "rotateKeys", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Keys], error) {
		k, err := s.app.RotateKeys(ctx, c.Actor)
		return &answer[Keys]{s.keysOf(k)}, err
	})
	route(s, http.MethodGet, "/api/v1/backups", "getBackups", 200, func(ctx context.Context, c Caller, _ *none) (*answer[Backup], error) {
		b, err := s.app.BackupOf(ctx, c.Actor)
		return &answer[Backup]{backupOf(c, b)}, err
	})
	route(s, http.MethodPost, "/api/v1/backups", "backUp", 200, s.backUp)
}

// backUp makes a backup now. One of a large database goes on behind the
// answer, which then says so.
func (s *Server) backUp(ctx context.Context, c Caller, _ *none) (*answer[Backup], error) {
	if b, err := s.app.BackupOf(ctx, c.Actor); err != nil || b.Running { // a second one would wait for the first
		return &answer[Backup]{backupOf(c, b)}, err
	}
	type result struct {
		b   app.BackupState
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("backup", "request", c.Request, "err", "panic")
				done <- result{err: &kexin.Error{Op: "api.backup"}}
			}
		}()
		b, err := s.app.BackupNow(context.WithoutCancel(ctx), c.Actor, nil)
		if err != nil {
			s.log.Error("backup", "request", c.Request, "code", string(kexin.CodeOf(err)), "err", err.Error())
		}
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return &answer[Backup]{backupOf(c, r.b)}, r.err
	case <-time.After(soon):
		b, err := s.app.BackupOf(ctx, c.Actor)
		return &answer[Backup]{backupOf(c, b)}, err
	}
}

func backupOf(c Caller, b app.BackupState) Backup {
	out := Backup{At: int64(b.At), State: b.State, Kept: b.Kept, Keyring: int64(b.Keyring), Running: b.Running, Done: b.Done, Total: b.Total}
	if b.Error != "" {
		out.Error = t(c, b.Error, nil)
	}
	return out
}

func (s *Server) keysOf(k app.Keys) Keys {
	out := Keys{Keeper: k.Keeper, OK: k.Opens, Keys: []KeyState{}, Backup: int64(k.Keyring), Rotating: k.Rotating, Done: k.Done, Total: k.Total}
	for _, r := range k.Rows {
		out.Keys = append(out.Keys, KeyState{Use: r.Use.String(), Version: int(r.Ver), State: r.State.String(), Rows: r.Rows, Age: max(0, int(k.Now.Sub(r.Made)/(24*time.Hour)))})
	}
	return out
}
