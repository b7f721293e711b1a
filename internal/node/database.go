package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/link"
)

// secretDatabase is where init keeps the URL of a database with a password, beside the keys.
var secretDatabase = filepath.Join(keysDir, "database.url")

// Database is what db.Open takes: the path of the file in the home, or the URL of the database that is configured.
func (h *Home) Database() (string, error) {
	switch c := h.Config; {
	case c.Database != "" && c.DatabaseFile != "":
		return "", h.badDatabase("database and database_file are both set", "remove one of them")
	case c.Database != "":
		if !db.IsURL(c.Database) {
			return "", h.badDatabase("database is not a URL", "write it as postgres://USER@HOST:5432/DATABASE, or remove it: then the node keeps a file in its home")
		}
		return c.Database, nil
	case c.DatabaseFile != "":
		return h.databaseURL(c.DatabaseFile)
	}
	return filepath.Join(h.Dir, databaseFile), nil
}

func (h *Home) badDatabase(why, do string) error {
	return fault.New(fault.Invalid, "configuration", why, do).At(filepath.Join(h.Dir, configFile))
}

// databaseURL reads the file that holds the URL. A relative path is one from the home.
func (h *Home) databaseURL(path string) (string, error) {
	path = h.secretPath(path)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fault.New(fault.NotFound, "database_file", "there is no such file", "write the URL of the database into it: postgres://USER:PASSWORD@HOST:5432/DATABASE").At(path)
	}
	if err != nil {
		return "", fault.New(fault.Unavailable, "database_file", "it cannot be read", "check its permissions").At(path).Because(err)
	}
	at := strings.TrimSpace(string(b))
	if !db.IsURL(at) {
		return "", fault.New(fault.Invalid, "database_file", "it does not hold the URL of a database", "write one line into it: postgres://USER:PASSWORD@HOST:5432/DATABASE").At(path)
	}
	return at, nil
}

func (h *Home) secretPath(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(h.Dir, path)
}

// Secrets are the files of the home that nobody but its owner may read.
func (h *Home) Secrets() (files []string, err error) {
	err = filepath.WalkDir(filepath.Join(h.Dir, keysDir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if h.Config.Mail != nil && h.Config.Mail.PasswordFile != "" {
		files = append(files, h.secretPath(h.Config.Mail.PasswordFile))
	}
	if h.Config.DatabaseFile != "" {
		files = append(files, h.secretPath(h.Config.DatabaseFile))
	}
	if h.Config.TLSKey != "" {
		files = append(files, h.secretPath(h.Config.TLSKey))
	}
	if secret, err := db.CheckURL(h.Config.Database); h.Config.Database != "" && (err != nil || secret) {
		files = append(files, filepath.Join(h.Dir, configFile))
	}
	return files, nil
}

// tryDatabase looks at the database of a node that is to be made, so that nothing is made when it cannot be used.
func tryDatabase(ctx context.Context, at string) error {
	if at == "" {
		return nil
	}
	if !db.IsURL(at) {
		return fault.New(fault.Invalid, "database", "it is not a URL", "write it as postgres://USER@HOST:5432/DATABASE, or leave it out: then the node keeps a file in its home")
	}
	d, err := db.Open(ctx, at, time.Now)
	if err != nil {
		return err
	}
	parties, err := link.New(d, link.Self{}, nil).Partners(ctx)
	if err = errors.Join(err, d.Close()); err == nil && len(parties) > 0 {
		err = fault.New(fault.Conflict, "database", "it is the database of a node already, with the cards of "+strings.Join(parties, ", "),
			"name an empty one; to serve that node by one more process, copy its home instead")
	}
	return err
}

// beginDatabase makes the tables of a new node. On a server the card goes in at once: from then on a database without it
// is known to be another one.
func beginDatabase(ctx context.Context, at, party string, card []byte) error {
	d, err := db.Open(ctx, at, time.Now)
	if err != nil {
		return err
	}
	if db.IsURL(at) {
		_, _, err = link.New(d, link.Self{Party: party}, nil).AddCard(ctx, card)
	}
	return errors.Join(err, d.Close())
}

// hideDatabase moves a URL with a password from the configuration into a file that only its owner can read.
func (h *Home) hideDatabase() error {
	at := h.Config.Database
	if at == "" {
		return nil
	}
	if secret, err := db.CheckURL(at); err != nil || !secret {
		return err
	}
	if err := file.Write(filepath.Join(h.Dir, secretDatabase), "URL of the database", 0o600, []byte(at+"\n")); err != nil {
		return err
	}
	h.Config.Database, h.Config.DatabaseFile = "", secretDatabase
	return nil
}
