package exchange

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/fault"
	"accord/internal/signed"
)

// MaxCheckpoint is the largest checkpoint with its signatures in bytes.
const MaxCheckpoint = 1 << 10

// A Checkpoint states the size and the root of a log.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text is the signed text: three lines.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, fmt.Errorf("a checkpoint has three lines")
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return c, fmt.Errorf("its size is not a number")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return c, fmt.Errorf("its root is not a hash")
	}
	copy(c.Root[:], root)
	if c.Text() != text {
		return c, fmt.Errorf("not in its one form")
	}
	return c, nil
}

// SignCheckpoint returns the checkpoint as a note signed by the writer's log key.
func SignCheckpoint(c Checkpoint, log ed25519.PrivateKey) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, signed.Signer(c.Origin, log))
}

// Cosign adds the partner's cosignature to a checkpoint signed by its writer. The caller has stored every entry below its
// size and found the same root.
func Cosign(checkpoint []byte, partner string, mirror ed25519.PrivateKey, at time.Time) ([]byte, error) {
	i := strings.Index(string(checkpoint), "\n\n")
	if i < 0 {
		return nil, badCheckpoint("it has no signature")
	}
	line, err := note.Sign(&note.Note{Text: string(checkpoint[:i+1])}, signed.Cosigner(mirrorName(partner), mirror, at))
	if err != nil {
		return nil, err
	}
	return append(checkpoint[:len(checkpoint):len(checkpoint)], line[i+2:]...), nil
}

// OpenCheckpoint reads a checkpoint that writer signed for its log towards partner.
func OpenCheckpoint(data []byte, writer *Card, partner string) (Checkpoint, error) {
	return openCheckpoint(data, Origin(writer.Party, partner), writer.LogVerifier(partner))
}

// OpenOwnCheckpoint reads a checkpoint that a city signed for a log that has no partner, such as its log of deeds.
func OpenOwnCheckpoint(data []byte, origin string, log ed25519.PublicKey) (Checkpoint, error) {
	return openCheckpoint(data, origin, signed.Verifier(origin, log))
}

// OpenCosigned reads a checkpoint that writer signed and mirror cosigned, and returns when. The cosignature is checked
// with the mirror's card in force at its time; the writer's signature, which has no time of its own, with any of the
// writer's cards that was valid by then: a checkpoint may have been signed before a key was changed and cosigned after.
func OpenCosigned(data []byte, writer, mirror Chain) (c Checkpoint, at time.Time, err error) {
	if len(writer) == 0 || len(mirror) == 0 {
		return c, at, fault.New(fault.NotFound, "checkpoint", "a card of its two cities is not known here", "add both cards")
	}
	if at, err = CosignedAt(data, mirror[0].Party); err != nil {
		return c, at, err
	}
	mirrorCard, err := mirror.At(at)
	if err != nil {
		return c, at, err
	}
	if _, err = writer.At(at); err != nil {
		return c, at, err
	}
	for i := len(writer) - 1; i >= 0; i-- {
		if writer[i].ValidFrom.After(at) || i+1 < len(writer) && writer[i+1].Revokes && !writer[i+1].ValidFrom.After(at) {
			continue
		}
		c, err = openCheckpoint(data, Origin(writer[i].Party, mirrorCard.Party), writer[i].LogVerifier(mirrorCard.Party), mirrorCard.MirrorVerifier())
		if err == nil {
			break
		}
	}
	return c, at, err
}

// CosignedAt reads the time of party's cosignature without checking it. It says which card to check it with.
func CosignedAt(data []byte, party string) (time.Time, error) {
	n := &note.Note{}
	for line := range strings.Lines(string(data)) {
		if name, sig, ok := strings.Cut(strings.TrimPrefix(line, "— "), " "); ok && strings.HasPrefix(line, "— ") {
			n.Sigs = append(n.Sigs, note.Signature{Name: name, Base64: strings.TrimSuffix(sig, "\n")})
		}
	}
	at, err := signed.CosignedAt(n, mirrorName(party))
	if err != nil {
		return at, badCheckpoint(err.Error()).Because(err)
	}
	return at, nil
}

func openCheckpoint(data []byte, origin string, verifiers ...note.Verifier) (Checkpoint, error) {
	if len(data) > MaxCheckpoint {
		return Checkpoint{}, badCheckpoint(fmt.Sprintf("larger than %d bytes", MaxCheckpoint))
	}
	n, err := signed.Open(data, verifiers...)
	if err != nil {
		return Checkpoint{}, badCheckpoint("its signature does not hold: " + err.Error()).Because(err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, badCheckpoint(err.Error()).Because(err)
	}
	if c.Origin != origin {
		return Checkpoint{}, badCheckpoint(fmt.Sprintf("it is of %.60q, not of %q", c.Origin, origin))
	}
	return c, nil
}

func badCheckpoint(why string) *fault.Fault {
	return fault.New(fault.Invalid, "checkpoint", why, "check that the cards are those of the two cities, and ask for it again")
}
