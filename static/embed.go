package static

import (
	"fmt"
	"net/http"
)

// Embed serves /newsbell.js, the module that pages of other sites load. Its address is
// stable and it imports the current scripts.
func Embed(site Site) http.Handler {
	return script("newsbell.js", fmt.Sprintf("import %q\n", site.Root()+AssetURL("js/embed/newsbell.js")))
}

// EmbedWorker serves /newsbell-worker.js, which the service worker of another site
// imports: Newsbell's own worker in a function scope, with Newsbell's address.
func EmbedWorker(site Site) http.Handler {
	worker := read("service-worker.js")
	return script("newsbell-worker.js", fmt.Sprintf("self.newsbell = %q;\n(() => {\n%s})()\n", site.BaseURL, worker.content))
}

// script serves a script that browsers revalidate on each use.
func script(name, text string) http.Handler {
	made := newAsset([]byte(text))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made.serve(w, r, name, recheck)
	})
}
