package models

import (
	"gorm.io/gorm"

	"newsbell/models/ledger"
)

// recordRecentAlerts adds an alert to those that readers with an hourly cap were sent.
// Most readers of a page were sent the same ones before, so that few statements are
// needed.
func (s *Store) recordRecentAlerts(tx *gorm.DB, results []Result) error {
	now := s.Now()
	alike := map[string][]int64{}
	for _, r := range results {
		if d := r.Recipient.delivery; r.Outcome == ledger.Accepted && d != nil && d.HourlyCap > 0 {
			after := string(d.Recent.Add(now, d.HourlyCap))
			alike[after] = append(alike[after], r.Recipient.ID)
		}
	}
	for after, readers := range alike {
		if err := tx.Model(&Subscription{}).Where("id IN ?", readers).UpdateColumn("recent", []byte(after)).Error; err != nil {
			return err
		}
	}
	return nil
}
