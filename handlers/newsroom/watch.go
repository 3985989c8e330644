package newsroom

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"newsbell/handlers/views"
	"newsbell/handlers/watching"
	"newsbell/models"
	"newsbell/static"
)

const (
	// A stream checks the session at every look, and looks for changes too while the alert is
	// sent; afterwards at every calmLooks-th look. After a change it waits busyEvery for more.
	calmLooks = 5
	busyEvery = 250 * time.Millisecond
)

// alertPage writes the page where an alert is watched.
func (n *Newsroom) alertPage(c *gin.Context) error {
	alert, err := n.alertOf(c)
	if err != nil {
		return err
	}
	actor := actorOf(c)
	progress, err := watching.NewReader(n.store, alert.ID).Read(c.Request.Context(), actor.MayPublish)
	if err != nil {
		return err
	}
	return n.pages.EditorAlertPage(c.Writer, static.EditorAlertPage{
		Actor: actor, Outage: views.Outage(alert.Outage), UpdateID: alert.UpdateID, Headline: alert.Update.Headline, EditorProgress: progress,
	})
}

// alertEvents streams the changing part of an alert's page until the browser leaves, or the
// session or the program ends. Each event says everything, so that none need be sent
// again.
func (n *Newsroom) alertEvents(c *gin.Context) error {
	alert, err := n.alertOf(c)
	if err != nil {
		return err
	}
	stream := openStream(c.Writer)
	if c.Request.Method == http.MethodHead {
		return nil
	}
	changed, leave := n.watching.Watch(alert.ID)
	defer leave()
	reader := watching.NewReader(n.store, alert.ID)
	look := time.NewTicker(n.watching.LookEvery)
	defer look.Stop()
	isCalm := false
	for looks := 0; n.mayGoOn(c, stream); looks++ {
		if hasChanged := looks == 0 || n.wait(c, changed, look.C); hasChanged || !isCalm || looks%calmLooks == 0 {
			if isCalm, err = n.sendProgress(c, stream, reader); err != nil {
				return nil // the browser opens another stream
			}
		}
	}
	return nil
}

// wait returns after a change, which it reports, or at the next look. After a change it
// lets a few more gather.
func (n *Newsroom) wait(c *gin.Context, changed <-chan struct{}, look <-chan time.Time) (hasChanged bool) {
	select {
	case <-c.Request.Context().Done():
	case <-n.watching.Ended():
	case <-look:
	case <-changed:
		select {
		case <-c.Request.Context().Done():
		case <-n.watching.Ended():
		case <-time.After(busyEvery):
		}
		return true
	}
	return false
}

// mayGoOn reports whether a stream goes on. It reads the session again, with its owner's
// current role; if that has ended, the stream says so.
func (n *Newsroom) mayGoOn(c *gin.Context, s *stream) bool {
	select {
	case <-n.watching.Ended():
		return false
	case <-c.Request.Context().Done():
		return false
	default:
	}
	session, err := n.store.SessionBySecret(c.Request.Context(), secretOf(c))
	if errors.Is(err, models.ErrUnauthorized) {
		_ = s.send("end", "{}")
	}
	c.Set(sessionKey, session)
	return err == nil
}

// progressEvent is the data of an event: the changing part of an alert's page.
type progressEvent struct {
	// Words say what the alert is doing, HTML is the rest.
	Words string `json:"words"`
	// Stop is the word on the button that takes it back; empty if nothing can be.
	Stop string `json:"stop"`
	HTML string `json:"html"`
}

// sendProgress sends the alert's progress if it has changed. It reports whether nothing more
// is sent to readers.
func (n *Newsroom) sendProgress(c *gin.Context, s *stream, reader *watching.Reader) (isCalm bool, err error) {
	progress, err := reader.Read(c.Request.Context(), actorOf(c).MayPublish)
	if err != nil {
		n.errors.LogFailure(c.Request.Context(), "cannot update a page that watches an alert", "error", err)
		return false, err
	}
	html, err := n.pages.EditorAlertProgress(progress)
	if err != nil {
		return false, err
	}
	data, err := json.Marshal(progressEvent{progress.StateWords(), progress.StopWord(), html})
	if err != nil {
		return false, err
	}
	return progress.FinishedAt != nil, s.sendChanged("progress", string(data))
}
