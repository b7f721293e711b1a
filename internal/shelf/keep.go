package shelf

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/store"
	"accord/internal/who"
	"accord/record"
)

// A Wrong is what is wrong with a value that somebody wrote: a key of the words that say it, and the bound it names.
type Wrong struct {
	Field string // of the dataset; key, when or place
	Why   string // required, text, long, number, whole, low, high, date, code, place, geometry
	Bound string
}

// The names of what an entry has besides its fields.
const (
	WhenField  = "when"
	PlaceField = "place"
)

// Read makes a record of what a person wrote, by the names of the fields; when and place are dates and "latitude, longitude".
// It says of every value what is wrong with it.
func Read(d *record.Dataset, written map[string]string) (r record.Record, wrong []Wrong) {
	r.Values = make([]record.Value, len(d.Fields))
	for i := range d.Fields {
		f := &d.Fields[i]
		text := strings.TrimSpace(written[f.Name])
		if text == "" {
			if f.Required {
				wrong = append(wrong, Wrong{f.Name, "required", ""})
			}
			continue
		}
		v, why, bound := value(f, text)
		if why != "" {
			wrong = append(wrong, Wrong{f.Name, why, bound})
			continue
		}
		r.Values[i] = v
	}
	if text := strings.TrimSpace(written[WhenField]); text != "" {
		day, err := date.Parse(text)
		if err != nil {
			wrong = append(wrong, Wrong{WhenField, "date", ""})
		}
		r.When = record.OnDate(day)
	}
	if text := strings.TrimSpace(written[PlaceField]); text != "" {
		var ok bool
		if r.Place, ok = place(text); !ok {
			wrong = append(wrong, Wrong{PlaceField, "place", ""})
		}
	}
	return r, wrong
}

// place reads latitude and longitude in decimal degrees, in the order in which people write them.
func place(text string) (record.Place, bool) {
	lat, lon, ok := strings.Cut(text, ",")
	y, err1 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, err2 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || err1 != nil || err2 != nil || !(math.Abs(y) <= 90) || !(math.Abs(x) <= 180) {
		return record.Place{}, false
	}
	return record.Place{Known: true, Lat: y + 0, Lon: x + 0}, true
}

// value reads one value of a field.
func value(f *record.Field, text string) (v record.Value, why, bound string) {
	switch f.Type {
	case record.Text:
		text = strings.ReplaceAll(text, "\r\n", "\n")
		if len(text) > record.MaxText {
			return v, "long", strconv.Itoa(record.MaxText)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' && c != '\n' || c == 0x7f }) {
			return v, "text", ""
		}
		return record.TextOf(text), "", ""
	case record.Code:
		if !slices.Contains(f.Codes, text) {
			return v, "code", ""
		}
		return record.CodeOf(text), "", ""
	case record.Date:
		day, err := date.Parse(text)
		if err != nil {
			return v, "date", ""
		}
		return record.DateOf(day), "", ""
	case record.Bool:
		if text != "true" && text != "false" {
			return v, "code", ""
		}
		return record.BoolOf(text == "true"), "", ""
	case record.Geometry:
		return v, "geometry", ""
	default:
		return number(f, text)
	}
}

func number(f *record.Field, text string) (v record.Value, why, bound string) {
	n, err := strconv.ParseFloat(text, 64)
	n += 0 // no minus before zero
	switch {
	case err != nil || math.IsNaN(n) || math.IsInf(n, 0):
		return v, "number", ""
	case f.Type == record.Integer && (n != math.Trunc(n) || math.Abs(n) >= 1<<53):
		return v, "whole", ""
	case f.Min != nil && n < *f.Min:
		return v, "low", strconv.FormatFloat(*f.Min, 'f', -1, 64)
	case f.Max != nil && n > *f.Max:
		return v, "high", strconv.FormatFloat(*f.Max, 'f', -1, 64)
	case f.Type == record.Integer:
		return record.IntegerOf(int64(n)), "", ""
	}
	return record.NumberOf(n), "", ""
}

// byHand is the source of what people keep by hand.
const byHand = "kept by hand"

// ErrChanged says that somebody else has changed or deleted the entry since it was shown.
var ErrChanged = fault.New(fault.Conflict, "entry", "somebody has changed or deleted it since it was shown to you", "look at it as it is now, then change it again")

// Put stores an entry of a list that is kept by hand, by a person, and writes the deed down. With an empty key it is a new one
// and gets one. shown is the number of the version that the person saw; if another one is current now, nothing is changed.
func (s *Shelf) Put(ctx context.Context, by who.Person, d *record.Dataset, r record.Record, shown int64) (key string, err error) {
	fresh := r.Key == ""
	if fresh {
		r.Key = newKey()
	}
	if wrong := d.Validate(&r); wrong != nil {
		return "", fault.New(fault.Invalid, "entry of "+d.Name, wrong[0].Why, "correct it").At(wrong[0].Field)
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		deed := "add"
		if !fresh {
			deed = "change"
			if err := s.still(ctx, tx, d.Name, r.Key, shown); err != nil {
				return err
			}
		}
		w := store.NewWriter(ctx, tx, d, store.Source{Origin: s.Party, Name: byHand})
		if err := w.Put(&r, record.AppendRow(nil, d, &r)); err != nil {
			return err
		}
		if _, err := w.Close(); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, deed+" entry", d.Name+" "+r.Key))
	})
	return r.Key, err
}

// Drop deletes an entry of a list that is kept by hand. Its versions stay, as every version does.
func (s *Shelf) Drop(ctx context.Context, by who.Person, d *record.Dataset, key string, shown int64) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := s.still(ctx, tx, d.Name, key, shown); err != nil {
			return err
		}
		if _, err := store.Delete(ctx, tx, d.Name, s.Party, key, byHand); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, "delete entry", d.Name+" "+key))
	})
}

// still says whether the version that a person saw is the current one of ours.
func (s *Shelf) still(ctx context.Context, tx *db.Tx, dataset, key string, shown int64) error {
	now, err := store.Current(ctx, tx, dataset, s.Party, key)
	if err == nil && (len(now) == 0 || now[0].Seq != shown) {
		return ErrChanged
	}
	return err
}

// newKey is a key that no other entry has.
func newKey() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
