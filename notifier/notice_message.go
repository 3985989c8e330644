package notifier

import (
	"encoding/json"
	"fmt"
	"strings"

	"newsbell/models"
	"newsbell/models/text"
)

const (
	// noticeTag is the tag of all notices: they replace each other, and no alert.
	noticeTag = "notice"
	// appsNamed is how many apps a welcome names; it counts the others.
	appsNamed = 3
)

// declarativeNotice is a declarative message about a notice.
type declarativeNotice struct {
	WebPush      int         `json:"web_push"`
	Notification noticeShown `json:"notification"`
}

type noticeShown struct {
	models.Notification
	// These replace the notification's own.
	Data    aboutNotice                 `json:"data"`
	Actions []models.NotificationAction `json:"actions,omitempty"`
}

type aboutNotice struct {
	Notice int64  `json:"notice"`
	Kind   string `json:"kind"`
	URL    string `json:"url"`
}

// noticeMessage returns the payload of a notice to a reader with these follows.
func noticeMessage(o models.Notifications, notice models.Notice, follows []models.Follow) ([]byte, error) {
	if notice.Kind == models.DraftNotice {
		return draftMessage(notice)
	}
	title, body := "This is a test", "Notifications from Newsbell reach this browser."
	if notice.Kind == models.WelcomeNotice {
		title, body = "You’ll get alerts here", welcome(follows)
	}
	preferences := o.BaseURL + "/preferences"
	return json.Marshal(declarativeNotice{models.DeclarativeWebPush, noticeShown{
		Notification: models.Notification{
			Title:    title,
			Navigate: preferences,
			Body:     body,
			Lang:     o.Lang,
			Tag:      noticeTag,
			Icon:     o.BaseURL + "/static/icons/icon-192.png",
		},
		Data: aboutNotice{Notice: notice.ID, Kind: string(notice.Kind), URL: preferences},
	}})
}

// draftMessage returns the payload of a draft's notification, with its buttons.
func draftMessage(notice models.Notice) ([]byte, error) {
	var shown models.Notification
	if err := json.Unmarshal([]byte(notice.Content), &shown); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return json.Marshal(declarativeNotice{models.DeclarativeWebPush, noticeShown{
		Notification: shown,
		Data:         aboutNotice{Notice: notice.ID, Kind: string(notice.Kind), URL: shown.Navigate},
		Actions:      shown.Actions,
	}})
}

// welcome returns what a reader follows: apps by name, the number of outages, or the
// headline if there is only one.
func welcome(follows []models.Follow) string {
	const next = "This is how it will look."
	var apps, outages []string
	for _, f := range follows {
		switch {
		case f.Muted != models.NotMuted: // it sends less, not more
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
	return text.Truncate("Following "+list(parts)+".", models.BodyGraphemes-room, models.BodyBytes-room) + " " + next
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// list joins parts in a sentence: "a, b and c".
func list(parts []string) string {
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
