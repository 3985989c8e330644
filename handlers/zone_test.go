package handlers_test

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"newsbell/handlers/handlerstest"
	"newsbell/models"
)

// aTime matches a time in JSON or a feed.
var aTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^"<]*`)

func TestTimesAreUTCWhateverTheZoneOfTheProcessAndOfTheClient(t *testing.T) {
	if os.Getenv("TZ") != tokyo {
		againIn(t, tokyo)
		return
	}
	if _, east := time.Now().Zone(); east != 9*60*60 {
		t.Fatalf("%d s east of UTC; want Tokyo's", east)
	}
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		opened := w.Call(http.MethodPost, "/api/v1/outages", w.Token, map[string]any{
			"slug": "calls-down", "headline": "Calls are down", "apps": []string{"messenger"}, "began_at": "2021-11-03T17:00:00+02:00",
		})
		opened.WantStatus(t, http.StatusCreated)
		w.PublishNow(models.Draft{Outage: "calls-down", Apps: []string{"messenger"}})
		secret := w.NewReader("outage/calls-down:all")
		answers := map[string]handlerstest.Answer{
			"the outage as it is opened": opened,
			"a pause as it begins": w.Call(http.MethodPatch, "/api/v1/subscription", secret, map[string]any{
				"paused_until": "2021-12-24T20:00:00+02:00",
			}),
			"the reader's data": w.Call(http.MethodGet, "/api/v1/subscription/data", secret, nil),
		}
		for _, path := range []string{"/api/v1/outages/calls-down", "/api/v1/alerts/1", "/outages/calls-down/feed.atom", "/outages/calls-down"} {
			answers[path] = w.Call(http.MethodGet, path, w.Token, nil)
		}
		for what, got := range answers {
			times := aTime.FindAllString(got.Text, -1)
			if len(times) == 0 {
				t.Errorf("%s has no time: %s", what, got.Text)
			}
			for _, one := range times {
				if !strings.HasSuffix(one, "Z") {
					t.Errorf("%s has %s; want UTC", what, one)
				}
			}
		}
		if !strings.Contains(opened.Text, "2021-11-03T15:00:00Z") {
			t.Errorf("the outage began at another time: %s", opened.Text)
		}
	})
}

const tokyo = "Asia/Tokyo"

// againIn runs this test again in a process with another time zone.
func againIn(t *testing.T, zone string) {
	t.Helper()
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), "TZ="+zone)
	output, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: "+t.Name()+"/PostgreSQL") && os.Getenv("CI") == "true" {
		t.Fatalf("%v:\n%s", err, output)
	}
}
