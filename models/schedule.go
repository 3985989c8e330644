package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

const (
	// maxAhead is how far ahead an update can be scheduled.
	maxAhead = 366 * 24 * time.Hour
	// maxLate is how late a scheduled update is still published. After a longer outage of the
	// program its words may be wrong.
	maxLate = 10 * time.Minute
)

// ScheduleProblem says why a scheduled update was not published.
type ScheduleProblem string

const (
	// Unscheduled says that somebody took it back while its writer had another draft.
	Unscheduled ScheduleProblem = "unscheduled"
	// ScheduledLate says that no process ran at its time, nor within 10 minutes.
	ScheduledLate ScheduleProblem = "late"
	// ScheduledResolved says that the outage was resolved before.
	ScheduledResolved ScheduleProblem = "resolved"
	// ScheduledRepeated says that the same words had just been sent.
	ScheduledRepeated ScheduleProblem = "repeated"
	// ScheduledUnapproved says that the alert needed a second person by then.
	ScheduledUnapproved ScheduleProblem = "unapproved"
	// ScheduledByNobody says that its writer may not publish any more.
	ScheduledByNobody ScheduleProblem = "writer"
	// ScheduledInvalid says that what it names is not there any more.
	ScheduledInvalid ScheduleProblem = "invalid"
)

// ScheduledUpdate is an update that is published at a time. Its text has left the draft of
// its writer, who can write another meanwhile.
type ScheduledUpdate struct {
	ID       int64
	OutageID int64
	Outage   Outage
	PersonID int64
	Person   Person
	// DraftID and DraftVersion name the saved draft that it was: an approval is for that.
	DraftID, DraftVersion int64
	Content               Draft `gorm:"serializer:json"`
	RequestKey            string
	PublishAt             time.Time
	CreatedAt             time.Time
	// Problem says why it was not published; empty while it waits for its time.
	Problem ScheduleProblem
}

var (
	// ErrOtherDraft says that the writer of a scheduled update has written another draft, so
	// that its text cannot return to the form. It is an [ErrConflict].
	ErrOtherDraft = fmt.Errorf("%w: its writer has another draft", ErrConflict)
	// ErrScheduled says that an update still waits for its time. It is an [ErrConflict].
	ErrScheduled = fmt.Errorf("%w: it is scheduled", ErrConflict)
)

// Schedule publishes a person's saved draft at a time. It is checked as when it is published
// now, and again then. A draft whose request key has been scheduled is scheduled once; the key
// of another text or time is an [ErrRequestUsed].
func (s *Store) Schedule(ctx context.Context, d Draft, at time.Time) (scheduled ScheduledUpdate, err error) {
	d = d.trimmed()
	if err := s.checkSchedule(ctx, d, at); err != nil {
		return scheduled, err
	}
	needed, err := s.approvalNeeded(ctx, d)
	if err != nil {
		return scheduled, fmt.Errorf("schedule: %w", err)
	}
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		outage, err := d.findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}))
		if err != nil {
			return err
		}
		if scheduled, err = scheduledBefore(tx, d, outage, at); scheduled.ID != 0 || err != nil {
			return err
		}
		if err := checkOpen(tx, d, outage); err != nil {
			return err
		}
		if _, err := s.useApproval(tx, d, needed); err != nil {
			return err
		}
		if err := deletePublished(tx, d, outage); err != nil {
			return err
		}
		scheduled = ScheduledUpdate{
			OutageID: outage.ID, PersonID: *d.From.Session.PersonID, DraftID: d.From.Known.ID, DraftVersion: d.From.Known.Version,
			Content: d, RequestKey: d.RequestKey, PublishAt: at, CreatedAt: s.Now(),
		}
		if err := tx.Omit("Outage", "Person").Create(&scheduled).Error; err != nil {
			return err
		}
		return s.audit(tx, d.Actor, "schedule update", scheduled.subject(outage),
			added(fields{"publish_at": at.UTC(), "kind": d.Kind, "alert": d.Alert, "headline": d.Headline, "body": d.Body}))
	})
	if err != nil {
		return ScheduledUpdate{}, fmt.Errorf("schedule: %w", err)
	}
	return scheduled, nil
}

// scheduledBefore finds what the draft's request key has scheduled; without an ID if it has
// scheduled nothing.
func scheduledBefore(tx *gorm.DB, d Draft, outage Outage, at time.Time) (before ScheduledUpdate, err error) {
	if d.RequestKey == "" {
		return before, nil
	}
	err = domain(tx.Take(&before, "outage_id = ? AND request_key = ?", outage.ID, d.RequestKey).Error)
	switch {
	case errors.Is(err, ErrNotFound):
		return before, nil
	case err == nil && !(before.PublishAt.Equal(at) && before.Content.says(d)):
		err = ErrRequestUsed
	}
	return before, err
}

// checkSchedule returns an [*validation.Invalid] if the draft cannot be scheduled for a time.
func (s *Store) checkSchedule(ctx context.Context, d Draft, at time.Time) error {
	if d.From == nil || d.From.Session.Person == nil {
		return ErrUnauthorized
	}
	if err := d.Validate(); err != nil {
		return err
	}
	var p validation.Problems
	if now := s.Now(); !at.After(now) || at.After(now.Add(maxAhead)) {
		p.Add("publish_at", "must be in the future, and at most a year away")
	}
	if d.Alert != AlertNone {
		switch hasReaders, err := s.hasMoreReaders(ctx, d, 0); {
		case errors.Is(err, ErrUncounted):
		case err != nil:
			return err
		case !hasReaders:
			p.Add("alert", "must reach a reader: nobody follows this at that level")
		}
	}
	return p.Err()
}

// subject is how the audit log names a scheduled update.
func (u ScheduledUpdate) subject(outage Outage) string {
	return fmt.Sprintf("%s, scheduled update %d", outage.Subject(), u.ID)
}

// ScheduledUpdates returns the updates that are scheduled, or were not published at their
// time, in the order of their times.
func (s *Store) ScheduledUpdates(ctx context.Context) (scheduled []ScheduledUpdate, err error) {
	return scheduled, domain(s.db.Read.WithContext(ctx).Preload("Outage").Preload("Person").
		Order("publish_at, id").Find(&scheduled).Error)
}

// DueUpdates returns the scheduled updates whose time has come.
func (s *Store) DueUpdates(ctx context.Context) (due []ScheduledUpdate, err error) {
	return due, domain(s.db.Read.WithContext(ctx).Preload("Outage").
		Order("publish_at, id").Find(&due, "problem = '' AND publish_at <= ?", s.Now()).Error)
}

// PublishScheduled publishes a scheduled update whose time has come. It has no undo window.
// If it cannot be published, it stays with its problem, which is returned without an error.
// If another process was faster, or somebody has unscheduled it, it is an [ErrNotFound].
func (s *Store) PublishScheduled(ctx context.Context, u ScheduledUpdate) (Publication, ScheduleProblem, error) {
	problem, err := ScheduledLate, error(nil)
	var published Publication
	if s.Now().Sub(u.PublishAt) <= maxLate {
		published, err = s.publishScheduled(ctx, u)
		problem = scheduleProblem(err)
	}
	if problem == "" {
		return published, "", err
	}
	_, err = s.keepScheduled(ctx, u.ID, problem)
	return Publication{}, problem, err
}

func (s *Store) publishScheduled(ctx context.Context, u ScheduledUpdate) (Publication, error) {
	writer, err := takePerson(s.db.Read.WithContext(ctx).Where("id = ?", u.PersonID))
	if err == nil && !writer.Role.Includes(RoleEditor) || errors.Is(err, ErrNotFound) {
		err = ErrUnauthorized
	}
	if err != nil {
		return Publication{}, err
	}
	d, none := u.Content, time.Duration(0)
	d.Outage, d.OutageKind, d.Actor, d.UndoWindow, d.Scheduled = u.Outage.Slug, u.Outage.Kind, writer.Actor(), &none, u.ID
	d.From = &DraftSource{Session: Session{Person: &writer, PersonID: &writer.ID}, Known: DraftVersion{u.DraftID, u.DraftVersion}}
	return s.Publish(ctx, d)
}

// scheduleProblem returns why an update can never be published; empty if it was, or if that
// is to be tried again.
func scheduleProblem(err error) ScheduleProblem {
	needed, isNeeded := errors.AsType[*ApprovalNeededError](err)
	_, isRepeated := errors.AsType[*RepeatedError](err)
	_, isInvalid := errors.AsType[*validation.Invalid](err)
	switch {
	case isNeeded && needed.IsUncounted:
		return ""
	case isNeeded:
		return ScheduledUnapproved
	case isRepeated:
		return ScheduledRepeated
	case isInvalid:
		return ScheduledInvalid
	case errors.Is(err, ErrUnauthorized):
		return ScheduledByNobody
	case errors.Is(err, ErrConflict):
		return ScheduledResolved
	}
	return ""
}

// keepScheduled keeps an update that was not published, for an editor to decide.
func (s *Store) keepScheduled(ctx context.Context, id int64, problem ScheduleProblem) (ScheduledUpdate, error) {
	return s.changeScheduled(ctx, id, func(tx *gorm.DB, u ScheduledUpdate) error {
		if u.Problem != "" {
			return ErrNotFound
		}
		if err := tx.Model(&u).Update("problem", problem).Error; err != nil {
			return err
		}
		return s.audit(tx, "notifier", "keep scheduled update", u.subject(u.Outage), changed(fields{"problem": ""}, fields{"problem": problem}))
	})
}

// Unschedule takes a scheduled update back: its text returns to the draft of its writer. If
// they have another draft, it stays with the problem [Unscheduled]; if it has a problem
// already, that is an [ErrOtherDraft]. It returns the update as it was.
func (s *Store) Unschedule(ctx context.Context, id int64, actor string) (ScheduledUpdate, error) {
	return s.changeScheduled(ctx, id, func(tx *gorm.DB, u ScheduledUpdate) error {
		owner := Session{PersonID: &u.PersonID}
		saved, err := findDraft(tx, owner, u.Outage)
		switch {
		case err != nil:
			return err
		case saved.ID != 0 && u.Problem != "":
			return ErrOtherDraft
		case saved.ID != 0:
			err = tx.Model(&u).Update("problem", Unscheduled).Error
		default:
			err = s.restoreScheduled(tx, owner, saved, u)
		}
		if err != nil {
			return err
		}
		return s.audit(tx, actor, "unschedule update", u.subject(u.Outage), changed(fields{"publish_at": u.PublishAt.UTC(), "headline": u.Content.Headline}, fields{}))
	})
}

// restoreScheduled makes a scheduled update its writer's draft again, with its approval.
func (s *Store) restoreScheduled(tx *gorm.DB, owner Session, saved SavedDraft, u ScheduledUpdate) error {
	if err := s.writeDraft(tx, owner, u.Outage, &saved, u.Content); err != nil {
		return err
	}
	err := tx.Model(&Approval{}).Where("draft_id = ? AND draft_version = ? AND update_id IS NULL", u.DraftID, u.DraftVersion).
		Updates(map[string]any{"draft_id": saved.ID, "draft_version": saved.Version}).Error
	if err != nil {
		return err
	}
	return tx.Delete(&u).Error
}

// DeleteScheduled deletes an update that was not published at its time. One that still waits
// for its time is an [ErrScheduled]. It returns the update as it was.
func (s *Store) DeleteScheduled(ctx context.Context, id int64, actor string) (ScheduledUpdate, error) {
	return s.changeScheduled(ctx, id, func(tx *gorm.DB, u ScheduledUpdate) error {
		if u.Problem == "" {
			return ErrScheduled
		}
		if err := tx.Delete(&u).Error; err != nil {
			return err
		}
		return s.audit(tx, actor, "delete scheduled update", u.subject(u.Outage),
			changed(fields{"problem": u.Problem, "headline": u.Content.Headline, "body": u.Content.Body}, fields{}))
	})
}

// changeScheduled changes a scheduled update while its outage is locked, so that it is not
// published meanwhile.
func (s *Store) changeScheduled(ctx context.Context, id int64, change func(*gorm.DB, ScheduledUpdate) error) (u ScheduledUpdate, err error) {
	err = s.transaction(ctx, func(tx *gorm.DB) error {
		u = ScheduledUpdate{}
		if err := domain(tx.Take(&u, id).Error); err != nil {
			return err
		}
		if _, err := lockOutage(tx, u.OutageID); err != nil {
			return err
		}
		u = ScheduledUpdate{}
		if err := domain(tx.Preload("Outage").Take(&u, id).Error); err != nil {
			return err
		}
		return change(tx, u)
	})
	if err != nil {
		return u, fmt.Errorf("scheduled update %d: %w", id, err)
	}
	return u, nil
}

// endScheduled deletes the scheduled update that is published. It is an [ErrNotFound] if that
// has been done, or if it was unscheduled.
func endScheduled(tx *gorm.DB, id int64) error {
	ended := tx.Where("problem = ''").Delete(&ScheduledUpdate{}, id)
	if ended.Error == nil && ended.RowsAffected == 0 {
		return ErrNotFound
	}
	return ended.Error
}
