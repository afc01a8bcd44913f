package store

import (
	"context"

	"kexin"
	"kexin/internal/db"
	"kexin/law"
	"kexin/vault"
)

// meterDays is how long the meters of budgets are kept: the longest of them
// looks at thirty days.
const meterDays = 31

// PurgeMeters deletes what the meters of lookups and contacts no longer look
// at, and what was made under keys whose day is over. The log holds what was done; these rows only count.
func (tx *Tx) PurgeMeters() error {
	day := tx.dayNumber() - meterDays
	if _, err := tx.Exec("DELETE FROM spent WHERE org_id=$1 AND bucket<$2", tx.Org, day); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM touched WHERE org_id=$1 AND day<$2", tx.Org, day); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM once WHERE org_id=$1 AND at<=$2", tx.Org, tx.Now-OnceFor); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM asked WHERE org_id=$1 AND at<$2", tx.Org, tx.Now.Add(-law.DetectWindow)-kexin.DayMS)
	return err
}

// PurgeAlerts deletes alerts that were dealt with and are older than keep
// (SEC-03), and gives how many. A period below the floor of six months is
// refused with E_RETENTION_FLOOR (RET-04), and nothing is deleted.
func (tx *Tx) PurgeAlerts(keep law.Period) (int64, error) {
	if err := law.CheckRetention(law.KeepSecurityLog, keep, ""); err != nil {
		return 0, err
	}
	back := law.Period{Years: -keep.Years, Months: -keep.Months, Days: -keep.Days}
	before := kexin.At(back.From(tx.Now.Time().In(tx.Zone)))
	return tx.Exec("DELETE FROM alert WHERE org_id=$1 AND done_at<>0 AND at<$2", tx.Org, before)
}

// Rotating gives the merchants whose keys are on their way: a version that
// wraps persons' keys is not retired yet, or one that signs the log is not in
// use yet. Log keys that sign along for thirty days are the daily work's.
func (s *Store) Rotating(ctx context.Context) (orgs []kexin.ID, err error) {
	all, err := s.Holders(ctx)
	if err != nil {
		return nil, err
	}
	err = s.db.View(ctx, func(t *db.Tx) error {
		orgs = nil
		for _, o := range all {
			var n int64
			if err := t.Row("SELECT COUNT(*) FROM org_key WHERE org_id=$1 AND state=$2 AND use=$3", o.ID, vault.Accept.String(), int64(vault.UseWrap)).Scan(&n); err != nil {
				return err
			}
			if n == 0 {
				if err := t.Row("SELECT COUNT(*) FROM org_key k WHERE org_id=$1 AND state=$2 AND use=$3 AND ver>(SELECT MAX(ver) FROM org_key a WHERE a.org_id=$1 AND a.use=$3 AND a.state='active')",
					o.ID, vault.Accept.String(), int64(vault.UseLog)).Scan(&n); err != nil {
					return err
				}
			}
			if n > 0 {
				orgs = append(orgs, o.ID)
			}
		}
		return nil
	})
	return orgs, err
}
