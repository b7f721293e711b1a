package sports

import (
	"testing"

	"accord/internal/area/areatest"
)

func TestArea(t *testing.T) { areatest.Run(t, Area(), nil) }
