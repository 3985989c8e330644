package pushtest

import (
	"crypto/ecdh"
	"crypto/rand"
	"testing"
)

// The example of RFC 8291, section 5 and appendix A.
const (
	rfcReaderKey = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	rfcAuth      = "BTBZMqHH6r4Tts7J_aSIgg"
	rfcBody      = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg" +
		"Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuw" +
		"XPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	rfcPlaintext = "When I grow up, I want to be a watermelon"
)

func TestDecryptOpensTheMessageOfRFC8291(t *testing.T) {
	private, err := ecdh.P256().NewPrivateKey(decode(t, rfcReaderKey))
	if err != nil {
		t.Fatal(err)
	}
	if len(decode(t, rfcBody)) != 144 {
		t.Fatal("the example is 144 octets")
	}

	plaintext, err := Decrypt(decode(t, rfcBody), private, decode(t, rfcAuth))
	if err != nil || string(plaintext) != rfcPlaintext {
		t.Errorf("plaintext = %q, %v", plaintext, err)
	}
}

func TestDecryptRefusesAChangedByteAnywhere(t *testing.T) {
	private, err := ecdh.P256().NewPrivateKey(decode(t, rfcReaderKey))
	if err != nil {
		t.Fatal(err)
	}
	for i := range decode(t, rfcBody) {
		if i >= 16 && i < 20 {
			continue // the record size is not authenticated
		}
		body := decode(t, rfcBody)
		body[i] ^= 1
		if _, err := Decrypt(body, private, decode(t, rfcAuth)); err == nil {
			t.Errorf("byte %d can be changed", i)
		}
	}
}

func TestDecryptTakesPaddingOffAndNeedsTheLastDelimiter(t *testing.T) {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	for record, want := range map[string]string{
		"news\x02":                    "news",
		"news\x02\x00\x00\x00":        "news",
		"news\x00\x02\x00":            "news\x00",
		"\x02":                        "",
		"\x02\x02":                    "\x02",
		"news\x01\x00 is not the end": "refused",
		"news\x01":                    "refused",
		"\x00\x00":                    "refused",
	} {
		plaintext, err := Decrypt(seal(t, private.PublicKey(), auth, []byte(record)), private, auth)
		if refused := want == "refused"; refused != (err != nil) || !refused && string(plaintext) != want {
			t.Errorf("record %q: plaintext %q, %v", record, plaintext, err)
		}
	}
}
