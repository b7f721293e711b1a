package courier

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message"

	"accord/exchange"
	"accord/internal/fault"
)

// MediaType is what a bundle calls itself, in a mail as in a request.
const MediaType = "application/vnd.accord.bundle"

// Limits of a mail. Anybody can write to a mail box: everything is bounded before it is looked at.
const (
	maxMail   = 12 << 20 // bytes: a bundle in base64 with lines, and room for what gateways add
	maxHeader = 64 << 10 // bytes of the headers of a mail or of a part
	maxParts  = 100
	maxDepth  = 8
)

// errNotOurs: the mail carries no bundle. It is somebody else's affair.
var errNotOurs = errors.New("no bundle is in it")

// readMail returns the one bundle that a mail carries. errNotOurs says that it carries none.
func readMail(r io.Reader) ([]byte, error) {
	limited := &io.LimitedReader{R: r, N: maxMail + 1}
	m, err := message.ReadWithOptions(limited, &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if err != nil && !soft(err) {
		return nil, errNotOurs
	}
	w := &walk{}
	err = w.part(m, 0)
	switch {
	case limited.N <= 0:
		return nil, badMail(fmt.Sprintf("it is larger than %d MiB", maxMail>>20))
	case err != nil && w.found == nil && !w.ours:
		return nil, errNotOurs
	case err != nil:
		return nil, err
	case w.found == nil:
		return nil, errNotOurs
	}
	return w.found, nil
}

func badMail(why string) *fault.Fault {
	return fault.New(fault.Invalid, "mail", why, "ask the partner to send it again, or as a file")
}

// soft errors are of words that are not needed: a charset or an encoding that only other parts have.
func soft(err error) bool { return message.IsUnknownCharset(err) }

// A walk goes through the parts of a mail.
type walk struct {
	parts int
	ours  bool // a part says that it is a bundle
	found []byte
}

func (w *walk) part(e *message.Entity, depth int) error {
	if w.parts++; w.parts > maxParts {
		return badMail(fmt.Sprintf("it has more than %d parts", maxParts))
	}
	if depth > maxDepth {
		return badMail(fmt.Sprintf("its parts are nested more than %d deep", maxDepth))
	}
	if mr := e.MultipartReader(); mr != nil {
		defer mr.Close()
		for {
			p, err := mr.NextPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if p == nil || err != nil && !soft(err) && !message.IsUnknownEncoding(err) {
				return badMail("its parts cannot be told apart").Because(err)
			}
			if err := w.part(p, depth+1); err != nil {
				return err
			}
		}
	}
	if !bundlePart(e) {
		return nil
	}
	w.ours = true
	if w.found != nil {
		return badMail("more than one bundle is in it")
	}
	b, err := io.ReadAll(io.LimitReader(e.Body, exchange.MaxSealed+1))
	if err != nil {
		return badMail("its bundle was spoilt on the way").Because(err)
	}
	if len(b) > exchange.MaxSealed || len(b) == 0 {
		return badMail("its bundle is empty, or larger than one can be")
	}
	w.found = b
	return nil
}

// bundlePart says whether a part is a bundle: by its type, or by its name where a gateway has called it something else.
func bundlePart(e *message.Entity) bool {
	kind, params, err := e.Header.ContentType()
	if err == nil && strings.EqualFold(kind, MediaType) {
		return true
	}
	if !strings.EqualFold(kind, "application/octet-stream") {
		return false
	}
	_, disposition, err := mime.ParseMediaType(e.Header.Get("Content-Disposition"))
	return err == nil && strings.HasSuffix(disposition["filename"], fileEnd) || strings.HasSuffix(params["name"], fileEnd)
}

const fileEnd = ".accord"
