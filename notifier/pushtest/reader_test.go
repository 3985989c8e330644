package pushtest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	webpush "github.com/SherClockHolmes/webpush-go"
)

func TestReaderHasKeysAsABrowserGivesThem(t *testing.T) {
	reader := newService(t, Options{}).reader()
	if key := decode(t, reader.P256DH()); len(key) != 65 || key[0] != 4 {
		t.Errorf("p256dh = %x", key)
	}
	if auth := decode(t, reader.Auth()); len(auth) != 16 {
		t.Errorf("auth = %x", auth)
	}
}

func TestReaderDecryptsWhatAnotherLibrarySends(t *testing.T) {
	s := newService(t, Options{})
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := s.NewReader(public)
	if err != nil {
		t.Fatal(err)
	}
	response, err := webpush.SendNotificationWithContext(t.Context(), []byte("news"), &webpush.Subscription{
		Endpoint: reader.Endpoint(), Keys: webpush.Keys{P256dh: reader.P256DH(), Auth: reader.Auth()},
	}, &webpush.Options{
		HTTPClient: s.client, Subscriber: "desk@newsbell.org", TTL: 60,
		VAPIDPublicKey: public, VAPIDPrivateKey: private,
	})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := reader.Messages(); response.StatusCode != http.StatusCreated || len(got) != 1 || string(got[0].Plaintext) != "news" {
		t.Errorf("status %d, messages %v, failures %v", response.StatusCode, got, reader.Failures())
	}
}

func TestReaderKeepsWhatDoesNotDecryptAsAFailure(t *testing.T) {
	s := newService(t, Options{})
	reader, other := s.reader(), s.reader()
	answer, err := s.try(t.Context(), s.request(reader.Endpoint(), sealFor(t, other, "news")))
	if err != nil || answer.status != http.StatusCreated {
		t.Fatalf("answer = %+v, %v", answer, err)
	}
	if len(reader.Failures()) != 1 || len(reader.Messages()) != 0 {
		t.Errorf("failures %v, messages %v", reader.Failures(), reader.Messages())
	}
}

func TestReaderWaitsForMessagesInTheirOrder(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	type result struct {
		messages []Message
		err      error
	}
	waited := make(chan result)
	go func() {
		messages, err := reader.Wait(t.Context(), 2)
		waited <- result{messages, err}
	}()
	s.push(reader, "first")
	s.push(reader, "second")
	got := <-waited
	if got.err != nil || len(got.messages) != 2 || string(got.messages[0].Plaintext) != "first" || string(got.messages[1].Plaintext) != "second" {
		t.Errorf("waited for %+v", got)
	}
}

func TestReaderStopsWaitingWithItsContext(t *testing.T) {
	reader := newService(t, Options{}).reader()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reader.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestReaderThatUnsubscribesIsGone(t *testing.T) {
	s := newService(t, Options{})
	reader := s.reader()
	reader.Unsubscribe()
	if got := s.push(reader, "news"); got.status != http.StatusGone || got.refusal.Errno != 106 {
		t.Errorf("answer = %d %+v", got.status, got.refusal)
	}
}

func TestEndpointThatNobodyMadeIsNotFound(t *testing.T) {
	s := newService(t, Options{})
	body := sealFor(t, s.reader(), "news")
	got, err := s.try(t.Context(), s.request(s.URL()+"/push/nobody", body))
	if err != nil || got.status != http.StatusNotFound || got.refusal.Errno != 102 {
		t.Errorf("answer = %d %+v, %v", got.status, got.refusal, err)
	}
}

func TestReaderCannotSubscribeWithAKeyThatIsNone(t *testing.T) {
	s := newService(t, Options{})
	for _, key := range []string{"", "no key!", encode(make([]byte, 65))} {
		if _, err := s.NewReader(key); err == nil {
			t.Errorf("key %q is taken", key)
		}
	}
}
