package webpush

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"unicode/utf8"

	"newsbell/notifier/webpush/h2"
)

// reasonOf returns the reason in a response: Apple's "reason", Mozilla's "message", a line
// of text, or WNS' header; otherwise the text of the status.
func reasonOf(r h2.Response) string {
	var said struct{ Reason, Message string }
	text := string(r.Body)
	if json.Unmarshal(r.Body, &said) == nil {
		text = said.Reason + said.Message
	}
	if text = safeText(text); text == "" || text[0] == '<' {
		text = safeText(r.Header.ErrorDescription)
	}
	return cmp.Or(text, http.StatusText(r.Status))
}

// networkReason says why there was no response, without details of the internal network.
func networkReason(err error) string {
	unknown, isName := errors.AsType[*net.DNSError](err)
	_, isCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, isAlert := errors.AsType[tls.AlertError](err)
	_, isTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isName && unknown.IsNotFound:
		return "no server has its name"
	case isName:
		return "its name could not be looked up"
	case isCertificate:
		return "its certificate is not valid"
	case isAlert, isTLS:
		return "no secure connection could be made"
	case errors.Is(err, errNotPublic):
		return "its address is not public"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses connections"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection ended without an answer"
	}
	return "the network failed"
}

// safeText returns a line of printable ASCII without words that are long enough to be an
// endpoint or a key.
func safeText(text string) string {
	const longest, longestWord = 120, 32
	var kept []string
	length := 0
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == utf8.RuneError }) {
		if len(word) > longestWord || strings.Contains(word, "://") {
			word = "..."
		}
		if length += len(word) + 1; length > longest {
			break
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}
