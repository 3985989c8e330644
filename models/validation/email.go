package validation

import (
	"net/mail"
	"strings"

	"newsbell/models/text"
)

// maxEmail is the maximum length of an email address, in bytes (RFC 5321 section 4.5.3.1.3
// without the angle brackets).
const maxEmail = 254

// NormalizeEmail returns the one spelling under which an email address is stored.
func NormalizeEmail(email string) string { return strings.ToLower(text.Trim(email)) }

// Email checks a normalized email address.
func (p *Problems) Email(field, email string) {
	known := len(*p)
	if p.Text(field, email, maxEmail); len(*p) > known {
		return
	}
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email || address.Name != "" {
		p.Add(field, "must be an address such as ada@news.example")
	}
}
