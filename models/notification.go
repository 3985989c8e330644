package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"newsbell/models/receipts"
	"newsbell/models/text"
)

const (
	// DeclarativeWebPush marks a declarative message, as its member "web_push".
	DeclarativeWebPush = 8030
	// maxPayload is the longest payload, in bytes: what a push service's bridge to
	// Android carries at least.
	maxPayload = 2 << 10
	// Titles and bodies longer than this are cut: no browser shows more.
	titleGraphemes, titleBytes = 120, 360
	// BodyGraphemes and BodyBytes are the same of bodies.
	BodyGraphemes, BodyBytes = 240, 720
	// actionGraphemes and actionBytes are for the name in a button.
	actionGraphemes, actionBytes = 40, 80
)

// Notification is what a browser shows, as Declarative Web Push writes it.
type Notification struct {
	Title    string               `json:"title"`
	Navigate string               `json:"navigate"`
	Body     string               `json:"body,omitempty"`
	Lang     string               `json:"lang"`
	Tag      string               `json:"tag"`
	Icon     string               `json:"icon"`
	Data     NotificationData     `json:"data"`
	Actions  []NotificationAction `json:"actions"`
}

// NotificationData is what the service worker needs to know of it.
type NotificationData struct {
	Alert   int64  `json:"alert"`
	Update  int64  `json:"update"`
	Outage  string `json:"outage"`
	URL     string `json:"url"`
	Receipt string `json:"receipt"`
	// App is the slug of the app that a resolution's button follows.
	App string `json:"app,omitempty"`
}

// NotificationAction is a button.
type NotificationAction struct {
	Action   string `json:"action"`
	Title    string `json:"title"`
	Navigate string `json:"navigate"`
}

// Notifications makes the notifications of alerts. The notifier sends them, and
// the desk previews them.
type Notifications struct {
	// BaseURL is where readers find the pages, without a slash at the end.
	BaseURL string
	// Lang is the language of the coverage.
	Lang string
}

// Of is what all readers of an alert are shown, with the receipt of one. It
// opens by way of a page that counts. All alerts of an outage share a tag: the
// newest replaces the older on the screen.
func (o Notifications) Of(alert Alert, receipt string) Notification {
	title, body := o.Text(alert)
	return o.with(alert, receipt, title, body)
}

// Text is the title and the body of an alert's notification. Both are cut to
// what browsers show, and the body to what is left of the payload.
func (o Notifications) Text(alert Alert) (title, body string) {
	title = text.Truncate(alert.Update.Headline, titleGraphemes, titleBytes)
	body = text.Truncate(strings.TrimSpace(meanwhile(alert)+alert.Update.BodyText), BodyGraphemes, BodyBytes)
	longest := alert // so that the cut is the same before the alert has a number
	longest.ID, longest.Update.ID = math.MaxInt64, math.MaxInt64
	payload, err := o.with(longest, strings.Repeat("x", receipts.MaxLength), title, body).Payload()
	if over := len(payload) - maxPayload; err == nil && over > 0 {
		// In JSON a byte of text takes one at least.
		body = text.Truncate(body, BodyGraphemes, max(0, len(body)-over))
	}
	return title, body
}

// Preview is the text of the notification that a draft would send now.
func (o Notifications) Preview(outage Outage, d Draft) (title, body string) {
	d = d.trimmed()
	update := Update{Kind: d.Kind, AlertLevel: d.Alert, Headline: d.Headline, Body: d.Body}
	update.render()
	return o.Text(Alert{Outage: outage, Update: update})
}

// Payload is the notification as a push carries it.
func (n Notification) Payload() ([]byte, error) {
	var payload bytes.Buffer
	encoder := json.NewEncoder(&payload)
	encoder.SetEscapeHTML(false) // it takes six bytes for one
	err := encoder.Encode(struct {
		WebPush      int          `json:"web_push"`
		Notification Notification `json:"notification"`
	}{DeclarativeWebPush, n})
	return bytes.TrimSuffix(payload.Bytes(), []byte("\n")), err
}

func (o Notifications) with(alert Alert, receipt, title, body string) Notification {
	outage, topic := alert.Outage, alert.Outage.Topic().String()
	counted := fmt.Sprintf("%s/go/%d/%s", o.BaseURL, alert.ID, receipt)
	n := Notification{
		Title: title, Body: body, Navigate: counted, Lang: o.Lang, Tag: topic,
		Icon: o.BaseURL + "/static/icons/icon-192.png",
		Data: NotificationData{
			Alert: alert.ID, Update: alert.Update.ID, Outage: outage.Slug, Receipt: receipt,
			URL: fmt.Sprintf("%s/outages/%s#update-%d", o.BaseURL, outage.Slug, alert.Update.ID),
		},
	}
	read := NotificationAction{Action: "open", Title: "Read", Navigate: counted}
	if alert.Update.Kind == Resolution && len(outage.Apps) > 0 {
		// What comes next is another outage of the same app.
		app := outage.Apps[0]
		n.Data.App = app.Slug
		n.Actions = []NotificationAction{{
			Action: "follow", Title: "Follow " + text.Truncate(app.Name, actionGraphemes, actionBytes),
			Navigate: o.BaseURL + "/preferences#follow=" + app.Topic().String(),
		}, read}
	} else {
		n.Actions = []NotificationAction{read, {
			Action: "mute", Title: "Mute this outage",
			Navigate: o.BaseURL + "/preferences#mute=" + topic,
		}}
	}
	return n
}

// meanwhile begins the body of a catch-up: how the outage has gone while the
// reader was not disturbed. It is empty for any other alert.
func meanwhile(alert Alert) string {
	outage := alert.Outage
	switch {
	case !alert.IsCatchUp():
		return ""
	case outage.ResolvedAt != nil:
		return fmt.Sprintf("Resolved after %s.\n", lasted(outage.ResolvedAt.Sub(outage.BeganAt)))
	}
	return fmt.Sprintf("Still ongoing after %s.\n", lasted(alert.CreatedAt.Sub(outage.BeganAt)))
}

// lasted is a time in the unit that says enough: "25 min", "3 h", "2 days".
func lasted(d time.Duration) string {
	switch hours := d.Hours(); {
	case hours < 1:
		return fmt.Sprintf("%d min", max(1, int(math.Round(d.Minutes()))))
	case hours < 48:
		return fmt.Sprintf("%d h", int(math.Round(hours)))
	default:
		return fmt.Sprintf("%d days", int(math.Round(hours/24)))
	}
}
