package models

import (
	"context"
	"fmt"
	"strings"
	"time"

	"newsbell/models/endpoints"
	"newsbell/models/ledger"
	"newsbell/models/pilot"

	"github.com/RoaringBitmap/roaring/v2"
	"gorm.io/gorm"
)

// Pilot says which alerts go to a hundredth of their readers first, and when they then stop
// themselves. The zero value is no pilot.
type Pilot struct {
	// Above is the audience above which an alert has a pilot; 0 for none.
	Above int
	// MaxRefused is the share of the pilot's pushes that push services may refuse.
	MaxRefused float64
}

const (
	// pilotWithin bounds a pilot. It is longer than a push service may be silent before
	// its pushes are given up.
	pilotWithin = 10 * time.Second
	// pilotChoice is among how many readers each of a pilot's is chosen.
	pilotChoice = 4
)

// FirstReaders returns how many of a number of readers get an alert first; 0 if all get it
// at once.
func (p Pilot) FirstReaders(readers int) int {
	if p.Above == 0 || readers <= p.Above {
		return 0
	}
	return pilot.SizeOf(readers)
}

// Pilot returns which alerts have a pilot.
func (s *Store) Pilot() Pilot { return s.pilot }

// beginPilot lets an alert that begins to be sent begin with its pilot, if it needs one.
func (s *Store) beginPilot(tx *gorm.DB, alert *Alert) error {
	needed, err := s.needsPilot(tx, *alert)
	if err != nil || !needed {
		return err
	}
	until := s.Now().Add(pilotWithin)
	alert.PilotUntil = &until
	return tx.Model(&Alert{}).Where("id = ?", alert.ID).Update("pilot_until", until).Error
}

// needsPilot reports whether an alert has a pilot: its audience is large, and there are
// readers to judge by. It counts followers no further than it must, and not at all if there
// are not enough subscriptions.
func (s *Store) needsPilot(tx *gorm.DB, alert Alert) (bool, error) {
	if s.pilot.Above == 0 {
		return false, nil
	}
	var newest int
	if err := tx.Raw("SELECT coalesce(max(id), 0) FROM subscriptions").Scan(&newest).Error; err != nil || newest <= s.pilot.Above {
		return false, err
	}
	a, err := alertAudience(tx, alert)
	if err != nil || len(a.topics) == 0 { // a drill
		return false, err
	}
	accepted, args := s.acceptedBefore(alert.ID)
	var isAccepted bool
	if err := tx.Raw("SELECT EXISTS (SELECT 1 FROM shards WHERE "+accepted+")", args...).Scan(&isAccepted).Error; err != nil || !isAccepted {
		return false, err
	}
	parts, args := a.followersOfEach(0, s.pilot.Above+1)
	var followers int
	err = tx.Raw("SELECT count(*) FROM ("+strings.Join(parts, " UNION ")+") AS followers", args...).Scan(&followers).Error
	return followers > s.pilot.Above, err
}

// sendPilot sends to the pilot's readers of the shard, and leaves the shard until the pilot
// has ended. The results are in the shard's ledger, so that its pages skip those readers.
func (d *delivery) sendPilot(ctx context.Context) error {
	c := d.claim
	p, err := d.store.pilotPage(ctx, c)
	if err != nil {
		return fmt.Errorf("read pilot of shard %d: %w", c.Shard.ID, err)
	}
	if len(p.recipients) > 0 {
		if err := d.sendPage(ctx, p); err != nil {
			return err
		}
	}
	if c.isDone(d.store.Now()) {
		return d.store.finish(ctx, c)
	}
	c.Shard.Piloted, c.isReleased = true, true
	if err := d.store.save(ctx, c, nil); err != nil {
		return err
	}
	c.EndedPilot, err = d.store.endPilot(ctx, c.Alert.ID)
	return err
}

// pilotPage chooses the pilot's readers of a shard, without those that another worker has
// sent to: readers that an earlier alert has reached, from each push service in turn.
func (s *Store) pilotPage(ctx context.Context, c *Claim) (page, error) {
	most := pilot.SizeOf(min(s.shardSize, int(c.Shard.UptoID-c.Shard.AfterID))) - c.Ledger.Entries()
	ids := c.pilotCandidates(max(most, 0) * pilotChoice)
	var p page
	if len(ids) == 0 {
		return p, nil
	}
	query, args := c.audience.sql(condition{"subscription_id IN (?" + strings.Repeat(", ?", len(ids)-1) + ")", ids})
	if _, _, err := s.recipients(ctx, &p, query, args); err != nil {
		return p, err
	}
	p.skipped, p.gone = nil, nil // the shard's pages do the same
	p.recipients = pilot.InTurn(p.recipients, func(r Recipient) string { return endpoints.PushService(r.Endpoint) }, most)
	return p, nil
}

// pilotCandidates returns a number of the shard's readers that an earlier alert has reached
// and that have no outcome yet, at equal distances.
func (c *Claim) pilotCandidates(number int) (ids []any) {
	untried := roaring.AndNot(c.acceptedLately, c.Ledger.Waiting())
	for _, outcome := range []ledger.Outcome{ledger.Accepted, ledger.Gone, ledger.Failed, ledger.Deferred} {
		untried.AndNot(c.Ledger.With(outcome))
	}
	untried.Remove(0) // it and those after UptoID are in other shards
	untried.RemoveRange(uint64(c.offset(c.Shard.UptoID))+1, 1<<32)
	all := untried.ToArray()
	number = min(number, len(all))
	for i := range number {
		ids = append(ids, c.Shard.AfterID+int64(all[i*len(all)/number]))
	}
	return ids
}

// isPilotOver is the condition of an alert whose pilot has been sent to every shard, or has
// taken too long.
const isPilotOver = `pilot_until IS NOT NULL AND state = ? AND (pilot_until <= ? OR planned_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM shards WHERE alert_id = alerts.id AND NOT piloted AND NOT done))`

// EndPilots ends the pilots that are over and that no worker has ended: its worker died, or
// a push service does not answer.
func (s *Store) EndPilots(ctx context.Context) error {
	var ids []int64
	err := s.db.Read.WithContext(ctx).Model(&Alert{}).Where(isPilotOver, Sending, s.Now()).Pluck("id", &ids).Error
	for _, id := range ids {
		if err == nil {
			_, err = s.endPilot(ctx, id)
		}
	}
	return domain(err)
}

// endPilot ends an alert's pilot if it is over, and reports whether it has: the alert goes
// on or, if too much was refused, stops.
func (s *Store) endPilot(ctx context.Context, id int64) (ended bool, err error) {
	var (
		over    int64
		stopped string
	)
	err = s.db.Read.WithContext(ctx).Model(&Alert{}).Where("id = ? AND "+isPilotOver, id, Sending, s.Now()).Count(&over).Error
	if err == nil && over > 0 {
		err = s.transaction(ctx, func(tx *gorm.DB) (err error) {
			ended, stopped, err = s.judgePilot(tx, id)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("end pilot of alert %d: %w", id, domain(err))
	}
	if stopped != "" {
		s.log.Error("an alert stopped itself", "alert", id, "reason", stopped)
	}
	return ended, nil
}

// judgePilot ends a pilot, unless an editor or another worker was faster. It returns why the
// alert stopped itself, if it did.
func (s *Store) judgePilot(tx *gorm.DB, id int64) (ended bool, stopped string, err error) {
	alert, err := findAlert(tx, id)
	if err != nil {
		return false, "", err
	}
	if _, err := lockOutage(tx, alert.OutageID); err != nil { // before the alert, as recording a page does
		return false, "", err
	}
	over := tx.Model(&Alert{}).Where("id = ? AND "+isPilotOver, id, Sending, s.Now()).Update("pilot_until", nil)
	if over.Error != nil || over.RowsAffected == 0 {
		return false, "", over.Error
	}
	var answers []pilot.Answers
	err = tx.Model(&AlertCount{}).Where("alert_id = ? AND push_service <> ''", id).Group("push_service").
		Select(`push_service AS service, sum(accepted + gone + failed + waiting) AS readers, sum(accepted) AS accepted,
			sum(gone) + CASE WHEN sum(failed) > sum(unauthorized + rejected) THEN sum(failed) ELSE sum(unauthorized + rejected) END AS refused`).Scan(&answers).Error
	if err != nil {
		return false, "", err
	}
	if stopped = pilot.Judge(answers, s.pilot.MaxRefused); stopped != "" {
		err = s.stopItself(tx, alert, stopped)
	}
	return true, stopped, err
}

// stopItself stops an alert that is being sent, for a reason in words.
func (s *Store) stopItself(tx *gorm.DB, alert Alert, reason string) error {
	err := tx.Model(&Alert{}).Where("id = ?", alert.ID).Updates(map[string]any{
		"state": Stopped, "stop_reason": reason, "planned_at": gorm.Expr("coalesce(planned_at, ?)", s.Now()),
	}).Error
	if err != nil {
		return err
	}
	if err := stopCatchUps(tx, alert); err != nil {
		return err
	}
	return s.audit(tx, "notifier", "stop alert", fmt.Sprint(alert.ID),
		changed(fields{"state": Sending}, fields{"state": Stopped, "stop_reason": reason}))
}
