package newsroom_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

var shownToken = regexp.MustCompile(`value="(newsbell_[^"]+)"`)

func TestAChiefMakesATokenThatIsShownOnceAndRevokesIt(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Join(ada, models.RoleChief)
		wrong := w.Submit("/editor/tokens", url.Values{"name": {" "}, "expires": {"tomorrow"}})
		wrong.WantStatus(t, http.StatusUnprocessableEntity)
		for _, want := range []string{"The end must be a day such as 2027-01-31.", "Name is required.", "Scopes must be read, publish or both."} {
			if !strings.Contains(wrong.Text, want) {
				t.Errorf("the form with a wrong day lacks %q", want)
			}
		}
		wrong = w.Submit("/editor/tokens", url.Values{"name": {"<CMS>"}, "expires": {"2001-01-01"}})
		wrong.WantStatus(t, http.StatusUnprocessableEntity)
		for _, want := range []string{`value="&lt;CMS&gt;"`, `value="2001-01-01"`, "The end must lie between", "Scopes must be read, publish or both."} {
			if !strings.Contains(wrong.Text, want) {
				t.Errorf("the form lacks %q", want)
			}
		}
		form := url.Values{"name": {"<CMS>"}, "scopes": {"read"}, "expires": {w.Now().AddDate(1, 0, 0).Format("2006-01-02")}}
		made := w.Submit("/editor/tokens", form)
		made.WantStatus(t, http.StatusOK)
		found := shownToken.FindStringSubmatch(made.Text)
		if found == nil {
			t.Fatalf("no token is shown: %s", made.Text)
		}
		secret := found[1]
		if taken := w.Submit("/editor/tokens", form); !strings.Contains(taken.Text, "Name is taken") {
			t.Errorf("the same name again: %s", taken.Status)
		}
		refused := w.Call(http.MethodPost, "/api/v1/apps", secret, map[string]any{"slug": "threads", "name": "Threads"})
		if refused.WantStatus(t, http.StatusForbidden); !strings.Contains(refused.Text, `scope \"publish\"`) {
			t.Errorf("the answer does not name the scope: %s", refused.Text)
		}
		w.Call(http.MethodGet, "/api/v1/alerts/1", secret, nil).WantStatus(t, http.StatusNotFound)

		page := w.Get("/editor/tokens")
		if page.WantStatus(t, http.StatusOK); strings.Contains(page.Text, secret) || !strings.Contains(page.Text, "&lt;CMS&gt;") || !strings.Contains(page.Text, "Last used") {
			t.Error("the list lacks the token or its last use, or shows its secret again")
		}
		isAt(t, w.Submit("/editor/tokens/revoke", url.Values{"name": {"<CMS>"}}), "/editor/tokens")
		w.Call(http.MethodGet, "/api/v1/alerts/1", secret, nil).WantStatus(t, http.StatusUnauthorized)
		w.Submit("/editor/tokens/revoke", url.Values{"name": {"<CMS>"}}).WantStatus(t, http.StatusNotFound)
		if page := w.Get("/editor/tokens"); !strings.Contains(page.Text, "Revoked") {
			t.Error("the list does not say that the token is revoked")
		}
	})
}
