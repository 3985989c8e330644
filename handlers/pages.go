package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// maxListed bounds the lists of outages.
const maxListed = 200

// maxQuery is how much of what is searched for counts, in bytes.
const maxQuery = 400

// maxInFeed bounds a feed: the newest updates.
const maxInFeed = 50

func (s *server) routePages(engine *gin.Engine) {
	s.page(engine, "/", s.frontPage)
	s.page(engine, "/outages/:slug", s.outagePage)
	s.page(engine, "/apps/:slug", s.appPage)
	s.page(engine, static.FeedPath("/outages/:slug"), s.outageFeed)
	s.page(engine, static.FeedPath("/apps/:slug"), s.appFeed)
	s.page(engine, "/go/:id/:receipt", s.goPage)
	s.page(engine, "/search", s.searchPage)
	s.page(engine, "/preferences", func(c *gin.Context) error {
		return s.pages.Preferences(c.Writer, static.PreferencesPage{})
	})
	for path, handler := range map[string]http.Handler{
		"/service-worker.js":    static.ServiceWorker(s.site),
		"/newsbell.js":          static.Embed(s.site),
		"/newsbell-worker.js":   static.EmbedWorker(s.site),
		"/manifest.webmanifest": static.Manifest(s.site),
		"/static/*file":         static.Assets(),
	} {
		engine.GET(path, gin.WrapH(handler))
		engine.HEAD(path, gin.WrapH(handler))
	}
}

// page registers a page whose error becomes one.
func (s *server) page(engine *gin.Engine, path string, show func(*gin.Context) error) {
	handler := func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		page := &validated{ResponseWriter: c.Writer}
		c.Writer = page
		err := show(c)
		c.Writer = page.ResponseWriter
		if err != nil {
			s.fail(c, err)
			return
		}
		page.serve(c.Request)
	}
	engine.GET(path, handler)
	engine.HEAD(path, handler)
}

func (s *server) frontPage(c *gin.Context) error {
	ctx := c.Request.Context()
	outages, err := s.store.Outages(ctx, maxListed)
	if err != nil {
		return err
	}
	apps, err := s.store.Apps(ctx)
	if err != nil {
		return err
	}
	page := static.FrontPage{Apps: appViews(apps)}
	for _, outage := range outages {
		if outage.State == models.Ongoing {
			page.Ongoing = append(page.Ongoing, outageView(outage))
		} else {
			page.Past = append(page.Past, outageView(outage))
		}
	}
	return s.pages.Front(c.Writer, page)
}

func (s *server) searchPage(c *gin.Context) error {
	query := strings.TrimSpace(c.Query("q"))
	query = strings.ReplaceAll(strings.ToValidUTF8(query[:min(len(query), maxQuery)], ""), "\x00", "")
	outages, err := s.store.SearchOutages(c.Request.Context(), query, maxListed)
	if err != nil {
		return err
	}
	page := static.SearchPage{Query: query}
	for _, outage := range outages {
		page.Outages = append(page.Outages, outageView(outage))
	}
	return s.pages.Search(c.Writer, page)
}

func (s *server) outagePage(c *gin.Context) error {
	page, err := s.story(c)
	if err != nil {
		return err
	}
	return s.pages.Outage(c.Writer, page)
}

func (s *server) outageFeed(c *gin.Context) error {
	ctx := c.Request.Context()
	outage, err := s.store.Outage(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	updates, err := s.store.LatestUpdates(ctx, outage, maxInFeed)
	if err != nil {
		return err
	}
	slices.Reverse(updates)
	return s.pages.OutageFeed(c.Writer, static.OutagePage{Outage: outageView(outage), Updates: updateViews(updates)})
}

// story is an outage with all of its updates.
func (s *server) story(c *gin.Context) (static.OutagePage, error) {
	ctx := c.Request.Context()
	outage, err := s.store.Outage(ctx, c.Param("slug"))
	if err != nil {
		return static.OutagePage{}, err
	}
	updates, err := s.store.Updates(ctx, outage)
	if err != nil {
		return static.OutagePage{}, err
	}
	return static.OutagePage{Outage: outageView(outage), Updates: updateViews(updates)}, nil
}

func (s *server) appFeed(c *gin.Context) error {
	ctx := c.Request.Context()
	app, err := s.store.App(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	found, err := s.store.UpdatesOfApp(ctx, app, maxInFeed)
	if err != nil {
		return err
	}
	updates := make([]models.Update, len(found))
	for i, u := range found {
		updates[i] = u.Update
	}
	entries := make([]static.FeedEntry, len(found))
	for i, update := range updateViews(updates) {
		entries[i] = static.FeedEntry{Outage: outageView(found[i].Outage), Update: update}
	}
	return s.pages.AppFeed(c.Writer, appView(app), entries)
}

func (s *server) appPage(c *gin.Context) error {
	ctx := c.Request.Context()
	app, err := s.store.App(ctx, c.Param("slug"))
	if err != nil {
		return err
	}
	outages, err := s.store.OutagesOfApp(ctx, app, maxListed)
	if err != nil {
		return err
	}
	page := static.AppPage{App: appView(app)}
	for _, outage := range outages {
		page.Outages = append(page.Outages, outageView(outage))
	}
	return s.pages.App(c.Writer, page)
}
