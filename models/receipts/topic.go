package receipts

import (
	"crypto/sha256"
	"encoding/base64"
)

const (
	// topicPurpose is signed with every tag, and with nothing else.
	topicPurpose = "newsbell topic"
	// topicSize makes 32 characters, as many as a Topic may have.
	topicSize = 24
)

// Topic is the Topic header for a tag (RFC 8030 §5.4), in 32 characters of
// base64url: the same in all processes, and known only where the key is. From a
// hash of the tag, which is public, a push service could tell who follows what.
func (k *Key) Topic(tag string) string {
	k.mac.Reset()
	k.mac.Write([]byte(topicPurpose + tag))
	return base64.RawURLEncoding.EncodeToString(k.mac.Sum(nil)[:topicSize])
}

// AlertTopic returns the Topic of an alert. An alert from before Topics were keyed keeps
// its own, so that a push that is sent twice replaces itself.
func (k *Key) AlertTopic(alertID int64, tag string) string {
	if alertID > k.plainTopicsUpto {
		return k.Topic(tag)
	}
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:topicSize])
}
