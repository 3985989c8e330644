package webpush

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/SherClockHolmes/webpush-go"
)

// ReferenceSender sends with webpush-go. FastSender is tested and measured against it. It
// signs a token for each push.
type ReferenceSender struct{ client *http.Client }

// NewReferenceSender returns a sender that uses a client from [NewClient].
func NewReferenceSender(client *http.Client) *ReferenceSender { return &ReferenceSender{client} }

// Prepare implements [Sender]. webpush-go encrypts and sends in one step, in Send.
func (s *ReferenceSender) Prepare(p *Push) Prepared {
	return func(ctx context.Context) Answer { return s.send(ctx, p) }
}

func (s *ReferenceSender) send(ctx context.Context, p *Push) Answer {
	target, err := p.Target()
	if err != nil {
		return Unsendable(err)
	}
	padded, err := paddedSize(len(p.Payload))
	if err != nil {
		return Unsendable(err)
	}
	if len(p.Auth) != authSize { // which webpush-go does not check
		return Unsendable(errAuthSize)
	}
	// webpush-go appends its padding to the payload, so the capacity is limited.
	payload := p.Payload[:len(p.Payload):len(p.Payload)]
	response, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{
		Endpoint: target.String(),
		Keys:     webpush.Keys{P256dh: encodeKey(p.P256DH), Auth: encodeKey(p.Auth)},
	}, &webpush.Options{
		HTTPClient: s.client,
		RecordSize: uint32(headerSize + padded + 1 + tagSize), // it pads up to this
		// webpush-go adds mailto: to everything that does not begin with https:.
		Subscriber:      strings.TrimPrefix(p.Key.subject, "mailto:"),
		Topic:           p.Topic,
		TTL:             p.ttlSeconds(),
		Urgency:         p.Urgency,
		VAPIDPublicKey:  p.Key.public,
		VAPIDPrivateKey: p.Key.secret,
	})
	if _, ok := errors.AsType[*url.Error](err); ok {
		return judgeError(err)
	}
	if err != nil {
		return Unsendable(err)
	}
	return answerOf(response)
}

// encodeKey encodes a key in the form that webpush-go tries first.
func encodeKey(key []byte) string { return base64.StdEncoding.EncodeToString(key) }
