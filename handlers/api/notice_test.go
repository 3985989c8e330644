package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/events"
	"newsbell/models/ledger"
)

func TestAReaderRequestsATestAndSeesItsResult(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader("outage/messages-down:key")
		made := w.Notify(t, secret, "test")
		want := handlerstest.Notice{ID: made.ID, Kind: "test", State: "waiting", CreatedAt: w.Now()}
		if made != want || w.GetNotice(t, secret, made.ID) != want {
			t.Errorf("notice = %+v; want %+v", made, want)
		}
		if want := []string{events.SubjectNotices + " "}; !slices.Equal(w.Bus.Published, want) {
			t.Errorf("published %q; want %q", w.Bus.Published, want)
		}
		w.RecordNotice(t, models.Result{Outcome: ledger.Failed, Status: 403, Reason: "BadJwtToken"})
		failed := w.GetNotice(t, secret, made.ID)
		if failed.State != "failed" || failed.Status != 403 || failed.Reason != "BadJwtToken" || failed.AnsweredAt == nil {
			t.Errorf("notice = %+v", failed)
		}
		welcome := w.Notify(t, secret, "welcome")
		w.RecordNotice(t, models.Result{Outcome: ledger.Gone, Status: 410})
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("due = %+v, %v; want nothing sent to an address that is gone", due, err)
		}
		if gone := w.GetNotice(t, secret, welcome.ID); gone.State != "failed" || gone.Status != 410 {
			t.Errorf("notice = %+v; want it failed with 410", gone)
		}
	})
}

func TestANoticeHasAKnownKindAndOnlyItsReaderSeesIt(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret, other := w.NewReader(), w.NewReader()
		made := w.Notify(t, secret, "test")
		path := fmt.Sprintf("%s/%d", handlerstest.NoticesPath, made.ID)
		w.Call(http.MethodGet, path, other, nil).WantProblem(t, http.StatusNotFound, "")
		w.Call(http.MethodGet, path, "", nil).WantProblem(t, http.StatusUnauthorized, "")
		w.Call(http.MethodGet, path, w.Token, nil).WantProblem(t, http.StatusUnauthorized, "")
		w.Call(http.MethodGet, handlerstest.NoticesPath+"/x", secret, nil).WantProblem(t, http.StatusUnprocessableEntity, "id")
		for _, bearer := range []string{"", "wrong", w.Token} {
			w.Call(http.MethodPost, handlerstest.NoticesPath, bearer, map[string]string{"kind": "test"}).WantProblem(t, http.StatusUnauthorized, "")
		}
		w.Call(http.MethodPost, handlerstest.NoticesPath, secret, map[string]string{"kind": "greeting"}).WantProblem(t, http.StatusUnprocessableEntity, "body.kind")
		w.Call(http.MethodPost, handlerstest.NoticesPath, secret, map[string]string{"kind": "test", "title": "Mine"}).WantProblem(t, http.StatusUnprocessableEntity, "title")
		for _, text := range []string{"{", "[]", "null", "", "{}"} {
			if a := w.Call(http.MethodPost, handlerstest.NoticesPath, secret, text); a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d %s", text, a.StatusCode, a.Text)
			}
		}
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 1 {
			t.Errorf("%d notices, %v; want only the first", len(due), err)
		}
	})
}

func TestABusThatFailsNeverFailsANotice(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader()
		w.Bus.Fail = func() error { return errors.New("no server") }
		w.Notify(t, secret, "test")
	})
}

func TestForgettingASubscriptionDeletesItsNotices(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		secret := w.NewReader()
		w.Notify(t, secret, "test")
		w.Call(http.MethodDelete, "/api/v1/subscription", secret, nil).WantStatus(t, http.StatusNoContent)
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("%+v, %v; want nothing to send", due, err)
		}
	})
}
