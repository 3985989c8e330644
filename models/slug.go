package models

import "regexp"

// maxSlug is the longest slug, in bytes.
const maxSlug = 80

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (p *problems) slug(field, slug string) {
	if len(slug) > maxSlug || !slugPattern.MatchString(slug) {
		p.add(field, "must be 1 to %d lower-case letters, digits and single hyphens", maxSlug)
	}
}
