package markdown

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
	goldmark "github.com/yuin/goldmark/renderer/html"
)

// textOf is what a tree says, without its marks.
func textOf(tree ast.Node, source []byte) string {
	w := writer{source: source, numbers: map[*ast.List]int{}}
	_ = ast.Walk(tree, w.visit)
	return strings.TrimSpace(w.text.String())
}

// writer writes a tree as text: blocks are lines, and the items of an ordered
// list keep their numbers.
type writer struct {
	source []byte
	text   strings.Builder
	// numbers are how many items of each ordered list have been written.
	numbers map[*ast.List]int
}

func (w *writer) visit(node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		if node.Type() == ast.TypeBlock && node.NextSibling() != nil && isShown(node) {
			w.text.WriteByte('\n')
		}
		return ast.WalkContinue, nil
	}
	switch n := node.(type) {
	case *ast.Text:
		w.write(n)
	case *ast.String:
		w.text.Write(n.Value)
	case *ast.AutoLink:
		w.text.Write(n.Label(w.source))
	case *ast.ListItem:
		w.number(n)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		w.text.WriteString(strings.TrimRight(string(node.Lines().Value(w.source)), "\n"))
	}
	return ast.WalkContinue, nil
}

// write writes words with their escapes and entities resolved.
func (w *writer) write(n *ast.Text) {
	if n.IsRaw() {
		w.text.Write(n.Value(w.source))
	} else {
		w.text.WriteString(resolved(n.Value(w.source)))
	}
	switch {
	case n.HardLineBreak():
		w.text.WriteByte('\n')
	case n.SoftLineBreak():
		w.text.WriteByte(' ')
	}
}

// resolved is what a browser shows of words in Markdown.
func resolved(words []byte) string {
	var out bytes.Buffer
	buffered := bufio.NewWriter(&out)
	goldmark.DefaultWriter.Write(buffered, words)
	_ = buffered.Flush()
	return html.UnescapeString(out.String())
}

// number writes the number of an item of an ordered list.
func (w *writer) number(item *ast.ListItem) {
	list, isList := item.Parent().(*ast.List)
	if !isList || !list.IsOrdered() {
		return
	}
	fmt.Fprintf(&w.text, "%d%c ", list.Start+w.numbers[list], list.Marker)
	w.numbers[list]++
}

// isShown reports whether a block has words of its own.
func isShown(block ast.Node) bool {
	return block.Kind() != ast.KindLinkReferenceDefinition && block.Kind() != ast.KindThematicBreak
}
