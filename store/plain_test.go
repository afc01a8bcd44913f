package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kexin"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/store"
	"kexin/store/storetest"
)

// plain says of every column that is not sealed why whoever reads the database
// may read it. Columns of numbers and truth values are ids, moments, counts
// and amounts: they say nothing of a person without a name (security.md A3).
// A "*" stands for a column of that name in every table.
var plain = map[string]string{
	"card.legal": "public: the merchant's card", "card.uscc": "public: the merchant's card", "card.shown": "public: the merchant's card", "card.address": "public: the merchant's card",
	"card.phone": "public: the merchant's own number on its card", "card.about": "public: the merchant's card", "card.needs": "public: the merchant's card", "card.photo": "public: the merchant's card",
	"portal_session.device": "SHA-256 of a random secret", "referral.side": "a code", "referral.said": "a code", "referral.wants": "codes", "referral.doubt": "a code",
	"referral.answer": "a keyed code of the word she answers", "referral.browser": "SHA-256 of a random secret", "outbox.envelope": "a signed letter of codes, ids and moments", "outbox.ack": "a signature over a hash", "inbox.ack": "a signature over a hash",
	"challenge.act": "a code", "challenge.number": "keyed index", "challenge.text_hash": "a hash of a public text", "sending.provider": "a message number of the provider", "credit.side": "a code", "credit.month": "a month",
	"*.custom":            "codes and numbers of fields a merchant adds; their texts are sealed",
	"*.mac":               "a keyed code over the row",
	"*.digest":            "SHA-256 of a random secret, to find it by",
	"*.state":             "a code",
	"*.kind":              "a code",
	"*.stage":             "a code",
	"*.status":            "a code",
	"*.way":               "a code",
	"*.need":              "a code",
	"*.zone":              "a time zone",
	"*.lang":              "a language",
	"*.hash":              "a hash over what is published or random",
	"*.leaf":              "an entry of the log: codes, ids and counts, by construction no value of a person",
	"*.args":              "codes and ids; a test of package ledger and the canaries look for more",
	"*.label":             "browser and system of a signed-in device of staff",
	"*.error":             "a catalogue key with numbers",
	"*.name":              "of staff, departments and settings of the merchant, not of a customer",
	"*.day":               "a day without a name",
	"*.wrapped":           "a key under another key",
	"*.position":          "a code",
	"*.purpose":           "a code",
	"*.channel":           "a code",
	"*.grade":             "a code",
	"*.event":             "a code",
	"*.outcome":           "a code",
	"*.code":              "a code",
	"*.size":              "a code",
	"*.acts":              "codes",
	"*.leaving_on":        "a day of staff",
	"*.ends_on":           "a day of staff",
	"*.message":           "a catalogue key",
	"*.type":              "a code",
	"server.installation": "names this server in its logs", "server.backup_error": "a catalogue key", "server.recipient": "a public key",
	"node.holder": "a process of this server", "lease.name": "a duty of servers", "keeper.id": "a digest of a key", "keeper.canary": "random bytes under a key", "org_key.keeper": "a digest of a key",
	"org.uscc": "public: the merchant's registration", "org.contact": "public: on the merchant's notice", "org.address": "public: on the merchant's notice", "org.pio": "public: on the merchant's notice",
	"login.name": "the account name that a member of staff chose", "session.device": "SHA-256 of a random secret", "link.data": "name and position of a member of staff who is invited",
	"throttle.name": "a keyed or network name of who tries to sign in; deleted after a day", "shown.name": "which code was shown on paper",
	"subject_head.subj": "a random tag by which the log speaks of a person; of one made by hand it begins with the time of his first entry", "subject_head.head": "a hash of an entry",
	"tombstone.tag": "a salted hash of a random tag",
	"once.key":      "a keyed code of the sender's key", "once.what": "a code", "once.body": "a keyed code of a request",
	"asked.whole":         "keyed index of a value that was looked up",
	"customer.salutation": "a code", "customer.gender": "a code", "customer.region": "a district, so that lists can be filtered", "customer.source": "a code", "customer.source_on": "a day without a name",
	"customer.tags": "codes of a closed list", "customer.first_on": "a day without a name", "customer.last_on": "a day without a name", "customer.uscc": "public: a company's registration",
	"contact.title": "a code", "sale_order.ordered_on": "a day without a name", "deal.close_on": "a day without a name",
	"record_key.idx": "keyed index",
	"notice.params":  "public: what the merchant published", "notice.body": "public: what the merchant published",
	"import_batch.source": "a code", "import_batch.manifest": "codes and days: what was declared", "import_batch.plan": "codes and numbers of columns, no text of the file", "import_batch.counts": "counts",
	"import_batch.file_key": "a key under another key", "import_batch.rows_key": "a key under another key", "import_batch.sha": "SHA-256 of a file that is gone or sealed",
	"import_row.mark":   "keyed index of a row, to know it again",
	"ledger_entry.subj": "a random tag by which the log speaks of a person; of one made by hand it begins with the time of his first entry",
	"ledger_tile.data":  "hashes", "checkpoint.note": "public: a signed root", "cosignature.witness": "a public key", "cosignature.line": "a signature",
	"job.lease_by": "a process of this server", "job.dedup_key": "codes and ids", "job.unit": "a code", "job.cursor": "an id or a number", "job.error_code": "a code",
}

// TestPlainColumns walks the catalog: every column of text or bytes is sealed,
// or stands in the list with its reason; nothing stands there that is gone.
func TestPlainColumns(t *testing.T) {
	dbtest.Both(t, func(t *testing.T, open func(db.Config) *db.DB) {
		d := open(db.Config{})
		storetest.New(t, d, nil)
		used, sealed := map[string]bool{}, 0
		err := d.View(context.Background(), func(tx *db.Tx) error {
			for _, table := range store.Registry {
				cols, err := db.Columns(tx, table.Name)
				if err != nil {
					return err
				}
				for _, c := range cols {
					if c.Type == db.IntColumn || c.Type == db.BoolColumn {
						continue
					}
					if strings.HasSuffix(c.Name, "_c") {
						if sealed++; c.Type != db.BlobColumn {
							t.Errorf("%s.%s is named as sealed and holds %s", table.Name, c.Name, c.Type)
						}
						continue
					}
					key := table.Name + "." + c.Name
					if plain[key] == "" {
						key = "*." + c.Name
					}
					if used[key] = true; plain[key] == "" {
						t.Errorf("%s.%s is plain, and nothing says why", table.Name, c.Name)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for key, why := range plain {
			if !used[key] {
				t.Errorf("%s (%s) is no column", key, why)
			}
		}
		if sealed < 25 {
			t.Errorf("only %d sealed columns", sealed)
		}
	})
	// Every sealed field of the schema lies in a sealed column.
	for _, o := range []string{"customer", "contact", "order", "order_line", "deal", "visit", "task"} {
		for _, f := range kexin.Builtin().Named(o).Fields {
			named := slices.Contains([]string{"name", "phone", "phones", "wechat", "email", "address", "birthday", "remark", "note", "title", "no", "item"}, f.Name)
			if named && !f.Sealed && !(o == "contact" && f.Name == "title") {
				t.Errorf("%s.%s is not sealed", o, f.Name)
			}
		}
	}
}
