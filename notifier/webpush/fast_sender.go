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

// FastSender needs little more CPU per push than its cryptography: tokens and headers are
// created once and shared, and over HTTP/2 many requests share a TLS record.
type FastSender struct {
	client    *http.Client
	transport *pushTransport
	headers   pushHeaders
	bodies    sync.Pool // of *[]byte
}

// NewFastSender returns a sender that uses a client from [NewClient].
func NewFastSender(client *http.Client) *FastSender {
	transport, _ := client.Transport.(*pushTransport) // nil for any other client
	return &FastSender{client: client, transport: transport}
}

// Prepare implements [Sender].
func (s *FastSender) Prepare(p *Push) Prepared {
	target, err := p.Target()
	if err != nil {
		return unsendable(err)
	}
	key, audience := p.Key, origin(target)
	authorization, err := key.Authorization(audience)
	if err != nil {
		return unsendable(err)
	}
	body, _ := s.bodies.Get().(*[]byte)
	if body == nil {
		body = new([]byte)
	}
	if *body, err = Encrypt((*body)[:0], p.Payload, p.P256DH, p.Auth); err != nil {
		return unsendable(err)
	}
	header := s.headers.get(headerKey{authorization, p.ttlSeconds(), p.Urgency, p.Topic})
	return func(ctx context.Context) Answer {
		defer s.bodies.Put(body)
		answer, err := s.post(ctx, target, header, *body)
		if errors.Is(err, h2.ErrUnfit) {
			// net/http may read a body after the request has ended.
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

// Warm starts to connect to a push service, unless there is a connection.
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

// do sends with net/http, to push services without HTTP/2.
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
