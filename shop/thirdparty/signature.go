package thirdparty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader carries a webhook's signature: t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of "t.body">. There may be several v1,
// one per key, while the sender changes its key; members with other names are ignored.
const SignatureHeader = "Shop-Signature"

// Window is how far a signature's time may be from now, before or after. An older webhook may be a recorded one.
const Window = 5 * time.Minute

// Why a signature is refused.
var (
	errMalformed = errors.New("the header is no signature")
	errForged    = errors.New("no known key makes this signature")
	errExpired   = errors.New("the signature's time is too far away")
)

// maxSignatures is how many v1 a header may have: enough for a change of keys, too few to make the receiver work.
const maxSignatures = 5

// Sign returns the value of [SignatureHeader] for a body sent at a time.
func Sign(key string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(key, t, body))
}

func mac(key, t string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// verify checks that one of the keys signed the body, not longer than [Window] ago. The signature is looked at first: who
// cannot sign learns nothing about the clock.
func verify(keys []string, header string, body []byte, now time.Time) error {
	t, signatures, err := parse(header)
	if err != nil {
		return err
	}
	genuine := false
	for _, key := range keys {
		if key == "" { // anybody could sign with it
			continue
		}
		want := mac(key, t, body)
		for _, signature := range signatures {
			genuine = hmac.Equal(want, signature) || genuine
		}
	}
	if !genuine {
		return errForged
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: t is no number", errMalformed)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Window || age < -Window {
		return fmt.Errorf("%w: %s old", errExpired, age.Round(time.Second))
	}
	return nil
}

// parse reads a signature header.
func parse(header string) (t string, signatures [][]byte, err error) {
	for member := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		switch name {
		case "t":
			if t != "" {
				return "", nil, fmt.Errorf("%w: it has two times", errMalformed)
			}
			t = value
		case "v1":
			signature, err := hex.DecodeString(value)
			if err != nil || len(signature) != sha256.Size {
				return "", nil, fmt.Errorf("%w: v1 is no hexadecimal SHA-256", errMalformed)
			}
			signatures = append(signatures, signature)
		}
	}
	if t == "" || len(signatures) == 0 || len(signatures) > maxSignatures {
		return "", nil, fmt.Errorf("%w: it has t %q and %d v1, want both, and at most %d v1", errMalformed, t, len(signatures), maxSignatures)
	}
	return t, signatures, nil
}
