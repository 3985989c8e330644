package newsroom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

const ada, bob = "ada@news.example", "bob@news.example"

var shownLink = regexp.MustCompile(`value="http://[^"]*(/editor/invitations/[^"]+)"`)

// linkOn returns the path of the link that a page shows to copy.
func linkOn(t *testing.T, page handlerstest.Answer) string {
	t.Helper()
	found := shownLink.FindStringSubmatch(page.Text)
	if page.WantStatus(t, http.StatusOK); found == nil {
		t.Fatalf("%s shows no link: %s", page.Request.URL.Path, page.Text)
	}
	return found[1]
}

func isAt(t *testing.T, page handlerstest.Answer, path string) {
	t.Helper()
	if page.WantStatus(t, http.StatusOK); page.Request.URL.Path != path {
		t.Fatalf("at %s; want %s", page.Request.URL.Path, path)
	}
}

func TestAChiefInvitesAnEditorWhoPublishesAndIsRemoved(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		_, secret, err := w.InviteFirst(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first := "/editor/invitations/" + secret
		w.Get(first).WantStatus(t, http.StatusOK)
		weak := w.Submit(first, url.Values{"name": {"Ada"}, "email": {ada}, "password": {"password1234"}})
		weak.WantStatus(t, http.StatusUnprocessableEntity)
		if !strings.Contains(weak.Text, "Password must be harder to guess.") || !strings.Contains(weak.Text, `value="`+ada+`"`) || strings.Contains(weak.Text, "password1234") {
			t.Errorf("the form does not say what is wrong, or forgets the address, or shows the password")
		}
		isAt(t, w.Submit(first, url.Values{"name": {"Ada"}, "email": {ada}, "password": {modelstest.Password}}), "/editor")
		for _, again := range []handlerstest.Answer{w.Get(first), w.Submit(first, url.Values{"name": {"Eve"}, "email": {"eve@news.example"}, "password": {modelstest.Password}})} {
			if again.WantStatus(t, http.StatusGone); !strings.Contains(again.Text, "This link no longer works") {
				t.Error("a used link does not say so")
			}
		}

		wrong := w.Submit("/editor/people/invitations", url.Values{"email": {"bob"}, "role": {"owner"}})
		if wrong.WantStatus(t, http.StatusUnprocessableEntity); !strings.Contains(wrong.Text, `id="problem-email"`) || !strings.Contains(wrong.Text, `id="problem-role"`) {
			t.Error("the form does not name its problems")
		}
		if taken := w.Submit("/editor/people/invitations", url.Values{"email": {" ADA@news.example"}, "role": {"viewer"}}); !strings.Contains(taken.Text, "already has an account") {
			t.Errorf("inviting a person again: %s", taken.Status)
		}
		link := linkOn(t, w.Submit("/editor/people/invitations", url.Values{"email": {bob}, "role": {"editor"}}))
		if page := w.Get("/editor/people"); !strings.Contains(page.Text, bob) || strings.Contains(page.Text, link) {
			t.Error("the list lacks the invitation, or shows its link again")
		}

		there := w.Elsewhere()
		isAt(t, there.Submit(link, url.Values{"name": {"Bob"}, "password": {modelstest.Password}}), "/editor")
		update := url.Values{"kind": {"update"}, "alert": {"none"}, "headline": {"By Bob"}, "do": {"publish"}}
		isAt(t, there.Submit("/editor/outages/messages-down/updates", update), "/editor/outages/messages-down")
		if entries, err := w.AuditEntries(t.Context(), 1); err != nil || entries[0].Actor != "person "+bob || entries[0].Action != "publish update" {
			t.Errorf("audit = %+v, %v", entries, err)
		}
		removed, err := w.PersonByEmail(t.Context(), bob)
		if err != nil {
			t.Fatal(err)
		}
		isAt(t, w.Submit(fmt.Sprintf("/editor/people/%d/remove", removed.ID), nil), "/editor/people")
		isAt(t, there.Get("/editor/outages/messages-down"), "/editor/sign-in")
		there.Submit("/editor/sign-in", url.Values{"email": {bob}, "password": {modelstest.Password}}).WantStatus(t, http.StatusUnprocessableEntity)
	})
}

func TestAViewerSeesButDoesNotPublish(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		alert := w.PublishDraft(models.Draft{Outage: "messages-down"}).Alert
		viewer := w.Join(bob, models.RoleViewer)
		page := w.Get("/editor/outages/messages-down")
		if page.WantStatus(t, http.StatusOK); strings.Contains(page.Text, "/updates") || strings.Contains(page.Text, "/stop") || strings.Contains(page.Text, "/editor/people") {
			t.Error("the page offers what a viewer may not do")
		}
		refused := w.Submit("/editor/outages/messages-down/updates", url.Values{"kind": {"update"}, "alert": {"none"}, "headline": {"No"}, "do": {"publish"}})
		if refused.WantStatus(t, http.StatusForbidden); !strings.Contains(refused.Text, "Your role does not allow this") {
			t.Errorf("refused with %s", refused.Text)
		}
		w.Submit(fmt.Sprintf("/editor/alerts/%d/stop", alert.ID), nil).WantStatus(t, http.StatusForbidden)
		if err := w.ChangeRole(t.Context(), viewer.ID, models.RoleEditor, models.Operator); err != nil {
			t.Fatal(err)
		}
		w.Submit(fmt.Sprintf("/editor/alerts/%d/stop", alert.ID), nil).WantStatus(t, http.StatusOK) // from the next request on
	})
}

func TestTheLastChiefStays(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		own := fmt.Sprintf("/editor/people/%d", w.Join(ada, models.RoleChief).ID)
		for _, page := range []handlerstest.Answer{w.Submit(own+"/remove", nil), w.Submit(own+"/role", url.Values{"role": {"viewer"}})} {
			if page.WantStatus(t, http.StatusConflict); !strings.Contains(page.Text, "This is the last chief") {
				t.Error("the page does not say why")
			}
		}
		other := fmt.Sprintf("/editor/people/%d", w.Person(bob, models.RoleEditor).ID)
		isAt(t, w.Submit(other+"/role", url.Values{"role": {"chief"}}), "/editor/people")
		isAt(t, w.Submit(own+"/role", url.Values{"role": {"editor"}}), "/editor")
		w.Get("/editor/people").WantStatus(t, http.StatusForbidden)
	})
}

func TestAResetLinkSetsAPasswordOnce(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		editor := w.Person(bob, models.RoleEditor)
		there := w.Elsewhere()
		there.SignInAs(bob)
		w.Join(ada, models.RoleChief)
		link := linkOn(t, w.Submit(fmt.Sprintf("/editor/people/%d/reset", editor.ID), nil))
		isAt(t, there.Get("/editor"), "/editor") // until it is used
		here := w.Elsewhere()
		const next = "a kettle beside the window"
		isAt(t, here.Submit(link, url.Values{"password": {next}}), "/editor")
		isAt(t, there.Get("/editor"), "/editor/sign-in")
		w.Get(link).WantStatus(t, http.StatusGone)
		isAt(t, there.Submit("/editor/sign-in", url.Values{"email": {bob}, "password": {next}}), "/editor")
	})
}

func TestPasswordsAreGuessedNeitherFromOneAddressNorForOnePerson(t *testing.T) {
	o := handlers.Options{GuessLimit: 3, TrustedProxies: handlerstest.Loopback}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		w.Person(ada, models.RoleEditor)
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		from := func(address, email, password string) handlerstest.Answer {
			form := url.Values{"email": {email}, "password": {password}}
			return w.Send(http.MethodPost, "/editor/sign-in", strings.NewReader(form.Encode()), "X-Forwarded-For", address,
				"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
		}
		known, unknown := from("203.0.113.1", ada, "wrong"), from("203.0.113.1", bob, "wrong")
		if known.StatusCode != unknown.StatusCode || strings.ReplaceAll(known.Text, ada, bob) != unknown.Text {
			t.Error("the answer says whether an address is known")
		}
		from("203.0.113.1", "eve@news.example", "wrong").WantStatus(t, http.StatusUnprocessableEntity)
		from("203.0.113.1", ada, modelstest.Password).WantStatus(t, http.StatusTooManyRequests)
		from("203.0.113.2", ada, modelstest.Password).WantStatus(t, http.StatusSeeOther)
		for _, address := range []string{"203.0.113.3", "203.0.113.4"} {
			from(address, " Ada@news.example", "wrong").WantStatus(t, http.StatusUnprocessableEntity)
		}
		refused := from("203.0.113.5", ada, modelstest.Password)
		if refused.WantStatus(t, http.StatusTooManyRequests); refused.Header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After = %q", refused.Header.Get("Retry-After"))
		}
	})
}

func TestATokenSaysWhyItNoLongerSignsIn(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		if page := w.Get("/editor/sign-in"); !strings.Contains(page.Text, `name="token"`) || strings.Contains(page.Text, `name="email"`) {
			t.Error("without people, the page does not ask for a token alone")
		}
		w.SignIn()
		w.Person(ada, models.RoleEditor)
		isAt(t, w.Get("/editor"), "/editor/sign-in")
		if page := w.Get("/editor/sign-in"); strings.Contains(page.Text, `name="token"`) || !strings.Contains(page.Text, `name="email"`) {
			t.Error("beside people, the page does not ask for an address alone")
		}
		refused := w.Submit("/editor/sign-in", url.Values{"token": {w.Token}})
		if refused.WantStatus(t, http.StatusUnprocessableEntity); !strings.Contains(refused.Text, "Tokens no longer sign in here") {
			t.Error("the page does not say why")
		}
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, handlerstest.UpdateBody).WantStatus(t, http.StatusCreated)
	})
}
