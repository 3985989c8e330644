package handlers

import "newsbell/models"

// quietHours are when a reader is not to be disturbed, on the clock of their
// time zone.
type quietHours struct {
	From     string `json:"from" example:"22:00" doc:"Hours and minutes."`
	Until    string `json:"until" example:"07:00" doc:"Hours and minutes; before from, it is the next day's."`
	KeyWakes bool   `json:"key_wakes,omitempty" doc:"Key moments and the resolution are sent all the same."`
}

func quietHoursOf(sub models.Subscription) *quietHours {
	q, ok := sub.QuietHours()
	if !ok {
		return nil
	}
	return &quietHours{q.From.String(), q.Until.String(), q.KeyWakes}
}

func (q *quietHours) parse() (*models.QuietHours, error) {
	if q == nil {
		return nil, nil
	}
	from, fromErr := models.ParseWallTime(q.From)
	until, untilErr := models.ParseWallTime(q.Until)
	var problems []models.Problem
	for field, err := range map[string]error{"quiet_hours.from": fromErr, "quiet_hours.until": untilErr} {
		if err != nil {
			problems = append(problems, models.Problem{Field: field, Message: "must be a time of day such as 22:00"})
		}
	}
	if len(problems) > 0 {
		return nil, &models.Invalid{Problems: problems}
	}
	return &models.QuietHours{From: from, Until: until, KeyWakes: q.KeyWakes}, nil
}
