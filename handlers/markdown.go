package handlers

import (
	"bytes"
	"html/template"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
)

// bodies turns bodies in Markdown into HTML that is safe to show: what goldmark
// writes, of which the policy keeps only what belongs in a story.
type bodies struct{ policy *bluemonday.Policy }

func newBodies() bodies { return bodies{bluemonday.UGCPolicy()} }

func (b bodies) html(markdown string) template.HTML {
	var out bytes.Buffer
	if err := goldmark.Convert([]byte(markdown), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(markdown))
	}
	return template.HTML(b.policy.SanitizeBytes(out.Bytes()))
}
