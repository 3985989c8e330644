package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"newsbell/models"
)

const receiptsPath = "/api/v1/receipts"

type reported struct {
	Alert   int64  `json:"alert"`
	Receipt string `json:"receipt"`
	Event   string `json:"event"`
}

func TestBrowsersReportWhatBecameOfAnAlert(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		first, second := w.Reader("outage/messages-down:all"), w.Reader("outage/messages-down:all")
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		w.reports(t,
			reported{id, w.proof(id, first.ID), "shown"},
			reported{id, w.proof(id, second.ID), "shown"},
			reported{id, w.proof(id, second.ID), "dismissed"},
		)
		w.reports(t,
			reported{id, w.proof(id, first.ID), "shown"}, // once more
			reported{id, w.proof(99, first.ID), "clicked"},
			reported{id, "forged", "clicked"},
			reported{id, w.proof(id, first.ID), "eaten"},
		)
		w.receiptsAre(t, id, 2, 0, 1)
	})
}

func TestReportsThatCannotBeReadAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		many := make([]reported, 101)
		for body, status := range map[string]int{
			"":                   http.StatusBadRequest,
			"not JSON":           http.StatusBadRequest,
			"{}":                 http.StatusUnprocessableEntity,
			`{"receipts": null}`: http.StatusUnprocessableEntity,
			`{"receipts": [1]}`:  http.StatusUnprocessableEntity,
			`{"receipts": [{"alert": "1", "receipt": "x", "event": "shown"}]}`: http.StatusUnprocessableEntity,
		} {
			w.call(http.MethodPost, receiptsPath, "", body).isProblem(t, status, "")
		}
		w.call(http.MethodPost, receiptsPath, "", map[string]any{"receipts": many}).isProblem(t, http.StatusUnprocessableEntity, "100")
		w.reports(t, many[:100]...) // fit, and are wrong
		w.reports(t)
	})
}

func TestALinkCountsTheClickAndLeadsToTheEntry(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		reader := w.Reader("outage/messages-down:all")
		published := w.PublishNow(models.Draft{Outage: "messages-down"})
		id, entry := published.Alert.ID, fmt.Sprintf("/outages/messages-down#update-%d", published.Update.ID)
		link := fmt.Sprintf("/go/%d/%s", id, w.proof(id, reader.ID))
		w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		leads := func(method, path string) {
			t.Helper()
			answer := w.send(method, path, nil)
			answer.wants(t, http.StatusFound)
			if h := answer.Header; h.Get("Location") != entry || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: Location %q, Cache-Control %q", method, path, h.Get("Location"), h.Get("Cache-Control"))
			}
		}
		leads(http.MethodHead, link)
		leads(http.MethodGet, fmt.Sprintf("/go/%d/%s", id, "forged"))
		leads(http.MethodGet, fmt.Sprintf("/go/%d/%s", id, w.proof(99, reader.ID)))
		w.receiptsAre(t, id, 0, 0, 0)
		leads(http.MethodGet, link)
		leads(http.MethodGet, link)
		w.receiptsAre(t, id, 0, 1, 0)
		for _, path := range []string{"/go/99/" + w.proof(99, reader.ID), "/go/x/y", "/go/-1/y"} {
			answer := w.get(path)
			if answer.wants(t, http.StatusNotFound); answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept", path)
			}
		}
	})
}

func TestTheDeskShowsWhatBrowsersReported(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.submit("/editor/sign-in", url.Values{"token": {w.token}}).wants(t, http.StatusOK)
		reader := w.Reader("outage/messages-down:all")
		id := w.PublishNow(models.Draft{Outage: "messages-down"}).Alert.ID
		w.reports(t, reported{id, w.proof(id, reader.ID), "shown"}, reported{id, w.proof(id, reader.ID), "clicked"})
		w.receiptsAre(t, id, 1, 1, 0)
		page := w.get("/editor/outages/messages-down")
		for _, part := range []string{`data-part="shown">1<`, `data-part="clicked">1<`, `data-part="dismissed">0<`} {
			if !strings.Contains(page.body, part) {
				t.Errorf("the desk does not show %s", part)
			}
		}
		var counts struct{ Shown, Clicked, Dismissed int }
		w.get(fmt.Sprintf("/editor/alerts/%d", id)).decode(t, http.StatusOK, &counts)
		if counts.Shown != 1 || counts.Clicked != 1 {
			t.Errorf("the desk's script gets %+v", counts)
		}
	})
}

// reports reports as a browser does, with no authorization.
func (w *web) reports(t *testing.T, all ...reported) {
	t.Helper()
	if all == nil {
		all = []reported{}
	}
	answer := w.call(http.MethodPost, receiptsPath, "", map[string]any{"receipts": all})
	if answer.wants(t, http.StatusNoContent); answer.body != "" {
		t.Errorf("the answer is %q", answer.body)
	}
}

func (w *web) proof(alertID, subscriptionID int64) string {
	w.t.Helper()
	key, err := w.ReceiptKey(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return string(key.Append(nil, alertID, subscriptionID))
}

// receiptsAre compares what an editor is told.
func (w *web) receiptsAre(t *testing.T, alertID int64, shown, clicked, dismissed int) {
	t.Helper()
	if err := w.FlushReceipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	var alert struct {
		Counts struct{ Shown, Clicked, Dismissed int }
	}
	w.call(http.MethodGet, fmt.Sprintf("/api/v1/alerts/%d", alertID), w.token, nil).decode(t, http.StatusOK, &alert)
	if c := alert.Counts; c.Shown != shown || c.Clicked != clicked || c.Dismissed != dismissed {
		t.Errorf("counts = %+v; want %d, %d, %d", c, shown, clicked, dismissed)
	}
}
