package models_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAuditEntriesOfSeveralProcessesAreOneChain(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		const processes, each = 3, 8
		var together errgroup.Group
		for process := range processes {
			store := again(t, db)
			for n := range each {
				together.Go(func() error {
					_, err := store.CreateApp(t.Context(), models.NewApp{Slug: fmt.Sprintf("app-%d-%d", process, n), Name: "App", Actor: "test"})
					return err
				})
			}
		}
		if err := together.Wait(); err != nil {
			t.Fatal(err)
		}
		report, err := db.VerifyAudit(t.Context(), models.AuditHead{})
		if err != nil || report.Entries != processes*each+1 || report.Unchained != 0 {
			t.Errorf("report = %+v, %v; want the first entry and %d more", report, err, processes*each)
		}
	})
}

func TestATransactionThatFailsLeavesNoGapInTheChain(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.App("messenger")
		if _, err := db.CreateApp(t.Context(), models.NewApp{Slug: "messenger", Name: "Messenger", Actor: "test"}); !errors.Is(err, models.ErrConflict) {
			t.Fatalf("error = %v", err)
		}
		db.App("instagram")
		if report, err := db.VerifyAudit(t.Context(), models.AuditHead{}); err != nil || report.Entries != 3 {
			t.Errorf("report = %+v, %v; want 3 entries", report, err)
		}
	})
}

func TestVerifyNamesTheFirstEntryThatIsWrong(t *testing.T) {
	const columns = "actor, action, subject, before, after, created_at, hash"
	swap := func(db *modelstest.DB, a, b int) {
		db.Exec("UPDATE audit_entries SET id = -1 WHERE id = ?", a)
		db.Exec("UPDATE audit_entries SET id = ? WHERE id = ?", a, b)
		db.Exec("UPDATE audit_entries SET id = ? WHERE id = -1", b)
	}
	cases := map[string]struct {
		spoil func(*modelstest.DB)
		want  string
	}{
		"another actor": {func(db *modelstest.DB) { db.Exec("UPDATE audit_entries SET actor = 'nobody' WHERE id IN (3, 5)") }, "audit entry 3 was changed"},
		"another time": {func(db *modelstest.DB) {
			db.Exec("UPDATE audit_entries SET created_at = ? WHERE id = 4", db.Now().AddDate(0, 0, 1))
		}, "audit entry 4 was changed"},
		"another value": {func(db *modelstest.DB) { db.Exec(`UPDATE audit_entries SET after = '{"name":"x"}' WHERE id = 2`) }, "audit entry 2 was changed"},
		"text in the next field": {func(db *modelstest.DB) {
			db.Exec("UPDATE audit_entries SET actor = actor || action, action = '' WHERE id = 3")
		}, "audit entry 3 was changed"},
		"no hash":                 {func(db *modelstest.DB) { db.Exec("UPDATE audit_entries SET hash = NULL WHERE id = 3") }, "audit entry 3 was changed"},
		"a missing first entry":   {func(db *modelstest.DB) { db.Exec("DELETE FROM audit_entries WHERE id = 1") }, "audit entry 1 is missing"},
		"a missing entry":         {func(db *modelstest.DB) { db.Exec("DELETE FROM audit_entries WHERE id = 3") }, "audit entry 3 is missing"},
		"missing last entries":    {func(db *modelstest.DB) { db.Exec("DELETE FROM audit_entries WHERE id > 4") }, "audit entry 5 is missing"},
		"all entries are missing": {func(db *modelstest.DB) { db.Exec("DELETE FROM audit_entries") }, "audit entry 1 is missing"},
		"two swapped entries":     {func(db *modelstest.DB) { swap(db, 3, 5) }, "audit entry 3 was swapped with entry 5"},
		"two swapped neighbours":  {func(db *modelstest.DB) { swap(db, 2, 3) }, "audit entry 2 was swapped with entry 3"},
		"an entry of another program": {func(db *modelstest.DB) {
			db.Exec("INSERT INTO audit_entries (id, actor, action, subject, created_at) VALUES (7, 'x', 'x', 'x', ?)", db.Now())
		}, "audit entry 7 was added behind the end of the chain"},
		"a copy of an entry": {func(db *modelstest.DB) {
			db.Exec("INSERT INTO audit_entries (id, " + columns + ") SELECT 7, " + columns + " FROM audit_entries WHERE id = 6")
		}, "audit entry 7 was added behind the end of the chain"},
		"a chain that begins later": {func(db *modelstest.DB) { db.Exec("UPDATE audit_chains SET first_id = 3") }, "audit entry 1 is cut off from its chain"},
		"a chain that never began":  {func(db *modelstest.DB) { db.Exec("DELETE FROM audit_chains") }, "audit entry 1 is cut off from its chain"},
		"a chain that ends earlier": {func(db *modelstest.DB) { db.Exec("UPDATE audit_chains SET last_id = 5") }, "audit entry 6 is not the end that the chain had"},
	}
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		for _, app := range []string{"messenger", "instagram", "threads", "whatsapp", "facebook"} {
			db.App(app)
		}
		db.Exec("CREATE TABLE kept_entries AS SELECT * FROM audit_entries")
		db.Exec("CREATE TABLE kept_chains AS SELECT * FROM audit_chains")
		for name, c := range cases {
			c.spoil(db)
			var fault *models.AuditFault
			if _, err := db.VerifyAudit(t.Context(), models.AuditHead{}); !errors.As(err, &fault) || fault.Error() != c.want {
				t.Errorf("%s: %v; want %q", name, err, c.want)
			}
			for table, kept := range map[string]string{"audit_entries": "kept_entries", "audit_chains": "kept_chains"} {
				db.Exec("DELETE FROM " + table)
				db.Exec("INSERT INTO " + table + " SELECT * FROM " + kept)
			}
		}
		if report, err := db.VerifyAudit(t.Context(), models.AuditHead{}); err != nil || report.Entries != 6 {
			t.Errorf("report = %+v, %v; want 6 entries", report, err)
		}
	})
}

func TestALoggedHeadShowsThatTheLastEntriesWereCutOff(t *testing.T) {
	var log bytes.Buffer
	options := models.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
	modelstest.OnBothWith(t, options, func(t *testing.T, db *modelstest.DB) {
		log.Reset()
		db.App("messenger")
		db.Exec("CREATE TABLE kept_chains AS SELECT * FROM audit_chains")
		db.App("instagram")
		_, logged, _ := strings.Cut(log.String(), "head=3:")
		head, err := models.ParseAuditHead("3:" + strings.TrimSpace(logged))
		if err != nil {
			t.Fatalf("%v; logged: %s", err, &log)
		}
		if report, err := db.VerifyAudit(t.Context(), head); err != nil || report.Head.String() != head.String() {
			t.Errorf("head = %s, %v; want %s", report.Head, err, head)
		}
		db.Exec("DELETE FROM audit_entries WHERE id = 3")
		db.Exec("DELETE FROM audit_chains")
		db.Exec("INSERT INTO audit_chains SELECT * FROM kept_chains")
		if _, err := db.VerifyAudit(t.Context(), models.AuditHead{}); err != nil {
			t.Errorf("without the head: %v; nothing in the database can show it", err)
		}
		var fault *models.AuditFault
		if _, err := db.VerifyAudit(t.Context(), head); !errors.As(err, &fault) || fault.EntryID != 3 {
			t.Errorf("with the head: %v; want entry 3 missing", err)
		}
		db.App("threads")
		if _, err := db.VerifyAudit(t.Context(), head); !errors.As(err, &fault) || fault.EntryID != 3 {
			t.Errorf("with another entry in its place: %v; want entry 3", err)
		}
	})
}

func TestOnlyAHeadOfTheLogIsAHead(t *testing.T) {
	hash := strings.Repeat("0a", 32)
	if head, err := models.ParseAuditHead("57:" + hash); err != nil || head.String() != "57:"+hash {
		t.Errorf("%v, %v", head, err)
	}
	for _, wrong := range []string{"", "57", hash, "0:" + hash, "-1:" + hash, "57:" + hash[2:], "57:" + hash + "zz"} {
		if _, err := models.ParseAuditHead(wrong); err == nil {
			t.Errorf("%q is a head", wrong)
		}
	}
}
