package webpush

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"newsbell/notifier/webpush/h2"
)

// FastSender spends on a push little more than its cryptography: tokens and
// headers are made once and shared, and over HTTP/2 the requests of many
// pushes go out together.
type FastSender struct {
	client    *http.Client
	transport *pushTransport
	headers   pushHeaders
	bodies    sync.Pool // of *[]byte
}

// NewFastSender sends through a client of [NewClient].
func NewFastSender(client *http.Client) *FastSender {
	transport, _ := client.Transport.(*pushTransport) // nil for a client of another make
	return &FastSender{client: client, transport: transport}
}

// Prepare implements [Sender].
func (s *FastSender) Prepare(p *Push) Prepared {
	target, err := p.Target()
	if err != nil {
		return refused(err)
	}
	key, audience := p.Key, origin(target)
	authorization, err := key.Authorization(audience)
	if err != nil {
		return refused(err)
	}
	body, _ := s.bodies.Get().(*[]byte)
	if body == nil {
		body = new([]byte)
	}
	if *body, err = Encrypt((*body)[:0], p.Payload, p.P256DH, p.Auth); err != nil {
		return refused(err)
	}
	header := s.headers.get(headerKey{authorization, p.ttlSeconds(), p.Urgency, p.Topic})
	return func(ctx context.Context) Answer {
		defer s.bodies.Put(body)
		answer, err := s.post(ctx, target, header, *body)
		if errors.Is(err, h2.ErrUnfit) {
			// net/http may read a body for longer than the request lasts.
			answer, err = s.do(ctx, target, header, bytes.Clone(*body))
		}
		if err != nil {
			return judgeError(err)
		}
		if answer.Verdict == Unauthorized {
			key.Refused(audience)
		}
		return answer
	}
}

// Warm begins to connect to a push service, if there is no connection.
func (s *FastSender) Warm(origin *url.URL) {
	if s.transport != nil {
		s.transport.warm(origin)
	}
}

// post sends over HTTP/2.
func (s *FastSender) post(ctx context.Context, target *url.URL, header pushHeader, body []byte) (Answer, error) {
	if s.transport == nil {
		return Answer{}, h2.ErrUnfit
	}
	ctx, cancel := context.WithTimeout(ctx, s.client.Timeout)
	defer cancel()
	response, err := s.transport.post(ctx, &h2.Request{Target: target, Header: header.fields, Body: body})
	if err != nil {
		return Answer{}, err
	}
	return judge(response, time.Now()), nil
}

// do sends by net/http, to push services without HTTP/2.
func (s *FastSender) do(ctx context.Context, target *url.URL, header pushHeader, body []byte) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header = header.shared
	response, err := s.client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	return answerOf(response), nil
}
