package newsroom

import (
	"crypto/rand"
	"errors"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// confirm saves a draft, and asks whether to publish it.
func (n *Newsroom) confirm(c *gin.Context, draft models.Draft) error {
	ctx := c.Request.Context()
	err := draft.Validate()
	if err == nil {
		_, err = n.audiences.Now(ctx, draft)
	}
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	saved, err := n.saveDraft(ctx, draft)
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	draft.From.Known = saved.At()
	return n.showConfirmation(c, draft, static.EditorConfirmationPage{})
}

// showConfirmation writes the page that asks whether to publish a draft.
func (n *Newsroom) showConfirmation(c *gin.Context, draft models.Draft, page static.EditorConfirmationPage) error {
	if err := n.fillConfirmation(c, &page, draft); err != nil {
		return err
	}
	if err := n.addNeed(c, &page, draft); err != nil {
		return err
	}
	return n.pages.EditorConfirmation(c.Writer, page)
}

// fillConfirmation adds what a draft would send and publish now.
func (n *Newsroom) fillConfirmation(c *gin.Context, page *static.EditorConfirmationPage, draft models.Draft) error {
	ctx := c.Request.Context()
	outage, err := n.store.Outage(ctx, draft.Outage)
	if err != nil {
		return err
	}
	apps, err := n.store.Apps(ctx)
	if err != nil {
		return err
	}
	if page.LastAlert, err = n.lastAlert(c, outage); err != nil {
		return err
	}
	if err := n.addPreview(c, page, outage, draft); err != nil {
		return err
	}
	page.Actor, page.Owner, page.RequestKey = actorOf(c), sessionOf(c).Actor(), rand.Text()
	page.Outage, page.Apps, page.Draft = views.Outage(outage), views.Apps(apps), draftView(draft)
	page.UndoWindow = n.store.UndoWindow()
	page.Corrects, err = n.correctedHeadline(c, outage, draft)
	return err
}

// addPreview adds the current audience of a draft's alert, its notification, and what
// readers would see.
func (n *Newsroom) addPreview(c *gin.Context, page *static.EditorConfirmationPage, outage models.Outage, d models.Draft) (err error) {
	ctx := c.Request.Context()
	preview := static.EditorPreview{SendsAlert: d.Alert != models.AlertNone}
	counts, err := n.audiences.Of(ctx, d)
	if err != nil {
		return err
	}
	preview.Audience, preview.InQuietHours, preview.OverCap = counts.Readers, counts.InQuietHours, counts.OverCap
	preview.Title, preview.Body = n.notifications.Preview(outage, d)
	page.Preview, page.Update = preview, views.Update(d.Preview())
	return nil
}

// correctedHeadline returns the headline of the update that a draft corrects; empty for none.
func (n *Newsroom) correctedHeadline(c *gin.Context, outage models.Outage, d models.Draft) (string, error) {
	if d.Corrects == 0 {
		return "", nil
	}
	updates, err := n.store.Updates(c.Request.Context(), outage)
	for _, update := range updates {
		if update.ID == d.Corrects {
			return update.Headline, nil
		}
	}
	return "", err
}

// lastAlert returns the last alert of an outage; nil if there is none.
func (n *Newsroom) lastAlert(c *gin.Context, outage models.Outage) (*static.EditorLastAlert, error) {
	ctx := c.Request.Context()
	alert, err := n.store.LastAlert(ctx, outage)
	if errors.Is(err, models.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	counts, err := n.store.Counts(ctx, alert)
	return &static.EditorLastAlert{Ago: n.store.Now().Sub(alert.Update.PublishedAt), Accepted: counts.Accepted, Dismissed: counts.Dismissed}, err
}
