package program

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"newsbell/models/database"
	"os"
	"path/filepath"
)

// makeDataFolder makes the folder and the file of an SQLite database, unless
// they are there.
func makeDataFolder(databaseURL string, out io.Writer) error {
	if database.IsPostgres(databaseURL) {
		return nil
	}
	folder := filepath.Dir(databaseURL)
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(out, "made data folder   ", folder)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	// The file holds private keys: made before SQLite would, for its owner alone.
	file, err := os.OpenFile(databaseURL, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	fmt.Fprintln(out, "made database      ", databaseURL)
	return file.Close()
}

// warnOfStrangers says when other users of the machine can read an SQLite
// database, which holds private keys, or write to its folder, and how to correct
// that. Somebody may want it so: nothing is changed.
func warnOfStrangers(databaseURL string, log *slog.Logger) {
	if database.IsPostgres(databaseURL) {
		return
	}
	const groupAndOthers, theirWrites = 0o077, 0o022
	for _, file := range []string{databaseURL, databaseURL + "-wal", databaseURL + "-shm"} {
		if isOpenTo(file, groupAndOthers) {
			log.Warn("others can read or change the database, which holds private keys", "file", file, "correct_with", "chmod 600 "+file)
		}
	}
	if folder := filepath.Dir(databaseURL); isOpenTo(folder, theirWrites) {
		log.Warn("others can replace files of the data folder", "folder", folder, "correct_with", "chmod 700 "+folder)
	}
}

func isOpenTo(path string, permissions fs.FileMode) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&permissions != 0
}
