package webpush

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"newsbell/notifier/webpush/h2"
)

// Sender encrypts pushes and hands them to their push services. It never fails:
// what goes wrong is an [Answer] too. Safe for concurrent use.
type Sender interface {
	// Prepare encrypts and signs, which keeps a core busy. Sending what it returns
	// waits for the network.
	Prepare(p *Push) Prepared
}

// Warmer is a sender that can connect to a push service before there is a push.
type Warmer interface{ Warm(origin *url.URL) }

// Prepared is an encrypted and signed push.
type Prepared func(ctx context.Context) Answer

// Send hands the push to its push service; call it once. It returns when there is
// an answer, when ctx ends, or when the client's time is up. The answer to a
// network failure is to retry later.
func (p Prepared) Send(ctx context.Context) Answer { return p(ctx) }

// refused is a push that cannot be sent.
func refused(err error) Prepared {
	return func(context.Context) Answer { return Unsendable(err) }
}

const (
	maxRead  = 4 << 10  // of a body, to judge by
	maxDrain = 32 << 10 // of a body, to be able to use the connection again
)

// answerOf reads, judges and closes a response.
func answerOf(response *http.Response) Answer {
	defer response.Body.Close()
	var body []byte
	if response.Body != http.NoBody {
		// What could be read is enough: the status is there already.
		body, _ = io.ReadAll(io.LimitReader(response.Body, maxRead))
		io.CopyN(io.Discard, response.Body, maxDrain)
	}
	return judge(h2.Response{Status: response.StatusCode, Body: body, Header: h2.ResponseHeader{
		RetryAfter: response.Header.Get("Retry-After"), Date: response.Header.Get("Date"),
		ErrorDescription: response.Header.Get("X-WNS-Error-Description"),
	}}, time.Now())
}
