package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/models"
)

// corrects is what the API says of a correction.
type corrects struct {
	Update struct {
		ID       int64
		Corrects *int64
	}
}

func TestACorrectionIsLinkedToWhatItCorrects(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		wrong := s.write("It began at 8")
		page := s.openPage("")
		var p corrects
		s.call(http.MethodPost, updates, s.token, map[string]any{
			"kind": "correction", "alert": "none", "headline": "It began at 9", "corrects": wrong, "apps": []string{"messenger"},
		}).decode(t, http.StatusCreated, &p)
		if p.Update.Corrects == nil || *p.Update.Corrects != wrong {
			t.Errorf("update = %+v; want that it corrects %d", p.Update, wrong)
		}
		e := page.next()
		if e.Corrects == nil || *e.Corrects != wrong {
			t.Errorf("event = %+v", e)
		}
		shown := s.get("/outages/messages-down").body
		for _, part := range []string{e.Entry, e.Corrected, fmt.Sprintf(`Corrects: <a href="#update-%d">It began at 8</a>`, wrong)} {
			if part == "" || strings.Count(shown, part) != 1 {
				t.Errorf("the page does not show once %q", part)
			}
		}
		for _, path := range []string{"/outages/messages-down/feed.atom", "/apps/messenger/feed.atom"} {
			if feed := s.get(path).body; !strings.Contains(feed, `title="Corrects: It began at 8"`) {
				t.Errorf("%s does not say what was corrected", path)
			}
		}
		for _, none := range []any{nil, 0} {
			s.call(http.MethodPost, updates, s.token, map[string]any{
				"kind": "correction", "alert": "none", "headline": "All of it", "corrects": none,
			}).decode(t, http.StatusCreated, &p)
			if e := page.next(); p.Update.Corrects != nil || e.Corrects != nil || e.Corrected != "" {
				t.Errorf("update = %+v, event = %+v; want that it corrects none", p.Update, e)
			}
		}
	})
}

func TestACorrectionOfWhatIsNotThereIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		for name, body := range map[string]map[string]any{
			"nothing there":    {"kind": "correction", "corrects": 7},
			"an update of one": {"kind": "update", "corrects": 1},
			"not a number":     {"kind": "correction", "corrects": "the first"},
		} {
			t.Run(name, func(t *testing.T) {
				body["alert"], body["headline"] = "none", "News"
				w.call(http.MethodPost, updates, w.token, body).isProblem(t, http.StatusUnprocessableEntity, "body.corrects")
			})
		}
		w.wantsNothingPublished()
	})
}

func TestAnEditorChoosesWhatACorrectionCorrects(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		wrong := w.PublishDraft(models.Draft{Outage: "messages-down", Alert: models.AlertNone, Headline: "It began at 8"}).Update.ID
		w.submit("/editor/sign-in", url.Values{"token": {w.token}}).wants(t, http.StatusOK)
		const desk = "/editor/outages/messages-down/updates"
		chosen := fmt.Sprintf(`<option value="%d" selected>`, wrong)

		form := url.Values{"kind": {"correction"}, "alert": {"none"}, "headline": {"It began at 9"}, "corrects": {fmt.Sprint(wrong)}, "do": {"preview"}}
		if page := w.submit(desk, form); page.StatusCode != http.StatusOK || !strings.Contains(page.body, chosen) {
			t.Errorf("the preview answers %s and does not keep the choice", page.Status)
		}
		for _, other := range []string{"999", "the first", "-1"} {
			form.Set("corrects", other)
			if page := w.submit(desk, form); page.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page.body, `id="problem-corrects"`) {
				t.Errorf("corrects=%s answers %s without a problem", other, page.Status)
			}
		}
		form.Set("corrects", fmt.Sprint(wrong))
		form.Set("do", "publish")
		form.Set("kind", "update") // of which the desk does not show what it corrects
		w.submit(desk, form).wants(t, http.StatusOK)
		form.Set("kind", "correction")
		if page := w.submit(desk, form); !strings.Contains(page.body, fmt.Sprintf(`Corrects: <a href="#update-%d">`, wrong)) {
			t.Error("the desk does not say what was corrected")
		}
		outage, err := w.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.Updates(t.Context(), outage)
		if err != nil || len(found) != 3 || found[0].CorrectsID == nil || *found[0].CorrectsID != wrong || found[1].CorrectsID != nil {
			t.Errorf("updates = %+v, %v; want the correction alone to correct the first", found, err)
		}
	})
}
