package validation

import "regexp"

// maxSlug is the longest slug, in bytes.
const maxSlug = 80

var slugPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// IsSlug reports whether a text is a valid slug. PostgreSQL fails on texts that are not
// valid UTF-8 or contain a NUL, so that only slugs may be looked up.
func IsSlug(slug string) bool { return len(slug) <= maxSlug && slugPattern.MatchString(slug) }

func (p *Problems) Slug(field, slug string) {
	if !IsSlug(slug) {
		p.Add(field, "must be 1 to %d lower-case letters, digits and single hyphens", maxSlug)
	}
}
