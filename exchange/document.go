package exchange

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"accord/internal/date"
	"accord/internal/fault"
)

// A Document is the body of an entry that announces a file: what it is, and the hashes of its parts, which follow as entries
// of their own. It names units and no person.
type Document struct {
	Document string       `json:"document"` // its id: 32 hex digits, random
	Kind     DocumentKind `json:"kind"`     //
	Title    string       `json:"title"`    // in the language of the document
	Language string       `json:"language"` // BCP 47: ko, ja, en, zh-Hant
	Standing string       `json:"standing"` // what its text is worth: authentic, official, working, machine, summary
	Abstract []Abstract   `json:"abstract"` // what it says, in short, in any number of languages
	Grade    string       `json:"grade"`    // O: it left by itself; S: named persons let it leave
	Unit     string       `json:"unit"`     // the office of the writer to turn to
	Due      string       `json:"due"`      // of a question: the day by which an answer is asked for; otherwise empty
	Answers  string       `json:"answers"`  // of an answer: the id of the document it answers; otherwise empty
	Name     string       `json:"name"`     // of the file
	Media    string       `json:"media"`    // its media type
	Size     int64        `json:"size"`     // its bytes
	Hash     string       `json:"hash"`     // SHA-256 of the whole file in hex
	Parts    []string     `json:"parts"`    // SHA-256 of each part in hex, in their order
}

// An Abstract is what a document says, in short, in one language.
type Abstract struct {
	Lang     string `json:"lang"`
	Standing string `json:"standing"`
	Text     string `json:"text"`
}

// A DocumentKind says what a document is to its receiver.
type DocumentKind string

// The closed list of kinds.
const (
	Letter   DocumentKind = "letter"
	Report   DocumentKind = "report"
	Question DocumentKind = "question" // asks for an answer by a day
	Answer   DocumentKind = "answer"
)

// DocumentKinds are the kinds in the order in which a form offers them.
var DocumentKinds = []DocumentKind{Letter, Report, Question, Answer}

// Bodies that belong to a document.
const (
	KindDocument Kind = "document" // announces a file: body Document
	KindPart     Kind = "part"     // bytes of a file: the body is the part itself
	KindOpened   Kind = "opened"   // an office has opened a document: body Opened
)

// Limits of a document. Every part but the last has PartSize bytes.
const (
	MaxHead     = 64 << 10  // bytes of the body that announces it
	MaxDocument = 256 << 20 // bytes of the file
	PartSize    = 1 << 20
	maxHeading  = 500
	maxName     = 200
	maxAbstract = 10_000
)

// Media are the types of file that cross, by the ending of the name. What is not in the list does not.
var Media = map[string]string{
	"pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"odt":  "application/vnd.oasis.opendocument.text",
	"ods":  "application/vnd.oasis.opendocument.spreadsheet",
	"odp":  "application/vnd.oasis.opendocument.presentation",
	"hwpx": "application/hwp+zip", "hwp": "application/x-hwp", "zip": "application/zip",
}

// Ending is the ending of a file's name in lower case, without the full stop.
func Ending(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }

var (
	idForm        = regexp.MustCompile(`^[0-9a-f]{32}$`)
	hashForm      = regexp.MustCompile(`^[0-9a-f]{64}$`)
	langForm      = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$`)
	deviceForm    = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
	textStandings = []string{"authentic", "official", "working", "machine", "summary"}
)

// PartCount is how many parts a file of that size has.
func PartCount(size int64) int { return int((size + PartSize - 1) / PartSize) }

// PartLen is how many bytes part n of a file of that size has.
func PartLen(size int64, n int) int64 { return min(PartSize, size-int64(n)*PartSize) }

// Encode is the one form of the document.
func (d *Document) Encode() ([]byte, error) { return oneForm(d) }

// ParseDocument reads the one form of a document and refuses every other.
func ParseDocument(body []byte) (*Document, error) {
	d := new(Document)
	if err := parseOneForm("document", body, MaxHead, d); err != nil {
		return nil, err
	}
	return d, d.Check()
}

// Check says whether the document may be sent or taken in as it is described. What is in the file is not looked at here.
func (d *Document) Check() error {
	for _, check := range []func() error{d.checkWords, d.checkKind, d.checkFile} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func badDocument(field, why, do string) *fault.Fault {
	return fault.New(fault.Invalid, "document", why, do).At(field)
}

func (d *Document) checkWords() error {
	switch {
	case !idForm.MatchString(d.Document):
		return badDocument("document", "its id is not 32 hex digits", "it is given by the node that sends it")
	case !showable(d.Title, maxHeading, false):
		return badDocument("title", fmt.Sprintf("a title has 1 to %d bytes in one line, without invisible characters", maxHeading), "give it another title").Says("fault.heading", "most", maxHeading)
	case !langForm.MatchString(d.Language):
		return badDocument("language", fmt.Sprintf("%.20q is not a language", d.Language), "write it as ko, ja, en or zh-Hant")
	case !slices.Contains(textStandings, d.Standing):
		return badDocument("standing", fmt.Sprintf("standing %.20q is not known", d.Standing), "use one of "+strings.Join(textStandings, ", "))
	case !unitForm.MatchString(d.Unit):
		return badDocument("unit", fmt.Sprintf("%.60q is not a unit", d.Unit), "name the office to turn to, as city/office")
	case d.Abstract == nil || len(d.Abstract) > 16:
		return badDocument("abstract", "a document has a list of at most 16 abstracts", "leave some out")
	}
	seen := map[string]bool{}
	for _, a := range d.Abstract {
		switch {
		case !langForm.MatchString(a.Lang) || seen[a.Lang]:
			return badDocument("abstract", fmt.Sprintf("%.20q is not a language, or stands twice", a.Lang), "write each language once, as ko, ja, en or zh-Hant")
		case !slices.Contains(textStandings, a.Standing):
			return badDocument("abstract", fmt.Sprintf("standing %.20q is not known", a.Standing), "use one of "+strings.Join(textStandings, ", "))
		case !showable(a.Text, maxAbstract, true):
			return badDocument("abstract", fmt.Sprintf("an abstract has 1 to %d bytes, without invisible characters", maxAbstract), "shorten it").Says("fault.abstract", "most", maxAbstract)
		}
		seen[a.Lang] = true
	}
	return nil
}

func (d *Document) checkKind() error {
	due, err := date.ParseDay(d.Due)
	switch {
	case !slices.Contains(DocumentKinds, d.Kind):
		return badDocument("kind", fmt.Sprintf("kind %.20q is not known", d.Kind), "use letter, report, question or answer").Says("fault.choose")
	case d.Grade != "O" && d.Grade != "S":
		return badDocument("grade", fmt.Sprintf("nothing of grade %.20q leaves", d.Grade), "send what is graded O, or S for named persons to release")
	case (d.Kind == Question) != (d.Due != ""):
		return badDocument("due", "a question has a day by which an answer is asked for, and nothing else has", "name the day of a question, of no other kind").Says("fault.due_extra")
	case d.Due != "" && (err != nil || due.String() != d.Due || due.Year() < 2000):
		return badDocument("due", fmt.Sprintf("%.20q is not a day", d.Due), "write it as 2026-11-24").Says("fault.day")
	case (d.Kind == Answer) != (d.Answers != ""):
		return badDocument("answers", "an answer names the document it answers, and nothing else does", "name the document of an answer, of no other kind")
	case d.Answers != "" && (!idForm.MatchString(d.Answers) || d.Answers == d.Document):
		return badDocument("answers", "it does not name another document", "name the document it answers by its id")
	}
	return nil
}

func (d *Document) checkFile() error {
	if err := CheckFileName(d.Name); err != nil {
		return err
	}
	switch {
	case Media[Ending(d.Name)] != d.Media:
		return badDocument("media", fmt.Sprintf("the ending of %q is not that of %.80q", d.Name, d.Media), "name the file by what it is")
	case d.Size < 1 || d.Size > MaxDocument:
		return badDocument("size", fmt.Sprintf("a file has 1 to %d bytes", MaxDocument), "divide it")
	case !hashForm.MatchString(d.Hash):
		return badDocument("hash", "it is not a SHA-256 in hex", "it is computed by the node that sends it")
	case len(d.Parts) != PartCount(d.Size):
		return badDocument("parts", fmt.Sprintf("a file of %d bytes has %d parts", d.Size, PartCount(d.Size)), "they are cut by the node that sends it")
	}
	for _, p := range d.Parts {
		if !hashForm.MatchString(p) {
			return badDocument("parts", "one is not a SHA-256 in hex", "they are computed by the node that sends it")
		}
	}
	return nil
}

// CheckFileName says whether a file may bear a name: one that is a file's on every system, shows as it is written, and has
// an ending of the list.
func CheckFileName(name string) error {
	bad := func(why string) error {
		return badDocument("name", fmt.Sprintf("%.60q cannot be the name of a file: %s", name, why), "rename the file").Says("fault.file_name")
	}
	switch {
	case !showable(name, maxName, false):
		return bad(fmt.Sprintf("it is empty, longer than %d bytes, or holds an invisible character", maxName))
	case !norm.NFC.IsNormalString(name):
		return bad("it is not in Unicode's composed form")
	case strings.ContainsAny(name, `/\:*?"<>|`):
		return bad(`it holds one of / \ : * ? " < > |`)
	case name[0] == '.' || name[0] == ' ' || name[0] == '-' || strings.HasSuffix(name, " ") || strings.HasSuffix(name, "."):
		return bad("it begins or ends with a full stop, a hyphen or a space")
	case deviceForm.MatchString(name):
		return bad("it is a device's on some systems")
	case Media[Ending(name)] == "":
		return bad("its ending is not one of a type that crosses")
	}
	return nil
}

// showable says whether s is text of at most so many bytes that shows as it is: no control or format character, and lines only
// where they are let.
func showable(s string, most int, lines bool) bool {
	return strings.TrimSpace(s) != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || !(r == '\n' && lines) && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co))
	})
}

// Opened is the body of an entry by which an office says that it has opened a document. Who did is nobody else's to know.
type Opened struct {
	Document string `json:"document"` // its id
	Unit     string `json:"unit"`     // the office, as in the header
	Hash     string `json:"hash"`     // SHA-256 of the file it opened
}

// Encode is the one form of it.
func (o *Opened) Encode() ([]byte, error) { return oneForm(o) }

// ParseOpened reads the one form and refuses every other.
func ParseOpened(body []byte) (*Opened, error) {
	o := new(Opened)
	if err := parseOneForm("word of an opening", body, MaxHead, o); err != nil {
		return nil, err
	}
	if !idForm.MatchString(o.Document) || !unitForm.MatchString(o.Unit) || !hashForm.MatchString(o.Hash) {
		return nil, badForm("word of an opening")("its document, unit or hash is wrong")
	}
	return o, nil
}
