package handlers

import (
	"bytes"
	"html"
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
)

// bodies turns bodies in Markdown into HTML that is safe to show: what goldmark
// writes, of which the policy keeps only what belongs in a story.
type bodies struct{ policy, none *bluemonday.Policy }

func newBodies() bodies { return bodies{bluemonday.UGCPolicy(), bluemonday.StrictPolicy()} }

func (b bodies) html(markdown string) template.HTML {
	var out bytes.Buffer
	if err := goldmark.Convert([]byte(markdown), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(markdown))
	}
	return template.HTML(b.policy.SanitizeBytes(out.Bytes()))
}

// text is what is left of HTML without its marks.
func (b bodies) text(marked template.HTML) string {
	return strings.TrimSpace(html.UnescapeString(b.none.Sanitize(string(marked))))
}
