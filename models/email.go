package models

import (
	"net/mail"
	"strings"

	"newsbell/models/text"
	"newsbell/models/validation"
)

// maxEmail is the maximum length of an email address, in bytes (RFC 5321 section 4.5.3.1.3
// without the angle brackets).
const maxEmail = 254

// NormalizeEmail returns the one spelling under which an email address is stored.
func NormalizeEmail(email string) string { return strings.ToLower(text.Trim(email)) }

// checkEmail checks a normalized email address.
func checkEmail(p *validation.Problems, email string) {
	known := len(*p)
	if p.Text("email", email, maxEmail); len(*p) > known {
		return
	}
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email || address.Name != "" {
		p.Add("email", "must be an address such as ada@news.example")
	}
}
