package main

import (
	"os"
	"strings"
)

// unsetEmpty takes empty variables of ours out of the environment: one that is
// set to nothing, as compose files and units like to do, means the default.
func unsetEmpty() error {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !isOurs(variable) || strings.TrimSpace(value) != "" {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	return nil
}
