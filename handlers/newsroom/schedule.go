package newsroom

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/models/validation"
	"newsbell/static"
)

// dateAndTime is how a browser's field for a date and a time writes them.
const dateAndTime = "2006-01-02T15:04"

// schedule publishes a draft at the time in the form.
func (n *Newsroom) schedule(c *gin.Context, draft models.Draft) error {
	typed := c.PostForm("publish_at")
	at, problem := n.parseTime(typed)
	if problem != "" {
		return n.confirmAgain(c, draft, static.EditorConfirmationPage{Later: static.EditorLater{Typed: typed, Problem: problem}})
	}
	scheduled, err := n.store.Schedule(c.Request.Context(), draft, at)
	if errors.Is(err, models.ErrUnauthorized) {
		n.errors.Forbid(c, "Tokens cannot schedule: sign in with an account.")
		return nil
	}
	if invalid, ok := errors.AsType[*validation.Invalid](err); ok && invalid.Problems[0].Field == "publish_at" {
		later := static.EditorLater{Typed: typed, Problem: "The time " + invalid.Problems[0].Message + "."}
		return n.confirmAgain(c, draft, static.EditorConfirmationPage{Later: later})
	}
	if err != nil {
		return n.showProblems(c, draft, err)
	}
	c.Redirect(http.StatusSeeOther, n.site.EditorScheduledPath(draft.Outage, scheduled.ID))
	return nil
}

// parseTime reads a date and a time in the newsroom's time zone, or says what is wrong. A time
// that clocks skip there in spring does not exist; of one that they show twice in autumn, the
// first is meant.
func (n *Newsroom) parseTime(typed string) (at time.Time, problem string) {
	at, err := time.ParseInLocation(dateAndTime, typed, n.timeZone)
	switch {
	case typed == "":
		return at, "Choose a date and a time."
	case err != nil:
		return at, "That is not a date and a time, such as 2026-11-28T18:05."
	case at.Format(dateAndTime) != typed:
		return at, "Clocks in " + n.timeZone.String() + " skip that time."
	}
	if earlier := at.Add(-time.Hour); earlier.Format(dateAndTime) == typed {
		return earlier, ""
	}
	return at, ""
}

// unschedule takes a scheduled update back.
func (n *Newsroom) unschedule(c *gin.Context) error {
	return n.changeScheduled(c, n.store.Unschedule, "compose")
}

// deleteScheduled deletes an update that was not published at its time.
func (n *Newsroom) deleteScheduled(c *gin.Context) error {
	return n.changeScheduled(c, n.store.DeleteScheduled, "published")
}

// changeScheduled changes the scheduled update in the path, and leads to a part of its
// outage's page.
func (n *Newsroom) changeScheduled(c *gin.Context, change func(context.Context, int64, string) (models.ScheduledUpdate, error), part string) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	changed, err := change(c.Request.Context(), id, sessionOf(c).Actor())
	switch {
	case errors.Is(err, models.ErrNotFound):
		n.errors.Refuse(c, http.StatusConflict, "This was published or taken back a moment ago. The page of its outage shows which.")
		return nil
	case errors.Is(err, models.ErrOtherDraft):
		n.errors.Refuse(c, http.StatusConflict, "Its writer has another draft of this outage. Publish that or empty it first, so that nothing is lost.")
		return nil
	case errors.Is(err, models.ErrScheduled):
		n.errors.Refuse(c, http.StatusConflict, "It is still scheduled. Unschedule it first.")
		return nil
	case err != nil:
		return err
	}
	n.redirect(c, "/outages/"+changed.Outage.Slug+"#"+part)
	return nil
}

// addScheduled adds what is scheduled for an outage.
func (n *Newsroom) addScheduled(c *gin.Context, page *static.EditorOutagePage, outage models.Outage) error {
	all, err := n.scheduled(c)
	for _, u := range all {
		if u.Outage.Slug == outage.Slug {
			page.Scheduled = append(page.Scheduled, u)
		}
	}
	return err
}

// scheduled returns the views of all that is scheduled; none for those who may not publish,
// who do not see drafts either.
func (n *Newsroom) scheduled(c *gin.Context) ([]static.EditorScheduled, error) {
	if !actorOf(c).MayPublish {
		return nil, nil
	}
	all, err := n.store.ScheduledUpdates(c.Request.Context())
	scheduled := make([]static.EditorScheduled, len(all))
	for i, u := range all {
		at := u.PublishAt.In(n.timeZone)
		scheduled[i] = static.EditorScheduled{
			ID: u.ID, Outage: views.Outage(u.Outage), Headline: u.Content.Headline, Body: u.Content.Body, Writer: u.Person.Name,
			At: at, SendsAlert: u.Content.Alert != models.AlertNone, Problem: string(u.Problem),
		}
	}
	return scheduled, err
}
