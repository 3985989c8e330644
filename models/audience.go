package models

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"newsbell/models/preferences"

	"gorm.io/gorm"
)

// AlertTopic says that an alert is for the followers of a topic whose minimum level is
// at most Reach. An alert's topics together are its audience.
type AlertTopic struct {
	AlertID int64 `gorm:"primaryKey;autoIncrement:false"`
	TopicID int64 `gorm:"primaryKey;autoIncrement:false"`
	Reach   Level
}

// audience finds the subscriptions that an alert is for: followers of its outage and of
// the apps it names, each once, without those that muted the outage for good or,
// unless this is the resolution, until its resolution.
type audience struct {
	topics []AlertTopic
	// outageTopic is the topic that can be muted.
	outageTopic int64
	// selected are the readers of a catch-up or a drill, which has no topics.
	selected *selection
}

// selection selects the subscription_id of readers, each once.
type selection struct {
	query string
	args  []any
}

// isEmpty reports whether the audience has neither topics nor a selection: nothing is sent.
func (a audience) isEmpty() bool { return len(a.topics) == 0 && a.selected == nil }

// ErrUncounted says that an audience was not counted within the store's CountTimeout.
var ErrUncounted = errors.New("the readers were not counted in time")

// CountTimeout is how long an audience is counted before that is given up.
func (s *Store) CountTimeout() time.Duration { return s.countTimeout }

// hasMoreReaders reports whether a draft's alert would be for more readers than limit now,
// including those in quiet hours. It is an [ErrUncounted] if that takes too long.
func (s *Store) hasMoreReaders(ctx context.Context, d Draft, limit int) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.countTimeout, ErrUncounted)
	defer cancel()
	a, err := s.checkedAudience(ctx, d, Draft.Validate)
	if err == nil && !a.isEmpty() {
		query, args := a.sql()
		var counted int
		err = s.db.Reads.QueryRowContext(ctx, s.db.Rebind(`SELECT count(*) FROM (SELECT 1 FROM (`+query+`) f
			JOIN subscriptions s ON s.id = f.subscription_id
			WHERE `+isReachable+`
			LIMIT ?) counted`),
			append(args, s.Now(), s.Now(), limit+1)...).Scan(&counted)
		if err == nil {
			return counted > limit, nil
		}
	}
	if err != nil && context.Cause(ctx) == ErrUncounted {
		return false, ErrUncounted
	}
	return false, domain(err)
}

// isReachable is the condition of the subscriptions s that are sent alerts now. It has two
// places for the time.
const isReachable = `s.gone_at IS NULL AND (s.paused_until IS NULL OR s.paused_until <= ?) AND (s.refused_until IS NULL OR s.refused_until <= ?)`

// AudienceCounts counts the readers that a draft's alert would be for now, each once.
type AudienceCounts struct {
	Readers int
	// Levels counts them by the lowest level of theirs that admits the alert, PushServices
	// by host. Hosts whose names anybody may have invented count together under the rule
	// that allows them, such as "*.push.apple.com".
	Levels       map[Level]int
	PushServices map[string]int
	// InQuietHours and OverCap are notified later, in a catch-up. Somebody in quiet hours
	// who is over their cap too counts as in quiet hours.
	InQuietHours, OverCap int
}

// MeasureAudience counts the audience that a draft's alert would have now. It does not
// need the draft's words. It is one query on a reading connection, which reads all
// followers: callers limit how often they ask.
func (s *Store) MeasureAudience(ctx context.Context, d Draft) (AudienceCounts, error) {
	counts := AudienceCounts{Levels: map[Level]int{}, PushServices: map[string]int{}}
	a, err := s.checkedAudience(ctx, d, Draft.checkAudience)
	if err != nil || a.isEmpty() {
		return counts, err
	}
	now, urgent := s.Now(), isUrgent(d.Kind, d.Alert)
	group := s.readersAlike
	if d.OutageKind == Drill {
		group = s.drillReadersAlike
	}
	alike, err := group(ctx, a)
	for _, r := range alike {
		counts.Readers += r.Readers
		counts.Levels[r.Level] += r.Readers
		counts.PushServices[s.countedTogether(r.PushService)] += r.Readers
		switch isQuiet, isOver := r.deferred(now, urgent); {
		case isQuiet:
			counts.InQuietHours += r.Readers
		case isOver:
			counts.OverCap += r.Readers
		}
	}
	return counts, err
}

// readersAlike are readers who are counted alike.
type readersAlike struct {
	preferences.Delivery
	PushService string
	Level       Level
	Readers     int
}

// deferred reports whether quiet hours or else the hourly cap defer an alert.
func (r readersAlike) deferred(now time.Time, urgent bool) (isQuiet, isOver bool) {
	if !r.NextAllowed(now, urgent).After(now) {
		return false, false
	}
	uncapped := r.Delivery
	uncapped.HourlyCap = 0
	isQuiet = uncapped.NextAllowed(now, urgent).After(now)
	return isQuiet, !isQuiet
}

// readersAlike groups an audience. Few readers have preferences, and fewer have been sent
// as many alerts as their cap allows: only those of them are read one by one.
func (s *Store) readersAlike(ctx context.Context, a audience) (alike []readersAlike, err error) {
	query, args := a.sql()
	admitting, topics := a.admittingSQL()
	now := s.Now()
	err = s.db.Read.WithContext(ctx).Raw(`
		SELECT push_service, level, quiet_from, quiet_until, key_wakes, hourly_cap, time_zone, recent, count(*) AS readers FROM (
			SELECT s.push_service, f.level, s.quiet_from, s.quiet_until, s.key_wakes,
				CASE WHEN length(s.recent) >= 4 * s.hourly_cap THEN s.hourly_cap ELSE 0 END AS hourly_cap,
				CASE WHEN s.quiet_from IS NOT NULL THEN s.time_zone END AS time_zone,
				CASE WHEN s.hourly_cap > 0 AND length(s.recent) >= 4 * s.hourly_cap THEN s.recent END AS recent
			FROM (SELECT x.subscription_id, min(coalesce(x.min_level, ?)) AS level
				FROM follows x JOIN (`+query+`) a ON a.subscription_id = x.subscription_id
				WHERE `+admitting+` GROUP BY x.subscription_id) f
			JOIN subscriptions s ON s.id = f.subscription_id
			WHERE `+isReachable+`
		) AS each_reader GROUP BY push_service, level, quiet_from, quiet_until, key_wakes, hourly_cap, time_zone, recent`,
		slices.Concat([]any{LevelResolution}, args, topics, []any{now, now})...).Scan(&alike).Error
	return alike, domain(err)
}

// checkedAudience returns the audience of a draft, which it checks; it is empty if the
// draft sends no alert.
func (s *Store) checkedAudience(ctx context.Context, d Draft, check func(Draft) error) (audience, error) {
	d = d.trimmed()
	if err := check(d); err != nil {
		return audience{}, err
	}
	db := s.db.Read.WithContext(ctx)
	outage, err := d.findOutage(db)
	if err == nil {
		err = d.checkCorrected(db, outage)
	}
	if err != nil || d.Alert == AlertNone {
		return audience{}, err
	}
	apps, err := appsBySlug(db, "apps", d.concerns())
	if err != nil {
		return audience{}, err
	}
	return draftAudience(db, d, outage, apps)
}

// draftAudience returns the audience of a draft. The rule of the audience stands only here.
func draftAudience(db *gorm.DB, d Draft, outage Outage, apps []App) (audience, error) {
	if outage.IsDrill() {
		return audience{selected: drillReaders(outage)}, nil
	}
	reach := LevelAll
	switch {
	case d.Kind == Resolution:
		reach = LevelResolution
	case d.Alert == AlertKey:
		reach = LevelKey
	}
	topic, err := findTopic(db, outage.Topic())
	if err != nil {
		return audience{}, err
	}
	a := audience{outageTopic: topic.ID, topics: []AlertTopic{{TopicID: topic.ID, Reach: reach}}}
	for _, app := range apps {
		topic, err := findTopic(db, app.Topic())
		if err != nil {
			return audience{}, err
		}
		reach := reach
		if d.States[app.Slug] == Up {
			reach = LevelResolution // for this app's followers it is the end
		}
		a.topics = append(a.topics, AlertTopic{TopicID: topic.ID, Reach: reach})
	}
	return a, nil
}

// alertAudience reads the audience that an alert was published with.
func alertAudience(db *gorm.DB, alert Alert) (audience, error) {
	var a audience
	switch {
	case alert.Outage.IsDrill():
		a.selected = drillReaders(alert.Outage)
		return a, nil
	case alert.IsCatchUp():
		a.selected = catchUpReaders(alert.OutageID, *alert.CatchUpUntil)
		return a, nil
	}
	if err := db.Find(&a.topics, "alert_id = ?", alert.ID).Error; err != nil {
		return a, err
	}
	topic, err := findTopic(db, alert.Outage.Topic())
	a.outageTopic = topic.ID
	return a, err
}

// sql selects the subscription_id of each reader in the audience, once. The conditions
// narrow it: they are added to every part with AND, with their arguments.
func (a audience) sql(conditions ...condition) (string, []any) {
	if a.selected != nil {
		return narrow(a.selected.query, a.selected.args, conditions)
	}
	var (
		parts []string
		args  []any
	)
	for _, reach := range []Level{LevelAll, LevelKey, LevelResolution} {
		ids := a.topicsWithReach(reach)
		if len(ids) == 0 {
			continue
		}
		part, partArgs := followersSQL("IN (?"+strings.Repeat(", ?", len(ids)-1)+") AND min_level <= ?", append(ids, reach), conditions)
		parts, args = append(parts, part), append(args, partArgs...)
	}
	silenced := MutedUntilResolution // follows that are muted at least until then get nothing
	if a.isResolution() {
		silenced = MutedForGood
		part, partArgs := followersSQL("= ? AND muted < ?", []any{a.outageTopic, silenced}, conditions)
		parts, args = append(parts, part), append(args, partArgs...)
	}
	silent, silentArgs := followersSQL("= ? AND muted >= ?", []any{a.outageTopic, silenced}, conditions)
	return strings.Join(parts, " UNION ") + " EXCEPT " + silent, append(args, silentArgs...)
}

// followersOfEach selects the subscription_id of the next followers of each topic, at most
// limit of each, so that it costs the same whatever the size of the audience. It does not
// know who muted the outage.
func (a audience) followersOfEach(after int64, limit int) (parts []string, args []any) {
	for _, t := range a.topics {
		admits, most := "min_level <= ?", any(t.Reach)
		if a.isEnd(t) {
			admits, most = "muted < ?", MutedForGood
		}
		parts = append(parts, `SELECT subscription_id FROM (SELECT subscription_id FROM follows
			WHERE topic_id = ? AND `+admits+` AND subscription_id > ? ORDER BY subscription_id LIMIT ?) AS followers`)
		args = append(args, t.TopicID, most, after, limit)
	}
	return parts, args
}

// isResolution reports whether this is the audience of the outage's resolution: only that
// is for the outage's topic at [LevelResolution]. It is for all of the outage's
// followers, at any level or at none, unless they muted it for good.
func (a audience) isResolution() bool {
	return slices.ContainsFunc(a.topics, a.isEnd)
}

func (a audience) isEnd(t AlertTopic) bool {
	return t.TopicID == a.outageTopic && t.Reach == LevelResolution
}

// topicsWithReach returns the IDs of the topics whose followers are selected by their
// level.
func (a audience) topicsWithReach(reach Level) (ids []any) {
	for _, t := range a.topics {
		if t.Reach == reach && !a.isEnd(t) {
			ids = append(ids, t.TopicID)
		}
	}
	return ids
}

// admittingSQL is the condition of the follows x, of readers in the audience, that admit
// the alert.
func (a audience) admittingSQL() (condition string, args []any) {
	var parts []string
	for _, t := range a.topics {
		if a.isEnd(t) {
			parts, args = append(parts, "x.topic_id = ?"), append(args, t.TopicID)
			continue
		}
		parts, args = append(parts, "x.topic_id = ? AND x.min_level <= ?"), append(args, t.TopicID, t.Reach)
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

type condition struct {
	sql  string
	args []any
}

func followersSQL(topics string, args []any, conditions []condition) (string, []any) {
	return narrow("SELECT subscription_id FROM follows WHERE topic_id "+topics, args, conditions)
}

func narrow(query string, args []any, conditions []condition) (string, []any) {
	args = slices.Clone(args)
	for _, c := range conditions {
		query, args = query+" AND "+c.sql, append(args, c.args...)
	}
	return query, args
}
