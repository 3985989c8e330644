package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// maxForm is the largest form that is read: a body of the API, encoded.
const maxForm = 4 * maxBody

func (s *server) routeEditor(engine *gin.Engine) {
	group := engine.Group("/editor", limitForm)
	on := func(group *gin.RouterGroup, method, path string, do func(*gin.Context) error) {
		handler := func(c *gin.Context) {
			c.Header("Cache-Control", "no-store")
			if err := do(c); err != nil {
				s.fail(c, err)
			}
		}
		group.Handle(method, path, handler)
		if method == http.MethodGet {
			group.HEAD(path, handler)
		}
	}
	on(group, http.MethodGet, "/sign-in", s.signInPage)
	on(group, http.MethodPost, "/sign-in", s.signIn)
	desk := group.Group("", s.signedIn)
	on(desk, http.MethodPost, "/sign-out", s.signOut)
	on(desk, http.MethodGet, "", s.editorFrontPage)
	on(desk, http.MethodGet, "/outages/:slug", s.editorOutagePage)
	on(desk, http.MethodPost, "/outages/:slug/updates", s.editorPublish)
	on(desk, http.MethodGet, "/alerts/:id", s.editorAlert)
	on(desk, http.MethodPost, "/alerts/:id/stop", s.editorStop)
}

func limitForm(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
}

func (s *server) editorFrontPage(c *gin.Context) error {
	outages, err := s.store.Outages(c.Request.Context(), maxListed)
	if err != nil {
		return err
	}
	page := static.EditorFrontPage{Actor: actor(c).Name}
	for _, outage := range outages {
		page.Outages = append(page.Outages, outageView(outage))
	}
	return s.pages.EditorFront(c.Writer, page)
}

func (s *server) editorOutagePage(c *gin.Context) error {
	return s.showDesk(c, static.EditorOutagePage{})
}

// editorPublish previews who a draft reaches, or publishes it. Only the button
// that says so publishes.
func (s *server) editorPublish(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		s.failWith(c, formStatus(err))
		return nil
	}
	ctx := c.Request.Context()
	draft := formDraft(c)
	page := static.EditorOutagePage{Draft: draftView(draft)}
	var err error
	if c.PostForm("do") != "publish" {
		if page.Preview, err = s.preview(ctx, draft); err != nil {
			return s.showProblems(c, page, err)
		}
		return s.showDesk(c, page)
	}
	published, err := s.publish(ctx, draft)
	if err != nil {
		return s.showProblems(c, page, err)
	}
	c.Redirect(http.StatusSeeOther, fmt.Sprintf("%s/editor/outages/%s#update-%d", s.site.Root(), draft.Outage, published.Update.ID))
	return nil
}

// preview is who would get a draft's alert now, and what it shows them.
func (s *server) preview(ctx context.Context, d models.Draft) (*static.EditorPreview, error) {
	reach, err := s.store.Reach(ctx, d)
	if err != nil {
		return nil, err
	}
	asleep, err := s.store.Asleep(ctx, d)
	if err != nil {
		return nil, err
	}
	outage, err := s.store.Outage(ctx, d.Outage)
	if err != nil {
		return nil, err
	}
	preview := &static.EditorPreview{Reach: reach, Asleep: asleep, SendsAlert: d.Alert != models.AlertNone}
	preview.Title, preview.Body = s.notifications.Preview(outage, d)
	return preview, nil
}

// editorAlert is what the desk's script asks while an alert goes out.
func (s *server) editorAlert(c *gin.Context) error {
	id, err := alertID(c)
	if err != nil {
		return err
	}
	found, err := s.alert(c.Request.Context(), id)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, struct {
		State string `json:"state"`
		counts
	}{found.State, found.Counts})
	return nil
}

func (s *server) editorStop(c *gin.Context) error {
	ctx := c.Request.Context()
	id, err := alertID(c)
	if err != nil {
		return err
	}
	found, err := s.store.Alert(ctx, id)
	if err != nil {
		return err
	}
	// An alert that ended a moment ago is not the editor's mistake.
	if err := s.store.StopAlert(ctx, id, actor(c).Actor()); err != nil && !errors.Is(err, models.ErrConflict) {
		return err
	}
	c.Redirect(http.StatusSeeOther, fmt.Sprintf("%s/editor/outages/%s#update-%d", s.site.Root(), found.Outage.Slug, found.UpdateID))
	return nil
}

func (s *server) showProblems(c *gin.Context, page static.EditorOutagePage, err error) error {
	if invalid, ok := errors.AsType[*models.Invalid](err); ok {
		for _, p := range invalid.Problems {
			page.Problems = append(page.Problems, static.EditorProblem{Field: p.Field, Words: p.Message})
		}
	} else if errors.Is(err, models.ErrConflict) {
		page.Problems = []static.EditorProblem{{Words: "The outage is resolved: only a correction can be published."}}
	} else {
		return err
	}
	return s.showDesk(c, page)
}

// showDesk fills in what every form of an outage shows.
func (s *server) showDesk(c *gin.Context, page static.EditorOutagePage) error {
	ctx := c.Request.Context()
	outage, err := s.store.Outage(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	apps, err := s.store.Apps(ctx)
	if err != nil {
		return err
	}
	if page.Updates, err = s.editorUpdates(c, outage); err != nil {
		return err
	}
	page.Actor, page.Outage, page.Apps = actor(c).Name, outageView(outage), appViews(apps)
	return s.pages.EditorOutage(c.Writer, page)
}

func (s *server) editorUpdates(c *gin.Context, outage models.Outage) ([]static.EditorUpdate, error) {
	ctx := c.Request.Context()
	updates, err := s.store.Updates(ctx, outage)
	if err != nil {
		return nil, err
	}
	alerts, err := s.store.AlertsOf(ctx, outage)
	if err != nil {
		return nil, err
	}
	catchUps, err := s.store.CatchUpsOf(ctx, outage)
	if err != nil {
		return nil, err
	}
	views := make([]static.EditorUpdate, len(updates))
	for i, update := range updateViews(updates) {
		views[i].Update = update
		if alert, ok := alerts[update.ID]; ok {
			if views[i].Alert, err = s.editorAlertView(ctx, alert); err != nil {
				return nil, err
			}
		}
		for _, alert := range catchUps[update.ID] {
			view, err := s.editorAlertView(ctx, alert)
			if err != nil {
				return nil, err
			}
			if view.Active() {
				views[i].CatchUps = append(views[i].CatchUps, *view)
			} else {
				views[i].CaughtUp += view.Accepted
			}
		}
	}
	return views, nil
}

func (s *server) editorAlertView(ctx context.Context, alert models.Alert) (*static.EditorAlert, error) {
	counts, err := s.store.Counts(ctx, alert)
	return &static.EditorAlert{
		ID: alert.ID, State: string(alert.State), HoldUntil: alert.HoldUntil,
		Audience: counts.Audience, Accepted: counts.Accepted, Gone: counts.Gone,
		Failed: counts.Failed, Waiting: counts.Waiting, Deferred: counts.Deferred, Remaining: counts.Remaining(),
		Shown: counts.Shown, Clicked: counts.Clicked, Dismissed: counts.Dismissed,
	}, err
}

func formStatus(err error) int {
	if _, isTooLong := errors.AsType[*http.MaxBytesError](err); isTooLong {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

func formDraft(c *gin.Context) models.Draft {
	d := models.Draft{
		Outage: c.Param("slug"), Actor: actor(c).Actor(),
		Kind: models.UpdateKind(c.PostForm("kind")), Alert: models.AlertLevel(c.PostForm("alert")),
		Headline: c.PostForm("headline"), Body: c.PostForm("body"),
		Apps: c.PostFormArray("apps"), States: map[string]models.AppState{},
	}
	for name, values := range c.Request.PostForm {
		if slug, ok := strings.CutPrefix(name, "state."); ok && values[0] != "" {
			d.States[slug] = models.AppState(values[0])
		}
	}
	if d.Kind == models.Correction { // of other kinds the form does not show it
		d.Corrects = formNumber(c.PostForm("corrects"))
	}
	return d
}

// formNumber reads an ID that a form chose; 0 if none, and one that nothing has
// if it is not a number.
func formNumber(text string) int64 {
	if text == "" {
		return 0
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return number
}

func draftView(d models.Draft) static.EditorDraft {
	view := static.EditorDraft{
		Kind: string(d.Kind), Alert: string(d.Alert), Headline: d.Headline, Body: d.Body, Corrects: d.Corrects,
		Apps: map[string]bool{}, States: map[string]string{},
	}
	for _, slug := range d.Apps {
		view.Apps[slug] = true
	}
	for slug, state := range d.States {
		view.States[slug] = string(state)
	}
	return view
}

func alertID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return 0, models.ErrNotFound
	}
	return id, nil
}
