package handlers_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestATimeOutsideOfItsRangeIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe("outage/messages-down:all")
		for i, began := range []string{
			"0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-12:00", "2021-11-03T18:06:00Z",
		} {
			body := map[string]any{"slug": fmt.Sprintf("outage-%d", i), "headline": "News", "apps": []string{"messenger"}, "began_at": began}
			w.call(http.MethodPost, "/api/v1/outages", w.token, body).isProblem(t, 422, "began_at")
		}
		for _, until := range []string{
			"0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "9999-12-31T00:00:01Z", "2040-01-01T00:00:00Z",
		} {
			w.call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"paused_until": until}).isProblem(t, 422, "paused_until")
		}
		w.wantsPagesAndReader(t, secret)
	})
}

func TestATimeAtTheEndOfItsRangeIsTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe("outage/messages-down:all")
		for i, began := range []string{"2000-01-01T00:00:00Z", "1999-12-31T23:00:00-01:00", "2021-11-03T18:05:00Z"} {
			body := map[string]any{"slug": fmt.Sprintf("outage-%d", i), "headline": "News", "apps": []string{"messenger"}, "began_at": began}
			w.call(http.MethodPost, "/api/v1/outages", w.token, body).wants(t, http.StatusCreated)
		}
		for _, until := range []string{"1970-01-01T00:00:00Z", "2031-11-01T00:00:00Z", "9999-12-31T00:00:00Z"} {
			w.call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{"paused_until": until}).wants(t, http.StatusOK)
		}
		w.wantsPagesAndReader(t, secret)
	})
}

// wantsPagesAndReader checks that what shows times can be shown.
func (w *web) wantsPagesAndReader(t *testing.T, secret string) {
	t.Helper()
	for _, path := range []string{"/", "/search?q=messages", "/apps/messenger", "/outages/messages-down"} {
		w.get(path).wants(t, http.StatusOK)
	}
	w.call(http.MethodGet, "/api/v1/subscription", secret, nil).wants(t, http.StatusOK)
	w.call(http.MethodGet, "/api/v1/subscription/data", secret, nil).wants(t, http.StatusOK)
}

func TestARowThatCannotBeReadIsLeftOutOfListsAndNamedInTheLog(t *testing.T) {
	for _, kind := range []modelstest.Kind{modelstest.SQLite, modelstest.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			var log bytes.Buffer
			db := modelstest.OpenWith(t, kind, models.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
			w := newWeb(t, db, handlers.Options{})
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
			w.submit("/editor/sign-in", map[string][]string{"token": {w.token}}).wants(t, http.StatusOK)
			for path, shown := range map[string]string{
				"/": "good news", "/search?q=news": "good news", "/apps/messenger": "good news", "/editor": "good news",
				"/outages/good": "The good update", "/outages/good/feed.atom": "The good update", "/apps/messenger/feed.atom": "The good update", "/editor/outages/good": "The good update",
			} {
				page := w.get(path)
				page.wants(t, http.StatusOK)
				if !strings.Contains(page.body, shown) || strings.Contains(page.body, "bad") || strings.Contains(page.body, "infinite") {
					t.Errorf("%s does not show the rest alone:\n%s", path, page.body)
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
