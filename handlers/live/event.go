package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/tmaxmax/go-sse"

	"newsbell/handlers/api"
	"newsbell/handlers/views"
	"newsbell/models"
	"newsbell/static"
)

// event is an encoded update for all open pages, or a reset.
type event struct {
	// id is the position of the update in its outage.
	id   int64
	text []byte
}

// resetEvent tells a page that it has updates that the database does not have, for
// example because a backup was restored: the page must reload, and continues after id.
func resetEvent(id int64) event {
	return event{id, fmt.Appendf(nil, "id: %d\nevent: reset\ndata: {\"id\": %d}\n\n", id, id)}
}

// update is the data of an event: an update as in the API, and its HTML on the page.
type update struct {
	api.Update
	// Position is the event's ID.
	Position int64 `json:"position"`
	// Entry is the HTML of its entry in the coverage, KeyMoment the HTML of its line
	// among the key moments, if it is one. Both are the same as on the page.
	Entry     string `json:"entry"`
	KeyMoment string `json:"key_moment,omitempty"`
	// Band is the HTML of the outage's state, if the update resolves the outage.
	Band string `json:"band,omitempty"`
	// Corrected is the HTML of the mark on the entry that the update corrects.
	Corrected string `json:"corrected,omitempty"`
}

// encoder encodes updates as events.
type encoder struct {
	site  static.Site
	pages *static.Pages
}

func (e encoder) encodeAll(outage models.Outage, updates []models.Update) ([]event, error) {
	events := make([]event, len(updates))
	for i, u := range updates {
		var err error
		if events[i], err = e.encode(outage, u); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// encode encodes an update with its position as id, "update" as event and JSON as data.
func (e encoder) encode(outage models.Outage, u models.Update) (event, error) {
	fragments, err := e.pages.Fragments(views.Outage(outage), views.Update(u))
	if err != nil {
		return event{}, err
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(update{
		Update: api.UpdateOf(e.site, outage.Slug, u), Position: *u.Position,
		Entry: fragments.Entry, KeyMoment: fragments.KeyMoment, Band: fragments.Band, Corrected: fragments.Corrected,
	})
	if err != nil {
		return event{}, err
	}
	message := sse.Message{ID: sse.ID(strconv.FormatInt(*u.Position, 10)), Type: sse.Type("update")}
	message.AppendData(string(bytes.TrimSpace(data.Bytes())))
	text, err := message.MarshalText()
	return event{*u.Position, text}, err
}
