package intake

import (
	"io"
	"path"
	"strconv"
	"strings"
)

// A workbook is an opened XLSX: its sheets, its styles, and its shared strings
// once they are needed. Formulas, links, macros and embedded objects are never
// looked at (security A14).
type workbook struct {
	zip      *archive
	lim      Limits
	sheets   []sheet
	date1904 bool
	formats  []numberFormat // by cell style
	styles   string         // part names, "" for none
	strings  string
	table    *stringTable // read once it is needed
}

// A sheet is one worksheet.
type sheet struct {
	name   string
	rel    string // relationship id
	part   string
	hidden bool
}

// openWorkbook reads everything but sheets and strings.
func openWorkbook(f File, lim Limits) (*workbook, error) {
	zip, err := openArchive(f, lim)
	if err != nil {
		return nil, err
	}
	w := &workbook{zip: zip, lim: lim}
	main, err := w.mainPart()
	if err != nil {
		return nil, err
	}
	if err := w.readMain(main); err != nil {
		return nil, err
	}
	if err := w.readRelations(main); err != nil {
		return nil, err
	}
	return w, w.readStyles()
}

// mainPart finds the workbook in the package, or says what it is instead.
func (w *workbook) mainPart() (string, error) {
	main := ""
	err := w.each("_rels/.rels", func(x *xmlReader) error {
		if string(x.name) == "Relationship" && strings.HasSuffix(x.attrOf("Type"), "/officeDocument") {
			main = resolve("", x.attrOf("Target"))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if main == "" {
		main = "xl/workbook.xml"
	}
	switch {
	case w.zip.find("EncryptedPackage") != nil:
		return "", refuse(keyEncrypted)
	case strings.HasSuffix(main, ".bin"):
		return "", refuse(keyBinaryExcel)
	case strings.HasPrefix(main, "word/"), strings.HasPrefix(main, "ppt/"):
		return "", refuse(keyDocument)
	case w.zip.find(main) != nil:
		return main, nil
	case w.zip.find("content.xml") != nil && w.zip.find("mimetype") != nil:
		return "", refuse(keyOpenDocument)
	}
	return "", refuse(keyArchive)
}

// each calls fn for every element of a part; a part that is not there has
// none.
func (w *workbook) each(name string, fn func(x *xmlReader) error) error {
	p := w.zip.find(name)
	if p == nil {
		return nil
	}
	r, err := w.zip.open(p)
	if err != nil {
		return err
	}
	x := newXMLReader(r, w.lim.XMLDepth)
	for {
		kind, err := x.next()
		if err == io.EOF {
			return nil
		}
		if err == nil && kind == xmlStart {
			err = fn(x)
		}
		if err != nil {
			return err
		}
	}
}

// resolve makes a relationship's target a part name; "" for what lies outside
// of the package.
func resolve(dir, target string) string {
	if strings.Contains(target, "://") {
		return ""
	}
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return strings.TrimPrefix(path.Clean("/"+path.Join(dir, target)), "/")
}

// readMain reads the names of the sheets and from when days count.
func (w *workbook) readMain(main string) error {
	return w.each(main, func(x *xmlReader) error {
		switch string(x.name) {
		case "workbookPr":
			w.date1904 = truth(x.attrOf("date1904"))
		case "sheet":
			if len(w.sheets) == w.lim.Sheets {
				return refuse(keySheets)
			}
			w.sheets = append(w.sheets, sheet{name: sheetName(x.attrOf("name")), rel: x.attrOf("id"), hidden: strings.Contains(strings.ToLower(x.attrOf("state")), "hidden")})
		}
		return nil
	})
}

// sheetName is a name fit to be shown; Excel allows 31 characters.
func sheetName(raw string) string {
	runes := []rune(string(tidy([]byte(raw))))
	return string(runes[:min(len(runes), 100)])
}

// truth reads xsd:boolean, and "on" as some write it.
func truth(s string) bool { return s == "1" || s == "true" || s == "on" }

// maxRelations is more than a workbook of 100 sheets needs.
const maxRelations = 1000

// readRelations finds the parts of the sheets, the strings and the styles;
// chart sheets have no rows and drop out.
func (w *workbook) readRelations(main string) error {
	dir := path.Dir(main)
	parts := map[string]string{}
	err := w.each(path.Join(dir, "_rels", path.Base(main)+".rels"), func(x *xmlReader) error {
		if string(x.name) != "Relationship" || x.attrOf("TargetMode") == "External" {
			return nil
		}
		target := resolve(dir, x.attrOf("Target"))
		switch kind := path.Base(x.attrOf("Type")); kind {
		case "worksheet":
			if len(parts) > maxRelations {
				return refuse(keySheets)
			}
			parts[x.attrOf("Id")] = target
		case "sharedStrings":
			w.strings = target
		case "styles":
			w.styles = target
		}
		return nil
	})
	kept := w.sheets[:0]
	for _, s := range w.sheets {
		if s.part = parts[s.rel]; s.part != "" && w.zip.find(s.part) != nil {
			kept = append(kept, s)
		}
	}
	w.sheets = kept
	if err == nil && len(kept) == 0 {
		return refuse(keyEmpty)
	}
	return err
}

// maxStyles is more than a workbook can have (65,490).
const maxStyles = 70_000

// readStyles classifies the number format of each cell style.
func (w *workbook) readStyles() error {
	custom := map[int]numberFormat{}
	inCells := false
	return w.each(w.styles, func(x *xmlReader) error {
		switch string(x.name) {
		case "numFmt":
			if id, err := strconv.Atoi(x.attrOf("numFmtId")); err == nil && len(custom) < maxStyles {
				custom[id] = customFormat(x.attrOf("formatCode"))
			}
		case "cellXfs":
			inCells = true
		case "cellStyleXfs", "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells && len(w.formats) < maxStyles {
				w.formats = append(w.formats, formatOf(x.attrOf("numFmtId"), custom))
			}
		}
		return nil
	})
}

// formatOf finds a format by its number, the workbook's own ones first.
func formatOf(id string, custom map[int]numberFormat) numberFormat {
	n, err := strconv.Atoi(id)
	if err != nil {
		return numberFormat{}
	}
	if f, ok := custom[n]; ok {
		return f
	}
	return builtinFormat(n)
}

// style is the format of a cell's style number.
func (w *workbook) style(raw []byte) numberFormat {
	if n, ok := smallInt(raw); ok && n < len(w.formats) {
		return w.formats[n]
	}
	return numberFormat{}
}

// smallInt reads up to nine digits.
func smallInt(raw []byte) (int, bool) {
	if len(raw) > 9 || !digitsOnly(raw) {
		return 0, false
	}
	n := 0
	for _, c := range raw {
		n = 10*n + int(c-'0')
	}
	return n, true
}

// named finds a sheet.
func (w *workbook) named(name string) *sheet {
	for i := range w.sheets {
		if w.sheets[i].name == name {
			return &w.sheets[i]
		}
	}
	return nil
}
