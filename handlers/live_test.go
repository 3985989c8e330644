package handlers_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"newsbell/handlers"
	"newsbell/handlers/live"
	"newsbell/models/modelstest"
)

// long makes an event of 45 kB.
var long = strings.Repeat("All work and no play. ", 15_000/22)

// Sweeps that never come: what arrives, the bus has told.
var onlyTheBus = live.Options{SweepEvery: time.Hour}

func TestAnOpenPageGetsEachUpdateAsItIsPublished(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		s.write("Before the page was opened")
		page := s.openPage("", "Accept-Encoding", "gzip")
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "",
			"X-Content-Type-Options": "nosniff",
		} {
			if page.Header.Get(name) != want {
				t.Errorf("%s: %q; want %q", name, page.Header.Get(name), want)
			}
		}
		page.gets(s.publish("Messages are failing"))
		s.call(http.MethodPost, updates, s.token, map[string]any{
			"kind": "resolution", "alert": "none", "headline": "Back <again>", "body": "On *all* apps.\n\nSince nine.",
			"states": map[string]string{"messenger": "up"},
		}).wants(t, http.StatusCreated)
		e := page.next()
		if e.Kind != "resolution" || e.Headline != "Back <again>" || e.States["messenger"] != "up" {
			t.Errorf("event = %+v", e)
		}
		shown := s.get("/outages/messages-down").body
		for _, part := range []string{e.Entry, e.KeyMoment, e.Band} {
			if part == "" || !strings.Contains(shown, part) {
				t.Errorf("the page does not show %q", part)
			}
		}
	})
}

func TestAPageThatComesBackGetsExactlyWhatItMissed(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		var ids []int64
		for i := range 150 { // more than are kept in memory
			ids = append(ids, s.write(fmt.Sprint("Update ", i)))
		}
		pages := map[*openPage][]int64{
			s.openPage("?after=0"):                       ids,
			s.openPage("?after=" + fmt.Sprint(ids[147])): ids[148:],
			s.openPage("?after="+fmt.Sprint(ids[5]), "Last-Event-ID", fmt.Sprint(ids[120])): ids[121:],
			s.openPage("", "Last-Event-ID", fmt.Sprint(ids[40])):                            ids[41:],
			s.openPage("", "Last-Event-ID", fmt.Sprint(ids[149])):                           nil,
		}
		next := s.publish("And on it goes")
		for page, missed := range pages {
			page.gets(missed...)
			page.gets(next)
		}
	})
}

func TestAPageThatIsAheadOfTheDatabaseBeginsAnew(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		s.openPage("?after=7").resets(0)
		old := s.publish("Before the backup")
		pages := []*openPage{
			s.openPage("?after=" + fmt.Sprint(old+7)),
			s.openPage("", "Last-Event-ID", "999999"),
			s.openPage("?after="+fmt.Sprint(old), "Last-Event-ID", fmt.Sprint(old+1)),
		}
		for _, page := range pages {
			page.resets(old)
		}
		fresh := s.publish("After it was restored")
		for _, page := range pages {
			page.gets(fresh)
		}
	})
}

func TestAPageThatAnotherProcessHasToldMoreIsNotReset(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		s.openPage("").gets(s.publish("Read by this process"))
		there := s.write("Not heard of by this process")
		s.openPage("?after=" + fmt.Sprint(there)).gets(s.publish("And on it goes"))
	})
}

func TestOpenPagesBeginAnewWhenTheDatabaseIsRestoredUnderThem(t *testing.T) {
	atNewsstand(t, live.Options{SweepEvery: 10 * time.Millisecond}, func(t *testing.T, s *newsstand) {
		kept := s.write("In the backup")
		page, lost := s.openPage("?after=0"), s.write("Not in the backup")
		page.gets(kept, lost)
		s.Exec("DELETE FROM updates WHERE id > ?", kept)
		page.resets(kept)
		page.gets(s.write("And on it goes"))
		s.Exec("DELETE FROM updates")
		page.resets(0)
		page.gets(s.write("From the beginning"))
	})
}

func TestNothingIsLostOrDoubledBetweenReplayAndLive(t *testing.T) {
	atNewsstand(t, live.Options{SweepEvery: 10 * time.Millisecond}, func(t *testing.T, s *newsstand) {
		published := make(chan int64, 60)
		go func() {
			defer close(published)
			for i := range cap(published) {
				published <- s.write(fmt.Sprint("Update ", i))
			}
		}()
		var pages []*openPage
		var ids []int64
		for id := range published {
			ids = append(ids, id)
			if len(ids)%10 == 1 {
				pages = append(pages, s.openPage("?after="+fmt.Sprint(ids[0])))
			}
		}
		for _, page := range pages {
			page.gets(ids[1:]...)
		}
		last := s.publish("The last")
		for _, page := range pages {
			page.gets(last)
		}
	})
}

func TestAPageThatDoesNotReadIsDroppedAndTheOthersGoOn(t *testing.T) {
	atNewsstand(t, live.Options{WriteTimeout: 500 * time.Millisecond}, func(t *testing.T, s *newsstand) {
		_, hungUp := s.rawPage()
		page := s.openPage("")
		for range 30 { // more than the system keeps for it
			page.gets(s.publish(long))
		}
		<-hungUp
		page.gets(s.publish("And on it goes"))
	})
}

func TestAPageThatLeavesMakesRoomForAnother(t *testing.T) {
	atNewsstand(t, live.Options{MaxPages: 1}, func(t *testing.T, s *newsstand) {
		conn, hungUp := s.rawPage()
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		full := s.get("/outages/messages-down/events")
		full.isProblem(t, http.StatusServiceUnavailable, "Too many")
		if full.Header.Get("Retry-After") == "" {
			t.Error("it does not say when to come back")
		}
		conn.Close()
		<-hungUp
		for s.get("/outages/elsewhere/events").StatusCode != http.StatusNotFound {
			// The page is counted out a moment after the server hangs up.
		}
		s.openPage("").gets(s.publish("Another reads on"))
	})
}

func TestOneAddressLeavesRoomForTheLivePagesOfOthers(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		w := newWeb(t, db, handlers.Options{TrustedProxies: loopback, Live: live.Options{MaxPages: 5, MaxPagesOfAddress: 2}})
		status := func(address string) int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/outages/messages-down/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", address)
			response, err := w.http.Do(r)
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

func TestAMessageThatTheBusLostIsFound(t *testing.T) {
	atNewsstand(t, live.Options{SweepEvery: 10 * time.Millisecond}, func(t *testing.T, s *newsstand) {
		page := s.openPage("")
		page.gets(s.write("Nobody was told"))
		page.gets(s.publish("All were told"), s.write("Nobody was told again"))
	})
}

func TestAnUpdateReachesThePagesOfEveryProcess(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		other := s.process(onlyTheBus)
		pages := []*openPage{s.openPage(""), other.openPage(""), other.openPage("")}
		// What a process has heard of its own, it listens to.
		first, second := s.publish("One says it"), int64(0)
		pages[0].gets(first)
		second = other.publish("The other says it")
		pages[1].gets(first, second)
		third := s.publish("One says more")
		pages[0].gets(second, third)
		pages[1].gets(third)
		pages[2].gets(first, second, third)
	})
}

func TestPagesCatchUpAsSoonAsTheBusIsBack(t *testing.T) {
	atNewsstand(t, onlyTheBus, func(t *testing.T, s *newsstand) {
		page := s.openPage("")
		page.gets(s.publish("All were told"))
		port := s.nats.Addr().(*net.TCPAddr).Port
		stopNATS(s.nats)
		missed := s.write("Nobody was told")
		startNATS(t, port)
		page.gets(missed)
	})
}

func TestStreamsEndWithTheProgram(t *testing.T) {
	atNewsstand(t, live.Options{WriteTimeout: time.Hour}, func(t *testing.T, s *newsstand) {
		stuck, hungUp := s.rawPage()
		page := s.openPage("")
		for range 30 {
			page.gets(s.publish(long))
		}
		s.stop()
		page.ends()
		<-hungUp
		stuck.Close()
	})
}

func TestASilentStreamHasAHeartbeat(t *testing.T) {
	atNewsstand(t, live.Options{Heartbeat: time.Millisecond}, func(t *testing.T, s *newsstand) {
		conn, _ := s.rawPage()
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

func TestAStreamThatCannotBeIsAProblem(t *testing.T) {
	onBoth(t, func(t *testing.T, w *web) {
		w.get("/outages/elsewhere/events").isProblem(t, http.StatusNotFound, "")
		for _, query := range []string{"?after=yesterday", "?after=-1", "?after=99999999999999999999"} {
			w.get("/outages/messages-down/events"+query).isProblem(t, http.StatusUnprocessableEntity, "")
		}
		w.send(http.MethodPost, "/outages/messages-down/events", nil).isProblem(t, http.StatusMethodNotAllowed, "")
	})
}
