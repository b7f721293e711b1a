package main

import (
	"fmt"
	"io"

	"accord/content"
	"accord/internal/fault"
	"accord/internal/intake"
)

type recipeCmd struct {
	List   recipeListCmd   `cmd:"" help:"List the recipes."`
	Detect recipeDetectCmd `cmd:"" help:"Say which recipe reads a file."`

	Suggest recipeSuggestCmd `cmd:"" help:"Draft a recipe for a file that none knows, and its dataset."`
}

type recipeLine struct {
	Name      string `json:"recipe"`
	Title     string `json:"title"`
	Dataset   string `json:"dataset"`
	Version   int    `json:"version"`
	Publisher string `json:"publisher"`
	Licence   string `json:"licence"`
}

func lineOf(r *intake.Recipe) recipeLine {
	return recipeLine{r.Name, r.Title["en"], r.Dataset, r.Version, r.Publisher, r.Licence}
}

type recipeListCmd struct{}

func (c *recipeListCmd) Run(r *run) error {
	recipes, err := intake.Recipes(content.FS)
	if err != nil {
		return err
	}
	lines := []recipeLine{}
	for _, x := range recipes {
		lines = append(lines, lineOf(x))
	}
	return r.print(lines, func(w io.Writer) {
		for _, l := range lines {
			fmt.Fprintf(w, "%-28s %s v%d\n  %s; %s\n", l.Name, l.Dataset, l.Version, l.Title, l.Publisher)
		}
	})
}

type recipeDetectCmd struct {
	File string `arg:"" help:"A data file." type:"path"`
}

func (c *recipeDetectCmd) Run(r *run) error {
	recipes, err := intake.Recipes(content.FS)
	if err != nil {
		return err
	}
	doc, file, err := intake.OpenDocument(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	found, err := intake.DetectDocument(recipes, doc)
	if err != nil {
		if x, ok := err.(*fault.Fault); ok {
			return x.At(c.File)
		}
		return err
	}
	return r.print(lineOf(found), func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s (%s v%d)\n", c.File, found.Name, found.Dataset, found.Version)
	})
}
