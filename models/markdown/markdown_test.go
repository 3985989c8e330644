package markdown

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestABodyIsTheSameInHTMLAndInText(t *testing.T) {
	for _, c := range []struct{ name, source, html, text string }{
		{"marks", "We have **asked** [Meta](https://meta.example).", `<p>We have <strong>asked</strong> <a href="https://meta.example" rel="nofollow">Meta</a>.</p>`, "We have asked Meta."},
		{"blocks", "# Title\n\nFirst line\nsecond line\n\n- one\n- two", "<h1>Title</h1>\n<p>First line\nsecond line</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "Title\nFirst line second line\none\ntwo"},
		{"a line break", "a  \nb\\\nc", "<p>a<br>\nb<br>\nc</p>", "a\nb\nc"},
		{"an address", "See <https://meta.example>", `<p>See <a href="https://meta.example" rel="nofollow">https://meta.example</a></p>`, "See https://meta.example"},
		{"entities", "AT&amp;T &#128512; &nosuch;", "<p>AT&amp;T 😀 &amp;nosuch;</p>", "AT&T 😀 &nosuch;"},
		{"escapes", `2\*3 \&amp; \[a\]`, "<p>2*3 &amp;amp; [a]</p>", "2*3 &amp; [a]"},
		{"code", "`x &lt; y`", "<p><code>x &amp;lt; y</code></p>", "x &lt; y"},
		{"fenced code", "```sh\nping \\*meta\\*\n\ncurl &amp;\n```\n\nends", "<pre><code>ping \\*meta\\*\n\ncurl &amp;amp;\n</code></pre>\n<p>ends</p>", "ping \\*meta\\*\n\ncurl &amp;\nends"},
		{"indented code", "    a *b*\n\nc", "<pre><code>a *b*\n</code></pre>\n<p>c</p>", "a *b*\nc"},
		{"a number that begins a sentence", "2026. That was the year.", "<ol start=\"2026\">\n<li>That was the year.</li>\n</ol>", "2026. That was the year."},
		{"numbers", "3) a\n4) b\n   1. c", "<ol start=\"3\">\n<li>a</li>\n<li>b\n<ol>\n<li>c</li>\n</ol>\n</li>\n</ol>", "3) a\n4) b\n1. c"},
		{"a rule", "a\n\n***\n\nb", "<p>a</p>\n<hr>\n<p>b</p>", "a\nb"},
		{"a quote", "> a\n> b\n\nc", "<blockquote>\n<p>a\nb</p>\n</blockquote>\n<p>c</p>", "a b\nc"},
		{"HTML", "<p>Meta confirms.</p>", "<p>&lt;p&gt;Meta confirms.&lt;/p&gt;</p>", "<p>Meta confirms.</p>"},
		{"what looks like HTML", "Call <Support> or <!-- nobody -->", "<p>Call &lt;Support&gt; or &lt;!-- nobody --&gt;</p>", "Call <Support> or <!-- nobody -->"},
		{"a script", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", "<script>alert(1)</script>"},
		{"a link to a script", "[here](javascript:alert(1))", "<p>here</p>", "here"},
		{"a link without words", "[](https://meta.example)", `<p><a href="https://meta.example" rel="nofollow">https://meta.example</a></p>`, "https://meta.example"},
		{"an image", "![A map](https://other.example/map.png)", `<p><a href="https://other.example/map.png" rel="nofollow">A map</a></p>`, "A map"},
		{"an image without words", "![](https://other.example/?a&b)", `<p><a href="https://other.example/?a&amp;b" rel="nofollow">https://other.example/?a&amp;b</a></p>`, "https://other.example/?a&b"},
		{"an image in a link", "[![A map](https://other.example/map.png)](https://meta.example)", `<p><a href="https://meta.example" rel="nofollow">A map</a></p>`, "A map"},
		{"a definition", "See [Meta].\n\n[Meta]: https://meta.example", `<p>See <a href="https://meta.example" rel="nofollow">Meta</a>.</p>`, "See Meta."},
		{"a definition that nothing uses", "[Meta]: confirmed", "<p>[Meta]: confirmed</p>", "[Meta]: confirmed"},
		{"a second definition", "[a]\n\n[a]: https://a.example\n[A]: again", "<p><a href=\"https://a.example\" rel=\"nofollow\">a</a></p>\n<p>[A]: again</p>", "a\n[A]: again"},
		{"words behind a fence", "~~~ Meta confirms\nmore", "<pre><code>Meta confirms\nmore\n</code></pre>", "Meta confirms\nmore"},
		{"a fence alone", "~~~ Confirmed", "<pre><code>Confirmed\n</code></pre>", "Confirmed"},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := Render(c.source); strings.TrimSpace(r.HTML) != c.html || r.Text != c.text {
				t.Errorf("%q is\n%q\n%q; want\n%q\n%q", c.source, r.HTML, r.Text, c.html, c.text)
			}
		})
	}
}

// Whatever an editor writes around words, readers see each of them, on a page
// as in a notification.
func TestEveryWordIsShown(t *testing.T) {
	around := []string{
		"%s", "*%s*", "<%s>", "</%s>", "<p>%s</p>", "<!-- %s -->", "<![CDATA[%s]]>", "<?%s?>", "&%s", "\\%s", "`%s`", "[%s]", "[%s]: word", "![%s]", "[](%s)",
		"![](%s)", "[%s](x)", "![%s](x)", "[![%s](x)](y)", "\n\n[%s]: one\n", "\n```sh\n", "\n``` %s and more\n", "\n~~~ and %s\n", "\n~~~\n", "\n    %s", "\n> %s", "\n- %s", "\n1. %s", "\n# %s", "\n%s\n===",
		"\n***\n", "\n\n", " ", "<", "[", "]", "(", ")", "`", "*", "_", "  \n", "<a href='%s'>", "http://%s",
	}
	rapid.Check(t, func(t *rapid.T) {
		var source strings.Builder
		var words []string
		for i, part := range rapid.SliceOfN(rapid.SampledFrom(around), 1, 12).Draw(t, "parts") {
			if strings.Contains(part, "%s") {
				words = append(words, fmt.Sprintf("word%c%d", 'a'+i, i))
				part = fmt.Sprintf(part, words[len(words)-1])
			}
			source.WriteString(part)
		}
		r := Render(source.String())
		shown := html.UnescapeString(tags.ReplaceAllString(r.HTML, ""))
		for _, word := range words {
			if isAddress(source.String(), word) {
				continue
			}
			if !strings.Contains(r.Text, word) || !strings.Contains(shown, word) {
				t.Fatalf("%q does not show %s:\n%q\n%q", source.String(), word, r.HTML, r.Text)
			}
		}
	})
}

var tags = regexp.MustCompile(`<[^>]*>`)

// isAddress reports whether a word may be the address of a link that is named by
// other words: those are what readers see.
func isAddress(source, word string) bool {
	return strings.Contains(source, "("+word+")")
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	r := Render("![a](https://other.example/a.png) <img src=https://other.example/b.png> ![c][c]\n\n[c]: https://other.example/c.png")
	if strings.Contains(r.HTML, "<img") || strings.Contains(r.HTML, `src="`) {
		t.Errorf("%q loads something", r.HTML)
	}
}

// Each of these once cost as much as its length times itself.
func TestMarksBeyondAnyUseAreText(t *testing.T) {
	const longest = 16 << 10
	for mark, of := range map[string]struct {
		html string
		most int
	}{
		">":      {"<blockquote>", maxDepth + 1},
		"> ":     {"<blockquote>", maxDepth + 1},
		"- ":     {"<ul>", maxDepth + 1},
		"1. ":    {"<ol>", maxDepth + 1},
		"[a](b)": {"<a ", maxMarks},
		"*a* ":   {"<em>", maxMarks},
	} {
		r := Render(strings.Repeat(mark, longest/len(mark)) + " end")
		if n := strings.Count(r.HTML, of.html); n == 0 || n > of.most {
			t.Errorf("%q makes %d of %s; want at most %d", mark, n, of.html, of.most)
		}
		if !strings.HasSuffix(r.Text, "end") {
			t.Errorf("%q loses what follows", mark)
		}
	}
}
