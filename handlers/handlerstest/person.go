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
