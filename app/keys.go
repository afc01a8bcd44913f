package app

import (
	"context"
	"time"

	"kexin"
	"kexin/gate"
	"kexin/law"
	"kexin/ledger"
	"kexin/store"
	"kexin/vault"
)

// securityKeep is how long security logs are kept.
func securityKeep() law.Period {
	r, err := law.RetentionOf(law.KeepSecurityLog)
	if err != nil {
		return law.Period{Years: 1}
	}
	return r.Period
}

// Keys is the state of a merchant's keys 密钥 as whoever looks after them sees
// it: versions, rows, whether each can be opened now, and when the keyring was
// last saved. Never a key.
type Keys struct {
	store.KeyState
	Keeper  string        // the master key that wraps
	Keyring kexin.Instant // newest keyring file, 0 = none
	Now     kexin.Instant
}

// Keys reads it. Errors: forbidden.
func (a *App) Keys(ctx context.Context, actor kexin.Actor) (out Keys, err error) {
	if err := a.mayKeys(ctx, actor, false); err != nil {
		return out, err
	}
	return a.keysOf(ctx, actor.Org)
}

func (a *App) keysOf(ctx context.Context, org kexin.ID) (out Keys, err error) {
	if out.KeyState, err = a.store.Keys(ctx, org); err != nil {
		return out, err
	}
	out.Now = kexin.At(a.now())
	out.Keeper = a.store.Keepers()[0].ID()
	if rings := a.backupFiles(ringSuffix); len(rings) > 0 {
		out.Keyring = madeAt(rings[len(rings)-1])
	}
	return out, nil
}

// mayKeys refuses who may not act on keys; acts need the second factor shown
// just now (security A10).
func (a *App) mayKeys(ctx context.Context, actor kexin.Actor, act bool) error {
	return a.store.View(ctx, actor.Org, func(tx *store.Tx) error {
		if err := gate.Check(tx.State, actor, kexin.ActKeys); err != nil || !act {
			return err
		}
		return stepUp(actor, tx.Now)
	})
}

// RotateKeys begins a rotation 换钥 of the merchant's key that wraps persons'
// keys. It goes on beside requests, on this server or another, and after an
// interruption from where it was. Errors: forbidden, unauthorized E_STEP_UP,
// conflict while the last one is under way.
func (a *App) RotateKeys(ctx context.Context, actor kexin.Actor) (Keys, error) {
	if err := a.mayKeys(ctx, actor, true); err != nil {
		return Keys{}, err
	}
	if _, err := a.Rotate(ctx, actor.Org, vault.UseWrap, ledger.Who(actor)); err != nil {
		return Keys{}, err
	}
	return a.keysOf(ctx, actor.Org)
}

// Rotate makes a new version of a merchant's key and has the rotation driven.
func (a *App) Rotate(ctx context.Context, org kexin.ID, use vault.Use, by ledger.Actor) (vault.Version, error) {
	ver, err := a.store.Rotate(ctx, org, use, by)
	if err != nil {
		return 0, err
	}
	a.Look()
	return ver, a.saveKeyring(ctx)
}

// saveKeyring writes the keyring file that every act on keys makes. Where no
// backups can be made there is none.
func (a *App) saveKeyring(ctx context.Context) error {
	if a.backups.seal == nil {
		return nil
	}
	_, err := a.BackupKeyring(ctx)
	return err
}

// takeKeepers takes up master keys that were put beside those at hand. They
// wrap nothing until every server has them.
func (a *App) takeKeepers(ctx context.Context) error {
	if a.keepers == nil {
		return nil
	}
	all, err := a.keepers()
	for i := len(all) - 1; i >= 0 && err == nil; i-- { // the oldest first, so that the newest is noted last
		err = a.store.AddKeeper(ctx, all[i])
	}
	return err
}

// driveKeys moves on what is on its way: the master key's rotation, then each
// merchant's.
func (a *App) driveKeys(ctx context.Context) error {
	a.duties.keys.Lock()
	defer a.duties.keys.Unlock()
	if err := a.takeKeepers(ctx); err != nil {
		return err
	}
	orgs, master, err := a.rotating(ctx)
	if err != nil || len(orgs) == 0 && !master {
		return err
	}
	_, err = a.hold(ctx, "keys", func(ctx context.Context) error {
		if master {
			if d, err := a.store.DriveMaster(ctx, recoverySheet); err != nil || len(d.Waiting) > 0 {
				return err
			}
			if err := a.saveKeyring(ctx); err != nil {
				return err
			}
		}
		for _, org := range orgs {
			if err := a.driveOf(ctx, org); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// rotating are the merchants whose keys are on their way, and whether the
// master key is.
func (a *App) rotating(ctx context.Context) (orgs []kexin.ID, master bool, err error) {
	if orgs, err = a.store.Rotating(ctx); err == nil {
		master, err = a.store.MasterRotating(ctx)
	}
	return orgs, master, err
}

// A Rotation is how far the rotations of all merchants are.
type Rotation struct{ Done, Total int64 } // persons' keys

// DriveKeys stays until every rotation is through, driving it where nobody
// else does. say is told how far it is, now and then. When ctx ends first, the
// rotations go on without the caller.
func (a *App) DriveKeys(ctx context.Context, say func(Rotation)) error {
	for told := (Rotation{}); ; {
		if err := a.driveKeys(ctx); err != nil && kexin.CodeOf(err) != kexin.Conflict {
			return err
		}
		orgs, master, err := a.rotating(ctx)
		if err != nil || len(orgs) == 0 && !master {
			return err
		}
		now := Rotation{}
		for _, org := range orgs {
			k, err := a.store.Keys(ctx, org)
			if err != nil {
				return err
			}
			now.Done, now.Total = now.Done+k.Done, now.Total+k.Total
		}
		if now != told {
			say(now)
		}
		told = now
		select {
		case <-ctx.Done():
			return &kexin.Error{Op: "app.keys", Code: kexin.Unavailable, Key: "db.cancelled", Err: ctx.Err()}
		case <-time.After(driveAgain):
		}
	}
}

// driveAgain is how long other servers have to load changed keys before it is
// asked again whether they did.
const driveAgain = time.Second

// driveOf moves one merchant's rotations on; when one ends, the keyring is
// saved as it is then.
func (a *App) driveOf(ctx context.Context, org kexin.ID) error {
	before := a.store.KeyEpoch()
	if _, err := a.store.DriveKeys(ctx, gate.ForSystem(gate.KeyRotation), org, nil); err != nil {
		return err
	}
	if a.store.KeyEpoch() == before {
		return nil
	}
	return a.saveKeyring(ctx)
}
