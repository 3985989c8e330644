package pages_test

import (
	"fmt"
	"net/http"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"testing"
)

func TestALinkCountsTheClickAndRedirectsToTheEntry(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		reader := w.Reader("outage/messages-down:all")
		published := w.PublishNow(models.Draft{Outage: "messages-down"})
		id, entry := published.Alert.ID, fmt.Sprintf("/outages/messages-down#update-%d", published.Update.ID)
		link := fmt.Sprintf("/go/%d/%s", id, w.Proof(id, reader.ID))
		w.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		leads := func(method, path string) {
			t.Helper()
			answer := w.Send(method, path, nil)
			answer.WantStatus(t, http.StatusFound)
			if h := answer.Header; h.Get("Location") != entry || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: Location %q, Cache-Control %q", method, path, h.Get("Location"), h.Get("Cache-Control"))
			}
		}
		leads(http.MethodHead, link)
		leads(http.MethodGet, fmt.Sprintf("/go/%d/%s", id, "forged"))
		leads(http.MethodGet, fmt.Sprintf("/go/%d/%s", id, w.Proof(99, reader.ID)))
		w.WantReceipts(t, id, 0, 0, 0)
		leads(http.MethodGet, link)
		leads(http.MethodGet, link)
		w.WantReceipts(t, id, 0, 1, 0)
		for _, path := range []string{"/go/99/" + w.Proof(99, reader.ID), "/go/x/y", "/go/-1/y"} {
			answer := w.Get(path)
			if answer.WantStatus(t, http.StatusNotFound); answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be cached", path)
			}
		}
	})
}
