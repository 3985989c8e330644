package notifier

import (
	"context"
	"sync"

	"newsbell/models"
	"newsbell/notifier/webpush"
)

// keyring keeps the VAPID keys ready for signing; a key never changes.
type keyring struct {
	store   *models.Store
	subject string
	mu      sync.Mutex
	keys    map[int64]*webpush.VAPIDKey
}

func newKeyring(store *models.Store, subject string) *keyring {
	return &keyring{store: store, subject: subject, keys: map[int64]*webpush.VAPIDKey{}}
}

func (k *keyring) key(ctx context.Context, id int64) (*webpush.VAPIDKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.keys[id]; ok {
		return key, nil
	}
	stored, err := k.store.VAPIDKey(ctx, id)
	if err != nil {
		return nil, err
	}
	key, err := webpush.NewVAPIDKey(stored, k.subject)
	if err != nil {
		return nil, err
	}
	k.keys[id] = key
	return key, nil
}
