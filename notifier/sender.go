package notifier

import (
	"context"
	"io"
	"net/http"
	"time"

	"newsbell/notifier/h2"
)

// Sender seals pushes and hands them to their push services. It never fails:
// what goes wrong is an [Answer] too. Safe for concurrent use.
type Sender interface {
	// Seal does what keeps a core busy, and returns what waits for the network.
	Seal(p *Push) Sealed
}

// Sealed hands a push to its push service, once. It returns when there is an
// answer, when ctx ends, or when the client's time is up; a network failure is
// an answer to retry later.
type Sealed func(ctx context.Context) Answer

// refused is a push that cannot be sent.
func refused(err error) Sealed {
	return func(context.Context) Answer { return refuse(err) }
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
