package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows are the folders that each folder may import.
var arrows = map[string][]string{
	"cmd":      {"handlers", "notifier", "models", "static"},
	"handlers": {"models", "static"},
	"notifier": {"models"},
	"models":   nil,
	"static":   nil,
	"e2e":      nil,
}

// closer are the imports that packages of one folder may have from each other.
var closer = map[string][]string{
	"newsbell/cmd/newsbell":                     {"newsbell/cmd/newsbell/program", "newsbell/cmd/newsbell/lab", "newsbell/cmd/newsbell/client"},
	"newsbell/cmd/newsbell/program":             nil,
	"newsbell/cmd/newsbell/client":              nil,
	"newsbell/cmd/newsbell/lab":                 {"newsbell/cmd/newsbell/program", "newsbell/cmd/newsbell/client", "newsbell/cmd/newsbell/lab/netns"},
	"newsbell/cmd/newsbell/lab/netns":           nil,
	"newsbell/cmd/newsbell/program/programtest": {"newsbell/cmd/newsbell/program"},
	"newsbell/handlers": {
		"newsbell/handlers/api", "newsbell/handlers/live", "newsbell/handlers/newsroom", "newsbell/handlers/pages",
		"newsbell/handlers/limit", "newsbell/handlers/openid", "newsbell/handlers/passkeys", "newsbell/handlers/peer", "newsbell/handlers/publish", "newsbell/handlers/respond",
		"newsbell/handlers/watching",
	},
	"newsbell/handlers/handlerstest": {"newsbell/handlers", "newsbell/handlers/live", "newsbell/handlers/peer", "newsbell/handlers/watching"},
	"newsbell/handlers/api":          {"newsbell/handlers/limit", "newsbell/handlers/publish", "newsbell/handlers/respond", "newsbell/handlers/views"},
	"newsbell/handlers/live":         {"newsbell/handlers/api", "newsbell/handlers/limit", "newsbell/handlers/respond", "newsbell/handlers/views"},
	"newsbell/handlers/newsroom":     {"newsbell/handlers/limit", "newsbell/handlers/openid", "newsbell/handlers/passkeys", "newsbell/handlers/publish", "newsbell/handlers/respond", "newsbell/handlers/views", "newsbell/handlers/watching"},
	"newsbell/handlers/pages":        {"newsbell/handlers/respond", "newsbell/handlers/views"},
	"newsbell/handlers/limit":        {"newsbell/handlers/peer"},
	"newsbell/handlers/openid":       nil,
	"newsbell/handlers/passkeys":     nil,
	"newsbell/handlers/peer":         nil,
	"newsbell/handlers/publish":      nil,
	"newsbell/handlers/respond":      nil,
	"newsbell/handlers/views":        nil,
	"newsbell/handlers/watching":     {"newsbell/handlers/views"},
	"newsbell/models/arrival":        nil,
	"newsbell/models/batch":          nil,
	"newsbell/models/database":       {"newsbell/models/database/dial"},
	"newsbell/models/migrations":     {"newsbell/models/database", "newsbell/models/endpoints"},
	"newsbell/models/endpoints":      nil,
	"newsbell/models/ledger":         nil,
	"newsbell/models/events":         nil,
	"newsbell/models/receipts":       nil,
	"newsbell/models/retry":          nil,
	"newsbell/models/secrets":        nil,
	"newsbell/models/passwords":      nil,
	"newsbell/models/markdown":       nil,
	"newsbell/models/preferences":    {"newsbell/models/validation"},
	"newsbell/models/pilot":          nil,
	"newsbell/models/text":           nil,
	"newsbell/models/validation":     {"newsbell/models/text"},
	"newsbell/notifier/webpush":      {"newsbell/notifier/webpush/h2"},
	"newsbell/notifier/webpush/h2":   nil,
	"newsbell/notifier/pushservice":  {"newsbell/notifier/webpush"},
	"newsbell/notifier/pushtest":     nil,
}

// homes maps a library to the only folder that may import it.
var homes = map[string]string{
	"github.com/gin-gonic/gin":  "handlers",
	"gorm.io/":                  "models",
	"github.com/go-webauthn/":   "handlers",
	"github.com/coreos/go-oidc": "handlers",
	"golang.org/x/oauth2":       "handlers",
}

func TestEachFolderImportsOnlyItsArrows(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 8 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, p := range packages {
		folder := folderOf(p.ImportPath)
		allowed, known := arrows[folder]
		if !known {
			t.Errorf("%s is in no folder of the design", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if target := folderOf(imported); strings.HasPrefix(imported, "newsbell/") && target != folder && !slices.Contains(allowed, target) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
			if near, known := closer[p.ImportPath]; known && folderOf(imported) == folder && strings.HasPrefix(imported, "newsbell/") && !slices.Contains(near, imported) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
			for library, home := range homes {
				if strings.HasPrefix(imported, library) && folder != home {
					t.Errorf("%s imports %s, which belongs to %s", p.ImportPath, imported, home)
				}
			}
		}
	}
}

// fromModels lists the identifiers of models and its subpackages that packages without
// knowledge of alerts may use.
var fromModels = map[string][]string{
	"../../notifier/webpush":     {"models.VAPIDKey", "endpoints.Allowlist", "endpoints.PushService"},
	"../../notifier/pushservice": nil,
}

func TestPackagesBelowAlertsUseOnlyTheListedPartsOfModels(t *testing.T) {
	for folder, allowed := range fromModels {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) < 10 {
			t.Fatalf("%d files in %s, %v", len(files), folder, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, name := range takenFromModels(t, file) {
				if !slices.Contains(allowed, name) {
					t.Errorf("%s uses %s", file, name)
				}
			}
		}
	}
}

// takenFromModels returns the identifiers of models and its subpackages that a file
// uses, such as "models.VAPIDKey".
func takenFromModels(t *testing.T, file string) (taken []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]bool{}
	for _, spec := range parsed.Imports {
		if imported := strings.Trim(spec.Path.Value, `"`); strings.HasPrefix(imported, "newsbell/models") {
			packages[path.Base(imported)] = true
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && packages[x.Name] {
				taken = append(taken, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return taken
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) (packages []goPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "newsbell/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// folderOf returns the top folder of one of our packages.
func folderOf(path string) string {
	folder, _, _ := strings.Cut(strings.TrimPrefix(path, "newsbell/"), "/")
	return folder
}
