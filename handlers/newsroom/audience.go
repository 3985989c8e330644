package newsroom

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"newsbell/models"
	"newsbell/static"
)

// audienceFor is how long a counted audience is shown without being counted again.
const audienceFor = 10 * time.Second

// getAudience counts the audience of the draft in a form, which may lack its words.
func (n *Newsroom) getAudience(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		c.AbortWithStatus(formStatus(err))
		return nil
	}
	counts, err := n.audiences.Of(c.Request.Context(), draftOf(c))
	if _, isWrong := problemsOf(err); isWrong {
		c.AbortWithStatus(http.StatusUnprocessableEntity)
		return nil
	}
	if errors.Is(err, models.ErrUncounted) {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return nil
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, n.audienceView(c.Request.Context(), counts))
	return nil
}

// addAudience adds the audience of the draft in the form, if it alerts somebody. A count
// that fails must not hide the draft.
func (n *Newsroom) addAudience(c *gin.Context, page *static.EditorOutagePage) {
	d := models.Draft{
		Outage: page.Outage.Slug, OutageKind: kindOf(page.Outage.IsDrill), Kind: models.UpdateKind(page.Kind()), Alert: models.AlertLevel(page.Draft.Alert),
		Corrects: page.Draft.Corrects, States: map[string]models.AppState{},
	}
	if d.Alert == "" || !page.Actor.MayPublish {
		return
	}
	for slug := range page.Draft.Apps {
		d.Apps = append(d.Apps, slug)
	}
	for slug, state := range page.Draft.States {
		d.States[slug] = models.AppState(state)
	}
	counts, err := n.audiences.Of(c.Request.Context(), d)
	if err != nil {
		if _, isWrong := problemsOf(err); !isWrong {
			n.errors.LogFailure(c.Request.Context(), "an audience was not counted", "error", err)
		}
		return
	}
	audience := n.audienceView(c.Request.Context(), counts)
	page.Audience = &audience
}

// audiences counts audiences for editors who are still writing. It counts one at a time in
// a process, so that alerts keep the processors and the database's other connections, and
// each at most once in audienceFor.
type audiences struct {
	store *models.Store
	turn  *semaphore.Weighted
	known map[string]countedAudience
}

type countedAudience struct {
	models.AudienceCounts
	at time.Time
}

func newAudiences(store *models.Store) *audiences {
	return &audiences{store: store, turn: semaphore.NewWeighted(1), known: map[string]countedAudience{}}
}

// Of returns the counts of a draft's audience, which may be a few seconds old. The draft
// need not have words.
func (a *audiences) Of(ctx context.Context, d models.Draft) (models.AudienceCounts, error) {
	return a.inTurn(ctx, func(ctx context.Context) (models.AudienceCounts, error) {
		if counted, ok := a.known[audienceKey(d)]; ok && a.store.Now().Sub(counted.at) < audienceFor {
			return counted.AudienceCounts, nil
		}
		return a.count(ctx, d)
	})
}

// Now counts a draft's audience.
func (a *audiences) Now(ctx context.Context, d models.Draft) (models.AudienceCounts, error) {
	return a.inTurn(ctx, func(ctx context.Context) (models.AudienceCounts, error) { return a.count(ctx, d) })
}

// inTurn calls count when it is this page's turn. It is a [models.ErrUncounted] if turn and
// count take too long.
func (a *audiences) inTurn(ctx context.Context, count func(context.Context) (models.AudienceCounts, error)) (counts models.AudienceCounts, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.store.CountTimeout(), models.ErrUncounted)
	defer cancel()
	if err = a.turn.Acquire(ctx, 1); err == nil {
		defer a.turn.Release(1)
		counts, err = count(ctx)
	}
	if err != nil && context.Cause(ctx) == models.ErrUncounted {
		err = models.ErrUncounted
	}
	return counts, err
}

func (a *audiences) count(ctx context.Context, d models.Draft) (models.AudienceCounts, error) {
	now := a.store.Now()
	maps.DeleteFunc(a.known, func(_ string, counted countedAudience) bool { return now.Sub(counted.at) >= audienceFor })
	counts, err := a.store.MeasureAudience(ctx, d)
	if err == nil {
		a.known[audienceKey(d)] = countedAudience{counts, now}
	}
	return counts, err
}

// audienceKey is the same for two drafts with the same audience.
func audienceKey(d models.Draft) string {
	apps := slices.Sorted(slices.Values(d.Apps))
	var states []string
	for _, slug := range slices.Sorted(maps.Keys(d.States)) {
		states = append(states, slug+"="+string(d.States[slug]))
	}
	return fmt.Sprintf("%q", []string{d.Outage, string(d.OutageKind), string(d.Kind), string(d.Alert), fmt.Sprint(d.Corrects), strings.Join(apps, " "), strings.Join(states, " ")})
}
