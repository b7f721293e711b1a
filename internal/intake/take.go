package intake

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/series"
	"accord/internal/store"
	"accord/internal/table"
	"accord/record"
)

// A Take is how files are taken into a node.
type Take struct {
	DB       *db.DB
	Origin   string        // whose records they become: this node's party
	Lookup   record.Lookup // the datasets known
	Recipes  []*Recipe
	Recipe   string // name of the recipe to use; recognised from the file when empty
	Dataset  string // the dataset the file must be of; any when empty
	DryRun   bool   // read and count, store nothing
	Cut      bool   // take what is whole in a file that was cut
	Rejected string // folder for rejected rows
}

// A Taken says what became of a file. Rows = Accepted + Rejected + Unchanged; Flagged is part of Accepted.
type Taken struct {
	File         string    `json:"file"`
	Recipe       string    `json:"recipe"`
	Dataset      string    `json:"dataset"`
	Encoding     string    `json:"encoding"`
	Rows         int       `json:"rows"`
	Accepted     int       `json:"accepted"`
	Rejected     int       `json:"rejected"`
	Unchanged    int       `json:"unchanged"`
	Flagged      int       `json:"flagged"`
	RejectedFile string    `json:"-"` // where the rejected rows are, when there are any
	Problems     []Problem `json:"-"` // the first few problems, for people
	Unmapped     []string  `json:"-"` // columns that the recipe does not know and nobody read
}

// shownProblems is how many problems a person is shown; all of them are in the file of rejected rows.
const shownProblems = 5

// File takes one file in: all of its good rows in one transaction, or, where the file is refused, none.
func (t *Take) File(ctx context.Context, path string) (*Taken, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "file", "there is no such file", "check its name").At(path)
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "file", "it cannot be opened: "+err.Error(), "check its permissions").At(path).Because(err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, HeadSize)
	head, err := in.Peek(HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Unavailable, "file", "it cannot be read: "+err.Error(), "copy it again").At(path).Because(err)
	}
	var doc *table.Document // of a file that is no text table
	if table.FormatOf(head, filepath.Base(path)) != table.Text {
		if doc, err = document(f, path, in); err != nil {
			return nil, at(err, path)
		}
	}
	r, d, err := t.recognise(head, doc)
	if err != nil {
		return nil, at(err, path)
	}
	if t.Cut {
		whole := *r
		whole.CutAllowed = true
		r = &whole
	}
	if r, err = r.ForFile(filepath.Base(path)); err != nil {
		return nil, at(err, path)
	}
	taken := &Taken{File: path, Recipe: r.Name, Dataset: d.Name}
	rejected := &rejectedFile{dir: t.Rejected, name: stem(path)}
	again := false
	take := func(tx *db.Tx) error {
		if again && doc == nil { // from the first line on; a pipe cannot be read twice
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				return fault.New(fault.Unavailable, "file", "it would have to be read again and cannot be", "try again, or save it as a file first").At(path).Because(err)
			}
			in.Reset(f)
		}
		if again {
			rejected.discard()
			taken.Problems = nil
		}
		again = true
		read := func(emit func(Row) error) (Summary, error) {
			if doc != nil {
				return ReadDocument(r, d, doc, emit)
			}
			return Read(r, d, in, emit)
		}
		if err := t.rows(ctx, tx, d, read, taken, rejected); err != nil {
			return err
		}
		return rejected.finish()
	}
	if t.DryRun {
		err = take(nil)
	} else {
		err = t.DB.Update(ctx, take)
	}
	if err != nil {
		rejected.discard()
		return nil, at(err, path)
	}
	taken.RejectedFile = rejected.path
	return taken, nil
}

// stem is the name of a file without its ending, short enough that a name can be made of it, and without letters that a
// backup of the home could not hold or that would hide the file.
func stem(path string) string {
	s := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	s = strings.TrimLeft(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r == '\\' || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, s), ".")
	if len(s) > 180 {
		s = strings.ToValidUTF8(s[:180], "")
	}
	return s
}

// recognise returns the recipe for a file that begins with head, and its dataset.
func (t *Take) recognise(head []byte, doc *table.Document) (*Recipe, *record.Dataset, error) {
	r, err := Find(t.Recipes, t.Recipe)
	switch {
	case t.Recipe == "" && doc != nil:
		r, err = DetectDocument(t.Recipes, doc)
	case t.Recipe == "":
		r, err = Detect(t.Recipes, head)
	}
	if err != nil {
		return nil, nil, err
	}
	if t.Dataset != "" && t.Dataset != r.Dataset {
		return nil, nil, fault.New(fault.Invalid, "file", "recipe "+r.Name+" reads it as "+r.Dataset+", not as "+t.Dataset, "leave out --dataset, or name the right recipe")
	}
	d, ok := t.Lookup(r.Dataset, r.Version)
	if !ok {
		return nil, nil, fault.New(fault.Internal, "recipe "+r.Name, "it is for a dataset that this version does not know", "update this node")
	}
	return r, d, nil
}

// rows reads the file and stores what is accepted. tx is nil for a dry run.
func (t *Take) rows(ctx context.Context, tx *db.Tx, d *record.Dataset, read func(emit func(Row) error) (Summary, error), taken *Taken, rejected *rejectedFile) error {
	var k keeper = nothing{ctx}
	switch {
	case tx == nil:
	case d.Kind == record.Series:
		k = newObservations(ctx, tx, d, series.Source{Origin: t.Origin, Name: filepath.Base(taken.File)})
	default:
		k = newRecords(ctx, tx, d, store.Source{Origin: t.Origin, Name: filepath.Base(taken.File)})
	}
	sum, err := ahead(ctx, func(put func(Row) error) (Summary, error) {
		return read(func(row Row) error {
			if row.Status == Rejected {
				if taken.Problems = append(taken.Problems, row.Problems...); len(taken.Problems) > shownProblems {
					taken.Problems = taken.Problems[:shownProblems]
				}
				if tx == nil {
					return nil
				}
				return rejected.write(row)
			}
			if row.Status != Accepted {
				return ctx.Err()
			}
			row.Cells = nil // they are the reader's
			return put(row)
		})
	}, k)
	if err == nil {
		err = k.flush()
	}
	here, flagged := k.here()
	taken.Encoding, taken.Rows, taken.Rejected = sum.Encoding, sum.Rows, sum.Rejected
	taken.Unmapped = Foreign(slices.DeleteFunc(slices.Clone(sum.Unmapped), func(n string) bool {
		return n == table.Element || strings.Contains(n, "@") // XML says these of everything
	}))
	taken.Accepted, taken.Unchanged, taken.Flagged = sum.Accepted-here, sum.Unchanged+here, sum.Flagged-flagged
	return err
}

// Rows are handed over so many at a time, and reading is at most so many portions ahead of storing.
const (
	perPortion = 512
	portions   = 16
)

// ahead has the file read while what was read before is stored. It returns when both have ended; a failure of one ends
// the other.
func ahead(ctx context.Context, read func(put func(Row) error) (Summary, error), k keeper) (sum Summary, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ready := make(chan []Row, portions)
	go func() {
		defer close(ready)
		var some []Row
		hand := func() error {
			select {
			case ready <- some:
				some = make([]Row, 0, perPortion)
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		sum, err = read(func(row Row) error {
			if some = append(some, row); len(some) < perPortion {
				return nil
			}
			return hand()
		})
		if err == nil {
			err = hand()
		}
	}()
	var failed error
	for some := range ready { // to its end, so that nobody reads any more
		for i := 0; i < len(some) && failed == nil; i++ {
			if failed = k.put(&some[i]); failed != nil {
				stop(failed)
			}
		}
	}
	if failed != nil {
		return sum, failed
	}
	return sum, err
}

// A keeper stores accepted rows: records, observations, or nothing for a dry run.
type keeper interface {
	put(row *Row) error
	flush() error
	here() (rows, flagged int) // accepted by the file, but stored before
}

type nothing struct{ ctx context.Context }

func (k nothing) put(*Row) error { return k.ctx.Err() }
func (nothing) flush() error     { return nil }
func (nothing) here() (int, int) { return 0, 0 }

// records stores rows as records.
type records struct {
	ctx         context.Context
	writer      *store.Writer
	dataset     *record.Dataset
	line        []byte
	flagged     map[string]bool
	parts       map[string]*wideRow // by the key of a record of a wide row
	rows        int                 // stored before
	flaggedHere int
}

func newRecords(ctx context.Context, tx *db.Tx, d *record.Dataset, source store.Source) *records {
	k := &records{ctx: ctx, writer: store.NewWriter(ctx, tx, d, source), dataset: d, flagged: map[string]bool{}, parts: map[string]*wideRow{}}
	k.writer.Unchanged = func(key string) {
		if w := k.parts[key]; w != nil {
			if w.changed--; w.changed > 0 {
				return
			}
		}
		k.rows++
		if k.flagged[key] {
			k.flaggedHere++
		}
	}
	return k
}

// A wideRow is a row that became several records; it is unchanged when all of them are.
type wideRow struct{ changed int }

func (k *records) put(row *Row) error {
	if row.More == nil {
		return k.one(&row.Record, len(row.Flags) > 0)
	}
	w := &wideRow{len(row.More)}
	for i := range row.More {
		k.parts[row.More[i].Key] = w
		if err := k.one(&row.More[i], len(row.Flags) > 0); err != nil {
			return err
		}
	}
	return nil
}

func (k *records) one(r *record.Record, flagged bool) error {
	if flagged {
		k.flagged[r.Key] = true
	}
	k.line = record.AppendRow(k.line[:0], k.dataset, r)
	if err := k.writer.Put(r, k.line); err != nil {
		return err
	}
	return k.ctx.Err()
}

func (k *records) flush() error {
	_, err := k.writer.Close()
	return err
}

func (k *records) here() (int, int) { return k.rows, k.flaggedHere }

// at names the file in a fault that does not name its place yet.
func at(err error, path string) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return err
	}
	if f.Where != "" {
		path += ", " + f.Where
	}
	return f.At(path)
}

// A rejectedFile is made with the first rejected row. It is complete before the import is committed, so that nothing can
// fail afterwards, and goes when the import does.
type rejectedFile struct {
	dir, name string
	file      *os.File
	rows      *RejectedWriter
	path      string // empty while no row was rejected
}

func (j *rejectedFile) write(row Row) error {
	if j.file == nil {
		err := os.MkdirAll(j.dir, 0o700)
		if err == nil {
			j.file, err = os.CreateTemp(j.dir, "."+j.name+"-*.csv")
		}
		if err != nil {
			return noRoom(err)
		}
		j.path, j.rows = j.file.Name(), NewRejectedWriter(j.file)
	}
	return j.rows.Write(row)
}

// finish writes the file out and gives it its name.
func (j *rejectedFile) finish() error {
	if j.file == nil {
		return nil
	}
	name := filepath.Join(j.dir, strings.TrimPrefix(filepath.Base(j.path), "."))
	if err := errors.Join(j.rows.Flush(), j.file.Close(), os.Rename(j.path, name)); err != nil {
		return noRoom(err)
	}
	j.path = name
	return nil
}

func (j *rejectedFile) discard() {
	if j.file != nil {
		j.file.Close()
		os.Remove(j.path)
		j.file, j.path = nil, ""
	}
}

func noRoom(err error) error {
	return fault.New(fault.Unavailable, "rejected rows", "they cannot be written: "+err.Error(), "check the folder rejected of the home and its space").Because(err)
}
