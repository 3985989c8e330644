package markdown

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// visible changes a tree so that every word of it is shown, and nothing is loaded from
// elsewhere.
type visible struct{}

// Transform changes the tree.
func (visible) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	f := findings{used: map[string]bool{}}
	_ = ast.Walk(document, f.visit)
	for _, block := range f.fenced {
		showInfo(block, reader.Source())
	}
	for _, image := range f.images {
		makeLink(image)
	}
	for _, link := range f.links {
		showAddress(link, link.Destination)
	}
	for _, definition := range f.definitions {
		label := util.ToLinkReference(definition.Label)
		if !f.used[label] {
			showDefinition(definition, reader.Source())
		}
		f.used[label] = false // another of the same label is not used
	}
}

// findings are the nodes of a tree that have words which are not shown.
type findings struct {
	fenced      []*ast.FencedCodeBlock
	images      []*ast.Image
	links       []*ast.Link
	definitions []*ast.LinkReferenceDefinition
	// used are the labels that links and images refer to.
	used map[string]bool
}

func (f *findings) visit(node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	switch n := node.(type) {
	case *ast.FencedCodeBlock:
		f.fenced = append(f.fenced, n)
	case *ast.Image:
		f.images = append(f.images, n)
		f.use(n.Reference)
	case *ast.Link:
		f.links = append(f.links, n)
		f.use(n.Reference)
	case *ast.LinkReferenceDefinition:
		f.definitions = append(f.definitions, n)
	}
	return ast.WalkContinue, nil
}

func (f *findings) use(reference *ast.ReferenceLink) {
	if reference != nil {
		f.used[util.ToLinkReference(reference.Value)] = true
	}
}

// showInfo shows what is written behind a fence, unless it names a language.
func showInfo(block *ast.FencedCodeBlock, source []byte) {
	if block.Info == nil {
		return
	}
	info := block.Info.Segment
	if bytes.ContainsAny(info.Value(source), " \t") || block.Lines().Len() == 0 {
		info.ForceNewline = true
		lines := text.NewSegments()
		lines.Append(info)
		lines.AppendAll(block.Lines().Sliced(0, block.Lines().Len()))
		block.SetLines(lines)
	}
}

// makeLink replaces an image with a link: loading the image would tell its site who reads
// the page. Inside a link the image's words are enough.
func makeLink(image *ast.Image) {
	showAddress(image, image.Destination)
	parent := image.Parent()
	if isInLink(image) {
		moveChildren(image, func(child ast.Node) { parent.InsertBefore(parent, image, child) })
		parent.RemoveChild(parent, image)
		return
	}
	link := ast.NewLink()
	link.Destination, link.Title = image.Destination, image.Title
	moveChildren(image, func(child ast.Node) { link.AppendChild(link, child) })
	parent.ReplaceChild(parent, image, link)
}

func isInLink(node ast.Node) bool {
	for node = node.Parent(); node != nil; node = node.Parent() {
		if node.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

func moveChildren(from ast.Node, to func(ast.Node)) {
	for child := from.FirstChild(); child != nil; child = from.FirstChild() {
		to(child)
	}
}

// showAddress shows the address of a link or image without words.
func showAddress(link ast.Node, address []byte) {
	if !link.HasChildren() {
		words := ast.NewString(address)
		words.SetRaw(true)
		link.AppendChild(link, words)
	}
}

// showDefinition shows the definition of a link that is nowhere.
func showDefinition(definition *ast.LinkReferenceDefinition, source []byte) {
	parent, paragraph, lines := definition.Parent(), ast.NewParagraph(), definition.Lines()
	for i := range lines.Len() {
		words := lines.At(i)
		line := ast.NewTextSegment(words.TrimRightSpace(source))
		line.SetSoftLineBreak(i < lines.Len()-1)
		paragraph.AppendChild(paragraph, line)
	}
	parent.ReplaceChild(parent, definition, paragraph)
}
