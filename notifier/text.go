package notifier

import (
	"strings"

	"github.com/rivo/uniseg"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

const ellipsis = "…"

// cut shortens s to so many graphemes and bytes, the ellipsis among them. It
// never cuts inside of what a reader takes for one character.
func cut(s string, graphemes, bytes int) string {
	if len(s) <= bytes && uniseg.GraphemeClusterCount(s) <= graphemes {
		return s
	}
	end := 0
	for g, state, rest := 0, -1, s; g < graphemes-1 && rest != ""; g++ {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(cluster)+len(ellipsis) > bytes {
			break
		}
		end += len(cluster)
	}
	return strings.TrimRight(s[:end], " \n") + ellipsis
}

// plainText is what a body in Markdown says, without its marks; paragraphs
// become lines.
func plainText(markdown string) string {
	source := []byte(markdown)
	var b strings.Builder
	_ = ast.Walk(goldmark.DefaultParser().Parse(text.NewReader(source)), func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := node.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(source))
			}
		default:
			if !entering && node.Type() == ast.TypeBlock && node.NextSibling() != nil {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}
