package models

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// OutageKind keeps drills apart from outages.
type OutageKind string

const (
	// OrdinaryOutage is news, for readers.
	OrdinaryOutage OutageKind = "outage"
	// Drill is practice, for editors alone. It has no topic, so that readers cannot follow
	// it: its alerts are for the linked browsers that have a [DrillFollow], and their query
	// reads no other follow. The apps that it names do not change.
	Drill OutageKind = "drill"
)

// ErrOtherKind says that something was meant for a drill and is about an outage, or the other
// way round. It is an [ErrConflict].
var ErrOtherKind = fmt.Errorf("%w: drills and outages are kept apart", ErrConflict)

// IsDrill reports whether the outage is a drill.
func (o Outage) IsDrill() bool { return o.Kind == Drill }

// Subject is what the audit log, notifications and push services call the outage: its topic
// or, without one, "drill/<slug>".
func (o Outage) Subject() string {
	return string(cmp.Or(o.Kind, OrdinaryOutage)) + "/" + o.Slug
}

// DrillFollow says that a linked browser gets the alerts of a drill.
type DrillFollow struct {
	OutageID        int64 `gorm:"primaryKey;autoIncrement:false"`
	LinkedBrowserID int64 `gorm:"primaryKey;autoIncrement:false"`
	CreatedAt       time.Time
}

// DrillBrowser is a browser that gets the alerts of a drill, and its owner.
type DrillBrowser struct {
	LinkedBrowser
	Owner string
	// IsSilent is true while its alerts are paused, or if its push service does not know it any
	// more: then it gets nothing.
	IsSilent bool
}

// OutageOrDrill finds an outage of either kind by its slug, with its apps.
func (s *Store) OutageOrDrill(ctx context.Context, slug string) (Outage, error) {
	return findOutage(s.db.Read.WithContext(ctx), slug)
}

// FollowDrill sends the alerts of a drill to a browser that a person has linked. The person
// must be an editor: otherwise it is [ErrUnauthorized]. An outage that is not a drill is
// [ErrOtherKind].
func (s *Store) FollowDrill(ctx context.Context, person Person, slug string, linkedBrowser int64) error {
	return s.changeDrillFollow(ctx, person, "follow drill", slug, linkedBrowser, func(tx *gorm.DB, follow DrillFollow) *gorm.DB {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&follow)
	})
}

// UnfollowDrill ends the follow of one of a person's browsers. It is not an error if there is
// none.
func (s *Store) UnfollowDrill(ctx context.Context, person Person, slug string, linkedBrowser int64) error {
	return s.changeDrillFollow(ctx, person, "unfollow drill", slug, linkedBrowser, func(tx *gorm.DB, follow DrillFollow) *gorm.DB {
		return tx.Delete(&follow)
	})
}

func (s *Store) changeDrillFollow(ctx context.Context, person Person, action, slug string, linkedBrowser int64, change func(*gorm.DB, DrillFollow) *gorm.DB) error {
	err := s.transaction(ctx, func(tx *gorm.DB) error {
		locked := clause.Locking{Strength: "SHARE"}
		if _, err := takePerson(tx.Clauses(locked).Where("id = ? AND role IN ?", person.ID, mayDrill)); err != nil {
			return unauthorized(err)
		}
		drill, err := findOutage(tx, slug)
		if err == nil && !drill.IsDrill() {
			err = ErrOtherKind
		}
		if err != nil {
			return err
		}
		var linked LinkedBrowser
		if err := tx.Clauses(locked).Take(&linked, "id = ? AND person_id = ?", linkedBrowser, person.ID).Error; err != nil {
			return err
		}
		changed := change(tx, DrillFollow{OutageID: drill.ID, LinkedBrowserID: linked.ID, CreatedAt: s.Now()})
		if changed.Error != nil || changed.RowsAffected == 0 {
			return changed.Error
		}
		return s.audit(tx, person.Actor(), action, drill.Subject()+" in "+linked.Name)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, slug, err)
	}
	return nil
}

// mayDrill are the roles that can get the alerts of a drill.
var mayDrill = []Role{RoleEditor, RoleChief}

// drillBrowsers joins the follows of drills with the linked browsers of people who are editors
// now. It has one place for a list of roles.
const drillBrowsers = ` FROM drill_follows JOIN linked_browsers ON linked_browsers.id = linked_browser_id
	JOIN people ON people.id = person_id AND people.` + isThere + ` AND people.role IN (?, ?) `

// drillReaders selects the browsers that get the alerts of a drill.
func drillReaders(drill Outage) *selection {
	return &selection{"SELECT subscription_id" + drillBrowsers + "WHERE outage_id = ?", []any{RoleEditor, RoleChief, drill.ID}}
}

// DrillBrowsers returns the browsers that get the alerts of a drill, by their owners' names.
func (s *Store) DrillBrowsers(ctx context.Context, drill Outage) (browsers []DrillBrowser, err error) {
	err = s.db.Read.WithContext(ctx).Raw(`SELECT linked_browsers.*, people.name AS owner,
			EXISTS (SELECT 1 FROM subscriptions s WHERE s.id = subscription_id AND (s.gone_at IS NOT NULL OR s.paused_until > ?)) AS is_silent`+
		drillBrowsers+"WHERE outage_id = ? ORDER BY people.name, linked_browsers.id", s.Now(), RoleEditor, RoleChief, drill.ID).Scan(&browsers).Error
	return browsers, domain(err)
}

// countDrillFollowers counts the browsers that get the alerts of drills, by the drill's slug.
func (s *Store) countDrillFollowers(ctx context.Context, slugs []string) (map[string]int, error) {
	var found []string
	err := s.db.Read.WithContext(ctx).Raw("SELECT slug"+drillBrowsers+"JOIN outages ON outages.id = outage_id WHERE slug IN ?",
		RoleEditor, RoleChief, slugs).Scan(&found).Error
	followers := map[string]int{}
	for _, slug := range found {
		followers[slug]++
	}
	return followers, domain(err)
}

// drillReadersAlike groups the audience of a drill, to which levels and delays do not apply.
func (s *Store) drillReadersAlike(ctx context.Context, a audience) (alike []readersAlike, err error) {
	now := s.Now()
	err = s.db.Read.WithContext(ctx).Raw(`SELECT push_service, count(*) AS readers
		FROM (`+a.selected.query+`) f JOIN subscriptions s ON s.id = f.subscription_id
		WHERE `+isReachable+`
		GROUP BY push_service`, append(a.selected.args, now, now)...).Scan(&alike).Error
	return alike, domain(err)
}
