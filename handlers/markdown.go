package handlers

import (
	"bytes"
	"html/template"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
)

// bodyHTML is a body in Markdown as HTML that is safe to show: what goldmark
// writes, of which the policy keeps only what belongs in a story.
func bodyHTML(markdown string) template.HTML {
	var out bytes.Buffer
	if err := goldmark.Convert([]byte(markdown), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(markdown))
	}
	return template.HTML(bluemonday.UGCPolicy().SanitizeBytes(out.Bytes()))
}
