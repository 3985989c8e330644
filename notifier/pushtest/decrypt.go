package pushtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// sealed is a message body of RFC 8188 as RFC 8291 uses it: one record, and the
// sender's public key for its key ID.
type sealed struct {
	salt       []byte
	recordSize uint32
	sender     *ecdh.PublicKey
	ciphertext []byte
}

func parseSealed(body []byte) (sealed, error) {
	const header = 16 + 4 + 1
	if len(body) < header || int(body[header-1]) != 65 || len(body) < header+65+17 {
		return sealed{}, errors.New("the body is not of aes128gcm with a P-256 key")
	}
	m := sealed{salt: body[:16], recordSize: binary.BigEndian.Uint32(body[16:]), ciphertext: body[header+65:]}
	if int64(m.recordSize) <= int64(len(m.ciphertext)) { // RFC 8291 section 4
		return sealed{}, errors.New("the record size does not exceed the only record")
	}
	var err error
	if m.sender, err = ecdh.P256().NewPublicKey(body[header : header+65]); err != nil {
		return sealed{}, errors.New("the sender's key is not on P-256")
	}
	return m, nil
}

// Decrypt opens a message body with a reader's key and authentication secret
// (RFC 8291 section 3.4).
func Decrypt(body []byte, private *ecdh.PrivateKey, auth []byte) ([]byte, error) {
	m, err := parseSealed(body)
	if err != nil {
		return nil, err
	}
	shared, err := private.ECDH(m.sender)
	if err != nil {
		return nil, fmt.Errorf("agree on a key: %w", err)
	}
	info := "WebPush: info\x00" + string(private.PublicKey().Bytes()) + string(m.sender.Bytes())
	input, err := hkdf.Key(sha256.New, shared, auth, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, input, m.salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, input, m.salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	padded, err := gcm.Open(nil, nonce, m.ciphertext, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	plaintext := bytes.TrimRight(padded, "\x00")
	if len(plaintext) == 0 || plaintext[len(plaintext)-1] != 2 {
		return nil, errors.New("the record does not end in the last record's delimiter")
	}
	return plaintext[:len(plaintext)-1], nil
}
