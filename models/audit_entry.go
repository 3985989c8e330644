package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
)

// AuditEntry says who did what, and when. Entries are only added, and each is linked to the
// one before it by its hash; see [Store.VerifyAudit].
type AuditEntry struct {
	ID      int64
	Actor   string
	Action  string
	Subject string
	// Before and After are JSON objects of what the action has changed, without secrets.
	// Before is empty if nothing was there, After if it is removed, and both if the action
	// changes no data of the newsroom: a sign-in.
	Before, After string
	CreatedAt     time.Time
	// Hash links the entry to the one before; nil in the entries of releases without a
	// chain.
	Hash []byte
}

// AuditEntries returns the latest entries, the newest first.
func (s *Store) AuditEntries(ctx context.Context, limit int) ([]AuditEntry, error) {
	var entries []AuditEntry
	err := s.db.Read.WithContext(ctx).Order("id DESC").Limit(limit).Find(&entries).Error
	return entries, domain(err)
}

const (
	// sentLatelyWithin is how long ago an update was sent lately, and sentLatelyEntries how
	// many audit entries ago.
	sentLatelyWithin  = 10 * time.Minute
	sentLatelyEntries = 500
)

// SentLately is an update that somebody has published in the last minutes.
type SentLately struct {
	// Name is the person's or, without one, what the audit log calls who published it.
	Name, Headline string
	HasAlert       bool
	At             time.Time
}

// SentLately returns the last updates of an outage that were published in the last minutes,
// the newest first. One in its undo window is among them, one that was undone is not.
func (s *Store) SentLately(ctx context.Context, outage Outage, limit int) ([]SentLately, error) {
	var found []struct {
		AuditEntry
		Name string
	}
	const notUndone = "NOT EXISTS (SELECT 1 FROM audit_entries undone WHERE undone.id > audit_entries.id AND undone.subject = audit_entries.subject AND undone.action LIKE 'undo %')"
	err := s.db.Read.WithContext(ctx).Model(&AuditEntry{}).Select("audit_entries.*, coalesce(people.name, audit_entries.actor) AS name").
		Joins("LEFT JOIN people ON 'person ' || people.email = audit_entries.actor").
		Where("audit_entries.id > (SELECT coalesce(max(id), 0) FROM audit_entries) - ?", sentLatelyEntries).
		Where("action LIKE 'publish %' AND subject LIKE ? AND audit_entries.created_at > ?", outage.Subject()+"#%", s.Now().Add(-sentLatelyWithin)).
		Where(notUndone).Order("audit_entries.id DESC").Limit(limit).Find(&found).Error
	sent := make([]SentLately, len(found))
	for i, entry := range found {
		var published struct{ Headline, Alert string }
		if err := json.Unmarshal([]byte(entry.After), &published); err != nil {
			return nil, fmt.Errorf("audit entry %d: %w", entry.ID, err)
		}
		sent[i] = SentLately{entry.Name, published.Headline, published.Alert != string(AlertNone), entry.CreatedAt}
	}
	return sent, domain(err)
}

// audit adds an entry to the transaction of the change that it describes. It is written at
// the end of the transaction.
func (s *Store) audit(tx *gorm.DB, actor, action, subject string, of ...change) error {
	pending, ok := tx.Statement.Context.Value(pendingEntries{}).(*[]AuditEntry)
	if !ok {
		return errors.New("audit: there is no transaction")
	}
	entry := AuditEntry{Actor: actor, Action: action, Subject: subject, CreatedAt: s.Now()}
	for _, c := range of {
		before, after, err := c.encode()
		if err != nil {
			return fmt.Errorf("audit %s: %w", action, err)
		}
		entry.Before, entry.After = before, after
	}
	*pending = append(*pending, entry)
	return nil
}

// pendingEntries is the key of a transaction's entries in its context.
type pendingEntries struct{}

// withAudit runs fn in a transaction and then writes its entries. They come last, because
// the chain is locked from the first of them to the commit: nothing else waits for so long,
// and no transaction waits for another lock while it has this one. It returns the end of
// the chain if there were any.
func (s *Store) withAudit(tx *gorm.DB, fn func(tx *gorm.DB) error) (end AuditEntry, err error) {
	var pending []AuditEntry
	ctx := context.WithValue(tx.Statement.Context, pendingEntries{}, &pending)
	if err := fn(tx.WithContext(ctx)); err != nil || len(pending) == 0 {
		return end, err
	}
	return s.appendToChain(tx, pending)
}

// fields are what an audit entry shows of a row, by the names of the API. They contain no
// secret and no hash of one.
type fields map[string]any

// change is what an action has changed: nil before for something new, and nil after for
// something removed.
type change struct{ before, after fields }

func added(after fields) change           { return change{after: after} }
func removed(before fields) change        { return change{before: before} }
func changed(before, after fields) change { return change{before, after} }

// encode returns both sides as JSON, without the fields that are the same.
func (c change) encode() (before, after string, err error) {
	if before, err = c.before.without(c.after); err != nil {
		return "", "", err
	}
	after, err = c.after.without(c.before)
	return before, after, err
}

func (f fields) without(others fields) (string, error) {
	if f == nil {
		return "", nil
	}
	different := fields{}
	for name, value := range f {
		if other, there := others[name]; !there || !reflect.DeepEqual(value, other) {
			different[name] = value
		}
	}
	encoded, err := json.Marshal(different)
	return string(encoded), err
}
