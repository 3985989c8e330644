package pushtest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestFirefoxIsGreetedAsMozillaGreetsIt(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	if got := f.conn.Subprotocol(); got != "push-notification" {
		t.Errorf("subprotocol = %q", got)
	}
	f.say(`{"messageType":"hello","broadcasts":{"remote-settings/monitor_changes":"\"1\""},"use_webpush":true}`)
	raw := f.read()
	if !regexp.MustCompile(`^{"messageType":"hello","uaid":"[0-9a-f]{32}","status":200,"use_webpush":true,"broadcasts":{}}$`).MatchString(raw) {
		t.Errorf("hello = %s", raw)
	}
}

func TestFirefoxKeepsItsUAIDAndAStrangerGetsANewOne(t *testing.T) {
	s := newService(t, Options{Plain: true})
	first := dial(s).hello("")
	if got := dial(s).hello(first); got != first {
		t.Errorf("uaid %s became %s", first, got)
	}
	if got := dial(s).hello("0123456789abcdef0123456789abcdef"); got == first || len(got) != 32 {
		t.Errorf("a stranger got %s", got)
	}
}

func TestFirefoxIsAnsweredItsPings(t *testing.T) {
	f := dial(newService(t, Options{Plain: true}))
	f.say(`{}`)
	if got := f.read(); got != "{}" {
		t.Errorf("answer before hello = %s", got)
	}
	f.hello("")
	f.say(`{"messageType":"broadcast_subscribe","broadcasts":{"a":"b"}}`)
	f.say(`{}`)
	if got := f.read(); got != "{}" {
		t.Errorf("answer = %s", got)
	}
}

func TestRegisterIsTheSameSubscriptionForTheSameKey(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	f.hello("")
	key := publicKey(t, s.key)
	first := f.register("c1", key+"=")
	if again := f.register("c1", key); again != first {
		t.Errorf("endpoint %s became %s", first, again)
	}
	if other := f.register("c2", key); other == first {
		t.Error("two channels share an endpoint")
	}

	changed := f.register("c1", publicKey(t, newKey(t)))
	if got := s.pushTo(first, "news"); changed == first || got.status != http.StatusGone {
		t.Errorf("with another key: endpoint %s, the old one answers %d", changed, got.status)
	}
	f.say(`{"messageType":"register","channelID":"c3","key":"none"}`)
	if got := f.hear("register"); got.Status != http.StatusBadRequest || got.Endpoint != "" {
		t.Errorf("without a key: %+v", got)
	}
}

func TestFirefoxGetsAMessageUntilItAcknowledgesIt(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	uaid := f.hello("")
	endpoint := f.register("c1", publicKey(t, s.key))
	body := sealFor(t, s.reader(), "news")
	if got := s.pushBody(endpoint, body); got.status != http.StatusCreated {
		t.Fatalf("answer = %d %+v", got.status, got.refusal)
	}
	first := f.hear("notification")
	data, err := base64.RawURLEncoding.DecodeString(first.Data)
	if err != nil || string(data) != string(body) || first.ChannelID != "c1" || first.Headers["encoding"] != "aes128gcm" {
		t.Errorf("notification = %+v, %v", first, err)
	}

	f = dial(s)
	f.hello(uaid)
	if again := f.hear("notification"); again.Version != first.Version {
		t.Errorf("version %s became %s", first.Version, again.Version)
	}
	f.acknowledge(first)

	f = dial(s)
	f.hello(uaid)
	f.hearsNothing()
}

func TestMessagesWaitForAFirefoxThatIsAway(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	uaid := f.hello("")
	endpoint := f.register("c1", publicKey(t, s.key))
	s.DropBrowsers()

	bodies := [][]byte{sealFor(t, s.reader(), "one"), sealFor(t, s.reader(), "two")}
	for _, body := range bodies {
		s.pushBody(endpoint, body)
	}
	f = dial(s)
	f.hello(uaid)
	for i, body := range bodies {
		if got := f.hear("notification"); got.Data != encode(body) {
			t.Errorf("notification %d is another", i)
		}
	}
}

func TestTopicReplacesTheMessageThatWaits(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	uaid := f.hello("")
	first, second := f.register("c1", publicKey(t, s.key)), f.register("c2", publicKey(t, s.key))
	s.DropBrowsers()

	var want []string
	for _, message := range []struct {
		endpoint, topic string
		replaced        bool
	}{
		{first, "outage", true},
		{first, "", false},
		{first, "apps", false},
		{second, "outage", false},
		{first, "outage", false},
	} {
		body := sealFor(t, s.reader(), "news")
		topic := func(*http.Request) {}
		if message.topic != "" {
			topic = header("Topic", message.topic)
		}
		if got := s.pushBody(message.endpoint, body, topic); got.status != http.StatusCreated {
			t.Fatalf("answer = %d %+v", got.status, got.refusal)
		}
		if !message.replaced {
			want = append(want, encode(body))
		}
	}
	f = dial(s)
	f.hello(uaid)
	for i := range want {
		if got := f.hear("notification"); got.Data != want[i] {
			t.Errorf("notification %d is another", i)
		}
	}
	f.hearsNothing()
}

func TestMessagesThatWaitEndWithTheirTTL(t *testing.T) {
	clock := newClock()
	s := newService(t, Options{Plain: true, Now: clock.Now})
	f := dial(s)
	uaid := f.hello("")
	endpoint := f.register("c1", publicKey(t, s.key))
	s.DropBrowsers()

	lasting := sealFor(t, s.reader(), "lasts")
	s.pushTo(endpoint, "now or never", header("TTL", "0"))
	s.pushTo(endpoint, "ends", header("TTL", "59"))
	s.pushBody(endpoint, lasting, header("TTL", "60"))
	clock.Advance(59 * time.Second)
	f = dial(s)
	f.hello(uaid)
	if got := f.hear("notification"); got.Data != encode(lasting) {
		t.Error("another message than the one that lasts")
	}
	f.hearsNothing()
}

func TestMessageWithoutTTLReachesAFirefoxThatIsThere(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	f.hello("")
	endpoint := f.register("c1", publicKey(t, s.key))
	s.pushTo(endpoint, "now or never", header("TTL", "0"))
	f.hear("notification")
}

func TestUnregisteredEndpointIsGone(t *testing.T) {
	s := newService(t, Options{Plain: true})
	f := dial(s)
	f.hello("")
	endpoint := f.register("c1", publicKey(t, s.key))
	f.say(`{"messageType":"unregister","channelID":"c1","code":200}`)
	if got := f.hear("unregister"); got.Status != http.StatusOK || got.ChannelID != "c1" {
		t.Errorf("answer = %+v", got)
	}
	if got := s.pushTo(endpoint, "news"); got.status != http.StatusGone {
		t.Errorf("answer = %d", got.status)
	}
}

func TestWaitHelloWaitsForAConnectedFirefox(t *testing.T) {
	s := newService(t, Options{Plain: true})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.WaitHello(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("before: %v", err)
	}
	waited := make(chan error)
	go func() { waited <- s.WaitHello(t.Context()) }()
	dial(s).hello("")
	if err := <-waited; err != nil {
		t.Errorf("after hello: %v", err)
	}
	s.DropBrowsers()
	if err := s.WaitHello(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("after it was dropped: %v", err)
	}
}

func TestFirefoxConnectsWithTLSToo(t *testing.T) {
	dial(newService(t, Options{})).hello("")
}

// firefox is the other side of a browser's WebSocket.
type firefox struct {
	*service
	conn *websocket.Conn
}

func dial(s *service) *firefox {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), s.WebSocketURL(), &websocket.DialOptions{
		HTTPClient: s.client, Subprotocols: []string{"push-notification"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.CloseNow() })
	return &firefox{service: s, conn: conn}
}

func (f *firefox) say(raw string) {
	f.t.Helper()
	if err := f.conn.Write(f.t.Context(), websocket.MessageText, []byte(raw)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *firefox) read() string {
	f.t.Helper()
	_, raw, err := f.conn.Read(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return string(raw)
}

func (f *firefox) hear(messageType string) frame {
	f.t.Helper()
	raw := f.read()
	var heard frame
	if err := json.Unmarshal([]byte(raw), &heard); err != nil || heard.MessageType != messageType {
		f.t.Fatalf("heard %s, %v; want %s", raw, err, messageType)
	}
	return heard
}

// hearsNothing finds the answer to a ping to be the next message.
func (f *firefox) hearsNothing() {
	f.t.Helper()
	f.say(`{}`)
	if got := f.read(); got != "{}" {
		f.t.Errorf("heard %s", got)
	}
}

func (f *firefox) hello(uaid string) string {
	f.t.Helper()
	raw, _ := json.Marshal(frame{MessageType: "hello", UAID: uaid, UseWebPush: true, Broadcasts: map[string]any{}})
	f.say(string(raw))
	return f.hear("hello").UAID
}

func (f *firefox) register(channel, key string) (endpoint string) {
	f.t.Helper()
	raw, _ := json.Marshal(frame{MessageType: "register", ChannelID: channel, Key: key})
	f.say(string(raw))
	got := f.hear("register")
	if got.Status != http.StatusOK || got.ChannelID != channel || got.Endpoint == "" {
		f.t.Fatalf("register = %+v", got)
	}
	return got.Endpoint
}

// acknowledge returns when the server has taken it.
func (f *firefox) acknowledge(m frame) {
	f.t.Helper()
	raw, _ := json.Marshal(frame{MessageType: "ack", Updates: []update{{ChannelID: m.ChannelID, Version: m.Version, Code: 100}}})
	f.say(string(raw))
	f.hearsNothing()
}

func (s *service) pushTo(endpoint, plaintext string, changes ...func(*http.Request)) answered {
	s.t.Helper()
	return s.pushBody(endpoint, sealFor(s.t, s.reader(), plaintext), changes...)
}

func (s *service) pushBody(endpoint string, body []byte, changes ...func(*http.Request)) answered {
	s.t.Helper()
	answer, err := s.try(s.t.Context(), s.request(endpoint, body, changes...))
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}
