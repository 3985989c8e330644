package newsroom

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/static"
)

// savedAnswer tells a page what is saved of its draft now; its ID is 0 if nothing is.
type savedAnswer struct {
	ID       int64  `json:"id"`
	Version  int64  `json:"version"`
	Headline string `json:"headline"`
	Body     string `json:"body"`
	// Notification is what the saved draft would send.
	Notification static.EditorNotification `json:"notification"`
}

// autosaveDraft saves a draft for a page that stays open. If the draft was changed
// elsewhere, it answers with what is saved.
func (n *Newsroom) autosaveDraft(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		c.AbortWithStatus(formStatus(err))
		return nil
	}
	status := http.StatusOK
	saved, err := n.saveDraft(c.Request.Context(), draftOf(c))
	if changed, ok := errors.AsType[*models.DraftChangedError](err); ok {
		status, saved, err = http.StatusConflict, changed.Saved, nil
	}
	if _, isWrong := problemsOf(err); isWrong {
		c.AbortWithStatus(http.StatusUnprocessableEntity)
		return nil
	}
	if err != nil {
		return err
	}
	outage, err := n.store.OutageOrDrill(c.Request.Context(), c.Param("slug"))
	if err != nil {
		return err
	}
	c.JSON(status, savedAnswer{saved.ID, saved.Version, saved.Content.Headline, saved.Content.Body, n.notificationOf(outage, saved.Content)})
	return nil
}

// notificationOf returns the text of the notification that a draft would send; none for a
// blank one.
func (n *Newsroom) notificationOf(outage models.Outage, d models.Draft) (shown static.EditorNotification) {
	if d.Headline != "" || d.Body != "" {
		shown.Title, shown.Body = n.notifications.Preview(outage, d)
	}
	return shown
}

// save saves a draft for a page without JavaScript.
func (n *Newsroom) save(c *gin.Context, draft models.Draft) error {
	if _, err := n.saveDraft(c.Request.Context(), draft); err != nil {
		return n.showProblems(c, draft, err)
	}
	n.redirect(c, "/outages/"+draft.Outage)
	return nil
}

func (n *Newsroom) saveDraft(ctx context.Context, draft models.Draft) (models.SavedDraft, error) {
	return n.store.SaveDraft(ctx, draft.From.Session, draft, draft.From.Known)
}

// addDraft puts the saved draft of a session's owner into the form, if there is one.
func (n *Newsroom) addDraft(c *gin.Context, page *static.EditorOutagePage, outage models.Outage) error {
	saved, err := n.store.SavedDraft(c.Request.Context(), sessionOf(c), outage)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	page.Draft, page.SavedAt = draftView(saved.Content), &saved.SavedAt
	page.Draft.ID, page.Draft.Version = saved.ID, saved.Version
	page.Notification = n.notificationOf(outage, saved.Content)
	page.Approval, err = n.draftApproval(c, saved.At())
	return err
}

// conflictView shows what is saved beside the form, which now knows of it: what is saved
// or published next replaces it.
func conflictView(page *static.EditorOutagePage, saved models.SavedDraft) {
	page.Draft.ID, page.Draft.Version = saved.ID, saved.Version
	page.Conflict = &static.EditorConflict{Headline: saved.Content.Headline, Body: saved.Content.Body, IsGone: saved.ID == 0}
}
