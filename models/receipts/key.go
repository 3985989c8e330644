// Package receipts makes and verifies receipts: what a push carries to prove that its reader
// got it.
package receipts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
)

const (
	// receiptPurpose is signed with every receipt, and with nothing else.
	receiptPurpose = "newsbell receipt"
	// receiptProof is how many bytes of the HMAC a receipt has.
	receiptProof = 16
	// MaxLength is the longest receipt, in characters.
	MaxLength = ((binary.MaxVarintLen64+receiptProof)*8 + 5) / 6
)

// Key makes and verifies receipts: strings that an alert carries to one reader, and that
// prove that they got it. A receipt is base64url of the subscription's ID and a truncated
// HMAC-SHA256 of alert and subscription. It makes Topics too. It belongs to one
// goroutine.
type Key struct {
	mac          hash.Hash
	signed, made []byte // what the last receipt was made of
	// plainTopicsUpto is the last alert whose Topic is not keyed.
	plainTopicsUpto int64
}

// NewKey returns the key of a secret, 32 random bytes. Alerts up to an ID have
// Topics that are not keyed.
func NewKey(secret []byte, plainTopicsUpto int64) *Key {
	return &Key{mac: hmac.New(sha256.New, secret), plainTopicsUpto: plainTopicsUpto}
}

// Append appends a reader's receipt of an alert to dst. If dst has room it does not
// allocate: it is called for each push.
func (k *Key) Append(dst []byte, alertID, subscriptionID int64) []byte {
	k.signed = append(k.signed[:0], receiptPurpose...)
	k.signed = binary.BigEndian.AppendUint64(k.signed, uint64(alertID))
	k.signed = binary.BigEndian.AppendUint64(k.signed, uint64(subscriptionID))
	k.mac.Reset()
	k.mac.Write(k.signed)
	k.made = binary.AppendUvarint(k.made[:0], uint64(subscriptionID))
	end := len(k.made) + receiptProof
	k.made = k.mac.Sum(k.made)
	return base64.RawURLEncoding.AppendEncode(dst, k.made[:end])
}

// Reader returns the ID of the subscription that has this receipt of an alert; false if
// none has.
func (k *Key) Reader(alertID int64, receipt string) (subscriptionID int64, ok bool) {
	if len(receipt) > MaxLength {
		return 0, false
	}
	raw, _ := base64.RawURLEncoding.DecodeString(receipt)
	id, _ := binary.Uvarint(raw)
	// Whatever was decoded: only that reader's own receipt is equal.
	made := k.Append(make([]byte, 0, MaxLength), alertID, int64(id))
	return int64(id), hmac.Equal([]byte(receipt), made)
}
