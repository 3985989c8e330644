// Package markdown turns what an editor wrote in Markdown into what readers
// get: HTML for pages and feeds, text for notifications and search engines.
//
// It promises that both come from one parse and say the same, that every word of the
// source is shown in both (HTML in it is text, not markup), that nothing is loaded from
// elsewhere to show it, and that the cost of a body grows only with its length.
package markdown

import (
	"bytes"
	"html"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	goldmark "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Version is raised with every change of what Render returns, so that what was
// stored before is rendered again.
const Version = 1

// Rendered is a body as readers get it.
type Rendered struct {
	// HTML is safe to put into a page as it is.
	HTML string
	// Text has a line for each paragraph.
	Text string
}

// Render renders a body.
func Render(source string) Rendered {
	raw := []byte(source)
	tree := blocks.Parse(text.NewReader(raw))
	return Rendered{HTML: htmlOf(tree, raw), Text: textOf(tree, raw)}
}

var (
	blocks = newParser()
	pages  = renderer.NewRenderer(renderer.WithNodeRenderers(util.Prioritized(goldmark.NewRenderer(), 1000)))
	policy = newPolicy()
)

// newParser makes a parser without HTML: what looks like it is shown.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(newFew(parser.NewLinkParser()), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(newFew(parser.NewEmphasisParser()), 500),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		parser.WithASTTransformers(util.Prioritized(visible{}, 100)),
	)
}

// newPolicy allows what the renderer writes, and no more.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowStandardURLs()
	p.AllowElements("p", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "ul", "ol", "li", "blockquote", "pre", "code", "br", "hr")
	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	return p
}

func htmlOf(tree ast.Node, source []byte) string {
	var out bytes.Buffer
	if err := pages.Render(&out, source, tree); err != nil { // a buffer takes everything
		return "<p>" + html.EscapeString(string(source)) + "</p>"
	}
	return policy.Sanitize(out.String())
}
