package api

import (
	"newsbell/models"
	"newsbell/models/preferences"
	"newsbell/models/validation"
)

// quietHours are the hours in which a reader gets no alerts, in their time zone.
type quietHours struct {
	From     string `json:"from" example:"22:00" doc:"Hours and minutes."`
	Until    string `json:"until" example:"07:00" doc:"Hours and minutes. If it is before from, they end on the next day."`
	KeyWakes bool   `json:"key_wakes,omitempty" doc:"Key moments and the resolution are sent during quiet hours too."`
}

func quietHoursOf(sub models.Subscription) *quietHours {
	q, ok := sub.QuietHours()
	if !ok {
		return nil
	}
	return &quietHours{q.From.String(), q.Until.String(), q.KeyWakes}
}

func (q *quietHours) parse() (*preferences.QuietHours, error) {
	if q == nil {
		return nil, nil
	}
	var invalid validation.Invalid
	read := func(field, text string) preferences.WallTime {
		at, err := preferences.ParseWallTime(text)
		if err != nil {
			invalid.Problems = append(invalid.Problems, validation.Problem{Field: "quiet_hours." + field, Message: "must be a time of day such as 22:00"})
		}
		return at
	}
	quiet := preferences.QuietHours{From: read("from", q.From), Until: read("until", q.Until), KeyWakes: q.KeyWakes}
	if len(invalid.Problems) > 0 {
		return nil, &invalid
	}
	return &quiet, nil
}
