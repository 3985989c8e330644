package newsroom

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

// submitUpdate previews a draft, or publishes or saves it if that button was pressed.
func (n *Newsroom) submitUpdate(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		n.errors.Abort(c, formStatus(err))
		return nil
	}
	draft := draftOf(c)
	switch c.PostForm("do") {
	case "publish", "again":
		return n.publish(c, draft)
	case "try":
		return n.tryDraft(c, draft)
	case "save":
		return n.save(c, draft)
	}
	return n.preview(c, draft)
}

func (n *Newsroom) publish(c *gin.Context, draft models.Draft) error {
	published, err := n.publisher.Update(c.Request.Context(), draft)
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	n.redirectToUpdate(c, draft.Outage, published.Update.ID)
	return nil
}

func (n *Newsroom) preview(c *gin.Context, draft models.Draft) error {
	preview, err := n.previewOf(c.Request.Context(), draft)
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	return n.showOutage(c, static.EditorOutagePage{Draft: draftView(draft), Preview: preview})
}

// tryDraft sends a draft's notification to the browsers that its writer has linked, and
// shows the draft again.
func (n *Newsroom) tryDraft(c *gin.Context, draft models.Draft) error {
	ctx, person := c.Request.Context(), sessionOf(c).Person
	if err := draft.Validate(); err != nil {
		return n.showProblems(c, draft, err)
	}
	outage, err := n.store.Outage(ctx, draft.Outage)
	if err != nil {
		return err
	}
	page := static.EditorOutagePage{Draft: draftView(draft), Tried: &static.EditorTried{}}
	if person == nil {
		return n.showOutage(c, page)
	}
	linked, err := n.publisher.DraftNotices(ctx, *person, n.notifications.OfDraft(outage, draft))
	if err != nil {
		return err
	}
	for _, browser := range linked {
		page.Tried.Browsers = append(page.Tried.Browsers, browser.Name)
	}
	return n.showOutage(c, page)
}

// previewOf returns the current audience of a draft's alert, and its notification.
func (n *Newsroom) previewOf(ctx context.Context, d models.Draft) (*static.EditorPreview, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	audience, err := n.audiences.Now(ctx, d)
	if err != nil {
		return nil, err
	}
	outage, err := n.store.Outage(ctx, d.Outage)
	if err != nil {
		return nil, err
	}
	preview := &static.EditorPreview{Audience: audience.Readers, SendsAlert: d.Alert != models.AlertNone}
	preview.Title, preview.Body = n.notifications.Preview(outage, d)
	return preview, nil
}

// showProblems shows a draft again, with its problems.
func (n *Newsroom) showProblems(c *gin.Context, draft models.Draft, err error) error {
	page := static.EditorOutagePage{Draft: draftView(draft)}
	if invalid, ok := errors.AsType[*validation.Invalid](err); ok {
		for _, p := range invalid.Problems {
			page.Problems = append(page.Problems, static.EditorProblem{Field: p.Field, Words: p.Message})
		}
	} else if changed, ok := errors.AsType[*models.DraftChangedError](err); ok {
		conflictView(&page, changed.Saved)
	} else if repeated, ok := errors.AsType[*models.RepeatedError](err); ok {
		page.Repeated = &static.EditorRepeated{UpdateID: repeated.UpdateID, PublishedAt: repeated.PublishedAt}
	} else if errors.Is(err, models.ErrRequestUsed) {
		page.Problems = []static.EditorProblem{{Words: "This form has already published an update. To publish this one as well, press Publish again."}}
	} else if errors.Is(err, models.ErrConflict) {
		page.Problems = []static.EditorProblem{{Words: "The outage is resolved, so you can only publish corrections."}}
	} else {
		return err
	}
	return n.showOutage(c, page)
}

func formStatus(err error) int {
	if _, isTooLong := errors.AsType[*http.MaxBytesError](err); isTooLong {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}
