// Package content is what is about particular cities and publishers: the registered history, recipes, the demonstration.
// It is files, with no logic; who needs them reads FS.
package content

import (
	"embed"
	"io/fs"
)

// FS holds history/, recipes/, demo/, geo/, codes/, scales/, search/, words/ and standards/.
//
//go:embed all:history all:recipes all:demo all:geo all:codes all:scales all:search all:words all:standards
var FS embed.FS

// Search holds what the search knows of words.
func Search() (fs.FS, error) { return fs.Sub(FS, "search") }
