package markdown

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

const (
	// maxDepth is how deep quotes and lists may lie in each other; a list counts
	// twice, as itself and its item. Without a bound each of n marks costs n.
	maxDepth = 16
	// maxMarks is how many brackets, or runs of asterisks and underscores, have a
	// meaning in one body: each is compared with those before it.
	maxMarks = 1000
)

// shallow opens no block that lies too deep; its mark is text there.
type shallow struct{ parser.BlockParser }

// Open opens the block unless it lies too deep.
func (s shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, position := reader.Position()
	node, state := s.BlockParser.Open(parent, reader, pc)
	if node == nil || depth(parent) < maxDepth {
		return node, state
	}
	reader.SetPosition(line, position)
	return nil, parser.NoChildren
}

func depth(node ast.Node) (depth int) {
	for ; node.Parent() != nil; node = node.Parent() {
		depth++
	}
	return depth
}

// few reads the first marks of its kind; those that follow are text.
type few struct {
	parser.InlineParser
	read parser.ContextKey
}

func newFew(p parser.InlineParser) few { return few{p, parser.NewContextKey()} }

// Parse reads a mark.
func (f few) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	read, _ := pc.Get(f.read).(int)
	if read >= maxMarks {
		return nil
	}
	pc.Set(f.read, read+1)
	return f.InlineParser.Parse(parent, block, pc)
}

// CloseBlock ends what is open at the end of a paragraph.
func (f few) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if closer, ok := f.InlineParser.(parser.CloseBlocker); ok {
		closer.CloseBlock(parent, block, pc)
	}
}
