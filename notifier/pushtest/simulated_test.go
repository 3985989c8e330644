package pushtest

import (
	"net/http"
	"testing"
)

func TestSimulatedReadersCountWhoIsMissingRepeatedAndGone(t *testing.T) {
	s := newService(t, Options{})
	if err := s.Simulate(5, publicKey(t, s.key)); err != nil {
		t.Fatal(err)
	}
	s.pushToSimulated(0, "news", http.StatusCreated)
	s.pushToSimulated(1, "news", http.StatusCreated)
	s.pushToSimulated(1, "news", http.StatusCreated)
	s.Script(SimulatedReader(2).Endpoint(s.URL()), Answer{Status: http.StatusGone})
	s.pushToSimulated(2, "news", http.StatusGone)
	s.pushToSimulated(2, "news", http.StatusGone)
	s.pushToSimulated(5, "news", http.StatusNotFound)
	if err := s.SetFaultRates(FaultRates{Stale: 4}); err != nil {
		t.Fatal(err)
	}
	s.pushToSimulated(3, "news", http.StatusUnauthorized)
	s.pushToSimulated(1, "news", http.StatusForbidden)

	got := s.Simulated()
	if got.First.IsZero() || got.Last.Before(got.First) {
		t.Errorf("first and last = %v, %v", got.First, got.Last)
	}
	got.First, got.Last = SimulatedCounts{}.First, SimulatedCounts{}.Last
	if want := (SimulatedCounts{Size: 5, Accepted: 3, Missing: 1, Repeated: 1, Refused: 1, Gone: 1}); got != want {
		t.Errorf("count = %+v, want %+v", got, want)
	}
}

func TestSimulatedReadersNoticeWhatItCannotDecrypt(t *testing.T) {
	s := newService(t, Options{})
	if err := s.Simulate(1, publicKey(t, s.key)); err != nil {
		t.Fatal(err)
	}
	somebody := s.reader()
	if _, err := s.try(t.Context(), s.request(SimulatedReader(0).Endpoint(s.URL()), sealFor(t, somebody, "news"))); err != nil {
		t.Fatal(err)
	}
	if got := s.Simulated().Unreadable; got != 1 {
		t.Errorf("unreadable = %d", got)
	}
}

func TestFaultRatesAreKept(t *testing.T) {
	faults := randomFaults{rates: FaultRates{Status: map[int]float64{429: 0.1}, RetryAfter: "1", Reset: 0.1, Gone: 0.2}}
	const pushes = 20_000
	var throttled, reset, gone int
	for i := range pushes {
		switch answer := faults.next(SimulatedReader(i).Endpoint("https://push.example")); {
		case answer == nil:
		case answer.Status == 429 && answer.RetryAfter == "1":
			throttled++
		case answer.Reset:
			reset++
		case answer.Status == 410:
			gone++
		}
	}
	for name, got := range map[string]float64{"429": float64(throttled) / 0.8, "reset": float64(reset) / 0.8, "gone": float64(gone) / 2} {
		if share := got / pushes; share < 0.08 || share > 0.12 {
			t.Errorf("share of %s = %v, want 0.1", name, share)
		}
	}
}

func TestNoMorePushesFailInARowThanTheRatesSay(t *testing.T) {
	faults := randomFaults{rates: FaultRates{Reset: 0.9, InARow: 2}, inARow: map[string]int{}}
	var most int
	for i := range 100 {
		endpoint := SimulatedReader(i).Endpoint("https://push.example")
		for failed := 0; faults.next(endpoint) != nil; most = max(most, failed) {
			failed++
		}
	}
	if most != 2 {
		t.Errorf("%d failed in a row; want 2", most)
	}
	if len(faults.inARow) > 0 {
		t.Errorf("%d endpoints are remembered; want none of those that succeeded", len(faults.inARow))
	}
}

func TestFaultRatesOverOneAreRefused(t *testing.T) {
	s := newService(t, Options{})
	if err := s.SetFaultRates(FaultRates{Status: map[int]float64{500: 0.7}, Hang: 0.4}); err == nil {
		t.Error("no error")
	}
}

func (s *service) pushToSimulated(reader SimulatedReader, plaintext string, want int) {
	s.t.Helper()
	private, auth, err := reader.Keys()
	if err != nil {
		s.t.Fatal(err)
	}
	body := seal(s.t, private.PublicKey(), auth, append([]byte(plaintext), 2))
	answer, err := s.try(s.t.Context(), s.request(reader.Endpoint(s.URL()), body))
	if err != nil || answer.status != want {
		s.t.Fatalf("answer = %d, %v, want %d", answer.status, err, want)
	}
}
