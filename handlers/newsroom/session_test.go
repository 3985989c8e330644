package newsroom_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/secrets"
)

func TestASessionsCookieIsOnlyForThisSite(t *testing.T) {
	handlerstest.OnBothWith(t, handlers.Options{BaseURL: "https://news.example"}, func(t *testing.T, w *handlerstest.Web) {
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		answer := w.Submit("/editor/sign-in", url.Values{"token": {w.Token}})
		answer.WantStatus(t, http.StatusSeeOther)
		if len(answer.Cookies()) != 1 {
			t.Fatalf("cookies = %v; want one", answer.Cookies())
		}
		cookie := answer.Cookies()[0]
		if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || strings.Contains(cookie.Value, w.Token) {
			t.Errorf("cookie = %v", cookie)
		}
		session, err := w.SessionBySecret(t.Context(), cookie.Value)
		if err != nil || !bytes.Equal(session.SecretHash, secrets.Hash(cookie.Value)) {
			t.Errorf("the database has %x (%v); want a hash of the cookie's value", session.SecretHash, err)
		}
	})
}

func TestSigningInAgainStartsANewSession(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		site, err := url.Parse(w.Origin)
		if err != nil {
			t.Fatal(err)
		}
		signIn := func() string {
			w.SignIn()
			return w.Client.Jar.Cookies(site)[0].Value
		}
		first := signIn()
		if second := signIn(); first == second {
			t.Error("the session kept its ID")
		}
		w.Client.Jar = nil
		if page := w.Send(http.MethodGet, "/editor", nil, "Cookie", "newsbell_editor="+first); page.Request.URL.Path != "/editor/sign-in" {
			t.Error("the old session is still valid")
		}
	})
}

func TestASessionEndsAfterAWorkingDay(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		w.Clock.Advance(11 * time.Hour)
		if page := w.Get("/editor"); page.Request.URL.Path != "/editor" {
			t.Error("signed out too early")
		}
		w.Clock.Advance(2 * time.Hour)
		if page := w.Get("/editor"); page.Request.URL.Path != "/editor/sign-in" {
			t.Error("still signed in")
		}
	})
}

func TestAFormOfAnotherSiteIsBlocked(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		alert := w.PublishDraft(models.Draft{Outage: "messages-down"}).Alert
		w.SignIn()
		form := url.Values{"kind": {"resolution"}, "alert": {"all"}, "headline": {"Forged"}, "do": {"publish"}}
		for _, path := range []string{"/editor/outages/messages-down/updates", "/editor/alerts/1/stop", "/editor/sign-out"} {
			answer := w.Send(http.MethodPost, path, strings.NewReader(form.Encode()),
				"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")
			answer.WantStatus(t, http.StatusForbidden)
			if answer.Header.Get("Content-Security-Policy") == "" || !strings.Contains(answer.Text, "another site") {
				t.Errorf("%s: %v %s", path, answer.Header, answer.Text)
			}
		}
		outage, err := w.Store.Outage(t.Context(), "messages-down")
		if err != nil || outage.State != models.Ongoing {
			t.Errorf("outage = %+v, %v; want it ongoing", outage, err)
		}
		if found, err := w.Alert(t.Context(), alert.ID); err != nil || found.State != models.Holding {
			t.Errorf("alert = %+v, %v; want it as it was", found, err)
		}
		if page := w.Get("/editor"); page.Request.URL.Path != "/editor" {
			t.Error("signed out by another site")
		}
	})
}

func TestAFormWithoutAnOriginIsBlocked(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		alert := w.PublishDraft(models.Draft{Outage: "messages-down"}).Alert
		w.SignIn()
		form := url.Values{"token": {w.Token}, "kind": {"resolution"}, "alert": {"all"}, "headline": {"Forged"}, "do": {"publish"}}
		paths := []string{"/editor/sign-in", "/editor/outages/messages-down/updates", "/editor/alerts/1/stop", "/editor/sign-out"}
		for _, path := range paths {
			for _, origin := range []string{"", "null", "https://evil.example"} {
				w.Send(http.MethodPost, path, strings.NewReader(form.Encode()),
					"Content-Type", "application/x-www-form-urlencoded", "Origin", origin).WantStatus(t, http.StatusForbidden)
			}
		}
		if found, err := w.Alert(t.Context(), alert.ID); err != nil || found.State != models.Holding {
			t.Errorf("alert = %+v, %v; want it as it was", found, err)
		}
		w.Send(http.MethodPost, "/editor/alerts/1/stop", nil, "Origin", w.Origin).WantStatus(t, http.StatusOK)
	})
	handlerstest.OnBothWith(t, handlers.Options{BaseURL: "https://news.example"}, func(t *testing.T, w *handlerstest.Web) {
		// A proxy has put its own address into Host.
		answer := w.Send(http.MethodPost, "/editor/sign-in", strings.NewReader("token=wrong"),
			"Content-Type", "application/x-www-form-urlencoded", "Origin", "https://news.example")
		answer.WantStatus(t, http.StatusUnprocessableEntity)
	})
}

func TestOnlyThePublishButtonPublishes(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		form := url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Half a thought"}}
		const path = "/editor/outages/messages-down/updates"
		w.Submit(path, form).WantStatus(t, http.StatusOK)
		form.Set("body", strings.Repeat("x", 64<<10))
		form.Set("do", "publish")
		w.Submit(path, form).WantStatus(t, http.StatusRequestEntityTooLarge)
		w.Send(http.MethodPost, path, strings.NewReader("headline=%zz&do=publish"), "Sec-Fetch-Site", "same-origin",
			"Content-Type", "application/x-www-form-urlencoded").WantStatus(t, http.StatusBadRequest)
		w.WantNothingPublished()
	})
}
