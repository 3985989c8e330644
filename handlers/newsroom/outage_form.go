package newsroom

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/gosimple/slug"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

func (n *Newsroom) newOutagePage(c *gin.Context) error {
	return n.showOutageForm(c, static.EditorOutageFormPage{})
}

func (n *Newsroom) newDrillPage(c *gin.Context) error {
	return n.showOutageForm(c, static.EditorOutageFormPage{IsDrill: true})
}

// outageForm returns the form of an outage as it was sent.
func outageForm(c *gin.Context) static.EditorOutageFormPage {
	page := static.EditorOutageFormPage{
		Headline: c.PostForm("headline"), Standfirst: c.PostForm("standfirst"), Slug: c.PostForm("slug"),
		ID: idOf(c.PostForm("outage")), Known: c.PostForm("known"), Chosen: map[string]bool{}, States: map[string]string{},
	}
	for _, app := range c.PostFormArray("apps") {
		page.Chosen[app], page.States[app] = true, c.PostForm("state."+app)
	}
	return page
}

// showOutageForm writes the form of a new outage or, if it has an address now, of an
// existing one.
func (n *Newsroom) showOutageForm(c *gin.Context, page static.EditorOutageFormPage) error {
	apps, err := n.store.Apps(c.Request.Context())
	if err != nil {
		return err
	}
	if page.Address != "" {
		outage, err := n.store.OutageOrDrill(c.Request.Context(), page.Address)
		if err != nil {
			return err
		}
		page.IsDrill, page.Ongoing = outage.IsDrill(), outage.State == models.Ongoing
	}
	apps = chooseable(apps, func(app models.App) bool { return page.Chosen[app.Slug] })
	page.Actor, page.Apps = actorOf(c), views.Apps(apps)
	return n.pages.EditorOutageForm(c.Writer, page)
}

// openOutage opens an outage and goes to its page.
func (n *Newsroom) openOutage(c *gin.Context) error {
	page := outageForm(c)
	kind := models.OutageKind(c.PostForm("outage_kind"))
	page.IsDrill = kind == models.Drill
	wanted := models.NewOutage{
		Kind: kind,
		Slug: page.Slug, Headline: page.Headline, Standfirst: page.Standfirst,
		Apps: c.PostFormArray("apps"), States: map[string]models.AppState{}, Actor: sessionOf(c).Actor(),
	}
	for app, state := range page.States {
		if state != "" {
			wanted.States[app] = models.AppState(state)
		}
	}
	opened, err := n.createOutage(c.Request.Context(), wanted)
	if err != nil {
		return n.showOutageProblems(c, page, err)
	}
	n.redirect(c, "/outages/"+opened.Slug)
	return nil
}

// createOutage opens an outage. Without a slug it gets one from its headline that is free.
func (n *Newsroom) createOutage(ctx context.Context, wanted models.NewOutage) (models.Outage, error) {
	if wanted.Slug != "" {
		return n.store.CreateOutage(ctx, wanted)
	}
	proposed := proposeSlug(wanted.Headline)
	for try := 1; ; try++ {
		wanted.Slug = proposed
		if try > 1 {
			wanted.Slug = fmt.Sprintf("%s-%d", proposed, try)
		}
		opened, err := n.store.CreateOutage(ctx, wanted)
		if !errors.Is(err, models.ErrConflict) || try == maxProposals {
			return opened, err
		}
	}
}

const (
	// maxProposals is how many outages can have the same headline without a slug of their
	// editor's.
	maxProposals = 20
	// maxProposed is the maximum length of a proposed slug, which leaves room for a number.
	maxProposed = 70
)

// proposeSlug makes a slug of a headline in any script, of whole words.
func proposeSlug(headline string) string {
	proposed := strings.ReplaceAll(slug.Make(headline), "_", "-")
	for len(proposed) > maxProposed {
		at := strings.LastIndexByte(proposed, '-')
		if at < 0 {
			at = maxProposed
		}
		proposed = proposed[:at]
	}
	return proposed
}

func (n *Newsroom) editOutagePage(c *gin.Context) error {
	return n.showEditOutage(c, "")
}

// showEditOutage shows the form of an outage as it is, and why it was not closed or opened
// again.
func (n *Newsroom) showEditOutage(c *gin.Context, stateProblem string) error {
	outage, err := n.store.OutageOrDrill(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	page := static.EditorOutageFormPage{
		Address: outage.Slug, ID: outage.ID, Known: outage.Edition(), Headline: outage.Headline, Standfirst: outage.Standfirst, Slug: outage.Slug,
		StateProblem: stateProblem, Chosen: map[string]bool{},
	}
	for _, app := range outage.Apps {
		page.Chosen[app.Slug] = true
	}
	return n.showOutageForm(c, page)
}

func (n *Newsroom) editOutage(c *gin.Context) error {
	page := outageForm(c)
	page.Address = c.Param("slug")
	edited, err := n.store.EditOutage(c.Request.Context(), page.Address, models.OutageEdit{
		ID: page.ID, Known: page.Known, Slug: page.Slug, Headline: page.Headline, Standfirst: page.Standfirst,
		Apps: c.PostFormArray("apps"), Actor: sessionOf(c).Actor(),
	})
	if err != nil {
		return n.showOutageProblems(c, page, err)
	}
	n.redirect(c, "/outages/"+edited.Slug)
	return nil
}

// showOutageProblems shows the form again with what is wrong.
func (n *Newsroom) showOutageProblems(c *gin.Context, page static.EditorOutageFormPage, err error) error {
	if changed, ok := errors.AsType[*models.OutageChangedError](err); ok {
		current := views.Outage(changed.Current)
		page.Newer, page.Known, page.Address = &current, changed.Current.Edition(), current.Slug
		return n.showOutageForm(c, page)
	}
	if errors.Is(err, models.ErrConflict) {
		page.Problems = static.FormProblems{{Field: "slug", Words: "is taken by another outage"}}
		return n.showOutageForm(c, page)
	}
	problems, ok := problemsOf(err)
	if !ok {
		return err
	}
	for _, p := range problems {
		if app, ok := strings.CutPrefix(p.Field, "states."); ok {
			p = static.EditorProblem{Field: "apps", Words: "have a state that does not exist: " + app}
		}
		page.Problems = append(page.Problems, p)
	}
	return n.showOutageForm(c, page)
}
