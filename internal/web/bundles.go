package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/text"
	"accord/internal/who"
)

// BundleDue is what a file for a partner would carry now.
type BundleDue struct {
	Partner  Party
	Waiting  int64 // entries without a position that may leave
	Unproved int64 // entries that have left and are not confirmed: they go again
	Word     bool  // the partner waits for our word on what came
	Restored bool  // nothing leaves before the partner's word has come
	Last     *time.Time
}

// BundleFile is a bundle as a file.
type BundleFile struct {
	Name   string
	Sealed []byte
}

// BundleRead is what reading a file did.
type BundleRead struct {
	From                                       Party
	Applied, Known, Aside, Delivered, Returned int
	Waits                                      bool
	Asides                                     []BundleAside
}

// BundleAside is an entry of it that is set aside.
type BundleAside struct {
	Index int64
	Why   LinkReason
}

type bundlesPage struct {
	chrome
	Due     []BundleDue
	Read    *BundleRead
	Gap     *link.Gap
	Problem *fault.Fault
	Empty   bool // no file was chosen
}

// EntryHref is the address of an entry that a file has brought.
func (p *bundlesPage) EntryHref(index int64) string {
	return p.with(entryPath(p.Read.From.ID, index), "with", p.Read.From.ID)
}

// AsideHref is the list of what is set aside.
func (p *bundlesPage) AsideHref() string { return p.To("/link/" + p.Read.From.ID + "/aside") }

// Bundles is where people without a network fetch a file for a partner and bring one that came.
func (s *Site) Bundles(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.bundles(w, r, by, http.StatusOK, &bundlesPage{})
}

func (s *Site) bundles(w http.ResponseWriter, r *http.Request, by who.Person, status int, page *bundlesPage) (err error) {
	if page.Due, err = s.source.Links.Bundles(r.Context()); err != nil {
		return err
	}
	p := text.In(reader(r, by))
	page.chrome = chrome{P: p, By: by, Title: p.T("bundles.title"), Path: "/bundles"}
	return render(w, r, by, status, "bundles", page)
}

// WriteBundle makes the next file for a partner. Making one gives entries their positions, so it is asked for by a form.
func (s *Site) WriteBundle(w http.ResponseWriter, r *http.Request, by who.Person) error {
	file, err := s.source.Links.Write(r.Context(), by, r.PathValue("party"))
	if err != nil {
		return err
	}
	download(w, file.Name, int64(len(file.Sealed)))
	_, err = w.Write(file.Sealed)
	return err
}

// maxUpload bounds the form that carries a bundle: a sealed bundle has at most 8 MiB.
const maxUpload = 8<<20 + 64<<10

// ReadBundle takes in a file that came.
func (s *Site) ReadBundle(w http.ResponseWriter, r *http.Request, by who.Person) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.Invalid, "form", "it cannot be read", "go back and send it again").Because(err)
	}
	part, err := parts.NextPart()
	for err == nil && part.FormName() != "file" {
		part, err = parts.NextPart()
	}
	if errors.Is(err, io.EOF) || err == nil && part.FileName() == "" {
		return s.bundles(w, r, by, http.StatusBadRequest, &bundlesPage{Empty: true})
	}
	if err != nil {
		return fault.New(fault.Invalid, "form", "it cannot be read, or is too large", "choose the file that the partner gave you").Because(err)
	}
	report, err := s.source.Links.Read(r.Context(), by, part, reader(r, by))
	if err == nil {
		return s.bundles(w, r, by, http.StatusOK, &bundlesPage{Read: report})
	}
	gap, _ := errors.AsType[*link.Gap](err)
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind != fault.Internal {
		s.refused(r, by, err)
		return s.bundles(w, r, by, Status(f.Kind), &bundlesPage{Gap: gap, Problem: f})
	}
	return err
}
