package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"newsbell/models/endpoints"
	"newsbell/models/ledger"

	"gorm.io/gorm"
)

// readLedger decodes the claimed shard's ledger. A ledger that is corrupt, or that the row
// contradicts, is rebuilt, so that the shard can always be sent.
func (s *Store) readLedger(ctx context.Context, c *Claim) error {
	ledger, err := ledger.Decode(c.Shard.EncodedLedger)
	if err == nil {
		err = c.Shard.contradicts(&ledger)
	}
	if err != nil {
		return s.rebuild(ctx, c, err)
	}
	c.Ledger = ledger
	c.isCounted()
	return nil
}

// contradicts returns an error if the row and its ledger cannot both be true.
func (shard *Shard) contradicts(ledger *ledger.Ledger) error {
	switch {
	case !shard.hasPosition():
		return fmt.Errorf("the position %d is not in the shard", shard.Position)
	case shard.counts() != ledger.PerService.Total() || shard.counts() != ledger.Counts():
		return errors.New("the counts are not the ledger's")
	}
	return nil
}

// rebuild makes a new ledger from the other tables. If the row says for certain that
// there was no retry, every reader up to the position counts as accepted unless there is
// a failure. Otherwise the shard begins again: a repeated notification that replaces
// itself on the screen is better than a missing one.
func (s *Store) rebuild(ctx context.Context, c *Claim, cause error) error {
	c.written = c.Shard.writtenCounts()
	c.Ledger = ledger.New()
	c.Rebuilt = fmt.Sprintf("%v; it goes on after reader %d", cause, c.Shard.Position)
	if !c.Shard.hasPosition() || !c.Shard.hadNoRetry() {
		c.Shard.Position = c.Shard.AfterID
		c.Rebuilt = fmt.Sprintf("%v; it begins again", cause)
	}
	err := s.noteFailures(ctx, c)
	if err == nil {
		err = s.noteDeferred(ctx, c)
	}
	if err == nil {
		err = s.notePassed(ctx, c)
	}
	if err == nil {
		err = s.save(ctx, c, func(tx *gorm.DB) error {
			return s.audit(tx, "notifier", "rebuild ledger", fmt.Sprintf("alert %d, shard %d: %s", c.Alert.ID, c.Shard.ID, c.Rebuilt))
		})
	}
	if err != nil {
		return fmt.Errorf("rebuild the ledger (%w): %w", cause, err)
	}
	return nil
}

// noteFailures enters the failures that have a row.
func (s *Store) noteFailures(ctx context.Context, c *Claim) error {
	var failures []Failure
	err := s.db.Read.WithContext(ctx).Select("subscription_id", "push_host").
		Find(&failures, "alert_id = ? AND subscription_id > ? AND subscription_id <= ?", c.Alert.ID, c.Shard.AfterID, c.Shard.UptoID).Error
	for _, f := range failures {
		c.Ledger.End(c.offset(f.SubscriptionID), f.PushHost, ledger.Failed)
	}
	return err
}

// noteDeferred enters the deferred readers that have a catch-up.
func (s *Store) noteDeferred(ctx context.Context, c *Claim) error {
	p := page{}
	_, _, err := s.recipients(ctx, &p, `SELECT subscription_id FROM catch_ups
		WHERE outage_id = ? AND alert_id = ? AND subscription_id > ? AND subscription_id <= ? AND due_at > ?`,
		[]any{c.Alert.OutageID, c.Alert.ID, c.Shard.AfterID, c.Shard.Position, s.Now()})
	for _, r := range p.recipients {
		c.Ledger.End(c.offset(r.ID), endpoints.PushService(r.Endpoint), ledger.Deferred)
	}
	return err
}

// notePassed enters the readers up to the position as accepted.
func (s *Store) notePassed(ctx context.Context, c *Claim) error {
	passed := s.pages(c)
	passed.after, passed.upto = c.Shard.AfterID, c.Shard.Position
	for {
		p, err := passed.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range p.recipients {
			c.Ledger.End(c.offset(r.ID), endpoints.PushService(r.Endpoint), ledger.Accepted)
		}
	}
}

func (shard *Shard) hasPosition() bool {
	return shard.AfterID <= shard.Position && shard.Position <= shard.UptoID
}

// hadNoRetry reports whether the row's two counts agree that there was no retry.
func (shard *Shard) hadNoRetry() bool {
	hosts, err := shard.perService()
	return err == nil && shard.Waiting == 0 && hosts.Total() == shard.counts()
}

// writtenCounts are the counts that the alert's counts have of the shard. If the row does
// not say at which push services, they count as those of others.
func (shard *Shard) writtenCounts() ledger.PerService {
	hosts, err := shard.perService()
	counts := shard.counts()
	if err == nil && (shard.Hosts != "" || counts == Counts{}) {
		return hosts
	}
	return ledger.PerService{ledger.OtherServices: &counts}
}

func (shard *Shard) perService() (ledger.PerService, error) {
	hosts := ledger.PerService{}
	if shard.Hosts == "" {
		return hosts, nil
	}
	return hosts, json.Unmarshal([]byte(shard.Hosts), &hosts)
}

func (shard *Shard) counts() Counts {
	return Counts{Accepted: shard.Accepted, Gone: shard.Gone, Failed: shard.Failed, Waiting: shard.Waiting, Deferred: shard.Deferred}
}
