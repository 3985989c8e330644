package newsroom

import (
	"context"
	"crypto/rand"
	"errors"
	"math"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// confirm saves a draft, and asks whether to publish it.
func (n *Newsroom) confirm(c *gin.Context, draft models.Draft) error {
	ctx := c.Request.Context()
	var preview static.EditorPreview
	err := draft.Validate()
	if err == nil {
		preview, err = n.previewAudience(ctx, draft, n.audiences.Now)
	}
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	saved, err := n.saveDraft(ctx, draft)
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	draft.From.Known = saved.At()
	return n.showConfirmation(c, draft, static.EditorConfirmationPage{Preview: preview})
}

// confirmAgain asks once more, and says why the draft was not published.
func (n *Newsroom) confirmAgain(c *gin.Context, draft models.Draft, page static.EditorConfirmationPage) (err error) {
	if page.Preview, err = n.previewAudience(c.Request.Context(), draft, n.audiences.Of); err != nil {
		return err
	}
	return n.showConfirmation(c, draft, page)
}

// previewAudience counts the audience of a draft's alert. One that cannot be counted in time
// must not keep anybody from sending.
func (n *Newsroom) previewAudience(ctx context.Context, d models.Draft, count func(context.Context, models.Draft) (models.AudienceCounts, error)) (static.EditorPreview, error) {
	counts, err := count(ctx, d)
	if errors.Is(err, models.ErrUncounted) {
		n.errors.LogFailure(ctx, "an audience was not counted", "error", err)
		return static.EditorPreview{SendsAlert: d.Alert != models.AlertNone, IsUncounted: true}, nil
	}
	if err != nil {
		return static.EditorPreview{}, err
	}
	pilot, first := n.store.Pilot(), 0
	if d.OutageKind != models.Drill {
		first = pilot.FirstReaders(counts.Readers)
	}
	return static.EditorPreview{
		SendsAlert: d.Alert != models.AlertNone,
		Audience:   counts.Readers, InQuietHours: counts.InQuietHours, OverCap: counts.OverCap,
		Arrival: n.arrivalOf(ctx, counts),
		First:   first, FirstRefused: int(math.Round(100 * pilot.MaxRefused)),
	}, nil
}

// showConfirmation writes the page that asks whether to publish a draft, of which the
// preview has the audience.
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
	outage, err := n.store.OutageOrDrill(ctx, draft.Outage)
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
	page.Preview.EditorNotification = n.notificationOf(outage, draft)
	page.Update = views.Update(draft.Preview())
	page.Actor, page.Owner, page.RequestKey = actorOf(c), sessionOf(c).Actor(), rand.Text()
	page.Outage, page.Apps, page.Draft = views.Outage(outage), views.Apps(apps), draftView(draft)
	page.UndoWindow, page.Later.Zone = n.store.UndoWindow(), n.timeZone.String()
	page.Corrects, err = n.correctedHeadline(c, outage, draft)
	return err
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
