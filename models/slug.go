package models

import "regexp"

// maxSlug is the longest slug, in bytes.
const maxSlug = 80

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// isSlug tells whether something can be named so. PostgreSQL fails on texts that
// are not valid UTF-8 or hold a NUL: what is no slug is not asked for.
func isSlug(slug string) bool { return len(slug) <= maxSlug && slugPattern.MatchString(slug) }

func (p *problems) slug(field, slug string) {
	if !isSlug(slug) {
		p.add(field, "must be 1 to %d lower-case letters, digits and single hyphens", maxSlug)
	}
}
