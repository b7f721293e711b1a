package web

import (
	"net/http"
	"strings"

	"accord/internal/text"
	"accord/internal/who"
)

// checkPolicy is that of the page on which anybody may check a receipt. It may ask for nothing after it is loaded: what is
// dropped on it cannot be sent anywhere.
var checkPolicy = strings.Replace(policy, "connect-src 'self'", "connect-src 'none'", 1)

// scriptWord is one sentence that a script says, its arguments as holes.
type scriptWord struct{ Key, Text string }

// scriptSays are the keys of what receipt.js says, each with its arguments.
var scriptSays = []struct {
	key  string
	args []string
}{
	{"check.did_form", nil}, {"check.proves_form", []string{"writer", "mirror", "index", "hashes"}},
	{"check.did_header", nil}, {"check.proves_header", []string{"kind", "instrument", "clause", "unit", "time", "size"}},
	{"check.did_cards", nil}, {"check.proves_cards", []string{"writer", "mirror"}},
	{"check.did_cosignature", nil}, {"check.proves_cosignature", []string{"mirror", "size", "time", "fingerprint"}},
	{"check.did_signature", nil}, {"check.proves_signature", []string{"writer", "size", "fingerprint"}},
	{"check.did_inclusion", nil}, {"check.proves_inclusion", []string{"index", "size", "hashes"}},
	{"check.proved", []string{"writer", "mirror", "index", "delivered"}}, {"check.not_proved", nil}, {"check.need", nil},
	{"check.taken_receipt", []string{"name"}}, {"check.taken_card", []string{"name"}}, {"check.taken_large", []string{"name"}},
	{"check.why_large", nil}, {"check.why_form", nil}, {"check.why_header", nil}, {"check.why_office", nil},
	{"check.why_card", nil}, {"check.why_card_signature", []string{"party"}}, {"check.why_card_missing", []string{"party"}},
	{"check.why_chain", []string{"party", "serial"}}, {"check.why_no_card", []string{"party"}},
	{"check.why_cosignature", []string{"party"}}, {"check.why_signature", []string{"party"}}, {"check.why_index", nil}, {"check.why_root", nil},
}

// scriptWords are the sentences of receipt.js in one language. An argument stands for itself, so that the script fills it in.
func scriptWords(p *text.Printer) []scriptWord {
	out := make([]scriptWord, len(scriptSays))
	for i, s := range scriptSays {
		var args []any
		for _, a := range s.args {
			args = append(args, a, "{"+a+"}")
		}
		out[i] = scriptWord{s.key, p.T(s.key, args...)}
	}
	return out
}

type checkPage struct {
	chrome
	Script []scriptWord
}

// Check is the page on which anybody may check a receipt, with two cards and without this node.
func (s *Site) Check(w http.ResponseWriter, r *http.Request, by who.Person) error {
	p := text.In(reader(r, by))
	w.Header().Set("Content-Security-Policy", checkPolicy)
	return render(w, r, by, http.StatusOK, "check", &checkPage{chrome{P: p, By: by, Title: p.T("check.title"), Path: "/check"}, scriptWords(p)})
}
