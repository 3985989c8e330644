package newsroom_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/handlers/openid"
	"newsbell/models"
)

// withProvider runs a test on a site with an identity provider, which gives its people's
// roles in the claim "groups".
func withProvider(t *testing.T, test func(*testing.T, *handlerstest.Web, *mockoidc.MockOIDC)) {
	t.Helper()
	provider, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Shutdown() })
	o := handlers.Options{OpenID: openid.Settings{
		Issuer: provider.Issuer(), ClientID: provider.ClientID, ClientSecret: provider.ClientSecret, Label: "Sign in with the paper",
		RoleClaim: "groups", Scopes: []string{"groups"}, Roles: map[string]models.Role{"desk": models.RoleEditor, "chiefs": models.RoleChief},
	}}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) { test(t, w, provider) })
}

// carol is a person as the provider knows them, with groups.
func carol(groups ...string) *mockoidc.MockUser {
	return &mockoidc.MockUser{Subject: "carol-1", Email: "carol@news.example", EmailVerified: true, PreferredUsername: "Carol", Groups: groups}
}

// unverified is a person whose address the provider has not verified.
type unverified struct{ *mockoidc.MockUser }

func (u unverified) Claims(scopes []string, base *mockoidc.IDTokenClaims) (jwt.Claims, error) {
	signed, err := u.MockUser.Claims(scopes, base)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(signed)
	if err != nil {
		return nil, err
	}
	claims := jwt.MapClaims{}
	err = json.Unmarshal(text, &claims)
	claims["email_verified"] = false
	return claims, err
}

func signInAtProvider(w *handlerstest.Web, provider *mockoidc.MockOIDC, user mockoidc.User) handlerstest.Answer {
	provider.QueueUser(user)
	return w.Get("/editor/openid")
}

// saysWhy checks that the sign-in page says why nobody is signed in.
func saysWhy(t *testing.T, w *handlerstest.Web, page handlerstest.Answer, words string) {
	t.Helper()
	if page.WantStatus(t, http.StatusUnprocessableEntity); !strings.Contains(page.Text, words) {
		t.Errorf("the page does not say %q: %s", words, page.Text)
	}
	if page := w.Get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
		t.Errorf("%s: signed in", words)
	}
}

func TestTheProviderSignsInAPersonWhoseRoleFollowsTheClaim(t *testing.T) {
	withProvider(t, func(t *testing.T, w *handlerstest.Web, provider *mockoidc.MockOIDC) {
		if page := w.Get("/editor/sign-in"); !strings.Contains(page.Text, "Sign in with the paper") {
			t.Error("the page does not offer it")
		}
		roleAfter := func(groups ...string) models.Role {
			isAt(t, signInAtProvider(w, provider, carol(groups...)), "/editor")
			person, err := w.PersonByEmail(t.Context(), "carol@news.example")
			if err != nil || person.Name != "Carol" {
				t.Fatalf("person = %+v, %v", person, err)
			}
			return person.Role
		}
		if role := roleAfter("sport", "desk", "chiefs"); role != models.RoleChief {
			t.Errorf("role = %s; want the highest", role)
		}
		if role := roleAfter("desk"); role != models.RoleEditor {
			t.Errorf("role = %s; want the new one", role)
		}
		if people, err := w.People(t.Context()); err != nil || len(people) != 1 {
			t.Errorf("people = %+v, %v; want one", people, err)
		}
		if page := w.Get("/editor/account"); !strings.Contains(page.Text, "you need no password and no passkey") {
			t.Error("the account offers a passkey")
		} else if strings.Contains(page.Text, "Change password") {
			t.Error("the account offers a password")
		}
		refused := w.Submit("/editor/account/password", url.Values{"current": {""}, "password": {"a kettle beside the window"}})
		if refused.WantStatus(t, http.StatusForbidden); !strings.Contains(refused.Text, "you have no password here") {
			t.Errorf("a first password: %s", refused.Text)
		}
		chief, path := w.Elsewhere(), "/editor/people/1"
		chief.Join(ada, models.RoleChief)
		if page := chief.Get(path); !strings.Contains(page.Text, "Carol") || strings.Contains(page.Text, "Make a reset link") {
			t.Errorf("a reset link is offered: %s", page.Text)
		}
		if refused := chief.Submit(path+"/reset", nil); !strings.Contains(refused.Text, "no password to reset") {
			t.Errorf("a reset link: %s", refused.Text)
		}
		if err := w.RemovePerson(t.Context(), 2, models.Operator); err != nil {
			t.Fatal(err)
		}
		w.RemoveCookies()
		saysWhy(t, w, signInAtProvider(w, provider, carol("sport")), "has given you no role")
	})
}

func TestTheProvidersSignInComesBackToTheOutage(t *testing.T) {
	withProvider(t, func(t *testing.T, w *handlerstest.Web, provider *mockoidc.MockOIDC) {
		if page := w.Get("/editor/outages/messages-down"); !strings.Contains(page.Text, `href="/editor/openid?outage=messages-down"`) {
			t.Error("the sign-in page does not name the outage to the provider's button")
		}
		provider.QueueUser(carol("chiefs"))
		isAt(t, w.Get("/editor/openid?outage=messages-down"), "/editor/outages/messages-down")
		w.Submit("/editor/sign-out", nil)
		provider.QueueUser(carol("chiefs"))
		isAt(t, w.Get("/editor/openid?outage=%2F%2Felsewhere.example"), "/editor")
	})
}

func TestTheProviderSignsNobodyInByAnEmailAddress(t *testing.T) {
	withProvider(t, func(t *testing.T, w *handlerstest.Web, provider *mockoidc.MockOIDC) {
		w.Person("carol@news.example", models.RoleChief)
		saysWhy(t, w, signInAtProvider(w, provider, carol("chiefs")), "There is already an account")
		stranger := carol("chiefs")
		stranger.Email = "carla@news.example"
		saysWhy(t, w, signInAtProvider(w, provider, unverified{stranger}), "verified email address")
		other := carol("desk")
		other.Subject, other.Email = "dave-1", "dave@news.example"
		isAt(t, signInAtProvider(w, provider, other), "/editor")
		dave, err := w.PersonByEmail(t.Context(), "dave@news.example")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RemovePerson(t.Context(), dave.ID, models.Operator); err != nil {
			t.Fatal(err)
		}
		saysWhy(t, w, signInAtProvider(w, provider, other), "has been removed")
	})
}

func TestAForgedCallbackSignsNobodyIn(t *testing.T) {
	withProvider(t, func(t *testing.T, w *handlerstest.Web, provider *mockoidc.MockOIDC) {
		follow := w.Client.CheckRedirect
		// begin returns where the provider is asked, and what it answers.
		begin := func() (asked, answer *url.URL) {
			w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			defer func() { w.Client.CheckRedirect = follow }()
			started := w.Get("/editor/openid")
			asked, err := started.Location()
			if err != nil {
				t.Fatal(err)
			}
			provider.QueueUser(carol("chiefs"))
			response, err := w.Client.Get(asked.String())
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if answer, err = response.Location(); err != nil {
				t.Fatal(err)
			}
			return asked, answer
		}
		asked, answer := begin()
		for _, parameter := range []string{"state", "nonce", "code_challenge"} {
			if asked.Query().Get(parameter) == "" {
				t.Errorf("no %s in %s", parameter, asked)
			}
		}
		if method := asked.Query().Get("code_challenge_method"); method != "S256" {
			t.Errorf("PKCE by %q", method)
		}
		w.RemoveCookies()
		saysWhy(t, w, w.Get(answer.RequestURI()), "cancelled, or took too long") // in another browser

		forge := func(name, value string) {
			_, answer := begin()
			query := answer.Query()
			query.Set(name, value)
			saysWhy(t, w, w.Get(answer.Path+"?"+query.Encode()), "cancelled, or took too long")
		}
		forge("state", "forged")
		forge("code", "forged")
		forge("error", "access_denied")
		_, other := begin()
		begin()
		forge("code", other.Query().Get("code")) // of a sign-in with another verifier

		_, first := begin()
		begin()
		isAt(t, w.Get(first.RequestURI()), "/editor") // a later sign-in waits in another tab
		w.RemoveCookies()

		_, late := begin()
		w.Clock.Advance(models.ChallengeLife)
		saysWhy(t, w, w.Get(late.RequestURI()), "cancelled, or took too long")
		_, twice := begin()
		isAt(t, w.Get(twice.RequestURI()), "/editor")
		w.RemoveCookies()
		saysWhy(t, w, w.Get(twice.RequestURI()), "cancelled, or took too long")
	})
}

func TestAProviderThatIsDownIsDiscoveredOnceItAnswers(t *testing.T) {
	isUp := false
	var issuer string
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isUp {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write([]byte(`{"issuer":"` + issuer + `","authorization_endpoint":"` + issuer + `/authorize","token_endpoint":"` + issuer + `/token","jwks_uri":"` + issuer + `/keys"}`))
	}))
	defer provider.Close()
	issuer = provider.URL
	o := handlers.Options{OpenID: openid.Settings{Issuer: issuer, ClientID: "newsbell", ClientSecret: "s3cret", Label: "Sign in", RoleClaim: "roles"}}
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		isUp = false
		saysWhy(t, w, w.Get("/editor/openid"), "does not answer")
		isUp = true
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if answer := w.Get("/editor/openid"); !strings.HasPrefix(answer.Header.Get("Location"), issuer+"/authorize?") {
			t.Errorf("%d to %q", answer.StatusCode, answer.Header.Get("Location"))
		}
	})
}
