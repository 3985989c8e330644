package pushtest

import (
	"context"
	"net/http"
	"testing"
	"time"
)

func TestScriptAnswersInOrderAndThenAsUsual(t *testing.T) {
	s := newService(t, Options{})
	reader, other := s.reader(), s.reader()
	s.Script(reader.Endpoint(), Answer{Status: 503, RetryAfter: "7", Body: "busy"}, Answer{Status: 410})

	first := s.push(reader, "news")
	if first.status != 503 || first.header.Get("Retry-After") != "7" || first.body != "busy" {
		t.Errorf("first answer = %+v", first)
	}
	if got := s.push(other, "news"); got.status != http.StatusCreated {
		t.Errorf("another reader's answer = %d", got.status)
	}
	if got := s.push(reader, "news"); got.status != http.StatusGone {
		t.Errorf("second answer = %d", got.status)
	}
	if got := s.push(reader, "news"); got.status != http.StatusCreated || len(reader.Messages()) != 1 {
		t.Errorf("third answer = %d, messages %v", got.status, reader.Messages())
	}
}

func TestScriptedDelayOnlyTakesLonger(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	s.Script(reader.Endpoint(), Answer{Delay: 20 * time.Millisecond})
	began := time.Now()
	got := s.push(reader, "news")
	if took := time.Since(began); got.status != http.StatusCreated || took < 20*time.Millisecond || len(reader.Messages()) != 1 {
		t.Errorf("answer = %d after %v, messages %v", got.status, took, reader.Messages())
	}
}

func TestSwallowedMessageIsAcceptedAndLost(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	s.Script(reader.Endpoint(), Answer{Swallow: true}, Answer{Swallow: true})
	if got := s.push(reader, "news"); got.status != http.StatusCreated {
		t.Errorf("answer = %d", got.status)
	}
	if got := s.push(reader, "news", header("TTL")); got.status != http.StatusBadRequest {
		t.Errorf("answer to what is wrong = %d", got.status)
	}
	if len(reader.Messages()) != 0 {
		t.Errorf("messages = %v", reader.Messages())
	}
}

func TestResetEndsTheRequestWithoutAnAnswer(t *testing.T) {
	for name, plain := range map[string]bool{"HTTP/2": false, "HTTP/1.1": true} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, Options{Plain: plain})
			reader := s.reader()
			s.Script(reader.Endpoint(), Answer{Reset: true})
			if got, err := s.try(t.Context(), s.request(reader.Endpoint(), sealFor(t, reader, "news"))); err == nil {
				t.Errorf("answer = %+v", got)
			}
			if got := s.push(reader, "news"); got.status != http.StatusCreated {
				t.Errorf("next answer = %d", got.status)
			}
		})
	}
}

func TestHangingRequestEndsWithTheClientOrTheServer(t *testing.T) {
	for name, plain := range map[string]bool{"HTTP/2": false, "HTTP/1.1": true} {
		for ended, end := range map[string]func(*service, context.CancelFunc){
			"client": func(_ *service, cancel context.CancelFunc) { cancel() },
			"server": func(s *service, _ context.CancelFunc) { s.Close() },
		} {
			t.Run(name+" "+ended, func(t *testing.T) {
				s := newService(t, Options{Plain: plain})
				reader := s.reader()
				arrived := make(chan string, 1)
				s.Faults(func(endpoint string) *Answer {
					arrived <- endpoint
					return &Answer{Hang: true}
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				request := s.request(reader.Endpoint(), sealFor(t, reader, "news"))
				failed := make(chan error)
				go func() {
					_, err := s.try(ctx, request)
					failed <- err
				}()
				if endpoint := <-arrived; endpoint != reader.Endpoint() {
					t.Errorf("endpoint = %s", endpoint)
				}
				end(s, cancel)
				if err := <-failed; err == nil {
					t.Error("it was answered")
				}
				s.handling.inside.Wait() // the handler has noticed
				if s.stats.inFlight != 0 {
					t.Errorf("%d requests in flight", s.stats.inFlight)
				}
			})
		}
	}
}

func TestClosingEndsARequestThatWaitsForItsAnswer(t *testing.T) {
	s := newService(t, Options{Plain: true})
	reader := s.reader()
	arrived := make(chan bool, 1)
	s.Faults(func(string) *Answer {
		arrived <- true
		return &Answer{Delay: time.Hour}
	})
	request := s.request(reader.Endpoint(), sealFor(t, reader, "news"))
	failed := make(chan error)
	go func() {
		_, err := s.try(t.Context(), request)
		failed <- err
	}()
	<-arrived
	s.Close()
	if err := <-failed; err == nil {
		t.Error("it was answered")
	}
	if len(reader.Messages()) != 0 {
		t.Error("it was delivered")
	}
}

func TestFaultsLetThePushesPassThatAreNotTheirs(t *testing.T) {
	s := newService(t, Options{})
	reader, other := s.reader(), s.reader()
	s.Faults(func(endpoint string) *Answer {
		if endpoint == reader.Endpoint() {
			return &Answer{Status: 429}
		}
		return nil
	})
	s.Script(reader.Endpoint(), Answer{Status: 404})
	for i, want := range []int{404, 429, 429} {
		if got := s.push(reader, "news"); got.status != want {
			t.Errorf("answer %d = %d, want %d", i, got.status, want)
		}
	}
	if got := s.push(other, "news"); got.status != http.StatusCreated {
		t.Errorf("other answer = %d", got.status)
	}
	s.Faults(nil)
	if got := s.push(reader, "news"); got.status != http.StatusCreated {
		t.Errorf("answer without faults = %d", got.status)
	}
}
