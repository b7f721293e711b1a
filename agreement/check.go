package agreement

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"accord/internal/date"
	"accord/internal/fault"
)

var (
	partyForm   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	idForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,31}$`)
	clauseForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,15}$`)
	unitForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]{0,47}$`)
	langForm    = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$`)
	datasetForm = regexp.MustCompile(`^[a-z][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)+$`)
	fieldForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// Limits of count. They are far above what a text that people negotiate holds, and keep a hostile one cheap to refuse.
const (
	maxParties = 8
	maxClauses = 512
	maxTerms   = 64  // of one clause
	maxAnnexes = 64  // versions
	maxLines   = 256 // of all annexes
	maxTexts   = 64  // of one thing: languages times standings
	maxList    = 256 // any other list
)

var (
	kinds         = []Kind{Affiliation, Agreement, AnnexText, Declaration, AdministrativeAgreement, TermsText, Programme}
	standings     = []Standing{Registered, SignedHere}
	textStandings = []TextStanding{Authentic, Official, WorkingTr, Machine, Summary}
	marks         = []Mark{Confirmed, Named, Assumed}
	acts          = []Act{Agreed, Proposed, AreaOnly}
	sides         = []Sides{AnySide, BothSide, EachWay}
	grades        = []Grade{Open, Supervised, Closed}
)

// Areas and Levels are the closed lists, in the order of the grid's columns and rows.
var (
	Areas  = []Area{Governance, Safety, Environment, Welfare, Sports, Tourism, Culture, Advisers}
	Levels = []Level{Head, Bureau, Working, Museum, Citizen, Council}
)

// A checker looks at one instrument and keeps the first fault, so that checks read as a list.
type checker struct {
	in  *Instrument
	err error
}

// where names the place of a fault; do says how to mend it.
func (c *checker) want(ok bool, where, why, do string) {
	if !ok && c.err == nil {
		what := "instrument"
		if idForm.MatchString(c.in.ID) {
			what += " " + c.in.ID
		}
		c.err = fault.New(fault.Invalid, what, why, do).At(where)
	}
}

// atMost wants a list that is no longer than that.
func (c *checker) atMost(where, key string, n, most int) {
	if n > most {
		c.want(false, where, fmt.Sprintf("%d entries under %s; the most is %d", n, key, most), "leave some out, or divide the text")
	}
}

// oneOf wants a value of a closed list.
func oneOf[T ~string](c *checker, where, key string, v T, list []T) {
	if c.err == nil && !slices.Contains(list, v) {
		var all []string
		for _, s := range list {
			all = append(all, string(s))
		}
		c.want(false, where, fmt.Sprintf("%s %.40q is not known", key, v), "use one of "+strings.Join(all, ", "))
	}
}

// unique wants a list without repetition whose members have a form.
func (c *checker) unique(where, key string, list []string, form *regexp.Regexp) {
	if c.atMost(where, key, len(list), maxList); c.err != nil {
		return
	}
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		c.want(form.MatchString(s), where, fmt.Sprintf("%.40q cannot stand under %s", s, key), "correct the name")
		c.want(!seen[s], where, fmt.Sprintf("%.40q stands twice under %s", s, key), "keep it once")
		if c.err != nil {
			return
		}
		seen[s] = true
	}
}

func (c *checker) party(where, p string) {
	c.want(slices.Contains(c.in.Parties, p), where, fmt.Sprintf("%.40q is not a party of the instrument", p), "use one of "+strings.Join(c.in.Parties, ", "))
}

// words wants texts with known languages. Where standing matters, each must say what it is worth, once per language.
func (c *checker) words(where, key string, t Texts, standing bool) {
	if c.atMost(where, key, len(t), maxTexts); c.err != nil {
		return
	}
	seen := map[string]bool{}
	for _, s := range t {
		if c.err != nil {
			return
		}
		c.want(langForm.MatchString(s.Lang), where, fmt.Sprintf("%s: %.20q is not a language", key, s.Lang), "write the language as ko, ja, en or zh-Hant")
		c.want(strings.TrimSpace(s.Text) != "" && !strings.ContainsFunc(s.Text, func(r rune) bool { return r != '\n' && hidden(r) }),
			where, key+" is empty or holds an invisible character", "write the text, or leave it out")
		if s.Standing != "" || standing {
			oneOf(c, where, key+": standing", s.Standing, textStandings)
		}
		c.want(s.Standing != Authentic || slices.Contains(c.in.Authentic, s.Lang), where, fmt.Sprintf("%s is authentic in %s, which is not an authentic language", key, s.Lang), "name the language under authentic, or give the text another standing")
		mark := s.Lang + " " + string(s.Standing)
		c.want(!standing || !seen[mark], where, fmt.Sprintf("%s stands twice in %s", key, s.Lang), "keep one")
		seen[mark] = true
	}
}

// check stops at the first fault.
func (in *Instrument) check() error {
	c := &checker{in: in}
	for _, look := range []func(){c.counts, c.head, c.remarks, c.annexes, c.clauses} {
		if look(); c.err != nil {
			return c.err
		}
	}
	return nil
}

// counts bounds the lists before anything looks into them.
func (c *checker) counts() {
	in := c.in
	lines := 0
	for i := range in.Annexes {
		lines += len(in.Annexes[i].Lines)
	}
	c.atMost("clauses", "clauses", len(in.Clauses), maxClauses)
	c.atMost("annexes", "annexes", len(in.Annexes), maxAnnexes)
	c.atMost("annexes", "lines", lines, maxLines)
	c.atMost("parties", "parties", len(in.Parties), maxList)
	c.atMost("units", "units", len(in.Units), maxList)
	c.atMost("signatories", "signatories", len(in.Signatories), maxList)
	c.atMost("conflicts", "conflicts", len(in.Conflicts), maxList)
	for i := range in.Clauses {
		l := &in.Clauses[i]
		where := "clause " + clip(l.ID)
		c.atMost(where, "terms", len(l.Terms), maxTerms)
		c.atMost(where, "kinds", len(l.Kinds), maxList)
		c.atMost(where, "owners", len(l.Owners), maxList)
		c.atMost(where, "flows", len(l.Flows), maxList)
		c.atMost(where, "promised_before", len(l.PromisedBefore), maxList)
	}
}

func (c *checker) head() {
	in := c.in
	c.want(in.Format == Format, "format", fmt.Sprintf("format %d is not known", in.Format), fmt.Sprintf("write format = %d", Format))
	c.want(idForm.MatchString(in.ID), "id", fmt.Sprintf("%.40q cannot name an instrument", in.ID), "use at most 32 letters, digits and hyphens")
	oneOf(c, "kind", "kind", in.Kind, kinds)
	oneOf(c, "standing", "standing", in.Standing, standings)
	c.unique("parties", "parties", in.Parties, partyForm)
	least := 2
	if in.Kind == Programme {
		least = 1
		c.want(in.Standing == Registered, "standing", "a programme is nobody's agreement and cannot be signed", `write standing = "registered"`)
	}
	c.want(len(in.Parties) >= least && len(in.Parties) <= maxParties, "parties", fmt.Sprintf("%d parties; it needs %d to %d", len(in.Parties), least, maxParties), "name the parties")
	c.want(!in.Date.IsZero() || in.Kind == Programme, "date", "it has no date", "write the day on which it was signed")
	c.want(in.Standing != SignedHere || in.Date.Precision() == date.ByDay, "date", "what is signed here is signed on a day", "write the day as YYYY-MM-DD")
	c.want(in.Until.IsZero() || in.Date.IsZero() || !in.Until.Before(in.Date.First()), "until", "it ends before it begins", "correct its until or its date")
	c.unique("authentic", "authentic", in.Authentic, langForm)
	c.want(len(in.Names) > 0, "names", "it has no name", "write its title in at least one language")
	c.words("names", "names", in.Names, false)
}

func (c *checker) remarks() {
	in := c.in
	c.words("place", "place", in.Place, false)
	c.words("originals", "originals", in.Originals, false)
	c.words("notes", "notes", in.Notes, false)
	c.unique("builds_on", "builds_on", in.BuildsOn, idForm)
	c.unique("implements", "implements", in.Implements, idForm)
	c.unique("sources", "sources", in.Sources, idForm)
	c.unique("supersedes", "supersedes", in.Supersedes, idForm)
	c.want(!slices.Contains(in.Supersedes, in.ID), "supersedes", "it takes its own place", "name the earlier instrument")
	for _, s := range append(slices.Clone(in.BuildsOn), in.Implements...) {
		c.want(s != in.ID, "builds_on", "it builds on itself", "name the earlier instrument")
	}
	for _, u := range in.Units {
		c.unit("units", u.Party, u.Unit)
	}
	for _, s := range in.Signatories {
		c.party("signatories", s.Party)
		c.words("signatories", "names", s.Names, false)
		c.words("signatories", "role", s.Role, false)
	}
	for _, x := range in.Conflicts {
		c.want(idForm.MatchString(x.Source) && x.Says != "" && !strings.ContainsFunc(x.Says, hidden), "conflicts", "a conflict lacks its source or what it says", "write both")
	}
}

func (c *checker) unit(where, party, unit string) {
	c.party(where, party)
	c.want(unitForm.MatchString(unit) && strings.HasPrefix(unit, party+"/"), where, fmt.Sprintf("%.60q is not a unit of %s", unit, party), "write the unit as "+party+"/name")
}

func (c *checker) annexes() {
	var lines []string
	for i, a := range c.in.Annexes {
		if c.err != nil {
			return
		}
		c.want(!a.Version.IsZero(), "annexes", "an annex has no version", "write the day of this version")
		c.want(i == 0 || !a.Version.First().Before(c.in.Annexes[i-1].Version.First()), "annexes", "annexes are not in the order of their versions", "put the oldest first")
		c.unique("annexes", "sources", a.Sources, idForm)
		for _, l := range a.Lines {
			if c.err != nil {
				return
			}
			where := "annex line " + clip(l.ID)
			lines = append(lines, a.Version.String()+" "+l.ID)
			c.want(clauseForm.MatchString(l.ID), where, "this cannot name a line", "use at most 16 letters, digits and hyphens")
			oneOf(c, where, "area", l.Area, Areas)
			c.want(l.Clause == "" || clauseForm.MatchString(l.Clause), where, "its clause cannot be a clause's name", "correct it, or leave it out")
			c.want(len(l.Texts) > 0, where, "it has no text", "write its text in at least one language")
			c.words(where, "texts", l.Texts, true)
		}
	}
	slices.Sort(lines)
	c.want(len(slices.Compact(slices.Clone(lines))) == len(lines), "annexes", "two lines of one version have the same id", "give each line an id of its own")
}

func (c *checker) clauses() {
	seen := make(map[string]bool, len(c.in.Clauses))
	for i := range c.in.Clauses {
		l := &c.in.Clauses[i]
		c.want(!seen[l.ID], "clause "+clip(l.ID), "there are two clauses of this id", "give each clause an id of its own")
		seen[l.ID] = true
		if c.clause(l); c.err != nil {
			return
		}
	}
}

func (c *checker) clause(l *Clause) {
	where := "clause " + clip(l.ID)
	c.want(clauseForm.MatchString(l.ID), where, "this cannot name a clause", "use at most 16 letters, digits and hyphens")
	oneOf(c, where, "area", l.Area, Areas)
	oneOf(c, where, "level", l.Level, Levels)
	oneOf(c, where, "act", l.Act, acts)
	oneOf(c, where, "sides", l.Sides, sides)
	c.want(l.Origin == "" || idForm.MatchString(l.Origin), where, "its origin is not one word", "write it as annex14")
	c.want(l.Until.IsZero() || c.in.Date.IsZero() || !l.Until.Before(c.in.Date.First()), where, "it ends before its instrument begins", "correct its until")
	c.want(len(l.Texts) > 0, where, "it has no text", "write its text in at least one language")
	c.words(where, "texts", l.Texts, true)
	c.words(where, "alive_if", l.AliveIf, false)
	c.words(where, "basis", l.Basis, false)
	if c.in.Standing == SignedHere {
		for _, lang := range c.in.Authentic {
			c.want(l.Texts.has(lang, Authentic), where, "it has no authentic text in "+lang, "write it: every authentic language binds equally")
		}
	}
	c.evidence(where, l)
	c.owners(where, l)
	c.want(len(l.Terms) == 0 || c.in.Standing == SignedHere, where, "a registered text lets nothing out, but this clause has terms", "put terms into an instrument that is signed here")
	for i := range l.Terms {
		if c.terms(where, &l.Terms[i]); c.err != nil {
			return
		}
	}
	c.overlap(where, l.Terms)
}

// overlap refuses two terms under which one party would send the same dataset: nobody could say which of them holds.
func (c *checker) overlap(where string, terms []Terms) {
	type sender struct{ dataset, party string }
	seen := map[sender]bool{}
	for _, t := range terms {
		for _, p := range t.From {
			s := sender{t.Dataset, p}
			c.want(!seen[s], where, fmt.Sprintf("two terms let %s send %s", p, clip(t.Dataset)), "write one of them, or name other parties under from")
			seen[s] = true
		}
	}
}

func (c *checker) evidence(where string, l *Clause) {
	c.want(len(l.Kinds) > 0, where, "it names no kind of event that counts as evidence", "write kinds")
	for i, k := range l.Kinds {
		if oneOf(c, where, "kind of event", k, EventKinds); c.err != nil {
			return
		}
		c.want(!slices.Contains(l.Kinds[:i], k), where, fmt.Sprintf("kind %q stands twice", k), "keep it once")
	}
	c.want(l.Cadence == AsNeeded || l.Cadence == Once || !l.Cadence.Interval().IsZero(), where,
		fmt.Sprintf("cadence %.40q is not known", string(l.Cadence)), "write an interval as P1Y, P6M or P30D, or as_needed, or once")
	c.want((l.Cadence == Once) == !l.WindowUntil.IsZero(), where, "window_until goes with the cadence once, and once with it", "write both or neither")
	c.want(l.WindowUntil.IsZero() || c.in.Date.IsZero() || !l.WindowUntil.Before(c.in.Date.First()), where, "its window ends before the instrument's date", "correct window_until")
}

func (c *checker) owners(where string, l *Clause) {
	for _, o := range l.Owners {
		c.unit(where, o.Party, o.Unit)
		oneOf(c, where, "mark of an owner", o.Mark, marks)
		c.want(o.From.IsZero() || o.Until.IsZero() || !o.Until.Last().Before(o.From.First()), where, "an owner's time ends before it begins", "correct its from or until")
	}
	for _, f := range l.Flows {
		c.party(where, f.From)
		c.party(where, f.To)
		c.want(f.From != f.To && len(f.What) > 0, where, "a flow needs two parties and what flows", "write from, to and what")
		c.words(where, "what", f.What, false)
		c.unique(where, "sources", f.Sources, idForm)
	}
	for _, p := range l.PromisedBefore {
		c.want(!p.Date.IsZero() && idForm.MatchString(p.Source), where, "an earlier promise lacks its date or its source", "write both")
	}
	c.unique(where, "sources", l.Sources, idForm)
}

func (c *checker) terms(where string, t *Terms) {
	c.want(datasetForm.MatchString(t.Dataset), where, fmt.Sprintf("%.60q cannot name a dataset", t.Dataset), "write it as area/name")
	where += ", terms for " + clip(t.Dataset)
	c.want(t.Version >= 1, where, "they do not say for which version of the dataset", "write version = 1 or later")
	c.want(len(t.From) > 0, where, "they name no party that may send", "write from")
	c.unique(where, "from", t.From, partyForm)
	for _, p := range t.From {
		c.party(where, p)
	}
	c.want(len(t.Fields) > 0 || t.Groups != nil, where, "they let out no field", "name the fields that may leave")
	c.unique(where, "fields", t.Fields, fieldForm)
	c.want(t.Place.valid(), where, fmt.Sprintf("place %.40q is not known", string(t.Place)), `write "none", "exact", "district NAME" with the name of a field, or "grid N" with N in metres`)
	c.conditions(where, t)
	c.want(t.Since.IsZero() || t.Until.IsZero() || !t.Until.Before(t.Since), where, "their period ends before it begins", "correct since or until")
	c.words(where, "purpose", t.Purpose, false)
	oneOf(c, where, "grade", t.Grade, grades)
	c.want(t.Approvals >= 0 && t.Approvals <= 5 && (t.Approvals == 0 || t.Grade == Supervised), where, "approvals is a number of persons from 1 to 5, and only grade S waits for any", "leave it out, or set it beside grade S")
}

func (t Texts) has(lang string, s TextStanding) bool {
	return slices.ContainsFunc(t, func(x Text) bool { return x.Lang == lang && x.Standing == s })
}

// clip keeps a foreign text short enough for an error.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
