package web

import (
	"context"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/chart"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// Data is what the pages of datasets show. Every text comes in the language that is asked for.
type Data struct {
	List    func(ctx context.Context, by who.Person, lang text.Lang) ([]DataArea, error)
	Dataset func(ctx context.Context, by who.Person, name string, ask DataAsk, lang text.Lang) (*Dataset, error)
	Record  func(ctx context.Context, by who.Person, name, origin, key string, lang text.Lang) (*DataRecord, error)
	// File is a download: its media type, the name of the file, and what writes it.
	File func(ctx context.Context, by who.Person, name, format string, ask DataAsk, lang text.Lang) (*DataFile, error)

	// Entry is the form of a list that is kept by hand: of a new entry where key is empty. Keep stores what was written and says
	// what is wrong with it, by field; Drop deletes.
	Entry func(ctx context.Context, by who.Person, name, key string, lang text.Lang) (*DataEntry, error)
	Keep  func(ctx context.Context, by who.Person, name, key string, shown int64, written map[string]string, lang text.Lang) (kept string, wrong map[string]string, err error)
	Drop  func(ctx context.Context, by who.Person, name, key string, shown int64) error
}

// DataAsk is what a reader asks of a dataset.
type DataAsk struct {
	Party, Text string
	From, Until date.Day
	Field       string // the quantity that is drawn, of a dataset of series
	At          int64  // what was there when this was the newest
	After       string // the last row of the page before
}

// DataArea is an area with its datasets.
type DataArea struct {
	Name  string
	Label string
	Lines []DataLine
}

// DataLine is a dataset in the list.
type DataLine struct {
	Name     string // safety/subsidence
	Label    string
	Series   bool
	Register bool
	Held     []DataHeld
	Grades   []string // of the terms in force under which it may leave, here and there
}

// DataHeld is what is here of a dataset from one party.
type DataHeld struct {
	Party     Party
	Own       bool
	N         int64 // records or values
	Series    int
	First     date.Day
	Last      date.Day
	Simulated string // all, some, none: of the newest ones
}

// Dataset is one dataset as the reader may see it.
type Dataset struct {
	DataLine
	Area    string
	About   string
	Compare string // what the area says of comparing
	Version int
	Closed  bool // the reader sees of this city's records only what may leave by itself
	Keeps   bool // the reader may add to it

	Parties []Party
	Columns []DataColumn
	Rows    []DataRow
	At      int64
	After   string // empty where nothing follows
	Looked  int    // how many rows were looked at for a text, where that is more than are shown

	Months   []DataSeries // records a month, by party
	Lines    []DataSeries // the values of one quantity, by party
	Unit     string
	Field    string       // the quantity that is drawn
	Fields   []DataColumn // quantities that can be drawn
	All      []DataStation
	Unlisted int // series that are not listed

	Spots   []DataSpots
	Grounds []MapGround
	Shapes  bool // its records have outlines of their own
	Given   []DataGiven
	Sources []DataSource
	Ways    []DataWay
}

// DataColumn is a field in the reader's words.
type DataColumn struct {
	Name, Label, Unit, Type string
	Number                  bool
}

// DataCell is a value in the reader's words; Lang is that of a text that somebody else wrote.
type DataCell struct {
	Text, Lang string
	Number     bool
}

// DataRow is one record.
type DataRow struct {
	Party     Party
	Origin    string
	Key       string
	Seq       int64
	When      string
	Place     string
	Simulated bool
	Cells     []DataCell
}

// DataSeries is a line of a figure.
type DataSeries struct {
	Party     Party
	Label     string // what is measured, where it is more than the party
	Own       bool
	Simulated bool
	Points    []chart.Point
}

// DataStation is one series in the list.
type DataStation struct {
	Party       Party
	Key         string
	Field       string
	Step        string
	N           int64
	First, Last date.Day
	Simulated   bool
}

// DataSpots are the places of one party.
type DataSpots struct {
	Party Party
	Own   bool
	Spots []chart.Spot
	Areas []chart.Area
	More  bool // there are others
}

// DataGiven says which party gives a field.
type DataGiven struct {
	Column DataColumn
	Share  []int  // percent of the newest records of each party; -1 where there are none
	Word   string // both, one, none
}

// DataSource is where a publisher's files come from.
type DataSource struct{ Title, Publisher, URL, Licence, Recipe string }

// DataWay is a clause under which the dataset may leave one of the cities.
type DataWay struct {
	From, To   Party
	Own        bool
	Instrument string
	Name       agreement.Texts
	Clause     string
	Grade      string
	Gate       []string
	Entries    int64
	Rows       int64
	Delivered  int64
	Last       time.Time
}

// DataRecord is one record with its versions.
type DataRecord struct {
	Dataset  string
	Label    string
	Area     string
	Key      string
	Party    Party
	Columns  []DataColumn
	Versions []DataVersion
	Left     []DataEntryAt // entries that carried it out
	Keeps    bool
	Closed   bool
}

// DataVersion is one version of a record.
type DataVersion struct {
	Row     DataRow
	Known   time.Time
	Source  string
	Gone    string // deleted, withdrawn; empty while it is there
	Hidden  bool
	Brought []DataEntryAt
	Changed map[int]bool // which columns differ from the version before
}

// DataEntryAt is an entry on a link.
type DataEntryAt struct {
	Writer  Party
	ID      string
	Index   int64
	Clause  string
	Time    time.Time
	Receipt bool
}

// DataFile is a download.
type DataFile struct {
	Name, Media string
	Write       func(io.Writer) error
}

type dataListPage struct {
	chrome
	Areas []DataArea
}

// DataList lists the datasets.
func (s *Site) DataList(w http.ResponseWriter, r *http.Request, by who.Person) error {
	lang := reader(r, by)
	areas, err := s.source.Data.List(r.Context(), by, lang)
	if err != nil {
		return err
	}
	p := text.In(lang)
	return render(w, r, by, http.StatusOK, "data-list", &dataListPage{chrome: chrome{P: p, By: by, Title: p.T("data.title"), Path: "/data"}, Areas: areas})
}

// datasetName is the name that a path gives.
func datasetName(r *http.Request) string { return r.PathValue("area") + "/" + r.PathValue("name") }

// dataAsk reads what a reader asks for.
func dataAsk(r *http.Request) (ask DataAsk, err error) {
	q := r.URL.Query()
	ask = DataAsk{Party: q.Get("party"), Text: strings.TrimSpace(q.Get("text")), Field: q.Get("field"), After: q.Get("after")}
	if len(ask.Text) > 200 || len(ask.Party) > 100 {
		return ask, fault.New(fault.Invalid, "filter", "it is longer than anything that could be found", "look for fewer letters").At("text")
	}
	for _, d := range []struct {
		name string
		into *date.Day
	}{{"from", &ask.From}, {"until", &ask.Until}} {
		if v := q.Get(d.name); v != "" {
			if *d.into, err = date.ParseDay(v); err != nil {
				return ask, fault.New(fault.Invalid, "day", err.Error(), "write it as 2026-04-01").At(d.name)
			}
		}
	}
	if v := q.Get("at"); v != "" {
		if ask.At, err = strconv.ParseInt(v, 10, 64); err != nil {
			return ask, fault.New(fault.Invalid, "page", "it is named by a number", "take the link on the page").At("at")
		}
	}
	return ask, nil
}

// values are the address of the same question.
func (a DataAsk) values(lang text.Lang) url.Values {
	q := url.Values{"lang": {string(lang)}}
	for _, v := range []struct{ name, value string }{{"party", a.Party}, {"text", a.Text}, {"from", a.From.String()}, {"until", a.Until.String()}, {"field", a.Field}} {
		if v.value != "" {
			q.Set(v.name, v.value)
		}
	}
	return q
}

type datasetPage struct {
	chrome
	*Dataset
	Ask DataAsk
}

// Dataset shows one dataset.
func (s *Site) Dataset(w http.ResponseWriter, r *http.Request, by who.Person) error {
	ask, err := dataAsk(r)
	if err != nil {
		return err
	}
	lang := reader(r, by)
	d, err := s.source.Data.Dataset(r.Context(), by, datasetName(r), ask, lang)
	if err != nil {
		return err
	}
	kept := ask.values(lang)
	kept.Del("lang")
	return render(w, r, by, http.StatusOK, "dataset", &datasetPage{chrome{P: text.In(lang), By: by, Title: d.Label, Path: "/data/" + d.Name, More: kept}, d, ask})
}

// Next is the address of the page after this; empty where nothing follows.
func (p *datasetPage) Next() string {
	if p.After == "" {
		return ""
	}
	q := p.Ask.values(p.P.Lang())
	q.Set("at", strconv.FormatInt(p.At, 10))
	q.Set("after", p.After)
	return p.Path + "?" + q.Encode() + "#rows"
}

// First is the address of the first page; empty on it.
func (p *datasetPage) First() string {
	if p.Ask.After == "" {
		return ""
	}
	return p.Path + "?" + p.Ask.values(p.P.Lang()).Encode() + "#rows"
}

// Download is the address of the same rows as a file.
func (p *datasetPage) Download(format string) string {
	return p.Path + "/file/" + format + "?" + p.Ask.values(p.P.Lang()).Encode()
}

// Filtered says whether the reader asks for some of it only.
func (p *datasetPage) Filtered() bool {
	return p.Ask.Party != "" || p.Ask.Text != "" || !p.Ask.From.IsZero() || !p.Ask.Until.IsZero()
}

// Formats are the files there are.
func (p *datasetPage) Formats() []string {
	if p.Series {
		return []string{"csv", "xlsx"}
	}
	return []string{"csv", "xlsx", "geojson", "kml"}
}

// Total is how much is here of all parties.
func (p *datasetPage) Total() (n int64) {
	for _, h := range p.Held {
		n += h.N
	}
	return n
}

// Figure is the chart, Map the maps; empty where there is nothing to draw.
func (p *datasetPage) Figure() template.HTML {
	if p.Series {
		return p.lines()
	}
	return p.months()
}

func recordPath(name, origin, key string) string {
	return "/data/" + name + "/record/" + url.PathEscape(origin) + "/" + url.PathEscape(key)
}

// Row is the address of a record.
func (p *datasetPage) Row(r DataRow) string {
	return p.To(recordPath(p.Name, r.Origin, r.Key))
}

type dataRecordPage struct {
	chrome
	*DataRecord
	Notice string
}

// DataRecord shows one record with its versions.
func (s *Site) DataRecord(w http.ResponseWriter, r *http.Request, by who.Person) error {
	lang := reader(r, by)
	d, err := s.source.Data.Record(r.Context(), by, datasetName(r), r.PathValue("origin"), r.PathValue("key"), lang)
	if err != nil {
		return err
	}
	p := text.In(lang)
	return render(w, r, by, http.StatusOK, "data-record", &dataRecordPage{chrome: chrome{P: p, By: by, Title: p.T("data.record_title", "what", d.Label, "key", d.Key), Path: recordPath(d.Dataset, d.Party.ID, d.Key)}, DataRecord: d})
}

// Edit is the address of the form of an entry.
func (p *dataRecordPage) Edit() string {
	return "/data/" + p.Dataset + "/entry?" + url.Values{"lang": {string(p.P.Lang())}, "key": {p.Key}}.Encode()
}

// DataFile is a download. It is written while it is read: what cannot be written to its end is cut off, so that nobody takes half
// of it for the whole.
func (s *Site) DataFile(w http.ResponseWriter, r *http.Request, by who.Person) error {
	ask, err := dataAsk(r)
	if err != nil {
		return err
	}
	f, err := s.source.Data.File(r.Context(), by, datasetName(r), r.PathValue("format"), ask, reader(r, by))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.Media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", sandbox)
	if err := f.Write(w); err != nil {
		s.log.ErrorContext(r.Context(), "a download could not be written", "file", f.Name, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// partyLabel names a party in the reader's language.
func partyLabel(p *text.Printer, party Party) (label, lang string) {
	s := choose(p.Lang(), party.Name)
	if s.Text == "" {
		return party.ID, ""
	}
	if s.Foreign {
		return s.Text, s.Lang
	}
	return s.Text, ""
}
