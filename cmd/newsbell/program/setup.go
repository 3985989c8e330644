package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"newsbell/models"
	"newsbell/notifier/webpush"
)

// connectTimeout is how long the database may take to answer.
const connectTimeout = 5 * time.Second

// OpenStore opens the database. On the first start it creates what is missing, and writes
// what it created to out.
func OpenStore(ctx context.Context, c Config, out io.Writer) (*models.Store, error) {
	if err := makeDataFolder(c.DatabaseURL, out); err != nil {
		return nil, err
	}
	warnOfOtherUsers(c.DatabaseURL, cmp.Or(c.Log, slog.Default()))
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	store, err := models.Open(connecting, models.Options{
		URL: c.DatabaseURL, MigrateURL: c.migrateURL, TransactionPooling: c.pooled,
		PushHosts: c.PushHosts, UndoWindow: c.undoWindow, Pilot: c.pilot, TTLs: c.ttls, GoneGrace: c.goneGrace,
		Log: c.Log,
	})
	if err != nil {
		return nil, err
	}
	if err := setUp(ctx, store, out); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// With opens the database for a tool, which needs no other settings, and closes it after
// use.
func (s DatabaseSettings) With(ctx context.Context, use func(*models.Store) error) error {
	store, err := OpenStore(ctx, Config{DatabaseURL: s.url(), migrateURL: s.MigrateURL, pooled: s.TransactionPooling}, os.Stderr)
	if err != nil {
		return err
	}
	return errors.Join(use(store), store.Close())
}

func setUp(ctx context.Context, store *models.Store, out io.Writer) error {
	migrated, err := store.Migrate(ctx)
	if err != nil {
		return err
	}
	for _, name := range migrated {
		fmt.Fprintln(out, "ran migration      ", name)
	}
	_, err = store.CurrentVAPIDKey(ctx)
	if !errors.Is(err, models.ErrNotFound) {
		return err
	}
	key, err := CreateVAPIDKey(ctx, store)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "created VAPID key  ", key.PublicKey)
	return nil
}

// CreateVAPIDKey creates a VAPID key and makes it the current one.
func CreateVAPIDKey(ctx context.Context, store *models.Store) (models.VAPIDKey, error) {
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		return models.VAPIDKey{}, err
	}
	return store.AddVAPIDKey(ctx, public, private)
}
