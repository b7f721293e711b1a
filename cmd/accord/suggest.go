package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"accord/content"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/intake"
	"accord/record"
)

type recipeSuggestCmd struct {
	Out  string `help:"Folder in which to write NAME.toml and NAME.json instead of printing them." type:"path"`
	File string `arg:"" help:"A data file that no recipe knows." type:"path"`
}

type suggested struct {
	Name    string          `json:"recipe"`
	TOML    string          `json:"toml"`
	Dataset *record.Dataset `json:"dataset"`
}

func (c *recipeSuggestCmd) Run(r *run) error {
	doc, f, err := intake.OpenDocument(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := content.FS.ReadFile("words/tables.toml")
	if err != nil {
		return err
	}
	var words intake.Words
	if err := toml.Unmarshal(data, &words); err != nil {
		return err
	}
	draft, err := intake.Suggest(doc, words)
	if err != nil {
		if x, ok := errors.AsType[*fault.Fault](err); ok {
			return x.At(c.File)
		}
		return err
	}
	dataset, err := json.MarshalIndent(draft.Dataset, "", "  ")
	if err != nil {
		return err
	}
	if c.Out != "" {
		stem := filepath.Join(c.Out, draft.Name)
		if err := errors.Join(os.MkdirAll(c.Out, 0o777), file.Write(stem+".toml", "draft", 0o644, []byte(draft.Recipe)), file.Write(stem+".json", "draft", 0o644, append(dataset, '\n'))); err != nil {
			return fault.New(fault.Unavailable, "draft", "it cannot be written: "+err.Error(), "check the folder").At(c.Out).Because(err)
		}
	}
	return r.print(suggested{draft.Name, draft.Recipe, draft.Dataset}, func(w io.Writer) {
		if c.Out != "" {
			fmt.Fprintf(w, "%s.toml and .json written; look at every field, then try: accord import --dry-run --draft %s %s\n",
				filepath.Join(c.Out, draft.Name), filepath.Join(c.Out, draft.Name+".toml"), c.File)
			return
		}
		fmt.Fprintf(w, "%s\n# The dataset, as %s.json beside it:\n# %s\n", draft.Recipe, draft.Name, compact(draft.Dataset))
	})
}

func compact(d *record.Dataset) string {
	b, _ := json.Marshal(d)
	return string(b)
}

// loadDraft reads a recipe that is no part of this node's content, with the dataset beside it.
func loadDraft(path string, known []*intake.Recipe) (*intake.Recipe, *record.Dataset, error) {
	recipe, err := os.ReadFile(path)
	if err == nil {
		var dataset []byte
		if dataset, err = os.ReadFile(path[:len(path)-len(filepath.Ext(path))] + ".json"); err == nil {
			return intake.LoadDraft(path, recipe, dataset, known)
		}
	}
	return nil, nil, fault.New(fault.NotFound, "draft", "it cannot be read: "+err.Error(), "name the .toml of a draft; its .json must be beside it").At(path).Because(err)
}
