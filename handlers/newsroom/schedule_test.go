package newsroom_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/handlers/publish"
	"newsbell/models"
)

// inLondon runs a test in a newsroom in London, some days after the clock's beginning, with an
// editor who is signed in.
func inLondon(t *testing.T, days int, test func(t *testing.T, w *handlerstest.Web)) {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	handlerstest.OnBothWith(t, handlers.Options{TimeZone: london}, func(t *testing.T, w *handlerstest.Web) {
		w.Clock.Advance(time.Duration(days) * 24 * time.Hour)
		w.NewReader("outage/messages-down:all")
		w.SignInWith(w.Session(w.Person(ada, models.RoleEditor)))
		test(t, w)
	})
}

// scheduleFor asks for confirmation of a draft, and schedules it there.
func scheduleFor(t *testing.T, w *handlerstest.Web, headline, at string) handlerstest.Answer {
	t.Helper()
	form := typed(headline, 0, 0, "preview")
	form.Set("alert", "all")
	confirmation := w.Submit(updates, form)
	says(t, confirmation, http.StatusOK, ">Schedule<", "Europe/London")
	return w.Submit(updates, scheduling(confirmation, at))
}

func scheduling(confirmation handlerstest.Answer, at string) url.Values {
	form := formOn(confirmation, "schedule")
	for name, values := range form { // the page has more than one form
		form[name] = slices.Compact(slices.Sorted(slices.Values(values)))
	}
	form.Set("publish_at", at)
	return form
}

func publishDue(t *testing.T, w *handlerstest.Web) {
	t.Helper()
	if err := publish.New(w.Store, w.Bus, slog.New(slog.DiscardHandler)).PublishDue(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnUpdateIsScheduledInTheTimeZoneOfTheNewsroom(t *testing.T) {
	inLondon(t, 270, func(t *testing.T, w *handlerstest.Web) { // 31 July, 18:04 UTC: summer time
		page := scheduleFor(t, w, "Messages <b>return</b>", "2022-07-31T20:00")
		says(t, page, http.StatusOK, "Sun 31 Jul 2022, 20:00, Europe/London", `datetime="2022-07-31T19:00:00Z"`, "Messages &lt;b&gt;return", "On the full hour", ">Unschedule<")
		says(t, w.Get("/editor"), http.StatusOK, "Sun 31 Jul 2022, 20:00, Europe/London")
		viewer := w.Elsewhere()
		viewer.SignInWith(w.Session(w.Person("eve@news.example", models.RoleViewer)))
		for _, path := range []string{"/editor", "/editor/outages/messages-down"} {
			if page := viewer.Get(path); strings.Contains(page.Text, "return") {
				t.Errorf("%s shows a viewer what is not published", path)
			}
		}
		w.Clock.Advance(56*time.Minute - time.Second)
		publishDue(t, w)
		wantNothingPublished(t, w)
		w.Clock.Advance(time.Second)
		publishDue(t, w)
		publishDue(t, w)
		if w.Count("updates") != 1 || w.Count("alerts") != 1 || !slices.ContainsFunc(w.Bus.Published, func(m string) bool { return strings.Contains(m, "messages-down") }) {
			t.Errorf("%d updates, %d alerts, announced %v; want one, which live pages hear of", w.Count("updates"), w.Count("alerts"), w.Bus.Published)
		}
		if page := w.Get("/outages/messages-down"); !strings.Contains(page.Text, "Messages &lt;b&gt;return") {
			t.Error("readers do not see it")
		}
	})
}

func wantNothingPublished(t *testing.T, w *handlerstest.Web) {
	t.Helper()
	if n := w.Count("updates"); n != 0 {
		t.Errorf("%d updates; want none", n)
	}
}

func TestATimeThatCannotBeIsRefusedInWords(t *testing.T) {
	inLondon(t, 0, func(t *testing.T, w *handlerstest.Web) {
		for at, words := range map[string]string{
			"":                    "Choose a date and a time.",
			"tomorrow":            "That is not a date and a time",
			"2021-11-03T18:04":    "The time must be in the future",
			"2022-03-27T01:30":    "Clocks in Europe/London skip that time.",
			"2029-01-01T00:00":    "at most a year away",
			"2021-11-04T18:00:00": "That is not a date and a time",
		} {
			page := scheduleFor(t, w, "Messages return", at)
			says(t, page, http.StatusUnprocessableEntity, words, `value="`+at+`"`, `<details class="later" id="later" open>`)
		}
		if w.Count("drafts") != 1 || w.Count("scheduled_updates") != 0 {
			t.Errorf("%d drafts, %d scheduled; want the draft kept", w.Count("drafts"), w.Count("scheduled_updates"))
		}
		page := scheduleFor(t, w, "Messages return", "2022-10-30T01:30") // which clocks show twice
		says(t, page, http.StatusOK, `datetime="2022-10-30T00:30:00Z"`)
	})
}

func TestAnEditorUnschedulesAndFindsTheTextAgain(t *testing.T) {
	inLondon(t, 0, func(t *testing.T, w *handlerstest.Web) {
		scheduleFor(t, w, "Messages return", "2021-11-03T19:05")
		second := w.Elsewhere()
		second.SignInWith(w.Session(w.Person(bob, models.RoleEditor)))
		says(t, second.Submit("/editor/scheduled/1/delete", nil), http.StatusConflict, "It is still scheduled.")
		isAt(t, second.Submit("/editor/scheduled/1/unschedule", nil), "/editor/outages/messages-down")
		says(t, w.Get("/editor/outages/messages-down"), http.StatusOK, `value="Messages return"`)
		says(t, second.Submit("/editor/scheduled/1/unschedule", nil), http.StatusConflict, "published or taken back a moment ago")

		form := scheduleFor(t, w, "Messages return", "2021-11-03T19:05")
		says(t, form, http.StatusOK, ">Unschedule<")
		w.Clock.Advance(2 * time.Hour) // nothing ran
		publishDue(t, w)
		says(t, w.Get("/editor/outages/messages-down"), http.StatusOK, "Not published. Newsbell did not run at that time", ">Back to the draft<")
		w.Submit("/editor/scheduled/2/delete", nil)
		if w.Count("scheduled_updates") != 0 {
			t.Error("it is not deleted")
		}
		wantNothingPublished(t, w)
	})
}

func TestATokenCannotSchedule(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.NewReader("outage/messages-down:all")
		w.SignIn()
		form := typed("Messages return", 0, 0, "preview")
		form.Set("alert", "all")
		confirmation := w.Submit(updates, form)
		if strings.Contains(confirmation.Text, ">Schedule<") {
			t.Error("it is offered")
		}
		says(t, w.Submit(updates, scheduling(confirmation, "2021-11-03T19:05")), http.StatusForbidden, "Tokens cannot schedule")
	})
}
