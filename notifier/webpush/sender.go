package webpush

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"newsbell/notifier/webpush/h2"
)

// Sender encrypts pushes and sends them to their push services. Every failure is an
// [Answer]. Safe for concurrent use.
type Sender interface {
	// Prepare encrypts and signs, which needs CPU. Sending its result waits for the
	// network.
	Prepare(p *Push) Prepared
}

// Warmer is a sender that can connect to a push service before there is a push.
type Warmer interface{ Warm(origin *url.URL) }

// Prepared is an encrypted and signed push.
type Prepared func(ctx context.Context) Answer

// Send sends the push; call it once. It returns when there is an answer, when ctx is done,
// or on the client's timeout. The verdict of a network failure is RetryLater.
func (p Prepared) Send(ctx context.Context) Answer { return p(ctx) }

// unsendable returns a push that is answered without being sent.
func unsendable(err error) Prepared {
	return func(context.Context) Answer { return Unsendable(err) }
}

const (
	maxRead  = 4 << 10  // bytes of a body that are read for the verdict
	maxDrain = 32 << 10 // bytes of a body that are drained to reuse the connection
)

// answerOf reads, judges and closes a response.
func answerOf(response *http.Response) Answer {
	defer response.Body.Close()
	var body []byte
	if response.Body != http.NoBody {
		// A read error does not matter: the status is known already.
		body, _ = io.ReadAll(io.LimitReader(response.Body, maxRead))
		io.CopyN(io.Discard, response.Body, maxDrain)
	}
	return judge(h2.Response{Status: response.StatusCode, Body: body, Header: h2.ResponseHeader{
		RetryAfter: response.Header.Get("Retry-After"), Date: response.Header.Get("Date"),
		ErrorDescription: response.Header.Get("X-WNS-Error-Description"),
	}}, time.Now())
}
