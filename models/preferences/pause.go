package preferences

import (
	"time"

	"newsbell/models/validation"
)

// Always is the end of a pause that lasts until its reader ends it.
var Always = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// longestPause is how far away the end of a pause may be, unless it is Always.
const longestPause = 10 * 365 * 24 * time.Hour

// ValidatePause adds what is wrong with the end of a pause that a reader asks for.
// One in the past, from 1970 on, resumes.
func ValidatePause(p *validation.Problems, until, now time.Time) {
	if !until.Equal(Always) {
		p.Time("paused_until", until, time.Unix(0, 0), now.Add(longestPause))
	}
}
