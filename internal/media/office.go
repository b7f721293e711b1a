package media

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"

	"accord/exchange"
)

// ooxml are the content types of the main part of each type of Office document, none of which holds macros.
var ooxml = map[string]string{
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}

// office wants a DOCX, XLSX or PPTX without macros, controls, embedded objects and content from elsewhere.
func office(f *file) error {
	ending := exchange.Ending(f.name)
	what := "a document in the form " + strings.ToUpper(ending)
	a, err := f.open(what)
	if err != nil {
		return err
	}
	types, err := a.get("[Content_Types].xml")
	if err != nil {
		return err
	}
	if err := a.contentTypes(types, ooxml[ending], what); err != nil {
		return err
	}
	for _, e := range a.entries {
		name := strings.ToLower(e.Name)
		switch base := path.Base(name); {
		case strings.Contains(base, "vbaproject") || strings.Contains(base, "vbadata"):
			return f.refused("it holds macros")
		case strings.Contains(name, "activex/") || strings.HasPrefix(base, "oleobject") || strings.HasSuffix(base, ".ole"):
			return f.refused("it holds an embedded object that a program runs")
		case strings.Contains(name, "/embeddings/") && !e.FileInfo().IsDir():
			if err := a.inner(e); err != nil {
				return err
			}
		case strings.HasSuffix(base, ".rels"):
			err = a.walk(e.Name, relation)
		case strings.HasSuffix(base, ".xml"):
			err = a.walk(e.Name, field())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contentTypes wants the main part to be of its type, and no part that runs.
func (a *archive) contentTypes(b []byte, main, what string) error {
	found := false
	err := a.elements(b, func(e xml.StartElement) string {
		for _, at := range e.Attr {
			v := strings.ToLower(at.Value)
			switch {
			case at.Name.Local != "ContentType":
			case v == strings.ToLower(main):
				found = true
			case strings.Contains(v, "macroenabled") || strings.Contains(v, "vba"):
				return "it holds macros"
			case strings.Contains(v, "activex") || strings.Contains(v, "oleobject"):
				return "it holds an embedded object that a program runs"
			}
		}
		return ""
	}, nil)
	if err == nil && !found {
		err = a.is(false, what)
	}
	return err
}

// relation says why a relation to something else is not let through: everything from elsewhere but a link that a reader clicks
// on, and another workbook that is only named.
func relation(e xml.StartElement) string {
	var external bool
	var kind string
	for _, at := range e.Attr {
		switch at.Name.Local {
		case "TargetMode":
			external = strings.EqualFold(at.Value, "External")
		case "Type":
			kind = path.Base(at.Value)
		}
	}
	if external && kind != "hyperlink" && kind != "externalLinkPath" {
		return "it fetches something from elsewhere (" + clip(kind) + ")"
	}
	if kind == "vbaProject" || kind == "control" || kind == "oleObject" {
		return "it holds macros or an embedded object"
	}
	return ""
}

// dde is how a field asks another program for data, and starts it.
var dde = regexp.MustCompile(`(?i)^\s*DDE(AUTO)?\b`)

// field returns a look at the elements of a part that make Office run something.
func field() func(e xml.StartElement) string {
	return func(e xml.StartElement) string {
		switch e.Name.Local {
		case "ddeLink", "oleLink":
			return "it starts another program for data"
		case "fldSimple":
			for _, at := range e.Attr {
				if at.Name.Local == "instr" && dde.MatchString(at.Value) {
					return "it starts another program for data"
				}
			}
		}
		return ""
	}
}

// walk looks at every element of an entry.
func (a *archive) walk(name string, look func(xml.StartElement) string) error {
	b, err := a.get(name)
	if err != nil {
		return err
	}
	return a.elements(b, look, func(instruction string) string {
		if dde.MatchString(instruction) {
			return "it starts another program for data"
		}
		return ""
	})
}

// elements reads XML without a document type, whose entities could blow it up or fetch something. Fields of a text may be
// written in pieces: instr is given what stands between the elements fldChar.
func (a *archive) elements(b []byte, look func(xml.StartElement) string, instr func(string) string) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not in UTF-8") }
	var instruction strings.Builder
	inside := false
	for depth := 0; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || depth > 1000 {
			return a.broken("a part of it cannot be read")
		}
		why := ""
		switch e := t.(type) {
		case xml.StartElement:
			depth++
			inside = e.Name.Local == "instrText"
			if e.Name.Local == "fldChar" {
				instruction.Reset()
			}
			why = look(e)
		case xml.EndElement:
			depth--
			inside = false
		case xml.CharData:
			if inside && instr != nil && instruction.Len() < 4096 {
				instruction.Write(e)
				why = instr(instruction.String())
			}
		case xml.Directive:
			return a.refused("a part of it has a document type of its own")
		}
		if why != "" {
			return a.refused(why)
		}
	}
}

// odf wants an OpenDocument file without scripts, listeners and objects of other programs.
func odf(f *file) error {
	media := exchange.Media[exchange.Ending(f.name)]
	a, err := f.open("an OpenDocument file")
	if err != nil {
		return err
	}
	if ok, err := a.first("mimetype", media); err != nil || !ok {
		return errors.Join(err, f.is(false, "an OpenDocument file of that type"))
	}
	for _, e := range a.entries {
		name := strings.ToLower(e.Name)
		if strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/") || strings.HasPrefix(name, "dialogs/") {
			return f.refused("it holds macros")
		}
		if strings.HasSuffix(name, ".xml") {
			if err := a.walk(e.Name, odfElement); err != nil {
				return err
			}
		}
	}
	return nil
}

// odfElement says why an element of OpenDocument is not let through.
func odfElement(e xml.StartElement) string {
	switch e.Name.Local {
	case "event-listener":
		return "it runs a macro on an event"
	case "script", "applet", "plugin", "object-ole":
		return "it holds a script or an embedded object"
	case "encryption-data":
		return "it is encrypted, so that nobody can look into it"
	case "dde-source", "dde-connection-decl":
		return "it starts another program for data"
	}
	for _, at := range e.Attr {
		if at.Name.Local == "media-type" && strings.Contains(at.Value, "oleobject") {
			return "it holds an embedded object that a program runs"
		}
		if at.Name.Local == "href" && (e.Name.Local == "image" || e.Name.Local == "object") && strings.Contains(at.Value, "://") {
			return "it fetches something from elsewhere"
		}
	}
	return ""
}
