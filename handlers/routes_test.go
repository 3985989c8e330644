package handlers_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

// Who is admitted to a route: everybody who signs in with one of these roles, or the
// holder of a token or of a reader's secret.
const (
	forEverybody    = "everybody"
	forReader       = "reader"           // the secret of a subscription
	forReading      = "read"             // a token with the scope read, in the API
	forWriting      = "publish"          // a token with the scope publish, in the API
	forViewer       = "viewer"           // any role, or a token while there are no people
	forEditor       = "editor"           // editors and chiefs, or a token while there are no people
	forChief        = "chief"            // chiefs
	forEditorPerson = "editor, no token" // editors and chiefs, and no token
	forPerson       = "any person"       // any role, and no token
)

// admitted says who is admitted to each route of the newsroom and the API.
var admitted = map[string]string{
	"GET /editor/sign-in":                             forEverybody,
	"POST /editor/sign-in":                            forEverybody,
	"GET /editor/invitations/:secret":                 forEverybody,
	"POST /editor/invitations/:secret":                forEverybody,
	"GET /editor/openid":                              forEverybody,
	"GET /editor/openid/callback":                     forEverybody,
	"POST /editor/passkeys/options":                   forEverybody,
	"POST /editor/passkeys/sign-in":                   forEverybody,
	"POST /editor/sign-out":                           forViewer,
	"GET /editor":                                     forViewer,
	"GET /editor/outages/:slug":                       forViewer,
	"GET /editor/outages/:slug/presence":              forViewer,
	"GET /editor/alerts/:id":                          forViewer,
	"GET /editor/alerts/:id/counts":                   forViewer,
	"GET /editor/alerts/:id/events":                   forViewer,
	"GET /editor/new-outage":                          forEditor,
	"GET /editor/new-drill":                           forEditor,
	"POST /editor/outages/:slug/follow":               forEditorPerson,
	"POST /editor/outages/:slug/unfollow":             forEditorPerson,
	"POST /editor/outages":                            forEditor,
	"GET /editor/outages/:slug/edit":                  forEditor,
	"POST /editor/outages/:slug/close":                forEditor,
	"POST /editor/outages/:slug/reopen":               forEditor,
	"POST /editor/outages/:slug/edit":                 forEditor,
	"GET /editor/apps":                                forViewer,
	"POST /editor/apps":                               forEditor,
	"GET /editor/apps/:slug":                          forEditor,
	"POST /editor/apps/:slug/retire":                  forEditor,
	"POST /editor/apps/:slug/restore":                 forEditor,
	"POST /editor/apps/:slug":                         forEditor,
	"POST /editor/outages/:slug/updates":              forEditor,
	"POST /editor/outages/:slug/draft":                forEditor,
	"POST /editor/outages/:slug/audience":             forEditor,
	"POST /editor/alerts/:id/stop":                    forEditor,
	"POST /editor/scheduled/:id/unschedule":           forEditor,
	"POST /editor/scheduled/:id/delete":               forEditor,
	"GET /editor/approvals/:id":                       forEditor,
	"POST /editor/approvals/:id/approve":              forEditor,
	"POST /editor/approvals/:id/return":               forEditor,
	"GET /editor/policy":                              forChief,
	"POST /editor/policy":                             forChief,
	"GET /editor/account":                             forPerson,
	"POST /editor/account/name":                       forPerson,
	"POST /editor/account/password":                   forPerson,
	"POST /editor/account/sessions/:id/end":           forPerson,
	"POST /editor/account/sign-out-everywhere":        forPerson,
	"POST /editor/account/browsers":                   forPerson,
	"POST /editor/account/browsers/:id/unlink":        forPerson,
	"GET /editor/account/welcome":                     forPerson,
	"POST /editor/account/passkeys/options":           forPerson,
	"POST /editor/account/passkeys":                   forPerson,
	"POST /editor/account/passkeys/:id/remove":        forPerson,
	"GET /editor/people":                              forChief,
	"POST /editor/people/invitations":                 forChief,
	"POST /editor/people/invitations/:id/withdraw":    forChief,
	"GET /editor/people/:id":                          forChief,
	"POST /editor/people/:id/role":                    forChief,
	"POST /editor/people/:id/reset":                   forChief,
	"POST /editor/people/:id/remove":                  forChief,
	"GET /editor/tokens":                              forChief,
	"POST /editor/tokens":                             forChief,
	"POST /editor/tokens/revoke":                      forChief,
	"GET /api/v1/vapid-key":                           forEverybody,
	"GET /api/v1/apps/:slug":                          forEverybody,
	"GET /api/v1/outages/:slug":                       forEverybody,
	"POST /api/v1/subscriptions":                      forEverybody,
	"POST /api/v1/receipts":                           forEverybody,
	"GET /api/v1/openapi.json":                        forEverybody,
	"GET /api/v1/openapi.yaml":                        forEverybody,
	"GET /api/v1/openapi-3.0.json":                    forEverybody,
	"GET /api/v1/openapi-3.0.yaml":                    forEverybody,
	"GET /api/v1/subscription":                        forReader,
	"PATCH /api/v1/subscription":                      forReader,
	"DELETE /api/v1/subscription":                     forReader,
	"GET /api/v1/subscription/data":                   forReader,
	"GET /api/v1/subscription/alerts":                 forReader,
	"POST /api/v1/subscription/notices":               forReader,
	"GET /api/v1/subscription/notices/:id":            forReader,
	"PUT /api/v1/subscription/follows/:kind/:slug":    forReader,
	"DELETE /api/v1/subscription/follows/:kind/:slug": forReader,
	"POST /api/v1/apps":                               forWriting,
	"POST /api/v1/outages":                            forWriting,
	"POST /api/v1/outages/:slug/updates":              forWriting,
	"GET /api/v1/alerts/:id":                          forReading,
	"POST /api/v1/alerts/:id/stop":                    forWriting,
}

// caller is somebody who tries every route.
type caller struct {
	name string
	// cookie returns the secret of a new session, so that signing out ends no other.
	cookie func() string
	bearer string
	// may are those of the table that admit the caller.
	may []string
}

func TestEveryRouteAdmitsOnlyItsRoles(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		routes := editorRoutes(t, w)
		token, err := w.Authenticate(t.Context(), w.Token)
		if err != nil {
			t.Fatal(err)
		}
		tokenSession, err := w.OpenTokenSession(t.Context(), token, "")
		if err != nil {
			t.Fatal(err)
		}
		w.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		nobody := caller{name: "nobody", may: []string{forEverybody}}
		program := caller{name: "a token", bearer: w.Token, may: []string{forEverybody, forReading, forWriting}}
		withScope := func(scope models.Scope, may string) caller {
			_, secret, err := w.CreateToken(t.Context(), models.NewToken{Name: string(scope), Scopes: []models.Scope{scope}})
			if err != nil {
				t.Fatal(err)
			}
			return caller{name: "a token with " + string(scope), bearer: secret, may: []string{forEverybody, may}}
		}
		for _, c := range []caller{nobody, program, withScope(models.ScopeRead, forReading), withScope(models.ScopePublish, forWriting)} {
			c.tryAll(t, w, routes)
		}
		for _, route := range routes { // each with a new session, because one of them signs out
			secret, err := w.OpenTokenSession(t.Context(), token, "")
			if err != nil {
				t.Fatal(err)
			}
			caller{name: "a token's session", cookie: func() string { return secret }, may: []string{forEverybody, forViewer, forEditor}}.try(t, w, route)
		}

		person := func(email string, role models.Role, may ...string) caller {
			p := w.Person(email, role)
			return caller{name: string(role), cookie: func() string { return w.Session(p) }, may: append(may, forEverybody, forPerson, forViewer)}
		}
		for _, c := range []caller{
			nobody, program,
			{name: "a token's session beside people", cookie: func() string { return tokenSession }, may: []string{forEverybody}},
			person("viewer@news.example", models.RoleViewer),
			person("editor@news.example", models.RoleEditor, forEditor, forEditorPerson),
			person("chief@news.example", models.RoleChief, forEditor, forEditorPerson, forChief),
		} {
			c.tryAll(t, w, routes)
		}
	})
}

// editorRoutes returns the routes of the newsroom and the API, such as "GET /editor". Each
// must be in the table, and each of the table must be a route.
func editorRoutes(t *testing.T, w *handlerstest.Web) (routes []string) {
	t.Helper()
	all, err := handlers.Routes(handlers.Options{Store: w.Store, Bus: w.Bus, BaseURL: w.Origin, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range all {
		isGuarded := strings.HasPrefix(r.Path, "/editor") || strings.HasPrefix(r.Path, "/api/")
		if !isGuarded || r.Method == http.MethodHead { // HEAD has the handlers of GET
			continue
		}
		route := r.Method + " " + r.Path
		routes, known[route] = append(routes, route), true
		if admitted[route] == "" {
			t.Errorf("the table does not say who is admitted to %s", route)
		}
	}
	for route := range admitted {
		if !known[route] {
			t.Errorf("%s is in the table, but not a route", route)
		}
	}
	return routes
}

func (c caller) tryAll(t *testing.T, w *handlerstest.Web, routes []string) {
	t.Helper()
	for _, route := range routes {
		c.try(t, w, route)
	}
}

// try calls a route, for things that do not exist, and checks whether the caller is
// admitted.
func (c caller) try(t *testing.T, w *handlerstest.Web, route string) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	path = strings.NewReplacer(":slug", "nowhere", ":id", "999999", ":secret", "unknown", ":kind", "outage").Replace(path)
	headers := []string{"Sec-Fetch-Site", "same-origin", "Content-Type", "application/x-www-form-urlencoded"}
	if strings.HasPrefix(path, "/api/") {
		headers[3] = "application/json"
	}
	if c.cookie != nil {
		headers = append(headers, "Cookie", "newsbell_editor="+c.cookie())
	}
	if c.bearer != "" {
		headers = append(headers, "Authorization", "Bearer "+c.bearer)
	}
	answer := w.Send(method, path, strings.NewReader("{}"), headers...)
	want := false
	for _, who := range c.may {
		want = want || admitted[route] == who
	}
	if got := !isRefused(answer); got != want {
		t.Errorf("%s: %s is admitted: %v (%s); want %v", route, c.name, got, answer.Status, want)
	}
}

// isRefused reports whether an answer sends somebody to sign in, without having signed
// them out, or refuses them.
func isRefused(a handlerstest.Answer) bool {
	switch a.StatusCode {
	case http.StatusSeeOther:
		path, _, _ := strings.Cut(a.Header.Get("Location"), "?")
		return strings.HasSuffix(path, "/editor/sign-in") && a.Header.Get("Set-Cookie") == ""
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	}
	return false
}
