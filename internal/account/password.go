package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"accord/internal/fault"
)

// The cost of one look at a password: some 40 ms and 19 MiB, the lowest that OWASP names for argon2id. A node has little
// memory, so at most atOnce are looked at together; the others wait.
const (
	costTime   = 2
	costMemory = 19 << 10 // KiB
	costLanes  = 1
	saltSize   = 16
	hashSize   = 32
	atOnce     = 2
)

// Lengths of a password. The longest keeps a request from costing more than it should.
const (
	minPassword = 12 // signs
	maxPassword = 256
)

var hashing = make(chan struct{}, atOnce)

// encoded is argon2id with its parameters, salt and hash, as other programs write it too.
const encoded = "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"

func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum, err := derive(ctx, password, salt, costTime, costMemory, costLanes)
	if err != nil {
		return "", err
	}
	return encode(salt, sum), nil
}

func encode(salt, sum []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf(encoded, argon2.Version, costMemory, costTime, costLanes, b.EncodeToString(salt), b.EncodeToString(sum))
}

func derive(ctx context.Context, password string, salt []byte, time, memory uint32, lanes uint8) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, time, memory, lanes, hashSize), nil
}

// matches says whether the password is the one that was hashed. One that is too long to be any is not looked at.
func matches(ctx context.Context, password, stored string) (bool, error) {
	var version int
	var memory, time uint32
	var lanes uint8
	parts := strings.Split(stored, "$")
	if len(parts) != 6 {
		return false, fmt.Errorf("a stored password is not in its form")
	}
	_, err := fmt.Sscanf(strings.Join(parts[2:4], " "), "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &lanes)
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	want, sumErr := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || saltErr != nil || sumErr != nil || parts[1] != "argon2id" || version != argon2.Version || len(want) != hashSize || time == 0 || lanes == 0 {
		return false, fmt.Errorf("a stored password is not in its form")
	}
	got, err := derive(ctx, password, salt, time, memory, lanes)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// nobodys is the hash that is looked at where there is no account, so that the answer takes as long as where there is one.
// No password leads to it: nothing was hashed.
var nobodys = func() string {
	salt, sum := make([]byte, saltSize), make([]byte, hashSize)
	rand.Read(salt)
	rand.Read(sum)
	return encode(salt, sum)
}()

// checkPassword says whether a password may be set.
func checkPassword(id, password string) error {
	bad := func(why, do string) error { return fault.New(fault.Invalid, "password", why, do).At("password") }
	switch {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return bad("it is too long, or not text", fmt.Sprintf("take one of at most %d bytes", maxPassword))
	case utf8.RuneCountInString(password) < minPassword:
		return bad(fmt.Sprintf("it is shorter than %d signs", minPassword), "take a longer one; a few words in a row are good")
	case strings.Contains(strings.ToLower(password), id):
		return bad("the account's name is in it", "take another one")
	case sameSign(password):
		return bad("it is one sign again and again", "take another one")
	}
	return nil
}

func sameSign(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return strings.Trim(s, string(first)) == ""
}

// MakePassword makes a password of 20 letters and digits, 97 bits of chance, in groups that can be read out.
func MakePassword() string {
	s := strings.ToLower(rand.Text())
	return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:20]
}
