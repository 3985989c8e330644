package newsroom

import (
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

func (n *Newsroom) appsPage(c *gin.Context) error {
	return n.showApps(c, static.EditorAppsPage{})
}

// showApps writes the page of all apps, with the given form.
func (n *Newsroom) showApps(c *gin.Context, page static.EditorAppsPage) error {
	ctx := c.Request.Context()
	apps, err := n.store.Apps(ctx)
	if err != nil {
		return err
	}
	slugs := make([]string, len(apps))
	for i, app := range apps {
		slugs[i] = app.Slug
	}
	followers, err := n.store.CountFollowers(ctx, models.AppTopic, slugs)
	if err != nil {
		return err
	}
	page.Actor = actorOf(c)
	for _, app := range views.Apps(apps) {
		page.Apps = append(page.Apps, static.EditorApp{App: app, Followers: followers[app.Slug]})
	}
	return n.pages.EditorApps(c.Writer, page)
}

// createApp creates an app. Without a slug it gets one from its name.
func (n *Newsroom) createApp(c *gin.Context) error {
	page := static.EditorAppsPage{Name: c.PostForm("name"), Slug: c.PostForm("slug")}
	wanted := models.NewApp{Slug: page.Slug, Name: page.Name, Actor: sessionOf(c).Actor()}
	if wanted.Slug == "" {
		wanted.Slug = proposeSlug(page.Name)
	}
	_, err := n.store.CreateApp(c.Request.Context(), wanted)
	if errors.Is(err, models.ErrConflict) {
		page.Problems = static.FormProblems{{Field: "slug", Words: "is taken by another app"}}
		return n.showApps(c, page)
	}
	if problems, ok := problemsOf(err); ok {
		page.Problems = problems
		return n.showApps(c, page)
	}
	if err != nil {
		return err
	}
	n.redirect(c, "/apps")
	return nil
}

func (n *Newsroom) appPage(c *gin.Context) error {
	return n.showApp(c, func(*static.EditorAppPage) {})
}

// showApp writes the page of an app. change changes its form.
func (n *Newsroom) showApp(c *gin.Context, change func(*static.EditorAppPage)) error {
	app, err := n.store.App(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	page := static.EditorAppPage{Actor: actorOf(c), App: views.App(app), Name: app.Name, State: string(app.State)}
	change(&page)
	return n.pages.EditorApp(c.Writer, page)
}

// retireApp ends the coverage of an app.
func (n *Newsroom) retireApp(c *gin.Context) error {
	err := n.store.RetireApp(c.Request.Context(), c.Param("slug"), sessionOf(c).Actor())
	if errors.Is(err, models.ErrConflict) {
		return n.showApp(c, func(page *static.EditorAppPage) {
			page.RetireProblem = "It is part of an ongoing outage. Close that first."
		})
	}
	return n.toApps(c, err)
}

// restoreApp covers a retired app again.
func (n *Newsroom) restoreApp(c *gin.Context) error {
	return n.toApps(c, n.store.RestoreApp(c.Request.Context(), c.Param("slug"), sessionOf(c).Actor()))
}

func (n *Newsroom) toApps(c *gin.Context, err error) error {
	if err != nil {
		return err
	}
	n.redirect(c, "/apps")
	return nil
}

// chooseable returns the apps that can be chosen: those that are covered, and those that are
// chosen already.
func chooseable(apps []models.App, isChosen func(models.App) bool) []models.App {
	return slices.DeleteFunc(apps, func(app models.App) bool { return app.RetiredAt != nil && !isChosen(app) })
}

// editApp changes an app's name and state.
func (n *Newsroom) editApp(c *gin.Context) error {
	name, state := c.PostForm("name"), c.PostForm("state")
	edit := models.AppEdit{Name: name, State: models.AppState(state), Actor: sessionOf(c).Actor()}
	if state == c.PostForm("was") { // an update may have set another since the form was opened
		edit.State = ""
	}
	_, err := n.store.EditApp(c.Request.Context(), c.Param("slug"), edit)
	if problems, ok := problemsOf(err); ok {
		return n.showApp(c, func(page *static.EditorAppPage) { page.Name, page.State, page.Problems = name, state, problems })
	}
	if err != nil {
		return err
	}
	n.redirect(c, "/apps")
	return nil
}
