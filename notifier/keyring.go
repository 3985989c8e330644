package notifier

import (
	"context"
	"sync"

	"newsbell/models"
)

// keyring keeps the VAPID keys ready for signing; a key never changes.
type keyring struct {
	store   *models.Store
	subject string
	mu      sync.Mutex
	keys    map[int64]*VAPIDKey
}

func newKeyring(store *models.Store, subject string) *keyring {
	return &keyring{store: store, subject: subject, keys: map[int64]*VAPIDKey{}}
}

func (k *keyring) key(ctx context.Context, id int64) (*VAPIDKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.keys[id]; ok {
		return key, nil
	}
	stored, err := k.store.VAPIDKey(ctx, id)
	if err != nil {
		return nil, err
	}
	key, err := NewVAPIDKey(stored, k.subject)
	if err != nil {
		return nil, err
	}
	k.keys[id] = key
	return key, nil
}
