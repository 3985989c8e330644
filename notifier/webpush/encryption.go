package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	// MaxPayload is the maximum length of a plaintext, in bytes.
	MaxPayload = recordSize - headerSize - 1 - tagSize

	recordSize = 4096 // all that a push service must accept (RFC 8030 §7.2)
	saltSize   = 16
	keySize    = 65 // an uncompressed point of P-256
	authSize   = 16
	headerSize = saltSize + 4 + 1 + keySize
	tagSize    = 16
)

// Errors of [Encrypt].
var (
	ErrPayloadTooLong = fmt.Errorf("payload is longer than %d bytes", MaxPayload)
	errAuthSize       = errors.New("the reader's auth secret is not 16 bytes")
)

// Encrypt appends to dst a message that only the reader with these keys can decrypt
// (RFC 8291): a body of one record in the aes128gcm coding (RFC 8188), with a new key pair
// and salt. The plaintext is padded to one of four lengths, so that the length of the body
// reveals little about it. It returns [ErrPayloadTooLong] for a long plaintext, and an error
// if p256dh is not an uncompressed point of P-256 or auth is not 16 bytes.
func Encrypt(dst, plaintext, p256dh, auth []byte) ([]byte, error) {
	padded, err := paddedSize(len(plaintext))
	if err != nil {
		return dst, err
	}
	sender, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return dst, fmt.Errorf("generate sender key: %w", err)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt)
	return encryptWith(dst, plaintext, padded, p256dh, auth, sender, salt)
}

// paddedSize returns the padded length for a plaintext of n bytes.
func paddedSize(n int) (int, error) {
	for _, size := range [...]int{512, 1024, 2048, MaxPayload} {
		if n <= size {
			return size, nil
		}
	}
	return 0, ErrPayloadTooLong
}

func encryptWith(dst, plaintext []byte, padded int, p256dh, auth []byte, sender *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	reader, err := ecdh.P256().NewPublicKey(p256dh)
	if err != nil {
		return dst, fmt.Errorf("reader's key: %w", err)
	}
	if len(auth) != authSize {
		return dst, errAuthSize
	}
	secret, err := sender.ECDH(reader)
	if err != nil {
		return dst, fmt.Errorf("agree on a secret: %w", err)
	}
	senderKey := sender.PublicKey().Bytes()
	key, nonce := contentKey(secret, auth, p256dh, senderKey, salt)
	gcm, err := newGCM(key[:16])
	if err != nil {
		return dst, err
	}

	dst = slices.Grow(dst, headerSize+padded+1+tagSize)
	dst = append(dst, salt...)
	dst = binary.BigEndian.AppendUint32(dst, recordSize)
	dst = append(dst, keySize)
	dst = append(dst, senderKey...)

	record := append(dst[len(dst):], plaintext...)
	record = append(record, 2) // the last record's delimiter (RFC 8188 §2)
	record = append(record, make([]byte, padded-len(plaintext))...)
	return gcm.Seal(dst, nonce[:12], record, nil), nil
}

// contentKey derives the content encryption key (its first 16 bytes) and the nonce (its
// first 12) of the only record (RFC 8291 §3.4). Each HKDF step is a single block, so one
// HMAC is enough; crypto/hkdf takes 1.5 times as long and 43 allocations.
func contentKey(secret, auth, readerKey, senderKey, salt []byte) (key, nonce [sha256.Size]byte) {
	ikm := hmacSHA256(auth, secret)
	ikm = hmacSHA256(ikm[:], []byte("WebPush: info\x00"), readerKey, senderKey, []byte{1})
	prk := hmacSHA256(salt, ikm[:])
	key = hmacSHA256(prk[:], []byte("Content-Encoding: aes128gcm\x00\x01"))
	nonce = hmacSHA256(prk[:], []byte("Content-Encoding: nonce\x00\x01"))
	return key, nonce
}

// hmacSHA256 computes an HMAC with a key of at most one block (RFC 2104) without
// allocating.
func hmacSHA256(key []byte, message ...[]byte) [sha256.Size]byte {
	var inner, outer [sha256.BlockSize]byte
	copy(inner[:], key)
	copy(outer[:], key)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	var room [4 * sha256.BlockSize]byte
	text := append(room[:0], inner[:]...)
	for _, part := range message {
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return sha256.Sum256(append(append(room[:0], outer[:]...), sum[:]...))
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("create cipher: %w", err)
	}
	return cipher.NewGCM(block)
}
