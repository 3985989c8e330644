package models

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"newsbell/models/markdown"
	"newsbell/models/text"
	"newsbell/models/validation"

	"gorm.io/gorm"
)

// maxText is the longest headline or body, in bytes. What does not fit in a
// notification is cut there, never refused here.
const maxText = 16 << 10

// UpdateKind is the role of an update in its outage.
type UpdateKind string

const (
	OrdinaryUpdate UpdateKind = "update"
	Resolution     UpdateKind = "resolution"
	Correction     UpdateKind = "correction"
)

// AlertLevel says who an update's alert is for.
type AlertLevel string

const (
	// AlertNone sends no alert.
	AlertNone AlertLevel = "none"
	// AlertAll is for followers at "all".
	AlertAll AlertLevel = "all"
	// AlertKey is for followers at "all" or "key".
	AlertKey AlertLevel = "key"
)

// Update is one entry of an outage's live coverage.
type Update struct {
	ID         int64
	OutageID   int64
	Kind       UpdateKind
	AlertLevel AlertLevel
	Headline   string
	// Body is what the editor wrote, in Markdown; BodyHTML and BodyText are for readers,
	// rendered by version Renderer of the renderer.
	Body        string
	BodyHTML    string `gorm:"column:body_html"`
	BodyText    string
	Renderer    int
	PublishedAt time.Time
	Apps        []UpdateApp
	// CorrectsID is the update that this one corrects; nil if it is no
	// correction, or one of the coverage as a whole.
	CorrectsID *int64
	Corrects   *Update
	// RequestKey is the draft's, and RequestHash that of the draft; nil for none.
	RequestKey  *string
	RequestHash []byte
	// Position grows in the order in which the outage's updates became visible. It is nil
	// while the update is hidden: in its undo window and, if it was undone, for good.
	Position *int64
	// Held is the draft of a hidden update.
	Held *HeldDraft `gorm:"serializer:json"`
	// isStale says that what was rendered is not stored yet.
	isStale bool
}

// HeldDraft is the draft that a hidden update was made of, to which undo returns it.
type HeldDraft struct {
	Content Draft
	// PersonID or TokenID is the owner of the saved draft; both are nil if there was none.
	PersonID, TokenID *int64
}

// IsHidden reports whether readers cannot see the update.
func (u Update) IsHidden() bool { return u.Position == nil }

// isVisible is the condition of an update that readers can see.
const isVisible = "updates.position IS NOT NULL"

// UpdateApp is an app that an update concerns, and the state it sets, if any.
type UpdateApp struct {
	UpdateID int64 `gorm:"primaryKey;autoIncrement:false"`
	AppID    int64 `gorm:"primaryKey;autoIncrement:false"`
	State    *AppState
	App      App
	// before is the app's state before the update was published.
	before AppState
}

// coverage reads updates that readers can see, with their apps and what they correct.
func (s *Store) coverage(ctx context.Context, choose func(*gorm.DB) *gorm.DB) ([]Update, error) {
	updates, err := list[Update](ctx, s, choose(s.db.Read.WithContext(ctx).Preload("Apps.App").Preload("Corrects").Where(isVisible)))
	if err != nil {
		return nil, err
	}
	if err := s.keepRendered(ctx, updates); err != nil { // they can be shown all the same
		s.log.Warn("a rendered update could not be stored", "error", err)
	}
	return updates, nil
}

// Updates returns an outage's updates, the newest first, with their apps.
func (s *Store) Updates(ctx context.Context, outage Outage) ([]Update, error) {
	return s.coverage(ctx, func(db *gorm.DB) *gorm.DB {
		return db.Where("outage_id = ?", outage.ID).Order("position DESC")
	})
}

// UpdatesAfter returns at most limit of an outage's updates after a position, the
// oldest first, with their apps. A reader who has read up to a position misses none: the
// outage is locked while an update becomes visible, so that they are committed in the order
// of their positions.
func (s *Store) UpdatesAfter(ctx context.Context, outage Outage, position int64, limit int) ([]Update, error) {
	return s.coverage(ctx, func(db *gorm.DB) *gorm.DB {
		return db.Where("outage_id = ? AND position > ?", outage.ID, position).Order("position").Limit(limit)
	})
}

// LatestUpdates returns the last limit of an outage's updates, the oldest first,
// with their apps.
func (s *Store) LatestUpdates(ctx context.Context, outage Outage, limit int) ([]Update, error) {
	updates, err := s.coverage(ctx, func(db *gorm.DB) *gorm.DB {
		return db.Where("outage_id = ?", outage.ID).Order("position DESC").Limit(limit)
	})
	slices.Reverse(updates)
	return updates, err
}

// undoneFor is how long the newsroom lists what was undone.
const undoneFor = 24 * time.Hour

// HiddenUpdates returns the updates of an outage that readers do not see, the newest first:
// those in their undo window, and those that were undone in the last day.
func (s *Store) HiddenUpdates(ctx context.Context, outage Outage) ([]Update, error) {
	return list[Update](ctx, s, s.db.Read.WithContext(ctx).Where("outage_id = ? AND held IS NOT NULL AND NOT "+isVisible, outage.ID).
		Where("published_at > ?", s.Now().Add(-undoneFor)).Order("id DESC"))
}

// OutageUpdate is an update and its outage.
type OutageUpdate struct {
	Outage Outage
	Update Update
}

// UpdatesOfApp returns the last limit updates that concern an app, the newest
// first, with their apps.
func (s *Store) UpdatesOfApp(ctx context.Context, app App, limit int) ([]OutageUpdate, error) {
	updates, err := s.coverage(ctx, func(db *gorm.DB) *gorm.DB {
		return db.Where("id IN (SELECT update_id FROM update_apps WHERE app_id = ?)", app.ID).
			Where("outage_id IN (SELECT id FROM outages WHERE " + isNews + ")").
			Order("published_at DESC, id DESC").Limit(limit)
	})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(updates))
	for i, update := range updates {
		ids[i] = update.OutageID
	}
	outages, err := list[Outage](ctx, s, s.db.Read.WithContext(ctx).Where("id IN ?", ids))
	if err != nil {
		return nil, err
	}
	var found []OutageUpdate
	for _, update := range updates {
		if of := slices.IndexFunc(outages, func(o Outage) bool { return o.ID == update.OutageID }); of >= 0 {
			found = append(found, OutageUpdate{outages[of], update})
		}
	}
	return found, nil
}

// Draft is an update to be published.
type Draft struct {
	// Outage is the outage's slug, and OutageKind the kind that its writer takes it for:
	// [OrdinaryOutage] if it is empty. If it is of the other kind, nothing is done.
	Outage     string     `json:"-"`
	OutageKind OutageKind `json:"-"`
	Kind       UpdateKind
	Alert      AlertLevel
	// Apps are the slugs of the apps that it concerns.
	Apps []string
	// States are the states it sets, by the app's slug. An app whose state is set is
	// named too.
	States         map[string]AppState
	Headline, Body string
	// Corrects is the ID of the update that a correction corrects, of the same
	// outage; 0 for none in particular.
	Corrects int64
	// UndoWindow is how long the alert can be taken back; nil is the store's.
	UndoWindow *time.Duration `json:"-"`
	Actor      string         `json:"-"`
	// Again publishes words that have just been published; see [*RepeatedError].
	Again bool `json:"-"`
	// RequestKey is that of one press of a button, or of one request of a program, on the
	// outage, which publishes only once however often it arrives; empty for none.
	RequestKey string `json:"-"`
	// Override is a chief's reason to publish without the approval that the policy wants; nil
	// for none.
	Override *string `json:"-"`
	// From is the saved draft that publishing ends; nil for none.
	From *DraftSource `json:"-"`
	// Scheduled is the ID of the scheduled update that publishing ends instead; 0 for none.
	Scheduled int64 `json:"-"`
}

// DraftSource names a saved draft: its owner, and the version that they know.
type DraftSource struct {
	Session Session
	Known   DraftVersion
}

// Validate returns an [*validation.Invalid] with every problem.
func (d Draft) Validate() error {
	var p validation.Problems
	d.validateAudience(&p)
	p.Text("headline", d.Headline, maxText)
	p.OptionalText("body", d.Body, maxText)
	d.validateCorrects(&p)
	p.OptionalText("idempotency_key", d.RequestKey, maxRequestKey)
	if d.UndoWindow != nil && (*d.UndoWindow < 0 || *d.UndoWindow > time.Hour) {
		p.Add("undo_seconds", "must be between 0 and 3600")
	}
	return p.Err()
}

// checkAudience returns an [*validation.Invalid] with every problem of what decides who the
// alert is for.
func (d Draft) checkAudience() error {
	var p validation.Problems
	d.validateAudience(&p)
	d.validateCorrects(&p)
	return p.Err()
}

func (d Draft) validateCorrects(p *validation.Problems) {
	if d.Corrects != 0 && d.Kind != Correction {
		p.Add("corrects", "only a correction can correct an update")
	}
}

func (d Draft) validateAudience(p *validation.Problems) {
	if !slices.Contains([]UpdateKind{OrdinaryUpdate, Resolution, Correction}, d.Kind) {
		p.Add("kind", `must be "update", "resolution" or "correction"`)
	}
	if !slices.Contains([]AlertLevel{AlertNone, AlertAll, AlertKey}, d.Alert) {
		p.Add("alert", `must be "none", "all" or "key"`)
	}
	checkStates(p, d.States)
}

// findOutage finds the outage of the draft. One of the other kind is [ErrOtherKind].
func (d Draft) findOutage(db *gorm.DB) (Outage, error) {
	outage, err := findOutage(db, d.Outage)
	if err == nil && outage.Kind != cmp.Or(d.OutageKind, OrdinaryOutage) {
		err = fmt.Errorf("%w: %s is of the kind %q", ErrOtherKind, d.Outage, outage.Kind)
	}
	return outage, err
}

// checkCorrected makes sure that the update exists that the draft corrects.
func (d Draft) checkCorrected(db *gorm.DB, outage Outage) error {
	if d.Corrects == 0 {
		return nil
	}
	var found int64
	err := db.Model(&Update{}).Where("id = ? AND outage_id = ?", d.Corrects, outage.ID).Where(isVisible).Count(&found).Error
	if err != nil || found == 1 {
		return err
	}
	var p validation.Problems
	p.Add("corrects", "must be an update of this outage")
	return p.Err()
}

// update returns the update of the draft, rendered but not published.
func (d Draft) update() Update {
	update := Update{Kind: d.Kind, AlertLevel: d.Alert, Headline: d.Headline, Body: d.Body}
	if d.RequestKey != "" {
		update.RequestKey, update.RequestHash = &d.RequestKey, d.hash()
	}
	update.render()
	return update
}

// Preview returns the update that the draft would be, without its apps.
func (d Draft) Preview() Update { return d.trimmed().update() }

// held returns the draft as a hidden update keeps it.
func (d Draft) held() *HeldDraft {
	held := &HeldDraft{Content: d}
	if d.From != nil {
		held.PersonID, held.TokenID = d.From.Session.PersonID, d.From.Session.TokenID
	}
	return held
}

// hash is the same for two drafts that say the same, no matter who sends them.
func (d Draft) hash() []byte {
	d.Actor, d.RequestKey = "", ""
	d.Apps = slices.Sorted(slices.Values(d.Apps))
	encoded, _ := json.Marshal(d) // plain values, and maps in the order of their keys
	sum := sha256.Sum256(encoded)
	return sum[:]
}

// concerns returns the slugs of all apps that the draft names, each once.
func (d Draft) concerns() []string { return namedApps(d.Apps, d.States) }

// says reports whether two drafts would publish the same.
func (d Draft) says(other Draft) bool {
	return d.Kind == other.Kind && d.Alert == other.Alert && d.Headline == other.Headline && d.Body == other.Body &&
		d.Corrects == other.Corrects && slices.Equal(slices.Sorted(slices.Values(d.Apps)), slices.Sorted(slices.Values(other.Apps))) && maps.Equal(d.States, other.States)
}

func (d Draft) trimmed() Draft {
	d.Headline, d.Body = text.Trim(d.Headline), text.Trim(d.Body)
	return d
}

// renderedTogether is how many updates are rendered between two queries.
const renderedTogether = 100

// render renders the body for readers.
func (u *Update) render() {
	body := markdown.Render(u.Body)
	u.BodyHTML, u.BodyText, u.Renderer = body.HTML, body.Text, markdown.Version
}

// AfterFind renders a body that an older release has written, so that it is never
// missing.
func (u *Update) AfterFind(*gorm.DB) error {
	if u.Renderer < markdown.Version {
		u.render()
		u.isStale = true
	}
	return nil
}

// renderUpdates renders and stores all updates that need it, after a migration or a change
// of the renderer. If it is interrupted, the next start continues.
func (s *Store) renderUpdates(ctx context.Context) error {
	for after := int64(0); ; {
		var updates []Update
		err := s.db.Write.WithContext(ctx).Where("renderer < ? AND id > ?", markdown.Version, after).
			Order("id").Limit(renderedTogether).Find(&updates).Error
		if err == nil {
			err = s.keepRendered(ctx, updates)
		}
		if err != nil {
			return fmt.Errorf("render updates: %w", err)
		}
		if len(updates) < renderedTogether {
			return nil
		}
		after = updates[len(updates)-1].ID
	}
}

// keepRendered stores what was rendered when updates were read.
func (s *Store) keepRendered(ctx context.Context, updates []Update) error {
	for _, u := range updates {
		if !u.isStale {
			continue
		}
		err := s.db.Write.WithContext(ctx).Model(&Update{}).Where("id = ? AND renderer < ?", u.ID, u.Renderer).
			Updates(map[string]any{"body_html": u.BodyHTML, "body_text": u.BodyText, "renderer": u.Renderer}).Error
		if err != nil {
			return err
		}
	}
	return nil
}
