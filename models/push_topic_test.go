package models_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"testing"

	"newsbell/models"
	"newsbell/models/modelstest"
	"newsbell/models/receipts"
)

const topicTag = "outage/messages-down"

func TestTopicIsTheInstallationsOwn(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		topic := receiptKey(t, db.Store).Topic(topicTag)
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`).MatchString(topic) {
			t.Errorf("topic = %q, want 32 characters of base64url", topic)
		}
		if other := receiptKey(t, again(t, db)).Topic(topicTag); other != topic {
			t.Errorf("another process makes %q, want %q", other, topic)
		}
		foreign := receiptKey(t, modelstest.Open(t, modelstest.SQLite).Store).Topic(topicTag)
		if topic == plainTopic() || topic == foreign || topic == receiptKey(t, db.Store).Topic("outage/photos-down") {
			t.Errorf("topic = %q, without the key %q, elsewhere %q", topic, plainTopic(), foreign)
		}
	})
}

// What the older program had half sent goes on as it began.
func TestAnAlertOfBeforeTopicsWereKeyedKeepsItsTopic(t *testing.T) {
	modelstest.OnBoth(t, func(t *testing.T, db *modelstest.DB) {
		db.Outage("messages-down", "messenger")
		receiptKey(t, db.Store)
		old := db.PublishDraft(models.Draft{Outage: "messages-down"}).Alert.ID
		if err := db.MigrateDown(t.Context(), 9); err != nil {
			t.Fatal(err)
		}
		store := again(t, db)
		if _, err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		key := receiptKey(t, store)
		if topic := key.AlertTopic(old, topicTag); topic != plainTopic() {
			t.Errorf("the old alert has the topic %q, want %q", topic, plainTopic())
		}
		if topic := key.AlertTopic(old+1, topicTag); topic != key.Topic(topicTag) {
			t.Errorf("the next alert has the topic %q, want %q", topic, key.Topic(topicTag))
		}
	})
}

func plainTopic() string {
	sum := sha256.Sum256([]byte(topicTag))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

func receiptKey(t *testing.T, store *models.Store) *receipts.Key {
	t.Helper()
	key, err := store.ReceiptKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// again opens a database as another process would.
func again(t *testing.T, db *modelstest.DB) *models.Store {
	t.Helper()
	store, err := models.Open(t.Context(), models.Options{URL: db.URL, PushHosts: modelstest.PushHosts(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
