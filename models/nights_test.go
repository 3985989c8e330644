package models_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"newsbell/models"
	"newsbell/models/ledger"
	"newsbell/models/modelstest"
	"newsbell/models/preferences"
)

// sleeper is a reader of a night, with their delivery preferences.
type sleeper struct {
	models.Subscription
	zone  *time.Location
	quiet *preferences.QuietHours
	cap   int
	level string
	// muted is a mute of the outage beside the level.
	muted string
}

var zoneNames = []string{
	"UTC", "Europe/London", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Cairo",
	"Asia/Kathmandu", "Africa/Casablanca", "Asia/Beirut", "Pacific/Chatham",
}

// TestNights draws readers, nights and streams of alerts: every reader gets the final
// state, none in their quiet hours, none twice, none more often than their cap allows,
// and nothing old after something new.
func TestNights(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		modelstest.FewerChecks(t, 10)
		db.App("messenger")
		night := 0
		rapid.Check(t, func(rt *rapid.T) {
			night++
			n := &nightTest{t: rt, db: db, notifier: newFakeNotifier(t, db), slug: fmt.Sprintf("night-%d", night)}
			n.run()
		})
	})
}

type nightTest struct {
	t        *rapid.T
	db       *modelstest.DB
	notifier *fakeNotifier
	slug     string
	sleepers []*sleeper
	updates  map[int64]models.Update
	// correction is the last one's update, if there is any.
	correction int64
}

func (n *nightTest) run() {
	begin := modelstest.Start.Add(time.Duration(rapid.IntRange(0, 5*365*24*60).Draw(n.t, "minutes before")) * time.Minute)
	n.db.Clock.Advance(begin.Sub(n.db.Now())) // of a failure the same again, whatever was before
	n.must(n.db.CreateOutage(n.notifier.t.Context(), models.NewOutage{Slug: n.slug, Headline: n.slug, Apps: []string{"messenger"}, Actor: "test"}))
	for i := range rapid.IntRange(1, 5).Draw(n.t, "readers") {
		n.sleepers = append(n.sleepers, n.drawSleeper(i))
	}
	broken := rapid.Bool().Draw(n.t, "a push service is broken at times")
	n.notifier.answer = func(models.Recipient) ledger.Outcome {
		if broken && rapid.IntRange(0, 3).Draw(n.t, "broken") == 0 {
			return ledger.Waiting
		}
		return ledger.Accepted
	}
	n.updates = map[int64]models.Update{}
	for i := range rapid.IntRange(0, 8).Draw(n.t, "updates") {
		n.pass(rapid.IntRange(0, 300).Draw(n.t, "minutes"))
		n.publish(i, models.OrdinaryUpdate, rapid.SampledFrom([]models.AlertLevel{models.AlertAll, models.AlertKey}).Draw(n.t, "level"))
	}
	n.pass(rapid.IntRange(0, 300).Draw(n.t, "minutes"))
	last := n.publish(0, models.Resolution, rapid.SampledFrom([]models.AlertLevel{models.AlertAll, models.AlertKey}).Draw(n.t, "level"))
	for i := range rapid.IntRange(0, 2).Draw(n.t, "corrections") {
		n.pass(rapid.IntRange(0, 300).Draw(n.t, "minutes"))
		n.correction = n.publish(i, models.Correction, models.AlertKey)
	}
	n.notifier.answer = func(models.Recipient) ledger.Outcome { return ledger.Accepted }
	for range 3 * 24 {
		n.db.Clock.Advance(time.Hour)
		n.notifier.sendDue()
	}
	for _, s := range n.sleepers {
		n.check(s, last)
	}
	// The next night begins with other readers.
	for _, s := range n.sleepers {
		if err := n.db.Forget(n.notifier.t.Context(), s.Subscription); err != nil {
			n.t.Fatal(err)
		}
	}
}

func (n *nightTest) drawSleeper(i int) *sleeper {
	s := &sleeper{level: rapid.SampledFrom([]string{"all", "key", "resolution"}).Draw(n.t, "follows")}
	name := rapid.SampledFrom(zoneNames).Draw(n.t, "zone")
	topic := rapid.SampledFrom([]string{"outage/" + n.slug, "app/messenger"}).Draw(n.t, "topic")
	s.Subscription = n.db.Reader(topic + ":" + s.level)
	if rapid.IntRange(0, 3).Draw(n.t, "mutes") == 0 {
		s.muted = rapid.SampledFrom([]string{"until_resolution", "for_good"}).Draw(n.t, "muted")
		err := n.db.Follow(n.notifier.t.Context(), s.Subscription, models.NewFollow{Topic: "outage/" + n.slug, Muted: s.muted})
		n.must(nil, err)
	}
	change := models.SubscriptionChange{TimeZone: &name}
	if rapid.IntRange(0, 3).Draw(n.t, "sleeps") > 0 {
		from := rapid.IntRange(0, 1439).Draw(n.t, "from")
		until := (from + rapid.IntRange(1, 23*60).Draw(n.t, "length")) % 1440
		s.quiet = &preferences.QuietHours{
			From: preferences.WallTime(from), Until: preferences.WallTime(until), KeyWakes: rapid.Bool().Draw(n.t, "key wakes"),
		}
		change.SetQuietHours, change.QuietHours = true, s.quiet
	}
	if rapid.IntRange(0, 2).Draw(n.t, "capped") == 0 {
		s.cap = rapid.IntRange(1, 3).Draw(n.t, "cap")
		change.HourlyCap = &s.cap
	}
	n.must(n.db.ChangeSubscription(n.notifier.t.Context(), s.Subscription, change))
	var err error
	if s.zone, err = time.LoadLocation(name); err != nil {
		n.t.Fatal(err)
	}
	return s
}

// pass advances the clock by minutes, and sends everything that is due meanwhile.
func (n *nightTest) pass(minutes int) {
	for ; minutes > 0; minutes -= 10 {
		n.db.Clock.Advance(time.Duration(min(minutes, 10)) * time.Minute)
		n.notifier.sendDue()
	}
}

func (n *nightTest) publish(i int, kind models.UpdateKind, level models.AlertLevel) int64 {
	u := n.db.PublishDraft(models.Draft{
		Outage: n.slug, Kind: kind, Alert: level, Apps: []string{"messenger"}, Headline: fmt.Sprint(kind, i),
	}).Update
	n.updates[u.ID] = u
	n.notifier.sendDue()
	return u.ID
}

func (n *nightTest) check(s *sleeper, last int64) {
	alerts := n.notifier.deliveredTo(s.Subscription)
	if s.muted != "" {
		n.checkMuted(s, alerts, last)
		return
	}
	if s.level != "resolution" { // readers who get key moments get corrections
		last = max(last, n.correction)
	}
	if len(alerts) == 0 || alerts[len(alerts)-1].update < last {
		n.t.Fatalf("a reader at %q, quiet %v, cap %d, did not get the final state: %v", s.level, s.quiet, s.cap, alerts)
	}
	for i, alert := range alerts {
		update := n.updates[alert.update]
		wall := alert.at.In(s.zone)
		if s.quiet != nil && isQuiet(*s.quiet, wall) && !(s.quiet.KeyWakes && isKey(update) && !alert.catchUp) {
			n.t.Errorf("a reader who is quiet from %s to %s was sent %s at %s", s.quiet.From, s.quiet.Until, update.Headline, wall)
		}
		if i > 0 && alert.update <= alerts[i-1].update {
			n.t.Errorf("after %d a reader was sent %d", alerts[i-1].update, alert.update)
		}
		if s.cap > 0 && i >= s.cap && alert.at.Sub(alerts[i-s.cap].at) < time.Hour {
			n.t.Errorf("a reader with a cap of %d was sent %d within %s", s.cap, s.cap+1, alert.at.Sub(alerts[i-s.cap].at))
		}
	}
	if s.quiet == nil && s.cap == 0 && slices.ContainsFunc(alerts, func(alert deliveredAlert) bool { return alert.catchUp }) {
		n.t.Errorf("a reader who may be disturbed at any time was sent a catch-up: %v", alerts)
	}
}

// checkMuted allows a reader who muted the outage at most its resolution.
func (n *nightTest) checkMuted(s *sleeper, alerts []deliveredAlert, last int64) {
	if s.muted == "for_good" {
		if len(alerts) > 0 {
			n.t.Errorf("a reader who muted the outage was sent %v", alerts)
		}
		return
	}
	// A catch-up says how the outage stands, which a correction may have changed.
	if len(alerts) != 1 || alerts[0].update < last || alerts[0].update > last && !alerts[0].catchUp {
		n.t.Errorf("a reader who muted the outage until its resolution, %d, was sent %v", last, alerts)
	}
}

func isKey(u models.Update) bool {
	return u.AlertLevel == models.AlertKey || u.Kind == models.Resolution
}

// isQuiet says it in other words than the rule that is tested.
func isQuiet(q preferences.QuietHours, wall time.Time) bool {
	minute := preferences.WallTime(wall.Hour()*60 + wall.Minute())
	for at := q.From; at != q.Until; at = (at + 1) % 1440 {
		if at == minute {
			return true
		}
	}
	return false
}

func (n *nightTest) must(_ any, err error) {
	if err != nil {
		n.t.Fatal(err)
	}
}
