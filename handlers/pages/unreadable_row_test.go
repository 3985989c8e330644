package pages_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/modelstest"
	"strings"
	"testing"
	"time"
)

func TestARowThatCannotBeReadIsSkippedInListsAndLogged(t *testing.T) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			var log bytes.Buffer
			db := modelstest.OpenWith(t, kind, models.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			w := handlerstest.New(t, db, handlers.Options{})
			for _, slug := range []string{"bad", "infinite", "good"} {
				if _, err := db.CreateOutage(t.Context(), models.NewOutage{Slug: slug, Headline: slug + " news", Apps: []string{"messenger"}}); err != nil {
					t.Fatal(err)
				}
			}
			bad := db.PublishDraft(models.Draft{Outage: "good", Headline: "The bad update", Apps: []string{"messenger"}})
			db.PublishDraft(models.Draft{Outage: "good", Headline: "The good update", Apps: []string{"messenger"}})
			times := map[modelstest.Kind][2]string{modelstest.SQLite: {"-001-12-31 10:00:00+00:00", "10000-01-01 11:59:59+00:00"}, modelstest.Postgres: {"0002-01-01 BC", "infinity"}}[kind]
			db.Exec("UPDATE outages SET began_at = ? WHERE slug = 'bad'", times[0])
			db.Exec("UPDATE outages SET began_at = ? WHERE slug = 'infinite'", times[1])
			db.Exec("UPDATE updates SET published_at = ? WHERE id = ?", times[0], bad.Update.ID)
			db.Clock.Advance(11 * time.Minute) // the newsroom does not name what was just published any more
			w.SignIn()
			for path, shown := range map[string]string{
				"/": "good news", "/search?q=news": "good news", "/apps/messenger": "good news", "/editor": "good news",
				"/outages/good": "The good update", "/outages/good/feed.atom": "The good update", "/apps/messenger/feed.atom": "The good update", "/editor/outages/good": "The good update",
			} {
				page := w.Get(path)
				page.WantStatus(t, http.StatusOK)
				if !strings.Contains(page.Text, shown) || strings.Contains(page.Text, "bad") || strings.Contains(page.Text, "infinite") {
					t.Errorf("%s does not show exactly the other rows:\n%s", path, page.Text)
				}
			}
			for _, row := range []string{"outage 2", "outage 3", "update 1"} {
				if n := strings.Count(log.String(), fmt.Sprintf("row=%q", row)); n != 1 {
					t.Errorf("the log names %s %d times:\n%s", row, n, log.String())
				}
			}
		})
	}
}
