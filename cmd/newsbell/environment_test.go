package main

import (
	"reflect"
	"testing"

	"newsbell/cmd/newsbell/program"

	"github.com/alecthomas/kong"
)

// everySetting returns the flags of a command.
func everySetting(t *testing.T, command string) []*kong.Flag {
	t.Helper()
	parsed, err := parse(t.Context(), []string{command})
	if err != nil {
		t.Fatal(err)
	}
	var flags []*kong.Flag
	for _, flag := range parsed.Selected().Flags {
		if len(flag.Envs) > 0 {
			flags = append(flags, flag)
		}
	}
	if len(flags) < 10 {
		t.Fatalf("%s has only %d settings", command, len(flags))
	}
	return flags
}

func TestAnEmptyVariableMeansTheDefault(t *testing.T) {
	for _, command := range []string{"serve", "work"} {
		for _, flag := range everySetting(t, command) {
			want := flag.Target.Interface()
			for _, empty := range []string{"", " "} {
				t.Setenv(flag.Envs[0], empty)
				parsed, err := parse(t.Context(), []string{command})
				if err != nil {
					t.Errorf("%s=%q: %v", flag.Envs[0], empty, err)
					continue
				}
				for _, now := range parsed.Selected().Flags {
					if now.Name == flag.Name && !reflect.DeepEqual(now.Target.Interface(), want) {
						t.Errorf("%s=%q means %v; want %v", flag.Envs[0], empty, now.Target.Interface(), want)
					}
				}
			}
		}
	}
}

func TestListsMayHaveSpacesAfterTheComma(t *testing.T) {
	want := program.List{"one", "two", "three"}
	lists := 0
	for _, flag := range everySetting(t, "serve") {
		if flag.Target.Kind() != reflect.Slice {
			continue
		}
		lists++
		for _, text := range []string{"one,two,three", "one, two , three", " one,two,three,"} {
			t.Setenv(flag.Envs[0], text)
			parsed, err := parse(t.Context(), []string{"serve"})
			if err != nil {
				t.Fatalf("%s=%q: %v", flag.Envs[0], text, err)
			}
			for _, now := range parsed.Selected().Flags {
				if now.Name == flag.Name && !reflect.DeepEqual(now.Target.Interface(), want) {
					t.Errorf("%s=%q means %q", flag.Envs[0], text, now.Target.Interface())
				}
			}
		}
		t.Setenv(flag.Envs[0], "other")
		parsed, err := parse(t.Context(), []string{"serve", "--" + flag.Name, "one, two", "--" + flag.Name, "three"})
		if err != nil {
			t.Fatal(err)
		}
		for _, now := range parsed.Selected().Flags {
			if now.Name == flag.Name && !reflect.DeepEqual(now.Target.Interface(), want) {
				t.Errorf("--%s twice means %q", flag.Name, now.Target.Interface())
			}
		}
		t.Setenv(flag.Envs[0], "")
	}
	if lists < 4 {
		t.Errorf("only %d lists", lists)
	}
}
