// Package content is what is about particular cities and publishers: the registered history, recipes, the demonstration.
// It is files, with no logic; who needs them reads FS.
package content

import "embed"

// FS holds history/, recipes/, demo/, geo/ and codes/.
//
//go:embed all:history all:recipes all:demo all:geo all:codes
var FS embed.FS
