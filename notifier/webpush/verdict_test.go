package webpush

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"newsbell/notifier/webpush/h2"
)

func TestJudgeReadsTheAnswersOfEachPushService(t *testing.T) {
	const (
		fcmMismatch     = "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.\n"
		mozillaMismatch = `{"code":401,"errno":109,"error":"Unauthorized","message":"VAPID public key mismatch","more_info":"http://autopush.readthedocs.io/"}`
		mozillaVAPID    = `{"code":401,"errno":109,"error":"Unauthorized","message":"Request did not validate missing authorization header"}`
		mozillaGone     = `{"code":410,"errno":106,"error":"Gone","message":"Invalid subscription"}`
	)
	for _, c := range []struct {
		status int
		body   string
		want   Verdict
		reason string
	}{
		{200, "", Accepted, ""},
		{201, "", Accepted, ""},
		{202, "", Accepted, ""},
		{204, "", Accepted, ""},
		{404, "", Gone, "Not Found"},
		{410, "push subscription has unsubscribed or expired.\n", Gone, "push subscription has unsubscribed or expired."},
		{410, mozillaGone, Gone, "Invalid subscription"},
		{410, `{"reason":"Unregistered"}`, Gone, "Unregistered"},
		{403, fcmMismatch, KeyMismatch, ""},
		{400, `{"reason":"VapidPkHashMismatch"}`, KeyMismatch, "VapidPkHashMismatch"},
		{401, mozillaMismatch, KeyMismatch, "VAPID public key mismatch"},
		{400, `{"reason":"BadWebPushTopic"}`, Rejected, "BadWebPushTopic"},
		{400, "", Rejected, "Bad Request"},
		{401, mozillaVAPID, Unauthorized, ""},
		{401, "", Unauthorized, "Unauthorized"},
		{403, `{"reason":"BadJwtToken"}`, Unauthorized, "BadJwtToken"},
		{403, "", Unauthorized, "Forbidden"},
		{413, `{"code":413,"errno":104,"error":"Payload Too Large","message":"too big"}`, Rejected, "too big"},
		{405, "", Rejected, "Method Not Allowed"},
		{415, "", Rejected, "Unsupported Media Type"},
		{301, "", Rejected, "Moved Permanently"},
		{307, "", Rejected, "Temporary Redirect"},
		{406, "", RetryLater, "Not Acceptable"},
		{408, "", RetryLater, "Request Timeout"},
		{425, "", RetryLater, "Too Early"},
		{429, `{"reason":"TooManyRequests"}`, RetryLater, "TooManyRequests"},
		{500, "", RetryLater, "Internal Server Error"},
		{501, "", RetryLater, "Not Implemented"},
		{502, "<html><body>Bad gateway</body></html>", RetryLater, "Bad Gateway"},
		{503, "", RetryLater, "Service Unavailable"},
		{599, "", RetryLater, ""},
		{502, fcmMismatch, RetryLater, ""},
	} {
		got := judge(h2.Response{Status: c.status, Body: []byte(c.body)}, time.Now())
		if got.Status != c.status || got.Verdict != c.want || got.RetryAfter != 0 {
			t.Errorf("%d %s = %+v, want %v", c.status, c.body, got, c.want)
		}
		if c.reason != "" && got.Reason != c.reason || c.want == Accepted && got.Reason != "" {
			t.Errorf("%d %s: reason = %q, want %q", c.status, c.body, got.Reason, c.reason)
		}
	}
}

func TestJudgeReadsRetryAfter(t *testing.T) {
	now := time.Date(2021, 11, 3, 18, 4, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                  0,
		"0":                                 0,
		"120":                               2 * time.Minute,
		" 7 ":                               7 * time.Second,
		"Wed, 03 Nov 2021 18:05:30 GMT":     90 * time.Second,
		"Wed, 03 Nov 2021 18:00:00 GMT":     0, // past
		"Wednesday, 03-Nov-21 18:04:05 GMT": 5 * time.Second,
		"Sun, 03 Nov 2041 18:00:00 GMT":     24 * time.Hour,
		"99999999999":                       24 * time.Hour,
		"99999999999999999999999":           0,
		"-5":                                0,
		"1.5":                               0,
		"soon":                              0,
	} {
		if got := judge(h2.Response{Status: 503, Header: h2.ResponseHeader{RetryAfter: value}}, now); got.RetryAfter != want {
			t.Errorf("Retry-After %q = %v, want %v", value, got.RetryAfter, want)
		}
		if got := judge(h2.Response{Status: 410, Header: h2.ResponseHeader{RetryAfter: value}}, now); got.RetryAfter != 0 {
			t.Errorf("a gone subscription is retried after %v", got.RetryAfter)
		}
	}
}

// A push service writes dates by its own clock.
func TestRetryAfterDateIsReadByThePushServicesClock(t *testing.T) {
	header := h2.ResponseHeader{RetryAfter: "Wed, 03 Nov 2021 18:05:30 GMT", Date: "Wed, 03 Nov 2021 18:04:00 GMT"}
	for _, off := range []time.Duration{-20 * time.Hour, 0, 20 * time.Hour} {
		now := time.Date(2021, 11, 3, 18, 4, 0, 0, time.UTC).Add(off)
		if got := judge(h2.Response{Status: 429, Header: header}, now); got.RetryAfter != 90*time.Second {
			t.Errorf("with a clock that is %v off, the wait is %v, want 90 s", off, got.RetryAfter)
		}
	}
}

func TestReasonIsReadFromTheAnswersOfEachPushService(t *testing.T) {
	for _, c := range []struct{ body, description, want string }{
		{"", "The token has expired", "The token has expired"},
		{"<html>no</html>", "The token has expired", "The token has expired"},
		{`{"reason":"BadJwtToken"}`, "", "BadJwtToken"},
		{"", "https://db3.notify.windows.com/?token=secret is bad\x00", "... is bad"},
		{"", "", "Forbidden"},
	} {
		r := h2.Response{Status: 403, Body: []byte(c.body), Header: h2.ResponseHeader{ErrorDescription: c.description}}
		if got := judge(r, time.Now()).Reason; got != c.want {
			t.Errorf("%q and %q: reason = %q, want %q", c.body, c.description, got, c.want)
		}
	}
}

func TestReasonContainsNoSecret(t *testing.T) {
	secret := "https://fcm.googleapis.com/fcm/send/dXzY0:APA91bGsecretsecretsecretsecret"
	key := "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
	for _, body := range []string{
		"no such endpoint " + secret,
		`{"message":"key ` + key + ` is bad"}`,
		`{"reason":"` + secret + `"}`,
		"bad\x1b[31m\r\nline two\x00" + key,
		"https://a.example/short",
		strings.Repeat("blah ", 200),
		"\xff\xfe" + key,
	} {
		reason := judge(h2.Response{Status: 400, Body: []byte(body)}, time.Now()).Reason
		if strings.Contains(reason, "secret") || strings.Contains(reason, key[:40]) || strings.Contains(reason, "://") {
			t.Errorf("reason = %q", reason)
		}
		if len(reason) > 120 || strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("reason = %q", reason)
		}
	}
}

func TestJudgeErrorRetriesNetworkFailures(t *testing.T) {
	around := func(err error) error {
		return &url.Error{Op: "Post", URL: "https://fcm.googleapis.com/fcm/send/secret", Err: err}
	}
	for _, c := range []struct {
		err            error
		want           Verdict
		reason, detail string
	}{
		{around(context.DeadlineExceeded), RetryLater, "timed out", ""},
		{around(os.ErrDeadlineExceeded), RetryLater, "timed out", ""},
		{around(context.Canceled), RetryLater, "cancelled", ""},
		{around(io.ErrUnexpectedEOF), RetryLater, "the connection ended without an answer", "unexpected EOF"},
		{around(&net.DNSError{Err: "no such host", Name: "fcm.googleapis.com", Server: "10.0.0.2:53", IsNotFound: true}), RetryLater,
			"no server has its name", "lookup fcm.googleapis.com on 10.0.0.2:53: no such host"},
		{around(&net.DNSError{Err: "server misbehaving", Name: "fcm.googleapis.com", Server: "10.0.0.2:53"}), RetryLater,
			"its name could not be looked up", "lookup fcm.googleapis.com on 10.0.0.2:53: server misbehaving"},
		{around(&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 443}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), RetryLater,
			"it refuses connections", "dial tcp 10.0.0.9:443: connect: connection refused"},
		{around(fmt.Errorf("dial push service: %w", errNotPublic)), RetryLater, "its address is not public", "dial push service: address is not public"},
		{around(fmt.Errorf("read: %w", syscall.ECONNRESET)), RetryLater, "the connection ended without an answer", "read: connection reset by peer"},
		{around(x509.UnknownAuthorityError{}), RetryLater, "the network failed", "x509: certificate signed by unknown authority"},
		{around(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), RetryLater, "its certificate is not valid",
			"tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{around(fmt.Errorf("%w: not https", errForbidden)), Rejected, "endpoint is not allowed: not https", ""},
		{h2.ErrTooLarge, Rejected, "request is too large", ""},
	} {
		if got := judgeError(c.err); got != (Answer{Verdict: c.want, Unresolved: strings.HasPrefix(c.detail, "lookup "), Reason: c.reason, Detail: c.detail}) {
			t.Errorf("%v = %+v, want %v, %q, %q", c.err, got, c.want, c.reason, c.detail)
		}
	}
}

func TestVerdictHasAName(t *testing.T) {
	for verdict, want := range map[Verdict]string{
		Accepted: "accepted", Gone: "gone", KeyMismatch: "key mismatch",
		Rejected: "rejected", Unauthorized: "unauthorized", RetryLater: "retry later", 0: "verdict 0",
	} {
		if got := verdict.String(); got != want {
			t.Errorf("%d = %q, want %q", int(verdict), got, want)
		}
	}
}
