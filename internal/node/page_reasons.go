package node

import (
	"regexp"
	"strings"

	"accord/internal/gate"
	"accord/internal/text"
	"accord/internal/web"
)

// A reasonForm is a sentence with which an entry is set aside, as the program that read it wrote it, with what it names in
// groups that bear the names of the message's arguments.
type reasonForm struct {
	key  string // of the same, and of what to do, in every language
	form *regexp.Regexp
}

// reasonForms are the sentences that pages say in the reader's language. Reasons are stored as they were written, perhaps by an
// earlier version: what is not here is shown as it stands, in English.
var reasonForms = []reasonForm{
	{"no_clause", regexp.MustCompile(`: no clause in force here lets (?P<party>\S+) send (?P<dataset>\S+) under (?P<text>\S+) (?P<clause>\S+);`)},
	{"unknown_kind", regexp.MustCompile(`: this version does not know entries of the kind "(?P<kind>[A-Za-z0-9-]+)";`)},
	{"unknown_dataset", regexp.MustCompile(`: (?:the )?dataset (?P<dataset>\S+) version (?P<version>\d+) is not known here;`)},
	{"unknown_text", regexp.MustCompile(`instrument (?P<text>\S+): it is not kept on this node;`)},
	{"suspended", regexp.MustCompile(`instrument (?P<text>\S+): it is suspended(?: by .*)?;`)},
	{"no_text", regexp.MustCompile(`clause (?P<clause>\S+): no instrument in force that (?P<one>\S+) and (?P<other>\S+) have signed has it;`)},
	{"other_text", regexp.MustCompile(`instrument (?P<text>\S+): (?P<party>\S+) keeps another text under this id;`)},
	{"no_such_clause", regexp.MustCompile(`clause (?P<clause>\S+): instrument (?P<text>\S+) has none of this id;`)},
	{"other_clause", regexp.MustCompile(`: it names another clause than its entry;`)},
	{"not_theirs", regexp.MustCompile(`claim: event (?P<event>\S+) is not (?P<party>\S+)'s to claim;`)},
	{"no_version", regexp.MustCompile(`claim: version (?P<version>\d+) of event (?P<event>\S+) does not follow what is known here;`)},
	{"withdrawn", regexp.MustCompile(`claim: event (?P<event>\S+) was withdrawn;`)},
	{"own_claim", regexp.MustCompile(`word: (?P<party>\S+) speaks of its own claim;`)},
	{"too_many_cards", regexp.MustCompile(`card: (?P<party>\S+) has sent (?P<count>\d+) cards within a day already;`)},
	{"card_undoes", regexp.MustCompile(`card: it is valid from (?P<from>\S+), and would undo what was signed until (?P<until>\S+);`)},
	{"card_late", regexp.MustCompile(`card: it is valid from (?P<from>\S+), long before it was sent at (?P<sent>\S+);`)},
	{"not_asked", regexp.MustCompile(`confirmation of a purge: nobody here has asked for the erasure of entry (?P<entry>\d+);`)},
	{"kept_longer", regexp.MustCompile(`confirmation of a purge: the clause let the partner keep entry (?P<entry>\d+) longer;`)},
	{"not_between", regexp.MustCompile(`action: instrument (?P<text>\S+) is not between (?P<one>\S+) and (?P<other>\S+);`)},
	{"no_passing_on", regexp.MustCompile(`received records: the clause does not let (?P<party>\S+) pass on records of (?P<of>\S+);`)},
	{"unread", regexp.MustCompile(`: (?:it cannot be read: .*|not in its one form|longer than \d+ bytes);`)},
}

// reasonIn says in a language why an entry is set aside.
func reasonIn(lang text.Lang, stored string) web.LinkReason {
	out := web.LinkReason{Original: stored}
	if said, ok := gateReason(string(lang), stored); ok {
		out.Text, out.Do = said, text.In(lang).T("aside_do.tell")
		return out
	}
	p := text.In(lang)
	for _, f := range reasonForms {
		m := f.form.FindStringSubmatch(stored)
		if m == nil {
			continue
		}
		var args []any
		for i, name := range f.form.SubexpNames() {
			if name != "" {
				args = append(args, name, m[i])
			}
		}
		out.Text, out.Do = p.T("aside."+f.key, args...), p.T("aside_do."+f.key, args...)
		return out
	}
	return out
}

// gateReason says what the gate found too wide: its faults name the key of their sentence.
func gateReason(lang, stored string) (string, bool) {
	what, rest, ok := strings.Cut(stored, " (gate.")
	key, said, found := strings.Cut(rest, "): ")
	if !ok || !found || !strings.HasPrefix(what, "received ") {
		return "", false
	}
	return gate.Again(lang, "gate."+key, said)
}
