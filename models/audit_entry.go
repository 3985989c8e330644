package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// AuditEntry says who did what, and when. Entries are only added.
type AuditEntry struct {
	ID        int64
	Actor     string
	Action    string
	Subject   string
	CreatedAt time.Time
}

// AuditEntries returns the latest entries, the newest first.
func (s *Store) AuditEntries(ctx context.Context, limit int) ([]AuditEntry, error) {
	var entries []AuditEntry
	err := s.db.Read.WithContext(ctx).Order("id DESC").Limit(limit).Find(&entries).Error
	return entries, domain(err)
}

// audit writes an entry in the transaction of the change that it describes.
func (s *Store) audit(tx *gorm.DB, actor, action, subject string) error {
	return tx.Create(&AuditEntry{Actor: actor, Action: action, Subject: subject, CreatedAt: s.Now()}).Error
}
