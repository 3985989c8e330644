package newsroom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"strings"
	"testing"
)

func TestAnEditorChoosesTheUpdateThatACorrectionCorrects(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		wrong := w.PublishDraft(models.Draft{Outage: "messages-down", Alert: models.AlertNone, Headline: "It began at 8"}).Update.ID
		w.SignIn()
		const submitPath = "/editor/outages/messages-down/updates"
		chosen := fmt.Sprintf(`name="corrects" value="%d"`, wrong)

		form := url.Values{"kind": {"correction"}, "alert": {"none"}, "headline": {"It began at 9"}, "corrects": {fmt.Sprint(wrong)}, "do": {"preview"}}
		if page := w.Submit(submitPath, form); page.StatusCode != http.StatusOK || !strings.Contains(page.Text, chosen) || !strings.Contains(page.Text, "Corrects: It began at 8") {
			t.Errorf("the preview answers %s and does not keep the choice", page.Status)
		}
		for _, other := range []string{"999", "the first", "-1"} {
			form.Set("corrects", other)
			if page := w.Submit(submitPath, form); page.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page.Text, `id="problem-corrects"`) {
				t.Errorf("corrects=%s answers %s without a problem", other, page.Status)
			}
		}
		form.Set("corrects", fmt.Sprint(wrong))
		page := w.Get("/editor/outages/messages-down")
		if !strings.Contains(page.Text, fmt.Sprintf(`<option value="%d" selected>`, wrong)) {
			t.Error("the draft does not keep the choice")
		}
		form.Set("do", "publish")
		form.Set("kind", "update") // for an update, the form hides the field
		w.Submit(submitPath, form).WantStatus(t, http.StatusConflict)
		form.Set("draft", "1")
		form.Set("version", "1")
		w.Submit(submitPath, form).WantStatus(t, http.StatusOK)
		form.Set("kind", "correction")
		form.Set("draft", "0")
		form.Set("version", "0")
		if page := w.Submit(submitPath, form); !strings.Contains(page.Text, fmt.Sprintf(`Corrects: <a href="#update-%d">`, wrong)) {
			t.Error("the newsroom does not show the corrected update")
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
