package handlerstest

import (
	"net/http"

	"newsbell/models"
)

// UpdatesPath is the path at which programs publish updates of "messages-down".
const UpdatesPath = "/api/v1/outages/messages-down/updates"

// UpdateBody is the body of an update that alerts its followers.
var UpdateBody = map[string]any{"kind": "update", "alert": "all", "headline": "News"}

// Published is the API's response to a published update.
type Published struct {
	Update struct {
		ID             int64
		Kind, Headline string
		URL            string
		Apps           []string
		States         map[string]string
		Corrects       *int64
	}
	Alert *struct {
		ID     int64
		State  string
		Counts struct{ Audience int }
	}
}

// PublishUpdate publishes an update through the API and returns its ID.
func (w *Web) PublishUpdate(headline string) int64 {
	w.t.Helper()
	var p Published
	body := map[string]any{"kind": "update", "alert": "none", "headline": headline}
	w.Call(http.MethodPost, UpdatesPath, w.Token, body).Decode(w.t, http.StatusCreated, &p)
	return p.Update.ID
}

// WriteUpdate writes an update without announcing it on the bus, and returns its ID.
func (w *Web) WriteUpdate(headline string) int64 {
	w.t.Helper()
	return w.PublishDraft(models.Draft{Outage: "messages-down", Alert: models.AlertNone, Headline: headline}).Update.ID
}

// WantNothingPublished checks the database and the bus.
func (w *Web) WantNothingPublished() {
	w.t.Helper()
	outage, err := w.Store.Outage(w.t.Context(), "messages-down")
	if err != nil {
		w.t.Fatal(err)
	}
	if updates, err := w.Updates(w.t.Context(), outage); err != nil || len(updates) != 0 || len(w.Bus.Published) != 0 {
		w.t.Errorf("updates = %v, %v; published %q; want nothing", updates, err, w.Bus.Published)
	}
}
