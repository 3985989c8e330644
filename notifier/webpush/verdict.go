package webpush

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"newsbell/notifier/webpush/h2"
)

// Verdict is what a push service's answer means for the push and its
// subscription.
type Verdict int

const (
	// Accepted: the push service will deliver it if it can.
	Accepted Verdict = iota + 1
	// Gone: the address is gone; stop sending to it.
	Gone
	// KeyMismatch: the subscription was created with another VAPID key.
	KeyMismatch
	// Rejected: the push or the subscription is invalid; keep the subscription.
	Rejected
	// Unauthorized: the push service did not accept this server's VAPID token, for all
	// subscriptions or for this one; keep the subscription.
	Unauthorized
	// RetryLater: the same push may succeed later.
	RetryLater
)

func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Gone:
		return "gone"
	case KeyMismatch:
		return "key mismatch"
	case Rejected:
		return "rejected"
	case Unauthorized:
		return "unauthorized"
	case RetryLater:
		return "retry later"
	}
	return "verdict " + strconv.Itoa(int(v))
}

// Answer is the result of one push.
type Answer struct {
	// Status is the HTTP status; 0 if there was no response.
	Status  int
	Verdict Verdict
	// RetryAfter is the time after which the push service wants a retry; 0 if it does not
	// say.
	RetryAfter time.Duration
	// NotAttempted says that the push was not sent, because its push service is paused, or
	// that it was refused while everything was. It does not count as an attempt.
	NotAttempted bool
	// Alone says that the push was refused while others were accepted, Many that others were
	// refused too and none was accepted in between.
	Alone, Many bool
	// Unresolved says that the name of the host does not resolve.
	Unresolved bool
	// Reason is a short text for readers and editors; empty if accepted. It contains no
	// endpoint, no key, and no address of the internal network.
	Reason string
	// Detail is a more detailed text for the log; it may be empty.
	Detail string
}

// ForLog returns the reason for the log.
func (a Answer) ForLog() string { return cmp.Or(a.Detail, a.Reason) }

// IsRefusal reports whether the push service refused the push: because of its subscription,
// or of our key, clock or message.
func (a Answer) IsRefusal() bool {
	return a.Verdict == Unauthorized || a.Verdict == KeyMismatch || a.Verdict == Rejected && a.Status != 0
}

// maxRetryAfter is the maximum Retry-After that is respected.
const maxRetryAfter = 24 * time.Hour

// judge returns the answer in a response. now is only used if the response has no Date.
func judge(r h2.Response, now time.Time) Answer {
	a := Answer{Status: r.Status, Verdict: verdictOf(r.Status, r.Body)}
	if a.Verdict == RetryLater {
		a.RetryAfter = retryAfter(r.Header, now)
	}
	if a.Verdict != Accepted {
		a.Reason = reasonOf(r)
	}
	return a
}

// judgeError returns the answer if there was no response: RetryLater, unless the host is not
// allowed.
func judgeError(err error) Answer {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err // without the endpoint
	}
	_, unresolved := errors.AsType[*net.DNSError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errForbidden), errors.Is(err, h2.ErrTooLarge):
		return Unsendable(err)
	case errors.Is(err, context.Canceled):
		return Answer{Verdict: RetryLater, Reason: "cancelled"}
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return Answer{Verdict: RetryLater, Unresolved: unresolved, Reason: "timed out"}
	}
	return Answer{Verdict: RetryLater, Unresolved: unresolved, Reason: networkReason(err), Detail: safeText(err.Error())}
}

// Unsendable returns the answer to a push that could not be prepared.
func Unsendable(err error) Answer {
	return Answer{Verdict: Rejected, Reason: safeText(err.Error())}
}

func verdictOf(status int, body []byte) Verdict {
	switch {
	case status >= 200 && status <= 299:
		return Accepted
	case status == http.StatusNotFound, status == http.StatusGone:
		return Gone
	case isKeyMismatch(status, body):
		return KeyMismatch
	case status < 200, status >= 500:
		return RetryLater
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Unauthorized
	case http.StatusNotAcceptable, // WNS throttling
		http.StatusRequestTimeout,
		http.StatusTooEarly,
		http.StatusTooManyRequests:
		return RetryLater
	}
	return Rejected
}

// isKeyMismatch recognizes the texts of Apple, Mozilla and FCM, in this order. Any other
// refusal may be this server's fault or the subscription's: see pushservice.
func isKeyMismatch(status int, body []byte) bool {
	switch status {
	case http.StatusBadRequest:
		return bytes.Contains(body, []byte("VapidPkHashMismatch"))
	case http.StatusUnauthorized:
		return bytes.Contains(bytes.ToLower(body), []byte("vapid public key mismatch"))
	case http.StatusForbidden:
		text := bytes.ToLower(body)
		return bytes.Contains(text, []byte("credentials")) && bytes.Contains(text, []byte("not correspond"))
	}
	return false
}

// retryAfter parses seconds or a date (RFC 9110 §10.2.3). It returns 0 if the value is
// neither, or past. A date is compared with the Date of the response, because the push
// service's clock may differ.
func retryAfter(header h2.ResponseHeader, now time.Time) time.Duration {
	value := strings.TrimSpace(header.RetryAfter)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		if theirs, err := http.ParseTime(header.Date); err == nil {
			now = theirs
		}
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
