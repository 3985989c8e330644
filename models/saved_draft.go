package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// writingFor is how long after the last save somebody counts as writing.
const writingFor = 10 * time.Minute

// DraftVersion is one version of a saved draft; zero stands for none.
type DraftVersion struct{ ID, Version int64 }

// SavedDraft is what somebody has written on an outage and not yet published. Everybody
// has one for each outage. What is saved need not be valid.
type SavedDraft struct {
	ID       int64
	OutageID int64
	PersonID *int64
	Person   *Person
	TokenID  *int64
	Token    *Token
	// Version counts the changes, from 1.
	Version int64
	// Content is the draft without its outage and its actor.
	Content Draft `gorm:"serializer:json"`
	SavedAt time.Time
}

// TableName implements GORM's Tabler.
func (SavedDraft) TableName() string { return "drafts" }

// At returns the version of the draft.
func (d SavedDraft) At() DraftVersion { return DraftVersion{d.ID, d.Version} }

// Writer returns the name of the draft's writer.
func (d SavedDraft) Writer() string { return Session{Person: d.Person, Token: d.Token}.Name() }

// IsOf reports whether the draft belongs to a session's owner.
func (d SavedDraft) IsOf(session Session) bool {
	owner, id := draftOwner(session)
	if owner == "person_id" {
		return d.PersonID != nil && *d.PersonID == id
	}
	return d.TokenID != nil && *d.TokenID == id
}

// DraftChangedError is an [ErrConflict]: the draft was saved, published or emptied
// elsewhere since the version that the caller knows.
type DraftChangedError struct {
	// Saved is what is saved now; its ID is 0 if nothing is.
	Saved SavedDraft
}

func (e *DraftChangedError) Error() string { return "the draft was changed elsewhere" }
func (e *DraftChangedError) Unwrap() error { return ErrConflict }

// SavedDraft returns the draft of a session's owner for an outage. Without one it is an
// [ErrNotFound].
func (s *Store) SavedDraft(ctx context.Context, session Session, outage Outage) (SavedDraft, error) {
	return takeDraft(s.db.Read.WithContext(ctx), session, outage)
}

// SaveDraft saves a draft of a session's owner over the version that they know. A blank
// draft is deleted. A draft that was changed elsewhere is a [*DraftChangedError], unless it
// says the same.
func (s *Store) SaveDraft(ctx context.Context, session Session, d Draft, known DraftVersion) (SavedDraft, error) {
	if err := checkDraftSize(d); err != nil {
		return SavedDraft{}, err
	}
	var saved SavedDraft
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		// Two saves at once wait here for each other.
		outage, err := d.findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}))
		if err != nil {
			return err
		}
		if saved, err = findDraft(tx, session, outage); err != nil {
			return err
		}
		isSame := saved.ID != 0 && saved.Content.says(d)
		switch {
		case isSame:
			return nil
		case saved.At() != known:
			return &DraftChangedError{saved}
		}
		return s.writeDraft(tx, session, outage, &saved, d)
	})
	if err != nil {
		return SavedDraft{}, fmt.Errorf("save draft: %w", err)
	}
	return saved, nil
}

// writeDraft writes the next version of a draft, or deletes it if it is blank.
func (s *Store) writeDraft(tx *gorm.DB, session Session, outage Outage, saved *SavedDraft, d Draft) error {
	if text.IsBlank(d.Headline) && text.IsBlank(d.Body) {
		id := saved.ID
		*saved = SavedDraft{}
		return tx.Delete(&SavedDraft{}, "id = ?", id).Error
	}
	saved.OutageID, saved.PersonID, saved.TokenID = outage.ID, session.PersonID, session.TokenID
	saved.Version, saved.Content, saved.SavedAt = saved.Version+1, d, s.Now()
	return tx.Omit(clause.Associations).Save(saved).Error
}

// Writers returns the drafts that others than a session's owner have saved lately for an
// outage, the last saved first.
func (s *Store) Writers(ctx context.Context, session Session, outage Outage) ([]SavedDraft, error) {
	var drafts []SavedDraft
	owner, id := draftOwner(session)
	err := s.db.Read.WithContext(ctx).Joins("Person").Joins("Token").
		Where("outage_id = ? AND saved_at > ?", outage.ID, s.Now().Add(-writingFor)).
		Where("drafts."+owner+" IS NULL OR drafts."+owner+" <> ?", id).
		Where(`"Person".removed_at IS NULL AND "Token".revoked_at IS NULL`).
		Order("saved_at DESC, drafts.id").Find(&drafts).Error
	return drafts, domain(err)
}

// writersOn returns the drafts that anybody has saved lately for outages, the last saved first,
// by the outage's ID.
func (s *Store) writersOn(ctx context.Context, outages []int64) (map[int64][]SavedDraft, error) {
	var drafts []SavedDraft
	err := s.db.Read.WithContext(ctx).Joins("Person").Joins("Token").
		Where("outage_id IN ? AND saved_at > ?", outages, s.Now().Add(-writingFor)).
		Where(`"Person".removed_at IS NULL AND "Token".revoked_at IS NULL`).
		Order("saved_at DESC, drafts.id").Find(&drafts).Error
	writers := map[int64][]SavedDraft{}
	for _, draft := range drafts {
		writers[draft.OutageID] = append(writers[draft.OutageID], draft)
	}
	return writers, domain(err)
}

// deletePublished deletes the draft that has become an update. If it was changed elsewhere, it
// is a [*DraftChangedError].
func deletePublished(tx *gorm.DB, d Draft, outage Outage) error {
	if d.From == nil {
		return nil
	}
	saved, err := findDraft(tx, d.From.Session, outage)
	if err != nil {
		return err
	}
	if saved.At() != d.From.Known && !saved.Content.says(d) {
		return &DraftChangedError{saved}
	}
	return tx.Delete(&SavedDraft{}, "id = ?", saved.ID).Error
}

// restoreDraft saves what was undone as its writer's draft, with its approval, unless there
// is another.
func (s *Store) restoreDraft(tx *gorm.DB, alert Alert, held HeldDraft) error {
	owner := Session{PersonID: held.PersonID, TokenID: held.TokenID}
	saved, err := findDraft(tx, owner, alert.Outage)
	if err != nil || saved.ID != 0 {
		return err
	}
	if err := s.writeDraft(tx, owner, alert.Outage, &saved, held.Content); err != nil {
		return err
	}
	return restoreApproval(tx, alert.UpdateID, saved.At())
}

// restoreApproval gives the approval of an update that was undone back to its draft.
func restoreApproval(tx *gorm.DB, updateID int64, restored DraftVersion) error {
	return tx.Model(&Approval{}).Where("update_id = ?", updateID).
		Updates(map[string]any{"update_id": nil, "draft_id": restored.ID, "draft_version": restored.Version}).Error
}

// findDraft is takeDraft, but returns a draft without an ID if there is none.
func findDraft(db *gorm.DB, session Session, outage Outage) (SavedDraft, error) {
	draft, err := takeDraft(db, session, outage)
	if errors.Is(err, ErrNotFound) {
		return SavedDraft{}, nil
	}
	return draft, err
}

func takeDraft(db *gorm.DB, session Session, outage Outage) (draft SavedDraft, err error) {
	owner, id := draftOwner(session)
	return draft, domain(db.Take(&draft, "outage_id = ? AND "+owner+" = ?", outage.ID, id).Error)
}

// draftOwner returns the column and the ID of a session's owner.
func draftOwner(session Session) (column string, id int64) {
	if session.PersonID != nil {
		return "person_id", *session.PersonID
	}
	return "token_id", *session.TokenID
}

// checkDraftSize returns an [*validation.Invalid] if a text is too long to be published.
func checkDraftSize(d Draft) error {
	var p validation.Problems
	if len(d.Headline) > maxText {
		p.Add("headline", "must be at most %d bytes", maxText)
	}
	if len(d.Body) > maxText {
		p.Add("body", "must be at most %d bytes", maxText)
	}
	return p.Err()
}
