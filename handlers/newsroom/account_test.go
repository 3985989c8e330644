package newsroom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestAPersonChangesTheirAccount(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(ada, models.RoleViewer)
		w.Submit("/editor/account/name", url.Values{"name": {" "}}).WantStatus(t, http.StatusUnprocessableEntity)
		if page := w.Submit("/editor/account/name", url.Values{"name": {"Ada Lovelace"}}); !strings.Contains(page.Text, "Your name is changed.") || !strings.Contains(page.Text, ">Ada Lovelace</a>") {
			t.Errorf("after a change of the name: %s", page.Text)
		}
		there := w.Elsewhere()
		there.SignInAs(ada)
		const next = "a kettle beside the window"
		wrong := w.Submit("/editor/account/password", url.Values{"current": {"wrong"}, "password": {"short"}})
		if wrong.WantStatus(t, http.StatusUnprocessableEntity); !strings.Contains(wrong.Text, "Current password is wrong.") || !strings.Contains(wrong.Text, "Password must have at least 12 characters.") {
			t.Error("the form does not name its problems")
		}
		if page := w.Submit("/editor/account/password", url.Values{"current": {modelstest.Password}, "password": {next}}); !strings.Contains(page.Text, "Your password is changed.") {
			t.Errorf("after a change of the password: %s", page.Text)
		}
		isAt(t, there.Get("/editor"), "/editor/sign-in")
		isAt(t, w.Get("/editor"), "/editor")
	})
}

func TestAPersonEndsSessionsInOtherBrowsers(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		person := w.Person(ada, models.RoleViewer)
		phone := w.Elsewhere()
		form := url.Values{"email": {ada}, "password": {modelstest.Password}}
		phone.Send(http.MethodPost, "/editor/sign-in", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin",
			"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1").WantStatus(t, http.StatusOK)
		w.SignInAs(ada)
		page := w.Get("/editor/account")
		if !strings.Contains(page.Text, "Safari on iPhone") || strings.Count(page.Text, "/end\"") != 1 {
			t.Errorf("the page does not list the other session: %s", page.Text)
		}
		sessions, err := w.Sessions(t.Context(), person.ID)
		if err != nil || len(sessions) != 2 {
			t.Fatalf("sessions = %+v, %v", sessions, err)
		}
		stranger := w.Elsewhere()
		stranger.Join(bob, models.RoleChief)
		other := fmt.Sprintf("/editor/account/sessions/%d/end", sessions[1].ID)
		stranger.Submit(other, nil).WantStatus(t, http.StatusNotFound)
		isAt(t, phone.Get("/editor"), "/editor")
		isAt(t, w.Submit(other, nil), "/editor/account")
		isAt(t, phone.Get("/editor"), "/editor/sign-in")
		phone.SignInAs(ada)
		isAt(t, w.Submit("/editor/account/sign-out-everywhere", nil), "/editor/sign-in")
		isAt(t, phone.Get("/editor"), "/editor/sign-in")
		isAt(t, w.Get("/editor"), "/editor/sign-in")
		isAt(t, stranger.Get("/editor"), "/editor")
	})
}
