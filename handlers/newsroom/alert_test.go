package newsroom_test

import (
	"fmt"
	"net/http"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"strings"
	"testing"
)

func TestTheNewsroomShowsWhatBrowsersReported(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		reader := w.Reader("outage/messages-down:all")
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		w.Report(t, handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, reader.ID), Event: "shown"}, handlerstest.Receipt{Alert: id, Receipt: w.Proof(id, reader.ID), Event: "clicked"})
		w.WantReceipts(t, id, 1, 1, 0)
		page := w.Get("/editor/outages/messages-down")
		for _, part := range []string{`data-part="shown">1<`, `data-part="clicked">1<`, `data-part="dismissed">0<`} {
			if !strings.Contains(page.Text, part) {
				t.Errorf("the newsroom does not show %s", part)
			}
		}
		var counts struct{ Shown, Clicked, Dismissed int }
		w.Get(fmt.Sprintf("/editor/alerts/%d/counts", id)).Decode(t, http.StatusOK, &counts)
		if counts.Shown != 1 || counts.Clicked != 1 {
			t.Errorf("the newsroom's script gets %+v", counts)
		}
	})
}
