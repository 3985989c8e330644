package live_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/handlerstest"
	"newsbell/handlers/live"
	"newsbell/models/modelstest"
)

// long makes an event of 45 kB.
var long = strings.Repeat("All work and no play. ", 15_000/22)

// onlyTheBus disables sweeps: every update that arrives was announced on the bus.
var onlyTheBus = live.Options{SweepEvery: time.Hour}

func TestAnOpenPageGetsEachUpdateAsItIsPublished(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		w.WriteUpdate("Before the page was opened")
		page := w.OpenStream("", "Accept-Encoding", "gzip")
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "",
			"X-Content-Type-Options": "nosniff",
		} {
			if page.Header.Get(name) != want {
				t.Errorf("%s: %q; want %q", name, page.Header.Get(name), want)
			}
		}
		page.WantUpdates(w.PublishUpdate("Messages are failing"))
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, map[string]any{
			"kind": "resolution", "alert": "none", "headline": "Back <again>", "body": "On *all* apps.\n\nSince nine.",
			"states": map[string]string{"messenger": "up"},
		}).WantStatus(t, http.StatusCreated)
		e := page.Next()
		if e.Kind != "resolution" || e.Headline != "Back <again>" || e.States["messenger"] != "up" {
			t.Errorf("event = %+v", e)
		}
		shown := w.Get("/outages/messages-down").Text
		for _, part := range []string{e.Entry, e.KeyMoment, e.Band} {
			if part == "" || !strings.Contains(shown, part) {
				t.Errorf("the page does not show %q", part)
			}
		}
	})
}

func TestAnOpenPageAsksToBeReloadedWhenTheOutageIsClosedOrOpenedAgain(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		w.SignIn()
		page := w.OpenStream("")
		first := w.PublishUpdate("Messages are failing")
		page.WantUpdates(first)
		w.Submit("/editor/outages/messages-down/close", nil).WantStatus(t, http.StatusOK)
		page.WantReset(first)
		w.Submit("/editor/outages/messages-down/reopen", nil).WantStatus(t, http.StatusOK)
		page.WantReset(first)
		resolve := map[string]any{"kind": "resolution", "alert": "none", "headline": "Back"}
		w.Call(http.MethodPost, handlerstest.UpdatesPath, w.Token, resolve).WantStatus(t, http.StatusCreated)
		resolution := page.Next()
		if resolution.Kind != "resolution" {
			t.Fatalf("got %+v; want the resolution and no reset", resolution)
		}
		w.Submit("/editor/outages/messages-down/reopen", nil).WantStatus(t, http.StatusOK)
		page.WantReset(resolution.UpdateID)
		page.WantUpdates(w.PublishUpdate("They fail again"))
	})
}

func TestAPageThatReconnectsGetsExactlyWhatItMissed(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		var ids []int64
		for i := range 150 { // more than are kept in memory
			ids = append(ids, w.WriteUpdate(fmt.Sprint("Update ", i)))
		}
		pages := map[*handlerstest.Stream][]int64{
			w.OpenStream("?after=0"):                                                          ids,
			w.OpenStream("?after=" + fmt.Sprint(ids[147])):                                    ids[148:],
			w.OpenStream("?after="+fmt.Sprint(ids[5]), "Last-Event-ID", fmt.Sprint(ids[120])): ids[121:],
			w.OpenStream("", "Last-Event-ID", fmt.Sprint(ids[40])):                            ids[41:],
			w.OpenStream("", "Last-Event-ID", fmt.Sprint(ids[149])):                           nil,
		}
		next := w.PublishUpdate("And on it goes")
		for page, missed := range pages {
			page.WantUpdates(missed...)
			page.WantUpdates(next)
		}
	})
}

func TestAPageThatIsAheadOfTheDatabaseIsReset(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		w.OpenStream("?after=7").WantReset(0)
		old := w.PublishUpdate("Before the backup")
		pages := []*handlerstest.Stream{
			w.OpenStream("?after=" + fmt.Sprint(old+7)),
			w.OpenStream("", "Last-Event-ID", "999999"),
			w.OpenStream("?after="+fmt.Sprint(old), "Last-Event-ID", fmt.Sprint(old+1)),
		}
		for _, page := range pages {
			page.WantReset(old)
		}
		fresh := w.PublishUpdate("After it was restored")
		for _, page := range pages {
			page.WantUpdates(fresh)
		}
	})
}

func TestAPageWithUpdatesOfAnotherProcessIsNotReset(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		w.OpenStream("").WantUpdates(w.PublishUpdate("Read by this process"))
		there := w.WriteUpdate("Not announced to this process")
		w.OpenStream("?after=" + fmt.Sprint(there)).WantUpdates(w.PublishUpdate("And on it goes"))
	})
}

func TestOpenPagesAreResetWhenABackupIsRestored(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{SweepEvery: 10 * time.Millisecond}, func(t *testing.T, w *handlerstest.Web) {
		kept := w.WriteUpdate("In the backup")
		page, lost := w.OpenStream("?after=0"), w.WriteUpdate("Not in the backup")
		page.WantUpdates(kept, lost)
		w.Exec("DELETE FROM updates WHERE id > ?", kept)
		page.WantReset(kept)
		page.WantUpdates(w.WriteUpdate("And on it goes"))
		w.Exec("DELETE FROM updates")
		page.WantReset(0)
		page.WantUpdates(w.WriteUpdate("From the beginning"))
	})
}

func TestNothingIsLostOrRepeatedBetweenReplayAndLive(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{SweepEvery: 10 * time.Millisecond}, func(t *testing.T, w *handlerstest.Web) {
		published := make(chan int64, 60)
		go func() {
			defer close(published)
			for i := range cap(published) {
				published <- w.WriteUpdate(fmt.Sprint("Update ", i))
			}
		}()
		var pages []*handlerstest.Stream
		var ids []int64
		for id := range published {
			ids = append(ids, id)
			if len(ids)%10 == 1 {
				pages = append(pages, w.OpenStream("?after="+fmt.Sprint(ids[0])))
			}
		}
		for _, page := range pages {
			page.WantUpdates(ids[1:]...)
		}
		last := w.PublishUpdate("The last")
		for _, page := range pages {
			page.WantUpdates(last)
		}
	})
}

func TestAPageThatDoesNotReadIsDroppedWithoutAffectingOthers(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{WriteTimeout: 500 * time.Millisecond}, func(t *testing.T, w *handlerstest.Web) {
		_, hungUp := w.DialStream()
		page := w.OpenStream("")
		for range 30 { // more than the socket buffer holds
			page.WantUpdates(w.PublishUpdate(long))
		}
		<-hungUp
		page.WantUpdates(w.PublishUpdate("And on it goes"))
	})
}

func TestAPageThatDisconnectsFreesItsPlace(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{MaxPages: 1}, func(t *testing.T, w *handlerstest.Web) {
		conn, hungUp := w.DialStream()
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		full := w.Get("/outages/messages-down/events")
		full.WantProblem(t, http.StatusServiceUnavailable, "Too many")
		if full.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		conn.Close()
		<-hungUp
		for w.Get("/outages/elsewhere/events").StatusCode != http.StatusNotFound {
			// The count decreases a moment after the server closes the connection.
		}
		w.OpenStream("").WantUpdates(w.PublishUpdate("Another reads on"))
	})
}

func TestOneAddressCannotUseUpAllLivePages(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		w := handlerstest.New(t, db, handlers.Options{TrustedProxies: handlerstest.Loopback, Live: live.Options{MaxPages: 5, MaxPagesOfAddress: 2}})
		status := func(address string) int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Origin+"/outages/messages-down/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", address)
			response, err := w.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { response.Body.Close() })
			return response.StatusCode
		}
		for _, c := range []struct {
			address string
			want    int
		}{
			{"203.0.113.9:1", http.StatusOK}, {"203.0.113.9:2", http.StatusOK}, {"203.0.113.9:3", http.StatusTooManyRequests},
			{"", http.StatusOK}, {"", http.StatusOK}, {"203.0.113.10", http.StatusOK}, {"203.0.113.11", http.StatusServiceUnavailable},
		} {
			if got := status(c.address); got != c.want {
				t.Errorf("a page of %q: %d; want %d", c.address, got, c.want)
			}
		}
	})
}

func TestAnUpdateThatTheBusDidNotAnnounceIsFound(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{SweepEvery: 10 * time.Millisecond}, func(t *testing.T, w *handlerstest.Web) {
		page := w.OpenStream("")
		page.WantUpdates(w.WriteUpdate("Not announced"))
		page.WantUpdates(w.PublishUpdate("Announced"), w.WriteUpdate("Not announced again"))
	})
}

func TestAnUpdateReachesThePagesOfEveryProcess(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		other := w.StartProcess(onlyTheBus)
		pages := []*handlerstest.Stream{w.OpenStream(""), other.OpenStream(""), other.OpenStream("")}
		// A process that has received its own announcement is subscribed.
		first, second := w.PublishUpdate("First"), int64(0)
		pages[0].WantUpdates(first)
		second = other.PublishUpdate("The other says it")
		pages[1].WantUpdates(first, second)
		third := w.PublishUpdate("One says more")
		pages[0].WantUpdates(second, third)
		pages[1].WantUpdates(third)
		pages[2].WantUpdates(first, second, third)
	})
}

func TestPagesCatchUpAsSoonAsTheBusIsBack(t *testing.T) {
	handlerstest.OnBothWithNATS(t, onlyTheBus, func(t *testing.T, w *handlerstest.Web) {
		page := w.OpenStream("")
		page.WantUpdates(w.PublishUpdate("Announced"))
		port := w.NATS.Addr().(*net.TCPAddr).Port
		handlerstest.StopNATS(w.NATS)
		missed := w.WriteUpdate("Not announced")
		handlerstest.StartNATS(t, port)
		page.WantUpdates(missed)
	})
}

func TestStreamsEndWithTheProgram(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{WriteTimeout: time.Hour}, func(t *testing.T, w *handlerstest.Web) {
		stuck, hungUp := w.DialStream()
		page := w.OpenStream("")
		for range 30 {
			page.WantUpdates(w.PublishUpdate(long))
		}
		w.Stop()
		page.WantEnd()
		<-hungUp
		stuck.Close()
	})
}

func TestASilentStreamHasAHeartbeat(t *testing.T) {
	handlerstest.OnBothWithNATS(t, live.Options{Heartbeat: time.Millisecond}, func(t *testing.T, w *handlerstest.Web) {
		conn, _ := w.DialStream()
		comments := 0
		for lines := bufio.NewScanner(conn); comments < 3 && lines.Scan(); {
			if lines.Text() == ":" {
				comments++
			}
		}
		if comments < 3 {
			t.Errorf("%d comments", comments)
		}
	})
}

func TestAStreamThatDoesNotExistIsAProblem(t *testing.T) {
	handlerstest.OnBoth(t, func(t *testing.T, w *handlerstest.Web) {
		w.Get("/outages/elsewhere/events").WantProblem(t, http.StatusNotFound, "")
		for _, query := range []string{"?after=yesterday", "?after=-1", "?after=99999999999999999999"} {
			w.Get("/outages/messages-down/events"+query).WantProblem(t, http.StatusUnprocessableEntity, "")
		}
		w.Send(http.MethodPost, "/outages/messages-down/events", nil).WantProblem(t, http.StatusMethodNotAllowed, "")
	})
}
