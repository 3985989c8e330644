package program

import (
	"os"
	"strings"
)

// UnsetEmptySettings takes empty variables of ours out of the environment: one that is
// set to nothing, as compose files and units like to do, means the default.
func UnsetEmptySettings() error {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if !IsSetting(variable) || strings.TrimSpace(value) != "" {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	return nil
}

// IsSetting tells whether a variable is a setting of ours.
func IsSetting(variable string) bool { return strings.HasPrefix(variable, "NEWSBELL_") }
