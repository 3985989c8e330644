package handlerstest

import (
	"net/http"
	"net/url"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// Join makes a person and signs them in. The client keeps the cookie.
func (w *Web) Join(email string, role models.Role) models.Person {
	w.t.Helper()
	person := w.Person(email, role)
	w.SignInAs(email)
	return person
}

// SignInAs signs in a person that Join or Person has made.
func (w *Web) SignInAs(email string) {
	w.t.Helper()
	w.Submit("/editor/sign-in", url.Values{"email": {email}, "password": {modelstest.Password}}).WantStatus(w.t, http.StatusOK)
}

// Elsewhere returns the same web with a client of its own, as another browser has.
func (w *Web) Elsewhere() *Web {
	w.t.Helper()
	other := *w
	other.Client = &http.Client{Jar: newJar(w.t), Transport: w.Client.Transport}
	return &other
}

// SignInWith gives the client the secret of a session, which is faster than a password.
func (w *Web) SignInWith(session string) {
	w.t.Helper()
	site, err := url.Parse(w.Origin)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Client.Jar.SetCookies(site, []*http.Cookie{{Name: "newsbell_editor", Value: session, Path: "/"}})
}
