package agreement

// A Text is one text in one language. What is nobody's translation, such as a remark of ours, has no standing.
type Text struct {
	Lang     string       `toml:"lang"`     // BCP 47: ko, ja, en, zh-Hant
	Standing TextStanding `toml:"standing"` // what the text is worth
	Text     string       `toml:"text"`
}

// Texts are one text in several languages, the most important first.
type Texts []Text

// A TextStanding says what a text is worth.
type TextStanding string

const (
	Authentic TextStanding = "authentic" // binds; equal to every other authentic text
	Official  TextStanding = "official"  // a party's own words or translation
	WorkingTr TextStanding = "working"   // a translation for work, checked by a person
	Machine   TextStanding = "machine"   // a translation nobody has checked
	Summary   TextStanding = "summary"   // our words, from public sources, incomplete
)

// In returns the first text in the language, or nothing.
func (t Texts) In(lang string) string {
	for _, s := range t {
		if s.Lang == lang {
			return s.Text
		}
	}
	return ""
}
