// Package courier carries bundles by hand, as files on a stick or beside a letter, and by mail: SMTP out, a maildir in. Writing
// a file is package file's affair; reading never takes in more than a bundle can be.
package courier

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"accord/exchange"
	"accord/internal/fault"
)

// ReadFile reads a sealed bundle, never more than one can hold.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "bundle file", "there is no such file", "name the file the partner gave you").At(path)
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, "bundle file", "it cannot be opened: "+err.Error(), "check its permissions").At(path).Because(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, exchange.MaxSealed+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "bundle file", "it cannot be read: "+err.Error(), "copy it again from where it came").At(path).Because(err)
	}
	if len(b) > exchange.MaxSealed {
		return nil, fault.New(fault.Invalid, "bundle file", "it is larger than a bundle can be", "name the file the partner gave you").At(path)
	}
	return b, nil
}
