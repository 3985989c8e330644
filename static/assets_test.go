package static

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
)

func TestAssetIsKeptForEverUnderItsVersion(t *testing.T) {
	w := get(Assets(), AssetURL("css/base.css"), "")
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d, %s", w.Code, w.Header().Get("Cache-Control"))
	}
	if kind := w.Header().Get("Content-Type"); kind != "text/css; charset=utf-8" {
		t.Errorf("content type %s", kind)
	}
}

func TestAssetWithoutVersionIsCheckedEachTime(t *testing.T) {
	first := get(Assets(), "/static/icons/icon-192.png", "")
	if first.Code != http.StatusOK || first.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("%d, %s", first.Code, first.Header().Get("Cache-Control"))
	}
	again := get(Assets(), "/static/icons/icon-192.png", first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified {
		t.Errorf("unchanged asset answered %d", again.Code)
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	for _, address := range []string{"/static/", "/static/css", "/static/static.go", "/static/../static.go", "/static/000000000000/css/base.css"} {
		if w := get(Assets(), address, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", address, w.Code)
		}
	}
}

func TestModulesImportFilesThatExist(t *testing.T) {
	for name, asset := range assets {
		for _, module := range matches(string(asset.content), `(?m)^import .*?'(\.[^']*)'`) {
			if _, ok := assets[path.Join(path.Dir(name), module)]; !ok {
				t.Errorf("%s imports %s, which does not exist", name, module)
			}
		}
	}
}

// The versions and where they come from are in js/vendor.
func TestVendoredLibrariesAreUnchangedAndHaveTheirLicence(t *testing.T) {
	for name, want := range map[string]string{
		"js/vendor/uplot/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"css/vendor/uplot/uPlot.min.css":    "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
	} {
		if sum := sha256.Sum256(assets[name].content); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s has the hash %x", name, sum)
		}
		if licence := assets[path.Dir(name)+"/LICENSE"]; !strings.Contains(string(licence.content), "The MIT License") {
			t.Errorf("%s has no licence", name)
		}
	}
}

func TestServiceWorkerMayControlTheSiteAndIsNeverStale(t *testing.T) {
	w := get(ServiceWorker(Site{}), "/service-worker.js", "")
	if w.Header().Get("Service-Worker-Allowed") != "/" || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("headers %v", w.Header())
	}
	imported := matches(w.Body.String(), `(?s)importScripts\(\.\.\.\[(.*?)\]`)
	if len(imported) != 1 {
		t.Fatalf("the service worker imports %q", imported)
	}
	for _, name := range matches(imported[0], `'([^']*)'`) {
		if _, ok := assets["js/worker/"+name+".js"]; !ok {
			t.Errorf("the service worker imports %s, which does not exist", name)
		}
	}
}

func TestManifestLetsIPhonesInstall(t *testing.T) {
	w := get(Manifest(Site{}), "/manifest.webmanifest", "")
	var manifest struct {
		ID       string
		Display  string
		StartURL string `json:"start_url"`
		Icons    []struct{ Src string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Display != "standalone" || manifest.ID != "/" || manifest.StartURL != "/" {
		t.Errorf("manifest %+v", manifest)
	}
	for _, icon := range manifest.Icons {
		if icon := get(Assets(), icon.Src, ""); icon.Code != http.StatusOK {
			t.Errorf("an icon answered %d", icon.Code)
		}
	}
}

func get(handler http.Handler, address, etag string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestEmbeddedModuleImportsTheCurrentVersion(t *testing.T) {
	w := get(Embed(Site{}), "/newsbell.js", "")
	imported := matches(w.Body.String(), `^import "(/static/[^"]*)"`)
	if len(imported) != 1 {
		t.Fatalf("module %q", w.Body)
	}
	if module := get(Assets(), imported[0], ""); module.Code != http.StatusOK || !strings.Contains(module.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d, %s", imported[0], module.Code, module.Header().Get("Cache-Control"))
	}
}

func TestScriptsReferToTheSiteByItsBase(t *testing.T) {
	scripts := map[string]string{"service-worker.js": string(read("service-worker.js").content)}
	for name, asset := range assets {
		if path.Ext(name) == ".js" {
			scripts[name] = string(asset.content)
		}
	}
	for name, script := range scripts {
		for _, address := range matches(script, "(?:fetch\\(|importScripts\\(|egister\\(|getRegistration\\(|URL\\(|EventSource\\(|(?:href|src|icon|badge|navigate)[:=] ?)(['\"`]/[^'\"`]*)") {
			t.Errorf("%s refers to %s, which is not below the site's path", name, address)
		}
	}
}
