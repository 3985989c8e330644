package notifier

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Sender seals a push and hands it to its push service. It never fails: what
// goes wrong is an [Answer] too, a network failure one to retry later. It
// returns when there is an answer, when ctx ends, or when the client's time is
// up. Safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, p *Push) Answer
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
	return judge(response.StatusCode, response.Header.Get("Retry-After"), body, time.Now())
}
