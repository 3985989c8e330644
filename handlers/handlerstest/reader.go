package handlerstest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/models"
	"newsbell/models/modelstest"
)

// NoticesPath is the path at which readers request notices.
const NoticesPath = "/api/v1/subscription/notices"

// SubscriptionBody returns a request body that subscribes a new browser.
func (w *Web) SubscriptionBody(follows ...string) map[string]any {
	browser := w.Browser()
	topics := []map[string]string{}
	for _, f := range modelstest.ParseFollows(follows...) {
		topics = append(topics, map[string]string{"topic": f.Topic, "level": f.Level})
	}
	return map[string]any{
		"subscription": map[string]any{
			"endpoint": browser.Endpoint, "expirationTime": nil,
			"keys": map[string]any{"p256dh": browser.P256DH, "auth": browser.Auth},
		},
		"follows": topics, "time_zone": "Europe/London",
	}
}

// NewReader subscribes a new browser through the API and returns its secret.
func (w *Web) NewReader(follows ...string) string {
	w.t.Helper()
	var out struct{ Secret string }
	w.Call(http.MethodPost, "/api/v1/subscriptions", "", w.SubscriptionBody(follows...)).Decode(w.t, http.StatusCreated, &out)
	return out.Secret
}

// Notice is a reader's view of a notice.
type Notice struct {
	ID          int64
	Kind, State string
	Status      int
	Reason      string
	CreatedAt   time.Time  `json:"created_at"`
	AnsweredAt  *time.Time `json:"answered_at"`
}

// Notify requests a notice.
func (w *Web) Notify(t *testing.T, secret, kind string) (made Notice) {
	t.Helper()
	w.Call(http.MethodPost, NoticesPath, secret, map[string]string{"kind": kind}).Decode(t, http.StatusAccepted, &made)
	return made
}

// GetNotice returns the state of a notice.
func (w *Web) GetNotice(t *testing.T, secret string, id int64) (found Notice) {
	t.Helper()
	a := w.Call(http.MethodGet, fmt.Sprintf("%s/%d", NoticesPath, id), secret, nil)
	a.Decode(t, http.StatusOK, &found)
	if found.AnsweredAt == nil && !strings.Contains(a.Text, `"answered_at":null`) {
		t.Errorf("notice = %s; want answered_at in it", a.Text)
	}
	return found
}

// RecordNotice records a result for the only notice that is due, as a worker does.
func (w *Web) RecordNotice(t *testing.T, r models.Result) {
	t.Helper()
	claimed, err := w.ClaimNotices(t.Context(), 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %+v, %v; want one notice", claimed, err)
	}
	r.Recipient = claimed[0].Recipient()
	if err := w.RecordNotices(t.Context(), []models.NoticeResult{{Notice: claimed[0], Result: r}}, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
}
