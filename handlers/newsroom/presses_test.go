package newsroom_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/models"
	"newsbell/models/modelstest"
)

func TestTwoHundredPressesOfTwoPeopleOnThreeProcessesSendOneAlert(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		first := handlerstest.New(t, db, handlers.Options{})
		first.NewReader("outage/messages-down:all")
		webs := []*handlerstest.Web{first}
		for range 2 {
			process := anotherProcess(t, db)
			webs = append(webs, handlerstest.Serve(t, process, first.Token, first.Bus, handlers.Options{}))
		}
		sessions := []string{db.Session(db.Person("ada@news.example", models.RoleEditor)), db.Session(db.Person("ben@news.example", models.RoleEditor))}
		answers := pressTogether(t, webs, sessions, 200)

		outage, err := db.Store.Outage(t.Context(), "messages-down")
		if err != nil {
			t.Fatal(err)
		}
		updates, err := db.Updates(t.Context(), outage)
		if err != nil || len(updates) != 1 || db.Count("alerts") != 1 {
			t.Fatalf("%d updates, %d alerts, %v; want one of each", len(updates), db.Count("alerts"), err)
		}
		sent := 0
		for _, answer := range answers {
			isPublished := answer.StatusCode == http.StatusSeeOther && strings.HasPrefix(answer.Header.Get("Location"), "/editor/outages/messages-down")
			isAsked := answer.StatusCode == http.StatusConflict && strings.Contains(answer.Text, "same words")
			if !isPublished && !isAsked {
				t.Errorf("%s: %d %s", answer.Request.URL, answer.StatusCode, answer.Text)
			}
			if isPublished {
				sent++
			}
		}
		if sent != 2 { // the form that published, and its double click
			t.Errorf("%d presses lead to the alert; want 2", sent)
		}
	})
}

// anotherProcess opens a database again, as another process does.
func anotherProcess(t *testing.T, db *modelstest.DB) *modelstest.DB {
	t.Helper()
	return modelstest.OpenWith(t, "", models.Options{URL: db.URL, PushHosts: modelstest.PushHosts(t, "push.example.org")})
}

// pressTogether presses Send in the same words, in turn by each session on each web, all at
// once. Every other press of a session is a double click: it has the key of the one before.
func pressTogether(t *testing.T, webs []*handlerstest.Web, sessions []string, presses int) []handlerstest.Answer {
	t.Helper()
	browsers, forms := make([]*handlerstest.Web, presses), make([]url.Values, presses)
	for i := range presses {
		person, press := i%len(sessions), i/len(sessions)
		browsers[i] = webs[press%len(webs)].Elsewhere()
		browsers[i].Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		browsers[i].SignInWith(sessions[person])
		key := fmt.Sprintf("form %d of person %d", press/2, person)
		forms[i] = url.Values{"kind": {"update"}, "alert": {"all"}, "headline": {"Messages fail"}, "do": {"publish"}, "key": {key}}
	}
	answers := make([]handlerstest.Answer, presses)
	release := make(chan struct{})
	var pressed sync.WaitGroup
	for i := range presses {
		pressed.Go(func() {
			<-release
			answers[i] = browsers[i].Submit("/editor/outages/messages-down/updates", forms[i])
		})
	}
	close(release)
	pressed.Wait()
	return answers
}
