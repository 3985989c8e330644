package models

import (
	"cmp"
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"newsbell/models/batch"
	"newsbell/models/database"
	"newsbell/models/endpoints"
	"newsbell/models/secrets"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

const (
	// subscribeTogether is how many subscriptions one transaction takes.
	subscribeTogether = 64
	// subscribeWithin bounds that transaction.
	subscribeWithin = 30 * time.Second
)

// errClosed says that the store takes no more subscriptions.
var errClosed = errors.New("the store is closed")

// Subscribed is a new subscription with the secret that alone gives access to
// it, and what it follows.
type Subscribed struct {
	Subscription
	Secret  string
	Follows []Follow
}

// Subscribe stores a browser's subscription and what it follows.
//
// A browser that subscribes again with the same keys has lost its secret: it gets a new
// one, and only what it follows now. The same endpoint with other keys belongs to another
// subscription, and is an [ErrConflict].
func (s *Store) Subscribe(ctx context.Context, n NewSubscription) (Subscribed, error) {
	r := &subscribing{ctx: ctx, key: n.VAPIDKey, done: make(chan struct{})}
	var err error
	if r.sub, err = s.newSubscription(n); err != nil {
		return Subscribed{}, err
	}
	if r.parsed, err = parseFollows(n.Follows); err != nil {
		return Subscribed{}, fmt.Errorf("subscribe: %w", err)
	}
	var secret string
	secret, r.sub.SecretHash = secrets.New()
	if err := s.write(r); err != nil {
		return Subscribed{}, fmt.Errorf("subscribe: %w", err)
	}
	return Subscribed{Subscription: r.sub, Secret: secret, Follows: r.follows}, nil
}

// subscribing is a subscription that waits to be written.
type subscribing struct {
	ctx    context.Context
	sub    Subscription
	key    string // the VAPID public key; the current one if empty
	parsed []followChange
	// When done is closed, follows are stored, or there is an error.
	follows []Follow
	err     error
	done    chan struct{}
}

// newSubscribers writes the subscriptions of many requests in one transaction: when an
// outage is in the news there are thousands, and a transaction costs more than its rows.
// Those that arrive during a transaction are in the next one. No more are waiting than
// there are requests.
func (s *Store) newSubscribers() *batch.Batcher[*subscribing] {
	return batch.New(batch.Options[*subscribing]{Write: s.subscribeTogether, Within: subscribeWithin, Size: subscribeTogether})
}

// write returns when the subscription has been committed or has failed. When its context
// ends earlier, it may be committed or not.
func (s *Store) write(r *subscribing) error {
	if !s.subscribers.Add(r) {
		return errClosed
	}
	select {
	case <-r.done:
		return r.err
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// subscribeTogether writes a group, and gives each its answer.
func (s *Store) subscribeTogether(ctx context.Context, group []*subscribing) error {
	s.insertTogether(ctx, group)
	for _, r := range group {
		close(r.done)
	}
	return nil
}

// insertTogether inserts a group in one transaction. If that fails, each is tried alone,
// so that one error does not affect the others, unless the database is unavailable.
func (s *Store) insertTogether(ctx context.Context, group []*subscribing) {
	err := s.transaction(ctx, func(tx *gorm.DB) error { return insertSubscriptions(tx, group) })
	if err == nil {
		return
	}
	for _, r := range group {
		if r.err = err; len(group) > 1 && !database.IsUnavailable(err) {
			s.insertTogether(ctx, []*subscribing{r})
		}
	}
}

// insertSubscriptions sets the error of each subscription that is not possible, and
// inserts the others at once.
func insertSubscriptions(tx *gorm.DB, group []*subscribing) error {
	existing, err := existingSubscriptions(tx, group)
	if err != nil {
		return err
	}
	keys, topics := map[string]int64{}, map[Topic]NamedTopic{}
	var fresh []*Subscription
	var accepted []*subscribing
	for _, r := range group {
		if r.err = r.ctx.Err(); r.err == nil {
			r.err = r.resolve(tx, keys, topics)
		}
		old, exists := existing[string(r.sub.EndpointHash)]
		switch {
		case r.err != nil:
		case exists:
			r.err = takeOver(tx, old, &r.sub)
		default:
			fresh = append(fresh, &r.sub)
		}
		switch {
		case r.err == nil:
			accepted = append(accepted, r)
		case !isTheirs(r.err):
			return r.err
		}
	}
	if len(fresh) > 0 {
		if err := tx.Create(&fresh).Error; err != nil {
			return err
		}
	}
	return insertFollows(tx, accepted)
}

// existingSubscriptions returns the rows that have the group's endpoints, by hash.
func existingSubscriptions(tx *gorm.DB, group []*subscribing) (map[string]Subscription, error) {
	hashes := make([][]byte, len(group))
	for i, r := range group {
		hashes[i] = r.sub.EndpointHash
	}
	var rows []Subscription
	if err := tx.Find(&rows, "endpoint_hash IN ?", hashes).Error; err != nil {
		return nil, err
	}
	existing := make(map[string]Subscription, len(rows))
	for _, row := range rows {
		existing[string(row.EndpointHash)] = row
	}
	return existing, nil
}

// resolve finds the VAPID key and the topics, which it keeps for the next ones.
func (r *subscribing) resolve(tx *gorm.DB, keys map[string]int64, topics map[Topic]NamedTopic) (err error) {
	id, found := keys[r.key]
	if !found {
		if id, err = boundKey(tx, r.key); err != nil {
			return err
		}
		keys[r.key] = id
	}
	r.sub.VAPIDKeyID = id
	if r.follows, err = makeFollows(tx, r.parsed, topics, r.sub.CreatedAt); err != nil {
		return err
	}
	slices.SortFunc(r.follows, func(a, b Follow) int { return cmp.Compare(a.TopicID, b.TopicID) })
	return nil
}

// takeOver gives the row of an endpoint to the same browser again.
func takeOver(tx *gorm.DB, old Subscription, sub *Subscription) error {
	// A client that knows both keys can read the pushes already: it is the browser.
	if !old.hasKeysOf(*sub) {
		return fmt.Errorf("%w: this endpoint belongs to another subscription", ErrConflict)
	}
	sub.ID = old.ID
	for _, table := range []string{"follows", "catch_ups", "notices"} { // it starts again
		if err := tx.Exec("DELETE FROM "+table+" WHERE subscription_id = ?", old.ID).Error; err != nil {
			return err
		}
	}
	return tx.Save(sub).Error
}

func insertFollows(tx *gorm.DB, group []*subscribing) error {
	var follows []Follow
	for _, r := range group {
		for i := range r.follows {
			r.follows[i].SubscriptionID = r.sub.ID
		}
		follows = append(follows, r.follows...)
	}
	if len(follows) == 0 {
		return nil
	}
	return tx.Omit("Topic").CreateInBatches(&follows, importBatch).Error
}

// isTheirs reports whether an error is about one subscription, not about the database.
func isTheirs(err error) bool {
	_, isInvalid := errors.AsType[*validation.Invalid](err)
	return isInvalid || errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Browser is what a browser's PushSubscription.toJSON returns: the endpoint, and the keys to
// encrypt with, in base64 of either alphabet, padded or not.
type Browser struct{ Endpoint, P256DH, Auth string }

// browserKeys are a Browser's values as the database keeps them.
type browserKeys struct{ endpointHash, p256dh, auth []byte }

func (b Browser) parse(p *validation.Problems, hosts endpoints.Allowlist) browserKeys {
	if err := hosts.Check(b.Endpoint); err != nil {
		p.Add("subscription.endpoint", "%s", err)
	}
	keys := browserKeys{endpointHash: endpoints.Hash(b.Endpoint)}
	var err error
	if keys.p256dh, err = decodeBase64(b.P256DH); err != nil {
		p.Add("subscription.keys.p256dh", "must be base64url")
	} else if _, err := ecdh.P256().NewPublicKey(keys.p256dh); err != nil {
		p.Add("subscription.keys.p256dh", "must be an uncompressed point on P-256")
	}
	if keys.auth, err = decodeBase64(b.Auth); err != nil {
		p.Add("subscription.keys.auth", "must be base64url")
	} else if len(keys.auth) != 16 {
		p.Add("subscription.keys.auth", "must be 16 bytes")
	}
	return keys
}

var base64Alphabet = strings.NewReplacer("+", "-", "/", "_")

func decodeBase64(s string) ([]byte, error) {
	return base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(base64Alphabet.Replace(s), "="))
}
