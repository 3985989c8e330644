package static

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

const (
	root    = "/static/"
	forever = "public, max-age=31536000, immutable"
	recheck = "no-cache"
)

// asset is a file with its strong entity tag.
type asset struct {
	content []byte
	etag    string
}

// assets are all files under /static/ by name, and version is a hash of them. It is
// part of the path, not the query, so that modules and styles that refer to each other
// by relative paths stay within one version.
var assets, version = load("css", "js", "icons")

// AssetURL returns the path, below the site's root, at which an asset such as
// "css/base.css" can be cached forever.
func AssetURL(name string) string { return root + version + "/" + name }

// Assets serves /static/. A path with the current version is cached forever; a path
// without a version is revalidated on each use.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, versioned := strings.CutPrefix(strings.TrimPrefix(r.URL.Path, root), version+"/")
		found, ok := assets[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		caching := recheck
		if versioned {
			caching = forever
		}
		found.serve(w, r, name, caching)
	})
}

// ServiceWorker serves /service-worker.js, whose scope is the whole site but not the
// rest of its origin.
func ServiceWorker(site Site) http.Handler {
	worker := read("service-worker.js")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Service-Worker-Allowed", site.Root()+"/")
		worker.serve(w, r, "service-worker.js", recheck)
	})
}

// Manifest serves /manifest.webmanifest.
func Manifest(site Site) http.Handler {
	manifest := newAsset(bytes.ReplaceAll(read("manifest.webmanifest").content, []byte("{{.}}"), []byte(site.Root())))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		manifest.serve(w, r, "manifest.webmanifest", recheck)
	})
}

// serve serves a file. Pages of any site may load it, because assets are public.
func (a asset) serve(w http.ResponseWriter, r *http.Request, name, caching string) {
	header := w.Header()
	header.Set("Content-Type", contentType(name))
	header.Set("Cache-Control", caching)
	header.Set("ETag", a.etag)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.content))
}

// contentType does not use the MIME tables of the operating system, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webmanifest":
		return "application/manifest+json"
	default:
		return "application/octet-stream"
	}
}

func load(folders ...string) (map[string]asset, string) {
	all, sum := map[string]asset{}, sha256.New()
	for _, folder := range folders {
		err := fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			all[name] = read(name)
			sum.Write([]byte(name + all[name].etag))
			return nil
		})
		if err != nil {
			panic("embedded folder " + folder + ": " + err.Error())
		}
	}
	return all, hex.EncodeToString(sum.Sum(nil))[:12]
}

func read(name string) asset {
	content, err := files.ReadFile(name)
	if err != nil {
		panic("embedded file " + name + ": " + err.Error())
	}
	return newAsset(content)
}

func newAsset(content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{content, `"` + hex.EncodeToString(sum[:12]) + `"`}
}
