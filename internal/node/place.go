package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
)

// placeFile remembers where a home was made. A home whose database lies in it and that is served in two places would sign two
// histories; a copy can be told by it.
const placeFile = "place.json"

// A place is a folder on a machine.
type place struct {
	Machine string `json:"machine"`
	Folder  uint64 `json:"folder"` // number of the folder in its file system; 0 where there is none
}

func (h *Home) here() (place, error) {
	name, err := os.Hostname()
	if err != nil {
		return place{}, err
	}
	info, err := os.Stat(h.Dir)
	if err != nil {
		return place{}, err
	}
	return place{name, inode(info)}, nil
}

// MarkPlace says that this home is the one and only.
func (h *Home) MarkPlace() error {
	p, err := h.here()
	if err != nil {
		return err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return file.Write(filepath.Join(h.Dir, placeFile), "place of the home", 0o600, append(b, '\n'))
}

// checkPlace says whether the home is a copy.
func (h *Home) checkPlace() error {
	if at, err := h.Database(); err != nil || db.IsURL(at) { // copies of a home may share a server
		return nil
	}
	path := filepath.Join(h.Dir, placeFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // made by an older accord
	}
	if err != nil {
		return err
	}
	var was place
	if err := json.Unmarshal(b, &was); err != nil {
		return fault.New(fault.Invalid, "place of the home", "it cannot be read", "remove it: rm "+path).At(path)
	}
	now, err := h.here()
	if err != nil {
		return err
	}
	if was != now {
		return fault.New(fault.Conflict, "home", fmt.Sprintf("it was copied or moved here, from %s", was.Machine),
			"if the other one can still be served, restore from a backup instead: two that go on from one state sign two histories. If this is the only one: accord check --here")
	}
	return nil
}
