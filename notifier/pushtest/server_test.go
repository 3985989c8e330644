package pushtest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPushIsServedOverHTTP2AndHTTP1(t *testing.T) {
	for proto, setUp := range map[string]struct {
		plain, only1 bool
	}{
		"HTTP/2.0":           {},
		"HTTP/1.1":           {only1: true},
		"HTTP/1.1 without s": {plain: true},
	} {
		t.Run(proto, func(t *testing.T) {
			s := newService(t, Options{Plain: setUp.plain})
			if setUp.only1 {
				protocols := &http.Protocols{}
				protocols.SetHTTP1(true)
				s.client.Transport.(*http.Transport).Protocols = protocols
			}
			reader := s.reader()
			got := s.push(reader, "news")
			if got.status != http.StatusCreated || !strings.HasPrefix(proto, got.proto) {
				t.Errorf("answer = %d over %s", got.status, got.proto)
			}
			if len(reader.Messages()) != 1 {
				t.Errorf("messages = %v", reader.Messages())
			}
		})
	}
}

func TestConnectionTakesManyPushesAtATime(t *testing.T) {
	const pushes = 300
	s := newService(t, Options{Latency: time.Millisecond})
	reader := s.reader()
	s.push(reader, "the first makes the connection")

	var all sync.WaitGroup
	all.Add(pushes)
	s.Faults(func(string) *Answer { // holds each until the last is there
		all.Done()
		all.Wait()
		return nil
	})
	body := sealFor(t, reader, "news")
	var clients sync.WaitGroup
	for range pushes {
		request := s.request(reader.Endpoint(), body)
		clients.Go(func() {
			if got, err := s.try(t.Context(), request); err != nil || got.status != http.StatusCreated {
				t.Errorf("answer = %+v, %v", got, err)
			}
		})
	}
	clients.Wait()

	stats := s.Stats()
	if stats.Connections != 1 || stats.MostInFlight != pushes {
		t.Errorf("%d in flight on %d connections", stats.MostInFlight, stats.Connections)
	}
	if _, err := reader.Wait(t.Context(), pushes+1); err != nil {
		t.Error(err)
	}
}

func TestLatencyIsHowLongAnAnswerTakes(t *testing.T) {
	s := newService(t, Options{Latency: 20 * time.Millisecond})
	began := time.Now()
	s.push(s.reader(), "news")
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("the answer took %v", took)
	}
}

func TestServerThatDiscardsChecksAndCountsOnly(t *testing.T) {
	s := newService(t, Options{Discard: true})
	reader := s.reader()
	if got := s.push(reader, "news"); got.status != http.StatusCreated {
		t.Errorf("answer = %d", got.status)
	}
	if got := s.push(reader, "news", header("TTL")); got.status != http.StatusBadRequest {
		t.Errorf("answer = %d", got.status)
	}
	if len(reader.Messages()) != 0 || s.Stats().Accepted != 1 {
		t.Errorf("messages %v, stats %+v", reader.Messages(), s.Stats())
	}
}

func TestStatsCountWhatHappened(t *testing.T) {
	s := newService(t, Options{})
	if !s.Stats().FirstAccepted.IsZero() {
		t.Error("accepted before anything was sent")
	}
	began := time.Now()
	reader := s.reader()
	s.push(reader, "news")
	s.push(reader, "news")
	s.push(reader, "news", header("TTL"))
	s.Script(reader.Endpoint(), Answer{Status: 503})
	s.push(reader, "news")

	got := s.Stats()
	if got.Requests != 4 || got.Accepted != 2 || got.ByStatus[201] != 2 || got.ByStatus[400] != 1 || got.ByStatus[503] != 1 {
		t.Errorf("stats = %+v", got)
	}
	if got.FirstAccepted.Before(began) || got.MostInFlight != 1 || got.Connections != 1 {
		t.Errorf("stats = %+v", got)
	}
}

func TestCertificateIsForThisMachineOnly(t *testing.T) {
	s := newService(t, Options{})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CertPEM()) {
		t.Fatal("the certificate is not PEM")
	}
	address := strings.TrimPrefix(s.URL(), "https://")
	for name, good := range map[string]bool{"127.0.0.1": true, "localhost": true, "push.example.net": false} {
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, ServerName: name})
		if good != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestServerThatIsClosedTakesNothing(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	request := s.request(reader.Endpoint(), sealFor(t, reader, "news"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := s.try(t.Context(), request); err == nil {
		t.Errorf("answer = %+v", got)
	}
}

func TestServerCannotStartWhereAnotherListens(t *testing.T) {
	s := newService(t, Options{Plain: true})
	if _, err := New(Options{Addr: strings.TrimPrefix(s.URL(), "http://")}); err == nil {
		t.Error("it started")
	}
}
