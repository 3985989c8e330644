package newsroom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

// says fails the test unless a page has a status and says all of some words.
func says(t *testing.T, page handlerstest.Answer, status int, words ...string) {
	t.Helper()
	page.WantStatus(t, status)
	for _, part := range words {
		if !strings.Contains(page.Text, part) {
			t.Errorf("%s does not say %q: %s", page.Request.URL.Path, part, page.Text)
		}
	}
}

// onKeyMoments signs in a writer, a second person and a chief, where key moments need
// approval.
func onKeyMoments(t *testing.T, test func(t *testing.T, writer, second, chief *handlerstest.Web)) {
	t.Helper()
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		second, chief := w.Elsewhere(), w.Elsewhere()
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		second.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		chief.SignInWith(w.Session(w.Person("eve@news.example", models.RoleChief)))
		saved := chief.Submit("/editor/policy", url.Values{"key_moments": {"yes"}})
		says(t, saved, http.StatusOK, "Saved.", `value="yes" checked`)
		test(t, w, second, chief)
	})
}

func keyMoment(headline string) url.Values {
	form := typed(headline, 0, 0, "preview")
	form.Set("alert", "key")
	return form
}

func TestASecondPersonApprovesAKeyMoment(t *testing.T) {
	onKeyMoments(t, func(t *testing.T, writer, second, chief *handlerstest.Web) {
		confirmation := writer.Submit(updates, keyMoment("Messages <b>fail</b>"))
		says(t, confirmation, http.StatusOK, "A key moment needs a second person.", "Ask for approval")
		for _, button := range []string{"Send now", "Send without"} {
			if strings.Contains(confirmation.Text, button) {
				t.Errorf("the confirmation offers %s", button)
			}
		}
		says(t, writer.Submit(updates, formOn(confirmation, "publish")), http.StatusConflict, "Nothing was sent")
		asked := writer.Submit(updates, formOn(confirmation, "ask"))
		says(t, asked, http.StatusOK, "Waits for approval", "A second person must approve it")
		page := asked.Request.URL.Path
		isAt(t, asked, "/editor/approvals/1")
		isAt(t, writer.Submit(updates, formOn(confirmation, "ask")), page)
		says(t, writer.Submit(page+"/approve", nil), http.StatusConflict, "You wrote this")
		says(t, writer.Submit(page+"/return", url.Values{"reason": {"No."}}), http.StatusConflict, "You wrote this")
		says(t, writer.Submit(updates, formOn(confirmation, "publish")), http.StatusConflict, "Nothing was sent", "waits for approval")

		says(t, second.Get("/editor"), http.StatusOK, "Waits for approval", "Messages &lt;b&gt;fail&lt;/b&gt;", page)
		says(t, second.Get(page), http.StatusOK, "Approve this alert to 1 reader?", "Messages &lt;b&gt;fail&lt;/b&gt;")
		says(t, second.Submit(page+"/approve", nil), http.StatusOK, "Approved by Somebody")
		says(t, chief.Submit(page+"/return", url.Values{"reason": {"Late."}}), http.StatusConflict, "Somebody else has decided already")

		approved := writer.Get(page)
		says(t, approved, http.StatusOK, "Continue to sending")
		confirmation = writer.Submit(updates, formOn(approved, "preview"))
		says(t, confirmation, http.StatusOK, "Approved by Somebody", "Send now")
		isAt(t, writer.Submit(updates, formOn(confirmation, "publish")), "/editor/outages/messages-down")
		if writer.Count("updates") != 1 {
			t.Errorf("%d updates", writer.Count("updates"))
		}
		says(t, second.Submit(page+"/approve", nil), http.StatusConflict, "changed or published since")
	})
}

func TestAChangedDraftIsApprovedAnewAndAReturnedOneSaysWhy(t *testing.T) {
	onKeyMoments(t, func(t *testing.T, writer, second, _ *handlerstest.Web) {
		writer.Submit(updates, formOn(writer.Submit(updates, keyMoment("Messages fail")), "ask"))
		says(t, second.Submit("/editor/approvals/1/return", url.Values{"reason": {" "}}), http.StatusUnprocessableEntity, "The reason is required.")
		says(t, second.Submit("/editor/approvals/1/return", url.Values{"reason": {"Say <i>since</i> when."}}), http.StatusOK, "Returned by Somebody", "Say &lt;i&gt;since&lt;/i&gt; when.")
		says(t, writer.Get("/editor/outages/messages-down"), http.StatusOK, "Returned by Somebody: Say &lt;i&gt;since&lt;/i&gt; when.")

		form := keyMoment("Messages fail since nine")
		form.Set("draft", "1")
		form.Set("version", "1")
		confirmation := writer.Submit(updates, form)
		says(t, writer.Submit(updates, formOn(confirmation, "ask")), http.StatusOK, "Waits for approval")
		form.Set("headline", "Messages fail since ten")
		form.Set("version", "2")
		says(t, writer.Submit(autosave, form), http.StatusOK)
		says(t, writer.Get("/editor/outages/messages-down"), http.StatusOK, "must be approved anew")
		says(t, second.Submit("/editor/approvals/2/approve", nil), http.StatusConflict, "changed or published since", "The draft has changed")
		if page := second.Get("/editor"); strings.Contains(page.Text, "Waits for approval") {
			t.Error("a draft that has changed still waits")
		}
		form.Set("version", "3")
		says(t, writer.Submit(updates, form), http.StatusOK, "must be approved anew", "Ask for approval")
	})
}

func TestAChiefSendsWithoutApprovalForAReason(t *testing.T) {
	onKeyMoments(t, func(t *testing.T, writer, _, chief *handlerstest.Web) {
		form := formOn(writer.Submit(updates, keyMoment("By an editor")), "override")
		form.Set("reason", "I am alone.")
		says(t, writer.Submit(updates, form), http.StatusForbidden, "Only a chief")
		confirmation := chief.Submit(updates, keyMoment("By a chief"))
		says(t, confirmation, http.StatusOK, "Send without approval", "Ask for approval")
		form = formOn(confirmation, "override")
		delete(form, "reason")
		says(t, chief.Submit(updates, form), http.StatusUnprocessableEntity, "The reason is required.")
		form.Set("reason", "Nobody else is here.")
		isAt(t, chief.Submit(updates, form), "/editor/outages/messages-down")
		entries, err := chief.AuditEntries(t.Context(), 2)
		if err != nil || entries[1].Action != "override approval" || !strings.Contains(entries[1].Subject, "Nobody else is here.") {
			t.Errorf("audit = %+v, %v", entries, err)
		}
	})
}

func TestAPolicyThatIsNoNumberIsRefused(t *testing.T) {
	onKeyMoments(t, func(t *testing.T, _, _, chief *handlerstest.Web) {
		for typed, problem := range map[string]string{
			"many": "must be a whole number", "-1": "must be between 0 and", "1.5": "must be a whole number", "99999999999999999999": "must be a whole number",
		} {
			says(t, chief.Submit("/editor/policy", url.Values{"above_readers": {typed}}), http.StatusUnprocessableEntity, problem, fmt.Sprintf("value=%q", typed))
		}
		says(t, chief.Submit("/editor/policy", url.Values{"above_readers": {"10,000"}}), http.StatusOK, `value="10000"`)
	})
}
