package newsroom_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

const (
	passkeySite    = "http://localhost:8080"
	passkeyOptions = "/editor/passkeys/options"
	passkeySignIn  = "/editor/passkeys/sign-in"
)

// withPasskeys runs a test on a site where browsers use passkeys, with an authenticator
// that holds a passkey of Ada.
func withPasskeys(t *testing.T, o handlers.Options, test func(*testing.T, *handlerstest.Web, *handlerstest.Authenticator)) {
	t.Helper()
	o.BaseURL = passkeySite
	handlerstest.OnBothWith(t, o, func(t *testing.T, w *handlerstest.Web) {
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		phone := handlerstest.NewAuthenticator(t, passkeySite)
		w.AddPasskey(phone)
		w.RemoveCookies()
		test(t, w, phone)
	})
}

// isRefused checks that an answer says no more than that a passkey is refused, and that
// nobody is signed in.
func isRefused(t *testing.T, w *handlerstest.Web, what string, answer handlerstest.Answer) {
	t.Helper()
	if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(answer.Text, "does not sign in here") {
		t.Errorf("%s: %d %s", what, answer.StatusCode, answer.Text)
	}
	if page := w.Get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
		t.Errorf("%s: signed in", what)
	}
}

func TestAPersonSignsInWithAPasskeyAloneAndRemovesIt(t *testing.T) {
	withPasskeys(t, handlers.Options{}, func(t *testing.T, w *handlerstest.Web, phone *handlerstest.Authenticator) {
		if page := w.Get("/editor/sign-in"); !strings.Contains(page.Text, "Sign in with a passkey") || !strings.Contains(page.Text, `autocomplete="username webauthn"`) {
			t.Error("the page does not offer passkeys")
		}
		for range 2 { // the counter grows
			w.Ask(passkeySignIn, phone.Get(w.Ask(passkeyOptions, nil))).WantStatus(t, http.StatusOK)
			isAt(t, w.Get("/editor"), "/editor")
		}
		page := w.Get("/editor/account")
		if !strings.Contains(page.Text, "<strong>phone</strong>") || strings.Contains(page.Text, "Never used") {
			t.Errorf("the account does not list the passkey: %s", page.Text)
		}
		person, err := w.PersonByEmail(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.Passkeys(t.Context(), person.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("passkeys = %v, %v", list, err)
		}
		remove := fmt.Sprintf("/editor/account/passkeys/%d/remove", list[0].ID)
		stranger := w.Elsewhere()
		stranger.SignInWith(w.Session(w.Person(bob, models.RoleChief)))
		stranger.Submit(remove, nil).WantStatus(t, http.StatusNotFound)
		if removed := w.Submit(remove, nil); !strings.Contains(removed.Text, "The passkey is removed.") {
			t.Errorf("after removing it: %s", removed.Text)
		}
		w.RemoveCookies()
		isRefused(t, w, "a removed passkey", w.Ask(passkeySignIn, phone.Get(w.Ask(passkeyOptions, nil))))
	})
}

func TestAHostileAnswerSignsNobodyIn(t *testing.T) {
	withPasskeys(t, handlers.Options{}, func(t *testing.T, w *handlerstest.Web, phone *handlerstest.Authenticator) {
		other := w.Elsewhere()
		other.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		tablet := handlerstest.NewAuthenticator(t, passkeySite)
		other.AddPasskey(tablet)

		options := w.Ask(passkeyOptions, nil)
		answer := phone.Get(options)
		stolen := challengeIn(t, w, "newsbell_challenge_passkey_")
		w.Ask(passkeySignIn, answer).WantStatus(t, http.StatusOK)
		w.RemoveCookies()
		isRefused(t, w, "a replay", w.Call(http.MethodPost, passkeySignIn, "", answer, "Sec-Fetch-Site", "same-origin", "Cookie", stolen))
		w.Ask(passkeyOptions, nil)
		isRefused(t, w, "the answer to an earlier challenge", w.Ask(passkeySignIn, answer))
		isRefused(t, w, "an answer without a challenge", w.Ask(passkeySignIn, phone.Get(options)))

		lies := map[string]func(a *handlerstest.Authenticator){
			"another site":        func(a *handlerstest.Authenticator) { a.Origin = "http://localhost.evil.example" },
			"another port":        func(a *handlerstest.Authenticator) { a.Origin = "http://localhost:8081" },
			"an unverified user":  func(a *handlerstest.Authenticator) { a.Unverified = true },
			"another's handle":    func(a *handlerstest.Authenticator) { a.Handle = tablet.Handle },
			"another's passkey":   func(a *handlerstest.Authenticator) { a.Handle, a.ID = tablet.Handle, tablet.ID },
			"an unknown passkey":  func(a *handlerstest.Authenticator) { a.ID = []byte("unknown") },
			"an unknown person":   func(a *handlerstest.Authenticator) { a.Handle = []byte("unknown") },
			"a missing handle":    func(a *handlerstest.Authenticator) { a.Handle = nil },
			"an oversized handle": func(a *handlerstest.Authenticator) { a.Handle = make([]byte, 1000) },
		}
		for what, lie := range lies {
			liar := *phone
			lie(&liar)
			isRefused(t, w, what, w.Ask(passkeySignIn, liar.Get(w.Ask(passkeyOptions, nil))))
		}
		for _, nonsense := range []string{"", "{", "null", "[]", `{"id":"x","rawId":"x","type":"public-key"}`} {
			w.Ask(passkeyOptions, nil)
			isRefused(t, w, nonsense, w.Ask(passkeySignIn, nonsense))
		}
		w.Ask(passkeyOptions, nil)
		w.Ask(passkeySignIn, strings.Repeat("x", 17<<10)).WantStatus(t, http.StatusRequestEntityTooLarge)

		late := phone.Get(w.Ask(passkeyOptions, nil))
		cookie := challengeIn(t, w, "newsbell_challenge_passkey_")
		w.Clock.Advance(models.ChallengeLife)
		isRefused(t, w, "an expired challenge", w.Call(http.MethodPost, passkeySignIn, "", late, "Sec-Fetch-Site", "same-origin", "Cookie", cookie))
		w.Call(http.MethodPost, passkeySignIn, "", late, "Sec-Fetch-Site", "cross-site").WantStatus(t, http.StatusForbidden)
	})
}

// challengeIn returns the cookie of a browser's latest challenge.
func challengeIn(t *testing.T, w *handlerstest.Web, prefix string) string {
	t.Helper()
	open := w.CookiesOf(prefix)
	if len(open) == 0 {
		t.Fatal("no challenge is open")
	}
	return open[len(open)-1]
}

func TestEachOpenTabAnswersItsOwnChallenge(t *testing.T) {
	withPasskeys(t, handlers.Options{}, func(t *testing.T, w *handlerstest.Web, phone *handlerstest.Authenticator) {
		first, second := w.Ask(passkeyOptions, nil), w.Ask(passkeyOptions, nil)
		w.Ask(passkeySignIn, phone.Get(first)).WantStatus(t, http.StatusOK)
		w.Ask(passkeySignIn, phone.Get(second)).WantStatus(t, http.StatusOK)
		var options handlerstest.Answer
		for range 12 {
			options = w.Ask(passkeyOptions, nil)
		}
		if open := w.CookiesOf("newsbell_challenge_"); len(open) != 8 {
			t.Errorf("%d challenges are open; want at most 8: %v", len(open), open)
		}
		w.Ask(passkeySignIn, phone.Get(options)).WantStatus(t, http.StatusOK)
	})
}

func TestACopiedPasskeyIsSuspended(t *testing.T) {
	var log handlerstest.Log
	withPasskeys(t, handlers.Options{Log: log.Logger()}, func(t *testing.T, w *handlerstest.Web, phone *handlerstest.Authenticator) {
		copied := *phone
		w.Ask(passkeySignIn, phone.Get(w.Ask(passkeyOptions, nil))).WantStatus(t, http.StatusOK)
		w.RemoveCookies()
		refused := w.Ask(passkeySignIn, copied.Get(w.Ask(passkeyOptions, nil)))
		if refused.WantStatus(t, http.StatusUnprocessableEntity); !strings.Contains(refused.Text, "seems to have been copied") {
			t.Errorf("answer = %s", refused.Text)
		}
		if said := log.Take(); !strings.Contains(said, "seems to have been copied") {
			t.Errorf("log = %q", said)
		}
		isRefused(t, w, "a suspended passkey", w.Ask(passkeySignIn, phone.Get(w.Ask(passkeyOptions, nil))))
		w.SignInAs(ada)
		if page := w.Get("/editor/account"); !strings.Contains(page.Text, "It seems to have been copied") {
			t.Error("the account does not say so")
		}
	})
}

func TestAPasskeyIsAddedOnlyByItsPersonSoonAfterSigningIn(t *testing.T) {
	withPasskeys(t, handlers.Options{}, func(t *testing.T, w *handlerstest.Web, _ *handlerstest.Authenticator) {
		const path = "/editor/account/passkeys"
		tablet := handlerstest.NewAuthenticator(t, passkeySite)
		bobs := w.Elsewhere()
		bobs.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		made := map[string]any{"name": "tablet", "credential": tablet.Create(bobs.Ask(path+"/options", nil))}
		person, err := w.PersonByEmail(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		session := w.Session(person)
		refused := w.Call(http.MethodPost, path, "", made, "Sec-Fetch-Site", "same-origin",
			"Cookie", "newsbell_editor="+session+"; "+challengeIn(t, bobs, "newsbell_challenge_add_passkey_"))
		refused.WantStatus(t, http.StatusUnprocessableEntity)
		bobs.Ask(path, made).WantStatus(t, http.StatusUnprocessableEntity) // the challenge has been used up
		made["credential"] = tablet.Create(bobs.Ask(path+"/options", nil))
		made["name"] = " "
		if unnamed := bobs.Ask(path, made); !strings.Contains(unnamed.Text, "Name of the passkey is required.") {
			t.Errorf("without a name: %s", unnamed.Text)
		}
		bobs.AddPasskey(tablet)
		made["name"], made["credential"] = "tablet", tablet.Create(bobs.Ask(path+"/options", nil))
		if again := bobs.Ask(path, made); !strings.Contains(again.Text, "already been added") {
			t.Errorf("again: %s", again.Text)
		}
		tablet.Unverified = true
		made["credential"] = tablet.Create(bobs.Ask(path+"/options", nil))
		bobs.Ask(path, made).WantStatus(t, http.StatusUnprocessableEntity)

		w.Clock.Advance(11 * time.Minute)
		if late := bobs.Ask(path+"/options", nil); late.StatusCode != http.StatusForbidden || !strings.Contains(late.Text, "signed in too long ago") {
			t.Errorf("too late: %d", late.StatusCode)
		}
		if page := bobs.Get("/editor/account"); strings.Contains(page.Text, "data-adds-passkey") || !strings.Contains(page.Text, "sign out and sign in again") {
			t.Error("the page offers what is refused, or does not say why")
		}
	})
}

func TestWrongPasskeysAndChallengesAreLimited(t *testing.T) {
	withPasskeys(t, handlers.Options{GuessLimit: 4}, func(t *testing.T, w *handlerstest.Web, phone *handlerstest.Authenticator) {
		options := w.Ask(passkeyOptions, nil)
		for range 4 {
			w.Ask(passkeySignIn, "{}").WantStatus(t, http.StatusUnprocessableEntity)
		}
		w.Ask(passkeySignIn, phone.Get(options)).WantStatus(t, http.StatusTooManyRequests)
		for range 3 {
			w.Ask(passkeyOptions, nil).WantStatus(t, http.StatusOK)
		}
		w.Ask(passkeyOptions, nil).WantStatus(t, http.StatusTooManyRequests)
	})
}

func TestPasskeysAreOfferedOnlyWhereBrowsersUseThem(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{BaseURL: "http://news.example"}, func(t *testing.T, w *handlerstest.Web) {
		w.Join(ada, models.RoleEditor)
		if page := w.Get("/editor/account"); strings.Contains(page.Text, "data-adds-passkey") || !strings.Contains(page.Text, "address begins with https") {
			t.Error("the account offers a passkey, or does not say why not")
		}
		w.Ask(passkeyOptions, nil).WantStatus(t, http.StatusNotFound)
		w.Ask("/editor/account/passkeys/options", nil).WantStatus(t, http.StatusNotFound)
		w.RemoveCookies()
		if page := w.Get("/editor/sign-in"); strings.Contains(page.Text, "passkey") || strings.Contains(page.Text, "webauthn") {
			t.Error("the sign-in offers a passkey")
		}
	})
}
