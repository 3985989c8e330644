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
// the newsroom previews them.
type Notifications struct {
	// BaseURL is where readers find the pages, without a slash at the end.
	BaseURL string
	// Lang is the language of the coverage.
	Lang string
}

// Of returns the notification of an alert, with one reader's receipt. It opens
// through a page that counts clicks. All alerts of an outage share a tag: the newest
// replaces the older on the screen.
func (o Notifications) Of(alert Alert, receipt string) Notification {
	n := o.withoutText(alert.Outage, alert.Update, alert.ID, receipt)
	n.Title, n.Body = o.text(alert.Outage, alert.Update, meanwhile(alert))
	return n
}

// Preview returns the title and the body of the notification that a draft would send
// now.
func (o Notifications) Preview(outage Outage, d Draft) (title, body string) {
	return o.text(outage, d.trimmed().update(), "")
}

// OfDraft returns the notification that a draft would send now, for its editor alone. It
// opens the outage's page, and counts no click.
func (o Notifications) OfDraft(outage Outage, d Draft) Notification {
	update := d.trimmed().update()
	n := o.withoutText(outage, update, 0, "")
	n.Title, n.Body = o.text(outage, update, "")
	n.Navigate, n.Tag = fmt.Sprintf("%s/outages/%s", o.BaseURL, outage.Slug), "draft/"+n.Tag
	for i := range n.Actions {
		if n.Actions[i].Action == "open" {
			n.Actions[i].Navigate = n.Navigate
		}
	}
	return n
}

// text returns the title and the body of a notification about an update; the body begins
// with an introduction. Both are cut to what browsers show, and the body to what is
// left of the payload.
func (o Notifications) text(outage Outage, update Update, introduction string) (title, body string) {
	if outage.IsDrill() {
		update.Headline = "DRILL: " + update.Headline
	}
	title = text.Truncate(update.Headline, titleGraphemes, titleBytes)
	body = text.Truncate(strings.TrimSpace(introduction+update.BodyText), BodyGraphemes, BodyBytes)
	update.ID = math.MaxInt64 // so that the cut is the same before update and alert have an ID
	longest := o.withoutText(outage, update, math.MaxInt64, strings.Repeat("x", receipts.MaxLength))
	longest.Title, longest.Body = title, body
	payload, err := longest.Payload()
	if over := len(payload) - maxPayload; err == nil && over > 0 {
		// In JSON a byte of text takes one at least.
		body = text.Truncate(body, BodyGraphemes, max(0, len(body)-over))
	}
	return title, body
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

// withoutText returns a notification without its title and body.
func (o Notifications) withoutText(outage Outage, update Update, alertID int64, receipt string) Notification {
	topic, page := outage.Subject(), o.BaseURL+"/outages/"
	if outage.IsDrill() {
		page = o.BaseURL + "/editor/outages/"
	}
	counted := fmt.Sprintf("%s/go/%d/%s", o.BaseURL, alertID, receipt)
	n := Notification{
		Navigate: counted, Lang: o.Lang, Tag: topic,
		Icon: o.BaseURL + "/static/icons/icon-192.png",
		Data: NotificationData{
			Alert: alertID, Update: update.ID, Outage: outage.Slug, Receipt: receipt,
			URL: fmt.Sprintf("%s%s#update-%d", page, outage.Slug, update.ID),
		},
	}
	read := NotificationAction{Action: "open", Title: "Read", Navigate: counted}
	switch {
	case outage.IsDrill(): // nobody follows or mutes anything from a drill
		n.Actions = []NotificationAction{read}
	case update.Kind == Resolution && len(outage.Apps) > 0:
		// The next outage of the same app is another one.
		app := outage.Apps[0]
		n.Data.App = app.Slug
		n.Actions = []NotificationAction{{
			Action: "follow", Title: "Follow " + text.Truncate(app.Name, actionGraphemes, actionBytes),
			Navigate: o.BaseURL + "/preferences#follow=" + app.Topic().String(),
		}, read}
	default:
		n.Actions = []NotificationAction{read, {
			Action: "mute", Title: "Mute this outage",
			Navigate: o.BaseURL + "/preferences#mute=" + topic,
		}}
	}
	return n
}

// meanwhile introduces the body of a catch-up: what the outage did while the reader was
// not disturbed. It is empty for any other alert.
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

// lasted returns a duration in minutes, hours or days: "25 min", "3 h", "2 days".
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
