package newsroom_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

func TestAnEditorSendsADraftToTheirOwnBrowserAlone(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		own := w.NewReader()
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		form := typed("Messages <b>fail</b>", 0, 0, "try")
		if page := w.Submit(updates, form); !strings.Contains(page.Text, "you have linked no browser") || w.Count("notices") != 0 {
			t.Error("without a linked browser, the page does not say so")
		}
		w.Submit("/editor/account/browsers", url.Values{"secret": {"wrong"}}).WantStatus(t, http.StatusUnprocessableEntity)
		if page := w.Submit("/editor/account/browsers", url.Values{"secret": {own}}); !strings.Contains(page.Text, "The browser is linked") {
			t.Error("the account does not say that the browser is linked")
		}
		page := w.Submit(updates, form)
		if !strings.Contains(page.Text, "Sent to your own browsers alone") || !strings.Contains(page.Text, "Messages &lt;b&gt;fail") {
			t.Error("the page does not say that the draft was sent, or loses it")
		}
		claimed, err := w.ClaimNotices(t.Context(), 10)
		if err != nil || len(claimed) != 1 || !strings.Contains(claimed[0].Content, `"title":"Messages `) || w.Count("updates") != 0 {
			t.Errorf("claimed %+v, %v; want the draft to one browser, and nothing published", claimed, err)
		}
		w.Submit(updates, typed(" ", 0, 0, "try")).WantStatus(t, http.StatusUnprocessableEntity)
		if data := w.Call(http.MethodGet, "/api/v1/subscription/data", own, nil); !strings.Contains(data.Text, `"linked_browsers":[{"name":`) {
			t.Errorf("what is stored about the browser lacks the link: %s", data.Text)
		}
		w.Submit("/editor/account/browsers/1/unlink", nil).WantStatus(t, http.StatusOK)
		if page := w.Submit(updates, form); !strings.Contains(page.Text, "you have linked no browser") {
			t.Error("an unlinked browser still gets drafts")
		}
	})
}
