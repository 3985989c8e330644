package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repository = "../.."

var (
	link      = regexp.MustCompile(`\]\(([^):#]+)[^)]*\)`)
	filePath  = regexp.MustCompile("`([a-z_.0-9-]+(?:/[a-z_.0-9-]+)+\\.(?:go|js|mjs|html|css|md))`")
	testFile  = regexp.MustCompile("`([a-z_0-9]+_test\\.go)`")
	testName  = regexp.MustCompile("`(Test[A-Z]\\w+)`")
	testsThat = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

func TestGuidesNameFilesAndTestsThatExist(t *testing.T) {
	tests, files := testsOf(t)
	guides, err := filepath.Glob(repository + "/docs/*.md")
	if err != nil || len(guides) < 5 {
		t.Fatalf("%d guides, %v", len(guides), err)
	}
	decisions, err := filepath.Glob(repository + "/docs/decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, guide := range slices.Concat(guides, decisions, []string{repository + "/README.md"}) {
		text, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range submatches(link, text) {
			if target == "https" { // another site
				continue
			}
			mustExist(t, guide, filepath.Join(filepath.Dir(guide), target))
		}
		if slices.Contains(decisions, guide) {
			continue // decisions describe the state at their time
		}
		for _, path := range submatches(filePath, text) {
			mustExist(t, guide, filepath.Join(repository, path))
		}
		for _, name := range submatches(testFile, text) {
			if !files[name] {
				t.Errorf("%s names %s, which does not exist", guide, name)
			}
		}
		for _, name := range submatches(testName, text) {
			if !tests[name] {
				t.Errorf("%s names %s, which does not exist", guide, name)
			}
		}
	}
}

// testsOf returns the names of all Go tests in the repository, and of their files.
func testsOf(t *testing.T) (tests, files map[string]bool) {
	t.Helper()
	tests, files = map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules":
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		files[entry.Name()] = true
		for _, name := range submatches(testsThat, text) {
			tests[name] = true
		}
		return err
	})
	if err != nil || len(tests) < 100 {
		t.Fatalf("%d tests, %v", len(tests), err)
	}
	return tests, files
}

func submatches(pattern *regexp.Regexp, text []byte) (found []string) {
	for _, match := range pattern.FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	return found
}

func mustExist(t *testing.T, guide, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s: %v", guide, err)
	}
}
