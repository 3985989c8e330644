package notifier

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/SherClockHolmes/webpush-go"

	"newsbell/models"
)

// messageOptions are what all messages share.
type messageOptions struct{ baseURL, lang string }

// message is an alert as it is pushed. Its payload, Declarative Web Push JSON
// which a service worker shows too, is each reader's own: it holds their
// receipt. All else is made once.
type message struct {
	alertID  int64
	receipts *models.ReceiptKey
	// pieces are the payload without the receipts between them.
	pieces  [][]byte
	topic   string
	urgency webpush.Urgency
}

const (
	// webPush marks a declarative message.
	webPush = 8030
	// maxMessage is the longest payload, in bytes: what a push service's bridge to
	// Android carries at least.
	maxMessage = 2 << 10
	// Titles and bodies longer than this are cut: no browser shows more.
	titleGraphemes, bodyGraphemes = 120, 240
	titleBytes, bodyBytes         = 360, 720
	// actionGraphemes and actionBytes are for the name in a button.
	actionGraphemes, actionBytes = 40, 80
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
	Alert   int64  `json:"alert"`
	Update  int64  `json:"update"`
	Outage  string `json:"outage"`
	URL     string `json:"url"`
	Receipt string `json:"receipt"`
	// App is the slug of the app that a resolution's button follows.
	App string `json:"app,omitempty"`
}

type action struct {
	Action   string `json:"action"`
	Title    string `json:"title"`
	Navigate string `json:"navigate"`
}

// of makes the message of an alert. All alerts of an outage share a tag and a
// Topic: the newest replaces the older, on the screen and at the push service.
func (o messageOptions) of(alert models.Alert, receipts *models.ReceiptKey) (message, error) {
	hole := rand.Text() // that nobody has written in a headline
	m := message{
		alertID: alert.ID, receipts: receipts,
		topic: pushTopic(alert.Outage.Topic().String()), urgency: urgencyOf(alert),
	}
	n := o.notification(alert, hole)
	var err error
	if m.pieces, err = cutOut(n, hole); err != nil {
		return message{}, fmt.Errorf("message of alert %d: %w", alert.ID, err)
	}
	if over := m.maxSize() - maxMessage; over > 0 {
		// In JSON a byte of text takes one at least.
		n.Body = cut(n.Body, bodyGraphemes, max(0, len(n.Body)-over))
		m.pieces, err = cutOut(n, hole)
	}
	return m, err
}

// maxSize is the longest that the payload of a reader can be.
func (m *message) maxSize() int {
	size := (len(m.pieces) - 1) * models.MaxReceipt
	for _, piece := range m.pieces {
		size += len(piece)
	}
	return size
}

// appendTo appends the payload of a reader to dst.
func (m *message) appendTo(dst []byte, subscriptionID int64) []byte {
	var room [models.MaxReceipt]byte
	receipt := m.receipts.Append(room[:0], m.alertID, subscriptionID)
	for i, piece := range m.pieces {
		if i > 0 {
			dst = append(dst, receipt...)
		}
		dst = append(dst, piece...)
	}
	return dst
}

// notification is what all readers are shown, with a hole for each receipt. It
// opens by way of a page that counts.
func (o messageOptions) notification(alert models.Alert, receipt string) notification {
	outage, update := alert.Outage, alert.Update
	topic := outage.Topic().String()
	counted := fmt.Sprintf("%s/go/%d/%s", o.baseURL, alert.ID, receipt)
	n := notification{
		Title:    cut(update.Headline, titleGraphemes, titleBytes),
		Navigate: counted,
		Body:     cut(strings.TrimSpace(meanwhile(alert)+plainText(update.Body)), bodyGraphemes, bodyBytes),
		Lang:     o.lang,
		Tag:      topic,
		Icon:     o.baseURL + "/static/icons/icon-192.png",
		Data: about{
			Alert: alert.ID, Update: update.ID, Outage: outage.Slug, Receipt: receipt,
			URL: fmt.Sprintf("%s/outages/%s#update-%d", o.baseURL, outage.Slug, update.ID),
		},
	}
	read := action{Action: "open", Title: "Read", Navigate: counted}
	if update.Kind == models.Resolution && len(outage.Apps) > 0 {
		// What comes next is another outage of the same app.
		app := outage.Apps[0]
		n.Data.App = app.Slug
		n.Actions = []action{{
			Action: "follow", Title: "Follow " + cut(app.Name, actionGraphemes, actionBytes),
			Navigate: o.baseURL + "/preferences#follow=" + app.Topic().String(),
		}, read}
	} else {
		n.Actions = []action{read, {
			Action: "mute", Title: "Mute this outage",
			Navigate: o.baseURL + "/preferences#mute=" + topic,
		}}
	}
	return n
}

// cutOut is the payload in pieces, without the holes.
func cutOut(n notification, hole string) ([][]byte, error) {
	var payload bytes.Buffer
	encoder := json.NewEncoder(&payload)
	encoder.SetEscapeHTML(false) // it takes six bytes for one
	err := encoder.Encode(declarative{webPush, n})
	return bytes.Split(bytes.TrimSuffix(payload.Bytes(), []byte("\n")), []byte(hole)), err
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
