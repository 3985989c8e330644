package program

import (
	"os"
	"strings"
)

// UnsetEmptySettings removes our empty variables from the environment, so that they mean
// the default. Compose files and systemd units often set them.
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

// IsSetting reports whether an environment variable is one of our settings.
func IsSetting(variable string) bool { return strings.HasPrefix(variable, "NEWSBELL_") }
