package table

import (
	"strings"
	"testing"

	"accord/internal/fault"
)

// city is a document of one building, of which some things are put in.
func city(system, within string) *Document {
	return document(`<CityModel xmlns:gml="http://www.opengis.net/gml"><gml:boundedBy><gml:Envelope srsName="` + system + `" srsDimension="3"><gml:lowerCorner>1 2 3</gml:lowerCorner></gml:Envelope></gml:boundedBy>` +
		`<cityObjectMember><Building gml:id="B1"><height uom="m">2.8</height>` + within + `</Building></cityObjectMember></CityModel>`)
}

func surface(corners string) string {
	return `<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>` + corners + `</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>`
}

// TestGML: corners come east first, whichever way the file writes them, without heights; bodies and finer models are left out.
func TestGML(t *testing.T) {
	const square = "35 139 5 35 140 5 36 140 5 36 139 5 35 139 5"
	const east = "139 35 5 140 35 5 140 36 5 139 36 5 139 35 5"
	const outline = "POLYGON((139 35,140 35,140 36,139 36,139 35))"
	roof := "<lod0RoofEdge><gml:MultiSurface>" + surface(square) + "</gml:MultiSurface></lod0RoofEdge>"
	for name, c := range map[string]struct {
		system, within, cells string
	}{
		"by address": {"http://www.opengis.net/def/crs/EPSG/0/6697", roof, outline},
		"by urn":     {"urn:ogc:def:crs:EPSG::6697", roof, outline},
		"short form": {"EPSG:4326", strings.ReplaceAll(roof, square, east), outline},
		"east first": {"urn:ogc:def:crs:OGC:1.3:CRS84", strings.ReplaceAll(roof, square, east), outline},
		"bodies": {"EPSG:4326", "<lod1Solid><gml:Solid>" + surface(east) + "</gml:Solid></lod1Solid><boundedBy><WallSurface gml:id=\"w\"><lod2MultiSurface>" +
			surface(east) + "</lod2MultiSurface></WallSurface></boundedBy>" + strings.ReplaceAll(roof, square, east), outline},
		"several": {"EPSG:4326", "<lod0FootPrint><gml:MultiSurface>" + surface(east) + surface(east) + "</gml:MultiSurface></lod0FootPrint>",
			"MULTIPOLYGON(((139 35,140 35,140 36,139 36,139 35)),((139 35,140 35,140 36,139 36,139 35)))"},
		"line":      {"urn:ogc:def:crs:EPSG::6668", `<axis><gml:LineString><gml:posList srsDimension="2">35 139 36 140</gml:posList></gml:LineString></axis>`, "LINESTRING(139 35,140 36)"},
		"point":     {"urn:ogc:def:crs:EPSG::6668", `<gml:Point><gml:pos>35.5 139.25 7</gml:pos></gml:Point>`, "139.25|35.5"},
		"own names": {"EPSG:4326", `<gen:stringAttribute name="建物ID"><gen:value>13-1</gen:value></gen:stringAttribute>`, "13-1"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := all(t, city(c.system, c.within), Hints{Rows: []string{"CityModel/cityObjectMember/Building"}})
			if err != nil || len(rows) != 2 {
				t.Fatalf("%v, %v", rows, err)
			}
			if want := "Building|B1|2.8|m|" + c.cells; rows[1] != want {
				t.Errorf("got %s\nunder %s\nwant %s", rows[1], rows[0], want)
			}
			if strings.Contains(rows[0], "lod1") || strings.Contains(rows[0], "Wall") || strings.Contains(rows[0], "Envelope") {
				t.Errorf("too much is read: %s", rows[0])
			}
		})
	}
	tables, err := Open(XML, city("urn:ogc:def:crs:EPSG::6697", roof), Hints{})
	if err != nil || tables[0].System != "EPSG:6697" {
		t.Errorf("%+v, %v", tables, err)
	}
}

func TestGMLRefused(t *testing.T) {
	line := func(corners string) string {
		return "<axis><gml:LineString><gml:posList>" + corners + "</gml:posList></gml:LineString></axis>"
	}
	for name, c := range map[string]struct{ system, within, why string }{
		"odd coordinates": {"EPSG:4326", line("1 2 3 4"), "4 coordinates"},
		"no number":       {"EPSG:4326", line("1 x 3"), "no number"},
		"no corner":       {"EPSG:4326", line(""), "coordinates"},
		"no line around":  {"EPSG:4326", "<gml:Polygon/>", "no line around"},
		"no system":       {"", line("1 2 3"), "no reference system"},
		"two systems":     {"EPSG:4326", `<a srsName="EPSG:6668"/>`, "several reference systems"},
		"two corners":     {"EPSG:4326", "<gml:Point><gml:pos>1 2 3</gml:pos><gml:pos>1 2 3</gml:pos></gml:Point>", "one corner"},
	} {
		_, err := all(t, city(c.system, c.within), Hints{})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
