package app

import (
	"context"
	"os"
	"testing"
	"time"

	"kexin/internal/db"
	"kexin/job"
)

// TestOldDatabases: what a restore has left beside the database holds data and
// keys together, so it goes after the thirty days that the certificate of an
// erasure promises.
func TestOldDatabases(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ctx := context.Background()
		for _, age := range []time.Duration{29 * 24 * time.Hour, 31 * 24 * time.Hour} {
			stamp := b.Clock.Now().Add(-age).Format("20060102t150405")
			if file, _ := b.DB.Place(); file != "" {
				b.must(os.WriteFile(file+".before-"+stamp, []byte("x"), 0o600))
				continue
			}
			b.must(b.DB.Update(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec("CREATE SCHEMA kexin_before_" + stamp)
				return err
			}))
		}
		for _, left := range []int{1, 0} {
			b.must(b.app.sweep(ctx, &job.Run{}))
			if names, err := db.Before(ctx, b.DB); err != nil || len(names) != left {
				t.Errorf("left %v, want %d: %v", names, left, err)
			}
			b.Clock.Move(2 * 24 * time.Hour)
		}
	})
}
