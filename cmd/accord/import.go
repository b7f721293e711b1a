package main

import (
	"fmt"
	"io"
	"strings"

	"accord/content"
	"accord/internal/area/all"
	"accord/internal/fault"
	"accord/internal/intake"
	"accord/internal/node"
	"accord/record"
)

type importCmd struct {
	Dataset string   `help:"Refuse a file that is not of this dataset."`
	Recipe  string   `help:"Read the files by this recipe instead of recognising one."`
	DryRun  bool     `help:"Read and count; store nothing."`
	Cut     bool     `help:"Take what is whole in a file that was cut; its broken last row is rejected."`
	Draft   string   `help:"With --dry-run: read by this drafted recipe, a .toml with its dataset's .json beside it." type:"path"`
	Files   []string `arg:"" name:"file" help:"Data files." type:"path"`
}

func (c *importCmd) Run(r *run) error {
	recipes, err := intake.Recipes(content.FS)
	if err != nil {
		return err
	}
	lookup := all.Lookup
	if c.Draft != "" {
		if !c.DryRun {
			return fault.New(fault.Invalid, "draft", "its dataset is none that this node knows", "add --dry-run")
		}
		drafted, d, err := loadDraft(c.Draft, recipes)
		if err != nil {
			return err
		}
		recipes, c.Recipe = []*intake.Recipe{drafted}, drafted.Name
		lookup = func(string, int) (*record.Dataset, bool) { return d, true }
	}
	return r.with(func(n *node.Node) error {
		take := &intake.Take{DB: n.DB, Origin: n.Home.Config.Party, Lookup: lookup, Recipes: recipes, Recipe: c.Recipe,
			Dataset: c.Dataset, DryRun: c.DryRun, Cut: c.Cut, Rejected: n.Home.Rejected()}
		results := []*intake.Taken{}
		var refused []error
		for _, f := range c.Files {
			taken, err := take.File(r.ctx, f)
			if err != nil { // it does not stop the others
				refused = append(refused, err)
				continue
			}
			results = append(results, taken)
		}
		if err := r.print(results, func(w io.Writer) {
			for _, t := range results {
				writeTaken(w, t, c.DryRun)
			}
		}); err != nil {
			return err
		}
		return refusal(r, refused, len(c.Files))
	})
}

// refusal says what was refused: the one reason, or a line for each file and how many there were.
func refusal(r *run, refused []error, files int) error {
	switch {
	case len(refused) == 0:
		return nil
	case files == 1:
		return refused[0]
	}
	for _, err := range refused {
		fmt.Fprintln(r.err, "accord:", oneLine(err))
	}
	return fault.New(fault.Invalid, "import", fmt.Sprintf("%d of %d files were refused", len(refused), files), "the lines above say why; the others are taken in")
}

func writeTaken(w io.Writer, t *intake.Taken, dry bool) {
	fmt.Fprintf(w, "%s\n  read by %s as %s (%s)\n  %d rows: %d accepted (%d flagged), %d rejected, %d unchanged\n",
		t.File, t.Recipe, t.Dataset, t.Encoding, t.Rows, t.Accepted, t.Flagged, t.Rejected, t.Unchanged)
	if len(t.Unmapped) > 0 {
		fmt.Fprintf(w, "  columns that nobody read, since the recipe does not know them: %s\n", strings.Join(t.Unmapped[:min(len(t.Unmapped), 12)], ", "))
	}
	for _, p := range t.Problems {
		fmt.Fprintf(w, "  rejected: %s\n", p)
	}
	if t.RejectedFile != "" {
		fmt.Fprintf(w, "  rejected rows with their reasons: %s\n", t.RejectedFile)
	}
	if dry {
		fmt.Fprintln(w, "  nothing was stored")
	}
}
