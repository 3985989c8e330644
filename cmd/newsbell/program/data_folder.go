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

// makeDataFolder creates the folder and the file of an SQLite database, unless they
// exist.
func makeDataFolder(databaseURL string, out io.Writer) error {
	if database.IsPostgres(databaseURL) {
		return nil
	}
	folder := filepath.Dir(databaseURL)
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(out, "created data folder", folder)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	// The file holds private keys, so it is created here with access only for its owner.
	file, err := os.OpenFile(databaseURL, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	fmt.Fprintln(out, "created database   ", databaseURL)
	return file.Close()
}

// warnOfOtherUsers logs a warning if other users of the machine can read an SQLite
// database, which holds private keys, or write to its folder. It changes nothing, because
// that may be intended.
func warnOfOtherUsers(databaseURL string, log *slog.Logger) {
	if database.IsPostgres(databaseURL) {
		return
	}
	const groupAndOthers, theirWrites = 0o077, 0o022
	for _, file := range []string{databaseURL, databaseURL + "-wal", databaseURL + "-shm"} {
		if isOpenTo(file, groupAndOthers) {
			log.Warn("other users can read or change the database, which holds private keys", "file", file, "fix", "chmod 600 "+file)
		}
	}
	if folder := filepath.Dir(databaseURL); isOpenTo(folder, theirWrites) {
		log.Warn("other users can replace files in the data folder", "folder", folder, "fix", "chmod 700 "+folder)
	}
}

func isOpenTo(path string, permissions fs.FileMode) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&permissions != 0
}
