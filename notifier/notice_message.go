package notifier

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/SherClockHolmes/webpush-go"

	"newsbell/models"
)

const (
	// noticeTag is that of all notices: they replace each other, and no alert.
	noticeTag = "notice"
	// appsNamed is how many apps a welcome names; others it counts.
	appsNamed = 3
)

type aboutNotice struct {
	Notice int64  `json:"notice"`
	Kind   string `json:"kind"`
	URL    string `json:"url"`
}

// ofNotice makes the message of a notice to somebody who follows that.
func (o messageOptions) ofNotice(notice models.Notice, follows []models.Follow) (message, error) {
	title, body := "This is a test", "Notifications from Newsbell reach this browser."
	if notice.Kind == models.WelcomeNotice {
		title, body = "You will be told here", welcome(follows)
	}
	preferences := o.baseURL + "/preferences"
	payload, err := json.Marshal(declarative{webPush, notification{
		Title:    title,
		Navigate: preferences,
		Body:     body,
		Lang:     o.lang,
		Tag:      noticeTag,
		Icon:     o.icon(),
		Data:     aboutNotice{Notice: notice.ID, Kind: string(notice.Kind), URL: preferences},
	}})
	if err != nil {
		return message{}, fmt.Errorf("message of notice %d: %w", notice.ID, err)
	}
	return message{payload: payload, topic: pushTopic(noticeTag), urgency: webpush.UrgencyHigh}, nil
}

// welcome says what somebody follows: apps by name, outages by their number, or
// the only one by its headline.
func welcome(follows []models.Follow) string {
	const next = "This is how it will look."
	var apps, outages []string
	for _, f := range follows {
		switch {
		case f.Level == models.LevelMuted:
		case f.Topic.Kind == models.AppTopic:
			apps = append(apps, f.Name)
		default:
			outages = append(outages, f.Name)
		}
	}
	var parts []string
	if len(apps) > appsNamed {
		apps, parts = apps[:appsNamed-1], []string{count(len(apps)-appsNamed+1, "other app")}
	}
	parts = append(apps, parts...)
	switch {
	case len(outages) == 1 && len(apps) == 0:
		parts = append(parts, "“"+outages[0]+"”")
	case len(outages) > 0:
		parts = append(parts, count(len(outages), "outage"))
	}
	if len(parts) == 0 {
		return next
	}
	const room = len(next) + 1
	return cut("Following "+list(parts)+".", bodyGraphemes-room, bodyBytes-room) + " " + next
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// list joins parts as people do: "a, b and c".
func list(parts []string) string {
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
