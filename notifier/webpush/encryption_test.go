package webpush

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"newsbell/notifier/pushtest"
)

func TestEncryptReproducesTheExampleOfRFC8291(t *testing.T) {
	sender, err := ecdh.P256().NewPrivateKey(decode(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	plaintext := []byte("When I grow up, I want to be a watermelon")

	body, err := encryptWith(nil, plaintext, len(plaintext),
		decode(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
		decode(t, "BTBZMqHH6r4Tts7J_aSIgg"), sender, decode(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}

	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg" +
		"Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuw" +
		"XPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if got := base64.RawURLEncoding.EncodeToString(body); got != want {
		t.Errorf("body = %s\nwant   %s", got, want)
	}
}

func TestEncryptDerivesTheKeyAndNonceOfRFC8291(t *testing.T) {
	key, nonce := contentKey(decode(t, "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"),
		decode(t, "BTBZMqHH6r4Tts7J_aSIgg"),
		decode(t, "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
		decode(t, "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"),
		decode(t, "DGv6ra1nlYgDCS1FRnbzlw"))
	if want := decode(t, "oIhVW04MRdy2XN9CiKLxTg"); !bytes.Equal(key[:16], want) {
		t.Errorf("key = %x, want %x", key[:16], want)
	}
	if want := decode(t, "4h_95klXJ5E_qnoN"); !bytes.Equal(nonce[:12], want) {
		t.Errorf("nonce = %x, want %x", nonce[:12], want)
	}
}

func TestTheReaderDecryptsAnEncryptedMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reader := newReaderKeys(t)
		plaintext := rapid.SliceOfN(rapid.Byte(), 0, MaxPayload).Draw(t, "plaintext")
		before := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "dst")

		encrypted, err := Encrypt(slices.Clone(before), plaintext, reader.p256dh(), reader.auth)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(encrypted, before) {
			t.Fatal("the content of dst has changed")
		}
		opened, err := reader.open(encrypted[len(before):])
		if err != nil || !bytes.Equal(opened, plaintext) {
			t.Fatalf("opened = %x, %v; want %x", opened, err, plaintext)
		}
	})
}

func TestEncryptedLengthRevealsOnlyThePaddedLength(t *testing.T) {
	reader := newReaderKeys(t)
	for _, c := range []struct{ plaintext, padded int }{
		{0, 512}, {1, 512}, {512, 512}, {513, 1024}, {1024, 1024}, {1025, 2048}, {2049, 3993}, {3993, 3993},
	} {
		encrypted, err := Encrypt(nil, make([]byte, c.plaintext), reader.p256dh(), reader.auth)
		if err != nil {
			t.Fatal(err)
		}
		if want := 16 + 4 + 1 + 65 + c.padded + 1 + 16; len(encrypted) != want || len(encrypted) > 4096 {
			t.Errorf("%d bytes encrypted are %d, want %d", c.plaintext, len(encrypted), want)
		}
		if size := int(binary.BigEndian.Uint32(encrypted[16:])); size <= c.padded+1+16 {
			t.Errorf("%d bytes: record size %d is too small", c.plaintext, size)
		}
	}
}

func TestEncryptUsesEachKeyAndSaltOnce(t *testing.T) {
	reader := newReaderKeys(t)
	seen := map[string]bool{}
	for range 100 {
		encrypted, err := Encrypt(nil, []byte("the same"), reader.p256dh(), reader.auth)
		if err != nil {
			t.Fatal(err)
		}
		salt, key := string(encrypted[:16]), string(encrypted[21:86])
		if seen[salt] || seen[key] {
			t.Fatal("a salt or a key was reused")
		}
		seen[salt], seen[key] = true, true
	}
}

func TestEncryptFailsOnInvalidKeysAndLongPayloads(t *testing.T) {
	reader := newReaderKeys(t)
	point, auth := reader.p256dh(), reader.auth
	offCurve := slices.Clone(point)
	offCurve[64] ^= 1
	for name, c := range map[string]struct {
		length       int
		p256dh, auth []byte
	}{
		"a payload too long":    {MaxPayload + 1, point, auth},
		"no key":                {1, nil, auth},
		"a compressed point":    {1, append([]byte{2}, point[1:33]...), auth},
		"a hybrid point":        {1, append([]byte{6}, point[1:]...), auth},
		"a point off the curve": {1, offCurve, auth},
		"the point at infinity": {1, []byte{0}, auth},
		"no auth":               {1, point, nil},
		"a short auth":          {1, point, auth[:15]},
		"a long auth":           {1, point, append(slices.Clone(auth), 0)},
	} {
		encrypted, err := Encrypt([]byte("kept"), make([]byte, c.length), c.p256dh, c.auth)
		if err == nil || string(encrypted) != "kept" {
			t.Errorf("%s: encrypted %q, error = %v", name, encrypted, err)
		}
		if tooLong := c.length > MaxPayload; errors.Is(err, ErrPayloadTooLong) != tooLong {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestHTTPECEDecryptsAnEncryptedMessage(t *testing.T) {
	type message struct {
		PrivateKey string `json:"privateKey"`
		Auth       string `json:"auth"`
		Body       string `json:"body"`
	}
	var plaintexts []string
	var input strings.Builder
	for _, length := range []int{1, 41, 511, 512, 513, 1024, 1500, 2048, 2049, 3992, 3993} {
		reader := newReaderKeys(t)
		plaintext := make([]byte, length)
		rand.Read(plaintext)
		encrypted, err := Encrypt(nil, plaintext, reader.p256dh(), reader.auth)
		if err != nil {
			t.Fatal(err)
		}
		encode := base64.RawURLEncoding.EncodeToString
		if err := json.NewEncoder(&input).Encode(message{encode(reader.private.Bytes()), encode(reader.auth), encode(encrypted)}); err != nil {
			t.Fatal(err)
		}
		plaintexts = append(plaintexts, encode(plaintext))
	}

	if got := strings.Fields(runHTTPECE(t, input.String())); !slices.Equal(got, plaintexts) {
		t.Errorf("http_ece opened %q\nwant %q", got, plaintexts)
	}
}

// runHTTPECE runs testdata/http_ece/open.js.
func runHTTPECE(t *testing.T, input string) string {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing("needs node: %v", err)
	}
	folder := filepath.Join("testdata", "http_ece")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "http_ece")); err != nil {
		missing("needs http_ece; run `make setup`")
	}
	command := exec.CommandContext(t.Context(), node, "open.js")
	command.Dir = folder
	command.Stdin = strings.NewReader(input)
	var complaint strings.Builder
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		t.Fatalf("http_ece: %v: %s", err, &complaint)
	}
	return string(output)
}

// readerKeys are a browser's side of a subscription.
type readerKeys struct {
	private *ecdh.PrivateKey
	auth    []byte
}

func newReaderKeys(t interface{ Fatal(...any) }) readerKeys {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	return readerKeys{private, auth}
}

func (r readerKeys) p256dh() []byte { return r.private.PublicKey().Bytes() }

// open decrypts with the code of pushtest, which is independent of the encryption.
func (r readerKeys) open(body []byte) ([]byte, error) {
	return pushtest.Decrypt(body, r.private, r.auth)
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
