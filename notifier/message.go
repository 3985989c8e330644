package notifier

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/SherClockHolmes/webpush-go"

	"newsbell/models"
)

// messageOptions are what all messages share.
type messageOptions struct{ baseURL, lang string }

// message is an alert as it is pushed: the same for every reader.
type message struct {
	// payload is Declarative Web Push JSON, which a service worker shows too.
	payload []byte
	topic   string
	urgency webpush.Urgency
}

const (
	// webPush marks a declarative message.
	webPush = 8030
	// Titles and bodies longer than this are cut: no browser shows more.
	titleGraphemes, bodyGraphemes = 120, 240
	// The whole payload stays below 2 kB, the least that a push service's
	// bridge to Android carries.
	titleBytes, bodyBytes = 360, 720
)

type declarative struct {
	WebPush      int          `json:"web_push"`
	Notification notification `json:"notification"`
}

type notification struct {
	Title    string   `json:"title"`
	Navigate string   `json:"navigate"`
	Body     string   `json:"body,omitempty"`
	Lang     string   `json:"lang"`
	Tag      string   `json:"tag"`
	Icon     string   `json:"icon"`
	Data     about    `json:"data"`
	Actions  []action `json:"actions"`
}

type about struct {
	Alert  int64  `json:"alert"`
	Update int64  `json:"update"`
	Outage string `json:"outage"`
}

type action struct {
	Action   string `json:"action"`
	Title    string `json:"title"`
	Navigate string `json:"navigate"`
}

// of makes the message of an alert. All alerts of an outage share a tag and a
// Topic: the newest replaces the older, on the screen and at the push service.
func (o messageOptions) of(alert models.Alert) (message, error) {
	outage, update := alert.Outage, alert.Update
	topic := outage.Topic().String()
	payload, err := json.Marshal(declarative{webPush, notification{
		Title:    cut(update.Headline, titleGraphemes, titleBytes),
		Navigate: fmt.Sprintf("%s/outages/%s#update-%d", o.baseURL, outage.Slug, update.ID),
		Body:     cut(plainText(update.Body), bodyGraphemes, bodyBytes),
		Lang:     o.lang,
		Tag:      topic,
		Icon:     o.baseURL + "/static/icons/icon-192.png",
		Data:     about{Alert: alert.ID, Update: update.ID, Outage: outage.Slug},
		Actions: []action{{
			Action: "mute", Title: "Mute this outage",
			Navigate: o.baseURL + "/preferences#mute=" + topic,
		}},
	}})
	if err != nil {
		return message{}, fmt.Errorf("message of alert %d: %w", alert.ID, err)
	}
	return message{payload: payload, topic: pushTopic(topic), urgency: urgencyOf(alert)}, nil
}

// pushTopic is a Topic header of exactly 32 characters, which every push
// service takes (RFC 8030 section 5.4).
func pushTopic(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

func urgencyOf(alert models.Alert) webpush.Urgency {
	if alert.Priority || alert.Update.AlertLevel == models.AlertKey {
		return webpush.UrgencyHigh
	}
	return webpush.UrgencyNormal
}
