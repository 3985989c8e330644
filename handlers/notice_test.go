package handlers_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/ledger"
)

const notices = "/api/v1/subscription/notices"

// noticed is a notice as its reader sees it.
type noticed struct {
	ID          int64
	Kind, State string
	Status      int
	Reason      string
	CreatedAt   time.Time  `json:"created_at"`
	AnsweredAt  *time.Time `json:"answered_at"`
}

func TestAReaderAsksForATestAndSeesWhatBecameOfIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe("outage/messages-down:key")
		made := w.notify(t, secret, "test")
		want := noticed{ID: made.ID, Kind: "test", State: "waiting", CreatedAt: w.Now()}
		if made != want || w.notice(t, secret, made.ID) != want {
			t.Errorf("notice = %+v; want %+v", made, want)
		}
		if said := fmt.Sprintf(`newsbell.notices {"notice_id":%d}`, made.ID); len(w.bus.said) != 1 || w.bus.said[0] != said {
			t.Errorf("said %q; want %q", w.bus.said, said)
		}
		w.answer(t, models.Result{Outcome: ledger.Failed, Status: 403, Reason: "BadJwtToken"})
		failed := w.notice(t, secret, made.ID)
		if failed.State != "failed" || failed.Status != 403 || failed.Reason != "BadJwtToken" || failed.AnsweredAt == nil {
			t.Errorf("notice = %+v", failed)
		}
		welcome := w.notify(t, secret, "welcome")
		w.answer(t, models.Result{Outcome: ledger.Gone, Status: 410})
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("due = %+v, %v; want nothing sent to an address that is gone", due, err)
		}
		if gone := w.notice(t, secret, welcome.ID); gone.State != "failed" || gone.Status != 410 {
			t.Errorf("notice = %+v; want it failed with 410", gone)
		}
	})
}

func TestANoticeIsForItsReadersEyesAndOfAKnownKind(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret, other := w.subscribe(), w.subscribe()
		made := w.notify(t, secret, "test")
		path := fmt.Sprintf("%s/%d", notices, made.ID)
		w.call(http.MethodGet, path, other, nil).isProblem(t, http.StatusNotFound, "")
		w.call(http.MethodGet, path, "", nil).isProblem(t, http.StatusUnauthorized, "")
		w.call(http.MethodGet, path, w.token, nil).isProblem(t, http.StatusUnauthorized, "")
		w.call(http.MethodGet, notices+"/x", secret, nil).isProblem(t, http.StatusUnprocessableEntity, "id")
		for _, bearer := range []string{"", "wrong", w.token} {
			w.call(http.MethodPost, notices, bearer, map[string]string{"kind": "test"}).isProblem(t, http.StatusUnauthorized, "")
		}
		w.call(http.MethodPost, notices, secret, map[string]string{"kind": "greeting"}).isProblem(t, http.StatusUnprocessableEntity, "body.kind")
		w.call(http.MethodPost, notices, secret, map[string]string{"kind": "test", "title": "Mine"}).isProblem(t, http.StatusUnprocessableEntity, "title")
		for _, text := range []string{"{", "[]", "null", "", "{}"} {
			if a := w.call(http.MethodPost, notices, secret, text); a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d %s", text, a.StatusCode, a.body)
			}
		}
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 1 {
			t.Errorf("%d notices, %v; want the first alone", len(due), err)
		}
	})
}

func TestABusThatFailsNeverFailsANotice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe()
		w.bus.fail = func() error { return errors.New("no server") }
		w.notify(t, secret, "test")
	})
}

func TestTheForgottenLeaveNoNotice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		secret := w.subscribe()
		w.notify(t, secret, "test")
		w.call(http.MethodDelete, "/api/v1/subscription", secret, nil).wants(t, http.StatusNoContent)
		if due, err := w.ClaimNotices(t.Context(), 10); err != nil || len(due) != 0 {
			t.Errorf("%+v, %v; want nothing to send", due, err)
		}
	})
}

func (w *web) notify(t *testing.T, secret, kind string) (made noticed) {
	t.Helper()
	w.call(http.MethodPost, notices, secret, map[string]string{"kind": kind}).decode(t, http.StatusAccepted, &made)
	return made
}

func (w *web) notice(t *testing.T, secret string, id int64) (found noticed) {
	t.Helper()
	a := w.call(http.MethodGet, fmt.Sprintf("%s/%d", notices, id), secret, nil)
	a.decode(t, http.StatusOK, &found)
	if found.AnsweredAt == nil && !strings.Contains(a.body, `"answered_at":null`) {
		t.Errorf("notice = %s; want answered_at in it", a.body)
	}
	return found
}

// answer records the outcome of the notices that wait, as a worker does.
func (w *web) answer(t *testing.T, r models.Result) {
	t.Helper()
	claimed, err := w.ClaimNotices(t.Context(), 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %+v, %v; want one notice", claimed, err)
	}
	r.Recipient = claimed[0].Recipient()
	if err := w.RecordNotices(t.Context(), []models.NoticeResult{{Notice: claimed[0], Result: r}}); err != nil {
		t.Fatal(err)
	}
}
