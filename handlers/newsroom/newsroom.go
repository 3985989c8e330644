// Package newsroom is the editors' part of the site: they sign in, preview a draft and
// the number of readers it reaches, publish it, watch its alert and stop it. Chiefs invite
// and remove people, and make tokens. It works without JavaScript.
package newsroom

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/limit"
	"newsbell/handlers/openid"
	"newsbell/handlers/passkeys"
	"newsbell/handlers/publish"
	"newsbell/handlers/respond"
	"newsbell/handlers/watching"
	"newsbell/models"
	"newsbell/static"
)

// maxForm is the maximum size of a form, in bytes: four times the API's maximum, because
// forms are URL-encoded.
const maxForm = 64 << 10

// Options are the dependencies of the newsroom.
type Options struct {
	Store     *models.Store
	Publisher *publish.Publisher
	Watching  *watching.Hub
	Site      static.Site
	Pages     *static.Pages
	// Notifications builds the notifications for previews.
	Notifications models.Notifications
	// TimeZone is that in which updates are scheduled.
	TimeZone *time.Location
	Errors   *respond.Errors
	Clients  *limit.Clients
	// Guesses limits wrong tokens and passwords by client, PasswordGuesses wrong passwords
	// by email address.
	Guesses, PasswordGuesses *limit.Guesses
	// Passkeys is nil if browsers do not use passkeys at the site's address.
	Passkeys *passkeys.RelyingParty
	// OpenID is nil without an identity provider.
	OpenID *openid.Provider
	Log    *slog.Logger
}

// Newsroom has the handlers of all its pages.
type Newsroom struct {
	store         *models.Store
	publisher     *publish.Publisher
	watching      *watching.Hub
	site          static.Site
	pages         *static.Pages
	notifications models.Notifications
	timeZone      *time.Location
	errors        *respond.Errors
	clients       *limit.Clients

	audiences                *audiences
	guesses, passwordGuesses *limit.Guesses
	passkeys                 *passkeys.RelyingParty
	openID                   *openid.Provider
	log                      *slog.Logger
}

// New returns a newsroom.
func New(o Options) *Newsroom {
	return &Newsroom{
		store: o.Store, publisher: o.Publisher, watching: o.Watching, site: o.Site, pages: o.Pages, notifications: o.Notifications, timeZone: o.TimeZone,
		errors: o.Errors, clients: o.Clients, guesses: o.Guesses, passwordGuesses: o.PasswordGuesses,
		passkeys: o.Passkeys, openID: o.OpenID, log: o.Log, audiences: newAudiences(o.Store),
	}
}

// Owns reports whether a request is for the newsroom.
func Owns(r *http.Request) bool {
	return r.URL.Path == "/editor" || strings.HasPrefix(r.URL.Path, "/editor/")
}

// Route registers the newsroom's pages.
func (n *Newsroom) Route(engine *gin.Engine) {
	everybody := engine.Group("/editor", limitForm)
	n.handle(everybody, http.MethodGet, "/sign-in", n.signInPage)
	n.handle(everybody, http.MethodPost, "/sign-in", n.signIn)
	n.handle(everybody, http.MethodGet, "/invitations/:secret", n.invitationPage)
	n.handle(everybody, http.MethodPost, "/invitations/:secret", n.acceptInvitation)

	withPasskeys := everybody.Group("/passkeys", n.needPasskeys)
	n.handle(withPasskeys, http.MethodPost, "/options", n.beginPasskeySignIn)
	n.handle(withPasskeys, http.MethodPost, "/sign-in", n.signInWithPasskey)

	withOpenID := everybody.Group("/openid", n.needOpenID)
	n.handle(withOpenID, http.MethodGet, "", n.beginOpenID)
	n.handle(withOpenID, http.MethodGet, "/callback", n.finishOpenID)

	viewers := everybody.Group("", n.needSession)
	n.handle(viewers, http.MethodPost, "/sign-out", n.signOut)
	n.handle(viewers, http.MethodGet, "", n.frontPage)
	n.handle(viewers, http.MethodGet, "/outages/:slug", n.outagePage)
	n.handle(viewers, http.MethodGet, "/outages/:slug/presence", n.getPresence)
	n.handle(viewers, http.MethodGet, "/alerts/:id", n.alertPage)
	n.handle(viewers, http.MethodGet, "/alerts/:id/counts", n.getAlert)
	n.handle(viewers, http.MethodGet, "/alerts/:id/events", n.alertEvents)
	n.handle(viewers, http.MethodGet, "/apps", n.appsPage)

	editors := viewers.Group("", n.needRole(models.RoleEditor))
	n.handle(editors, http.MethodGet, "/new-outage", n.newOutagePage)
	n.handle(editors, http.MethodGet, "/new-drill", n.newDrillPage)
	n.handle(editors, http.MethodPost, "/outages", n.openOutage)
	drillers := editors.Group("/outages/:slug", n.needPerson)
	n.handle(drillers, http.MethodPost, "/follow", n.followDrill)
	n.handle(drillers, http.MethodPost, "/unfollow", n.unfollowDrill)
	n.handle(editors, http.MethodGet, "/outages/:slug/edit", n.editOutagePage)
	n.handle(editors, http.MethodPost, "/outages/:slug/edit", n.editOutage)
	n.handle(editors, http.MethodPost, "/outages/:slug/close", n.closeOutage)
	n.handle(editors, http.MethodPost, "/outages/:slug/reopen", n.reopenOutage)
	n.handle(editors, http.MethodPost, "/outages/:slug/updates", n.submitUpdate)
	n.handle(editors, http.MethodPost, "/outages/:slug/draft", n.autosaveDraft)
	n.handle(editors, http.MethodPost, "/outages/:slug/audience", n.getAudience)
	n.handle(editors, http.MethodPost, "/alerts/:id/stop", n.stopAlert)
	n.handle(editors, http.MethodPost, "/scheduled/:id/unschedule", n.unschedule)
	n.handle(editors, http.MethodPost, "/scheduled/:id/delete", n.deleteScheduled)
	n.handle(editors, http.MethodGet, "/approvals/:id", n.approvalPage)
	n.handle(editors, http.MethodPost, "/approvals/:id/approve", n.approve)
	n.handle(editors, http.MethodPost, "/approvals/:id/return", n.returnDraft)
	n.handle(editors, http.MethodPost, "/apps", n.createApp)
	n.handle(editors, http.MethodGet, "/apps/:slug", n.appPage)
	n.handle(editors, http.MethodPost, "/apps/:slug", n.editApp)
	n.handle(editors, http.MethodPost, "/apps/:slug/retire", n.retireApp)
	n.handle(editors, http.MethodPost, "/apps/:slug/restore", n.restoreApp)

	n.routeAccount(viewers.Group("/account", n.needPerson))
	chiefs := viewers.Group("", n.needRole(models.RoleChief))
	n.routePeople(chiefs.Group("/people"))
	n.handle(chiefs, http.MethodGet, "/tokens", n.tokensPage)
	n.handle(chiefs, http.MethodPost, "/tokens", n.createToken)
	n.handle(chiefs, http.MethodPost, "/tokens/revoke", n.revokeToken)
	n.handle(chiefs, http.MethodGet, "/policy", n.policyPage)
	n.handle(chiefs, http.MethodPost, "/policy", n.setPolicy)
}

func (n *Newsroom) routeAccount(people *gin.RouterGroup) {
	n.handle(people, http.MethodGet, "", n.accountPage)
	n.handle(people, http.MethodPost, "/name", n.changeName)
	n.handle(people, http.MethodPost, "/password", n.changePassword)
	n.handle(people, http.MethodPost, "/sessions/:id/end", n.endOneSession)
	n.handle(people, http.MethodPost, "/sign-out-everywhere", n.signOutEverywhere)
	n.handle(people, http.MethodPost, "/passkeys/:id/remove", n.removePasskey)
	n.handle(people, http.MethodPost, "/browsers", n.linkBrowser)
	n.handle(people, http.MethodPost, "/browsers/:id/unlink", n.unlinkBrowser)

	withPasskeys := people.Group("", n.needPasskeys)
	n.handle(withPasskeys, http.MethodGet, "/welcome", n.welcomePage)
	n.handle(withPasskeys, http.MethodPost, "/passkeys/options", n.beginPasskey)
	n.handle(withPasskeys, http.MethodPost, "/passkeys", n.addPasskey)
}

func (n *Newsroom) routePeople(chiefs *gin.RouterGroup) {
	n.handle(chiefs, http.MethodGet, "", n.peoplePage)
	n.handle(chiefs, http.MethodPost, "/invitations", n.invite)
	n.handle(chiefs, http.MethodPost, "/invitations/:id/withdraw", n.withdrawInvitation)
	n.handle(chiefs, http.MethodGet, "/:id", n.personPage)
	n.handle(chiefs, http.MethodPost, "/:id/role", n.changeRole)
	n.handle(chiefs, http.MethodPost, "/:id/reset", n.makeResetLink)
	n.handle(chiefs, http.MethodPost, "/:id/remove", n.removePerson)
}

func limitForm(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
}

// handle registers a handler, and answers with its error if it returns one.
func (n *Newsroom) handle(group *gin.RouterGroup, method, path string, do func(*gin.Context) error) {
	handler := func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		if err := do(c); err != nil {
			n.errors.Fail(c, err)
		}
	}
	group.Handle(method, path, handler)
	if method == http.MethodGet {
		group.HEAD(path, handler)
	}
}
