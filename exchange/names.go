// Package exchange holds what two nodes must agree on byte for byte when they exchange: cards, entries and their bodies,
// checkpoints, receipts and bundles. It builds and verifies them and does nothing else: no network, no database, no clock.
// docs/protocol.md says the same in prose; testdata/vectors holds the bytes.
package exchange

import (
	"fmt"
	"regexp"
	"strings"

	"accord/internal/fault"
)

var (
	partyForm  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	textIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)
	unitForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]{0,47}$`)
)

// CheckParty says whether id can name a party.
func CheckParty(id string) error {
	if !partyForm.MatchString(id) {
		return fault.New(fault.Invalid, "party", fmt.Sprintf("%.40q is not a party id", id), "use lower-case letters, digits and hyphens, at most 32, a letter first")
	}
	return nil
}

// LinkID names the link of two parties: their ids in byte order joined by a full stop, as seoul.tokyo.
func LinkID(a, b string) string { return min(a, b) + "." + max(a, b) }

// Origin names the log that writer keeps for its link with partner, as seoul/link/seoul.tokyo.
func Origin(writer, partner string) string { return writer + "/link/" + LinkID(writer, partner) }

// SplitOrigin returns the writer and the partner of a log.
func SplitOrigin(origin string) (writer, partner string, err error) {
	writer, link, ok := strings.Cut(origin, "/link/")
	a, b, two := strings.Cut(link, ".")
	if writer == b {
		a, b = b, a
	}
	if !ok || !two || writer != a || a == b || CheckParty(a) != nil || CheckParty(b) != nil || Origin(a, b) != origin {
		return "", "", fault.New(fault.Invalid, "origin", fmt.Sprintf("%.80q is not the origin of a log", origin), "expected writer/link/party.party")
	}
	return a, b, nil
}

// mirrorName is the name of a party's mirror key in notes.
func mirrorName(party string) string { return party + "/mirror" }
