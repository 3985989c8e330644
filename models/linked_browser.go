package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"newsbell/models/secrets"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// maxLinkedBrowsers is how many browsers a person can link.
	maxLinkedBrowsers = 10
	// maxBrowserName is the maximum length of a browser's name, in bytes.
	maxBrowserName = 100
	// draftNoticeLife bounds how long the notifier tries to send a draft.
	draftNoticeLife = time.Minute
)

// LinkedBrowser is a browser that a person has linked to themselves: they can send their
// drafts to it, and nobody else can.
type LinkedBrowser struct {
	ID             int64
	PersonID       int64
	SubscriptionID int64
	// Name names it in short words, such as "Firefox on Windows".
	Name      string
	CreatedAt time.Time
}

// LinkBrowser links the browser with a subscription's secret to a person. If it was
// linked to somebody else before, it is no longer. A wrong secret is an [ErrUnauthorized].
func (s *Store) LinkBrowser(ctx context.Context, person Person, secret, name string) (LinkedBrowser, error) {
	var p validation.Problems
	if p.Text("browser", name, maxBrowserName); p.Err() != nil {
		return LinkedBrowser{}, p.Err()
	}
	linked := LinkedBrowser{PersonID: person.ID, Name: name, CreatedAt: s.Now()}
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		if _, err := takePerson(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", person.ID)); err != nil {
			return unauthorized(err)
		}
		var sub Subscription
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&sub, "secret_hash = ?", secrets.Hash(secret)).Error; err != nil {
			return unauthorized(domain(err))
		}
		if err := unlinkBrowsers(tx, "subscription_id = ?", sub.ID); err != nil {
			return err
		}
		if err := checkLinkedBrowsers(tx, person); err != nil {
			return err
		}
		linked.SubscriptionID = sub.ID
		if err := tx.Create(&linked).Error; err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "link browser", name, added(fields{"name": name}))
	})
	if err != nil {
		return LinkedBrowser{}, fmt.Errorf("link browser: %w", err)
	}
	return linked, nil
}

// LinkedBrowsers returns the browsers that a person has linked, the oldest first.
func (s *Store) LinkedBrowsers(ctx context.Context, personID int64) ([]LinkedBrowser, error) {
	var linked []LinkedBrowser
	err := s.db.Read.WithContext(ctx).Order("id").Find(&linked, "person_id = ?", personID).Error
	return linked, domain(err)
}

// UnlinkBrowser unlinks one of a person's browsers. Drafts that wait are not sent to it.
func (s *Store) UnlinkBrowser(ctx context.Context, person Person, id int64) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		var linked LinkedBrowser
		if err := tx.Take(&linked, "id = ? AND person_id = ?", id, person.ID).Error; err != nil {
			return err
		}
		if err := unlinkBrowsers(tx, "id = ?", id); err != nil {
			return err
		}
		return s.audit(tx, person.Actor(), "unlink browser", linked.Name, removed(fields{"name": linked.Name}))
	})
	if err != nil {
		return fmt.Errorf("unlink browser %d: %w", id, err)
	}
	return nil
}

// CreateDraftNotices writes a notice with a draft's notification for each browser that a
// person has linked, and returns those browsers. A person who has been removed is an
// [ErrUnauthorized].
func (s *Store) CreateDraftNotices(ctx context.Context, person Person, shown Notification) ([]LinkedBrowser, error) {
	content, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("create draft notices: %w", err)
	}
	var linked []LinkedBrowser
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		// A removal waits here, or has ended the links.
		if _, err := takePerson(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", person.ID)); err != nil {
			return unauthorized(err)
		}
		if err := tx.Order("id").Find(&linked, "person_id = ?", person.ID).Error; err != nil || len(linked) == 0 {
			return err
		}
		now, notices := s.Now(), make([]Notice, len(linked))
		for i, browser := range linked {
			notices[i] = Notice{
				SubscriptionID: browser.SubscriptionID, Kind: DraftNotice, State: NoticeWaiting, Content: string(content),
				DueAt: now, Deadline: now.Add(draftNoticeLife), CreatedAt: now,
			}
		}
		return tx.Omit(clause.Associations).Create(&notices).Error
	})
	if err != nil {
		return nil, fmt.Errorf("create draft notices: %w", err)
	}
	return linked, nil
}

func checkLinkedBrowsers(tx *gorm.DB, person Person) error {
	var linked int64
	if err := tx.Model(&LinkedBrowser{}).Where("person_id = ?", person.ID).Count(&linked).Error; err != nil || linked < maxLinkedBrowsers {
		return err
	}
	var p validation.Problems
	p.Add("browser", "cannot be linked: you have linked %d already", maxLinkedBrowsers)
	return p.Err()
}

// unlinkBrowsers deletes links, with the drafts that wait to be sent to their browsers.
func unlinkBrowsers(tx *gorm.DB, condition string, args ...any) error {
	err := tx.Where("kind = ? AND state = ?", DraftNotice, NoticeWaiting).
		Where("subscription_id IN (SELECT subscription_id FROM linked_browsers WHERE "+condition+")", args...).Delete(&Notice{}).Error
	if err != nil {
		return err
	}
	return tx.Where(condition, args...).Delete(&LinkedBrowser{}).Error
}
