package static

import (
	"fmt"
	"net/http"
)

// Embed serves /newsbell.js, the module that pages of other sites load: always
// the scripts of now, at an address that stays.
func Embed(site Site) http.Handler {
	return script("newsbell.js", fmt.Sprintf("import %q\n", site.Root()+AssetURL("js/embed/newsbell.js")))
}

// EmbedWorker serves /newsbell-worker.js, which the service worker of another
// site imports: our own, in a scope of its own, told where Newsbell is.
func EmbedWorker(site Site) http.Handler {
	worker := read("service-worker.js")
	return script("newsbell-worker.js", fmt.Sprintf("self.newsbell = %q;\n(() => {\n%s})()\n", site.BaseURL, worker.content))
}

// script serves a script that is checked again on each use.
func script(name, text string) http.Handler {
	made := newAsset([]byte(text))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made.serve(w, r, name, recheck)
	})
}
