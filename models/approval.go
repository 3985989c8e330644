package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Policy says which alerts need the approval of a second person.
type Policy struct {
	// AboveReaders makes alerts to more readers need it; nil for no such limit.
	AboveReaders *int
	// KeyMoments makes each key moment need it. The resolution is one too.
	KeyMoments bool
}

// storedPolicy is the one row of the policy.
type storedPolicy struct {
	ID int64
	Policy
	ChangedAt time.Time
}

// TableName implements GORM's Tabler.
func (storedPolicy) TableName() string { return "policies" }

// maxPolicyReaders bounds the limit of a policy.
const maxPolicyReaders = 1_000_000_000

func (p Policy) fields() fields {
	return fields{"above_readers": p.AboveReaders, "key_moments": p.KeyMoments}
}

func (p Policy) String() string {
	words := "no alert"
	switch {
	case p.AboveReaders != nil && p.KeyMoments:
		words = "alerts to more than " + readers(*p.AboveReaders) + " and key moments"
	case p.AboveReaders != nil:
		words = "alerts to more than " + readers(*p.AboveReaders)
	case p.KeyMoments:
		words = "key moments"
	}
	return words
}

func readers(n int) string {
	if n == 1 {
		return "1 reader"
	}
	return fmt.Sprintf("%d readers", n)
}

// Policy returns the newsroom's policy. Until a chief sets one, no alert needs approval.
func (s *Store) Policy(ctx context.Context) (Policy, error) {
	var stored []storedPolicy
	err := s.db.Read.WithContext(ctx).Find(&stored).Error
	if err != nil || len(stored) == 0 {
		return Policy{}, domain(err)
	}
	return stored[0].Policy, nil
}

// SetPolicy changes the newsroom's policy.
func (s *Store) SetPolicy(ctx context.Context, policy Policy, actor string) error {
	if n := policy.AboveReaders; n != nil && (*n < 0 || *n > maxPolicyReaders) {
		var p validation.Problems
		p.Add("above_readers", "must be between 0 and %d", maxPolicyReaders)
		return p.Err()
	}
	return s.transaction(ctx, func(tx *gorm.DB) error {
		before := storedPolicy{ID: 1}
		if err := domain(tx.Take(&before).Error); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		stored := storedPolicy{ID: 1, Policy: policy, ChangedAt: s.Now()}
		if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&stored).Error; err != nil {
			return err
		}
		return s.audit(tx, actor, "set approval policy", policy.String(), changed(before.fields(), policy.fields()))
	})
}

// ApprovalNeededError says why an alert needs the approval of a second person. It is an
// [ErrConflict].
type ApprovalNeededError struct {
	// KeyMoment is true for a key moment. AboveReaders is the limit that the audience
	// exceeds, or nil.
	KeyMoment    bool
	AboveReaders *int
	// IsUncounted is true if the audience could not be counted in time, so that it may
	// exceed the limit.
	IsUncounted bool
}

func (e *ApprovalNeededError) Error() string {
	why := "a key moment"
	if e.AboveReaders != nil {
		why = "an alert to more than " + readers(*e.AboveReaders)
	}
	if e.IsUncounted {
		why = "the readers could not be counted in time, and " + why
	}
	return why + " needs the approval of a second person; write it in the newsroom, and ask for approval there"
}

func (e *ApprovalNeededError) Unwrap() error { return ErrConflict }

// CheckPolicy returns an [*ApprovalNeededError] if the policy wants a second person for the
// draft's alert, or might: an audience that cannot be counted in time may exceed its limit.
func (s *Store) CheckPolicy(ctx context.Context, d Draft) error {
	policy, err := s.Policy(ctx)
	if err != nil || d.Alert == AlertNone {
		return err
	}
	if policy.KeyMoments && isUrgent(d.Kind, d.Alert) {
		return &ApprovalNeededError{KeyMoment: true}
	}
	if policy.AboveReaders == nil {
		return nil
	}
	exceeds, err := s.hasMoreReaders(ctx, d, *policy.AboveReaders)
	if exceeds || errors.Is(err, ErrUncounted) {
		return &ApprovalNeededError{AboveReaders: policy.AboveReaders, IsUncounted: err != nil}
	}
	return err
}

// ApprovalState is how far a request for approval has come.
type ApprovalState string

const (
	ApprovalWaiting  ApprovalState = "waiting"
	ApprovalGiven    ApprovalState = "approved"
	ApprovalReturned ApprovalState = "returned"
)

// Approval is a request for the approval of one version of a draft, and its answer. A draft
// that has changed since must be approved anew.
type Approval struct {
	ID       int64
	OutageID int64
	Outage   Outage
	// DraftID and DraftVersion name what is to be approved, and Content is its text.
	DraftID, DraftVersion int64
	Content               Draft `gorm:"serializer:json"`
	WriterID              int64
	Writer                Person
	AskedAt               time.Time
	State                 ApprovalState
	// Decider has approved or returned it.
	DeciderID *int64
	Decider   *Person
	DecidedAt *time.Time
	// Reason is why it was returned.
	Reason string
	// UpdateID is the update that it was published as.
	UpdateID *int64
}

// At returns the version of the draft that the approval is for.
func (a Approval) At() DraftVersion { return DraftVersion{a.DraftID, a.DraftVersion} }

var (
	// ErrOwnDraft says that somebody tried to approve what they wrote.
	ErrOwnDraft = fmt.Errorf("%w: nobody can approve or return their own draft", ErrConflict)
	// ErrDraftChanged says that the draft has changed since approval was asked for.
	ErrDraftChanged = fmt.Errorf("%w: the draft was changed or published since; approval must be asked for anew", ErrConflict)
	// ErrDecided says that somebody else has approved or returned the draft already.
	ErrDecided = fmt.Errorf("%w: it has been approved or returned already", ErrConflict)
)

// AskForApproval asks for the approval of a person's saved draft. A draft that was changed
// elsewhere is a [*DraftChangedError]. Asking again for the same version changes nothing.
func (s *Store) AskForApproval(ctx context.Context, session Session, slug string, known DraftVersion) (Approval, error) {
	if session.Person == nil {
		return Approval{}, fmt.Errorf("ask for approval: %w", ErrUnauthorized)
	}
	var approval Approval
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		outage, err := findOutage(tx.Clauses(clause.Locking{Strength: "UPDATE"}), slug)
		if err != nil {
			return err
		}
		saved, err := findDraft(tx, session, outage)
		if err != nil {
			return err
		}
		if saved.ID == 0 || saved.At() != known {
			return &DraftChangedError{saved}
		}
		if approval, err = approvalOf(tx, saved); err == nil && approval.State != ApprovalReturned {
			return nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		approval = Approval{
			OutageID: outage.ID, DraftID: saved.ID, DraftVersion: saved.Version, Content: saved.Content.trimmed(),
			WriterID: session.Person.ID, AskedAt: s.Now(), State: ApprovalWaiting,
		}
		if err := approval.Content.Validate(); err != nil {
			return err
		}
		if err := tx.Omit(clause.Associations).Create(&approval).Error; err != nil {
			return err
		}
		return s.audit(tx, session.Actor(), "ask for approval", approval.subject(outage), added(fields{
			"state": ApprovalWaiting, "headline": approval.Content.Headline, "body": approval.Content.Body,
		}))
	})
	if err != nil {
		return Approval{}, fmt.Errorf("ask for approval: %w", err)
	}
	return approval, nil
}

// subject is how the audit log names an approval.
func (a Approval) subject(outage Outage) string {
	return fmt.Sprintf("%s, approval %d", outage.Subject(), a.ID)
}

// approvalOf returns the last approval of this version of a draft that was not published.
func approvalOf(db *gorm.DB, saved SavedDraft) (approval Approval, err error) {
	return approval, domain(db.Order("id DESC").Take(&approval, "draft_id = ? AND draft_version = ? AND update_id IS NULL", saved.ID, saved.Version).Error)
}

// DraftApproval returns the last request for approval of a saved draft, whatever its version,
// with who answered it. Without one it is an [ErrNotFound].
func (s *Store) DraftApproval(ctx context.Context, draftID int64) (approval Approval, err error) {
	return approval, domain(s.db.Read.WithContext(ctx).Preload("Decider").Order("id DESC").
		Take(&approval, "draft_id = ? AND update_id IS NULL", draftID).Error)
}

// Approval finds a request for approval, and whether its draft is still the same.
func (s *Store) Approval(ctx context.Context, id int64) (approval Approval, isCurrent bool, err error) {
	db := s.db.Read.WithContext(ctx)
	if approval, err = findApproval(db, id); err != nil {
		return approval, false, err
	}
	isCurrent, err = isCurrentDraft(db, approval)
	return approval, isCurrent, err
}

// WaitingApprovals returns the drafts that wait for approval, the oldest first. Those that
// were changed since do not wait any more.
func (s *Store) WaitingApprovals(ctx context.Context) (waiting []Approval, err error) {
	return waiting, domain(s.db.Read.WithContext(ctx).Preload("Outage").Preload("Writer").
		Joins("JOIN drafts ON drafts.id = approvals.draft_id AND drafts.version = approvals.draft_version").
		Order("asked_at, approvals.id").Find(&waiting, "state = ?", ApprovalWaiting).Error)
}

// Approve approves a draft. Its writer gets [ErrOwnDraft].
func (s *Store) Approve(ctx context.Context, session Session, id int64) error {
	return s.decide(ctx, session, id, ApprovalGiven, "")
}

// ReturnDraft returns a draft to its writer, with a reason.
func (s *Store) ReturnDraft(ctx context.Context, session Session, id int64, reason string) error {
	reason = text.Trim(reason)
	if err := checkReason(reason); err != nil {
		return err
	}
	return s.decide(ctx, session, id, ApprovalReturned, reason)
}

// maxReason is the maximum length of a reason, in bytes.
const maxReason = 1000

func checkReason(reason string) error {
	var p validation.Problems
	p.Text("reason", reason, maxReason)
	return p.Err()
}

func (s *Store) decide(ctx context.Context, session Session, id int64, state ApprovalState, reason string) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		approval, err := findApproval(tx, id)
		if err != nil {
			return err
		}
		if _, err := lockOutage(tx, approval.OutageID); err != nil { // the draft does not change meanwhile
			return err
		}
		if approval, err = findApproval(tx, id); err != nil {
			return err
		}
		if err := checkDecider(tx, session, approval); err != nil {
			return err
		}
		approval.State, approval.DeciderID, approval.Reason = state, &session.Person.ID, reason
		err = tx.Model(&Approval{}).Where("id = ?", id).
			Updates(map[string]any{"state": state, "decider_id": session.Person.ID, "decided_at": s.Now(), "reason": reason}).Error
		if err != nil {
			return err
		}
		action := map[ApprovalState]string{ApprovalGiven: "approve draft", ApprovalReturned: "return draft"}[state]
		return s.audit(tx, session.Actor(), action, approval.subject(approval.Outage),
			changed(fields{"state": ApprovalWaiting}, fields{"state": state, "reason": reason}))
	})
	if err != nil {
		return fmt.Errorf("approval %d: %w", id, err)
	}
	return nil
}

// checkDecider makes sure that a draft still waits, and that a second person decides.
func checkDecider(tx *gorm.DB, session Session, approval Approval) error {
	if session.Person == nil {
		return ErrUnauthorized
	}
	if session.Person.ID == approval.WriterID {
		return ErrOwnDraft
	}
	decider, err := takePerson(tx.Where("id = ?", session.Person.ID))
	if err != nil || !decider.Role.Includes(RoleEditor) {
		return errors.Join(ErrUnauthorized, err)
	}
	isCurrent, err := isCurrentDraft(tx, approval)
	switch {
	case err != nil:
		return err
	case !isCurrent:
		return ErrDraftChanged
	case approval.State != ApprovalWaiting:
		return ErrDecided
	}
	return nil
}

func findApproval(db *gorm.DB, id int64) (approval Approval, err error) {
	return approval, domain(db.Preload("Outage").Preload("Writer").Preload("Decider").Take(&approval, id).Error)
}

// isCurrentDraft reports whether the draft of an approval is still there as it was.
func isCurrentDraft(db *gorm.DB, approval Approval) (bool, error) {
	var drafts int64
	err := db.Model(&SavedDraft{}).Where("id = ? AND version = ?", approval.DraftID, approval.DraftVersion).Count(&drafts).Error
	return drafts > 0, domain(err)
}

// useApproval makes sure that a draft whose alert needs approval has it, or that a chief
// overrides the policy. It returns the approval's ID, or 0.
func (s *Store) useApproval(tx *gorm.DB, d Draft, needed *ApprovalNeededError) (int64, error) {
	if needed == nil {
		return 0, nil
	}
	if d.Override != nil {
		return 0, checkOverride(tx, d)
	}
	if d.From == nil || d.From.Known.ID == 0 {
		return 0, needed
	}
	approval, err := approvalOf(tx, SavedDraft{ID: d.From.Known.ID, Version: d.From.Known.Version})
	if errors.Is(err, ErrNotFound) {
		return 0, needed
	}
	if err != nil {
		return 0, err
	}
	isByWriter := d.From.Session.PersonID != nil && approval.WriterID == *d.From.Session.PersonID
	if approval.State != ApprovalGiven || !isByWriter || !slices.Equal(approval.Content.hash(), d.hash()) {
		return 0, needed
	}
	return approval.ID, nil
}

// checkOverride makes sure that a chief gives a reason.
func checkOverride(tx *gorm.DB, d Draft) error {
	if d.From == nil || d.From.Session.Person == nil {
		return ErrUnauthorized
	}
	if _, err := takePerson(tx.Where("id = ? AND role = ?", d.From.Session.Person.ID, RoleChief)); err != nil {
		return unauthorized(err)
	}
	return checkReason(text.Trim(*d.Override))
}

// recordApproval writes which update used an approval, or who overrode the policy and why.
func (s *Store) recordApproval(tx *gorm.DB, d Draft, approvalID int64, needed *ApprovalNeededError, outage Outage, update Update) error {
	if approvalID != 0 {
		return tx.Model(&Approval{}).Where("id = ?", approvalID).Update("update_id", update.ID).Error
	}
	if needed == nil || d.Override == nil {
		return nil
	}
	return s.audit(tx, d.Actor, "override approval", fmt.Sprintf("%s#%d: %s", outage.Subject(), update.ID, text.Trim(*d.Override)))
}
