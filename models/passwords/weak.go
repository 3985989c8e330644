package passwords

import (
	"strings"
	"unicode/utf8"
)

const (
	// minLength is the minimum length in characters.
	minLength = 12
	// maxLength is the maximum length in bytes.
	maxLength = 256
	// minDistinct is the minimum number of different characters.
	minDistinct = 5
)

// common are passwords of sufficient length that attackers try first, in lower case.
var common = map[string]bool{
	"123456789012": true, "1234567890123": true, "12345678901234": true, "123456789012345": true, "1234567890123456": true,
	"1q2w3e4r5t6y": true, "1qaz2wsx3edc": true, "1qaz2wsx3edc4rfv": true, "abcdefghijkl": true, "abcdefghijklm": true,
	"administrator": true, "changeme1234": true, "changemeplease": true, "correct horse battery staple": true,
	"correcthorsebatterystaple": true, "iloveyou1234": true, "letmein12345": true, "letmeinplease": true, "newsbell1234": true,
	"newsbellnewsbell": true, "newsroom1234": true, "password1234": true, "password12345": true, "password123456": true,
	"passwordpassword": true, "p@ssw0rd1234": true, "qwerty123456": true, "qwertyqwerty": true, "qwertyuiop12": true,
	"qwertyuiop123": true, "qwertyuiopas": true, "qwertyuiopasdf": true, "qwertyuiopasdfghjkl": true, "welcome12345": true,
}

// Weakness says why a person with an email address must not use a password, as in "must
// have at least 12 characters"; empty if they may.
func Weakness(password, email string) string {
	lower := strings.ToLower(password)
	switch {
	case password == "":
		return "is required"
	case !utf8.ValidString(password):
		return "must be valid UTF-8"
	case utf8.RuneCountInString(password) < minLength:
		return "must have at least 12 characters"
	case len(password) > maxLength:
		return "must have at most 256 bytes"
	case lower == strings.ToLower(email):
		return "must not be the email address"
	case common[lower] || distinct(lower) < minDistinct:
		return "must be harder to guess"
	}
	return ""
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
