package intake

// The catalogue keys of all errors of this package. {row} and {column} count
// from 1; row is the line of a text file or the row of a sheet. Both stand in
// too_many_columns, cell_too_long and json_nested; {row} in too_many_rows,
// line_too_long, unterminated_quote, json_syntax and json_depth; {column} in
// all map_ keys but map_nobody.
const (
	keyEmpty        = "intake.empty"              // nothing in it
	keyTooLarge     = "intake.too_large"          // more than Limits.Upload
	keyTruncated    = "intake.truncated"          // the end of a workbook is missing
	keyBroken       = "intake.broken"             // inconsistent inside
	keyNotATable    = "intake.not_a_table"        // unknown bytes
	keyOldExcel     = "intake.old_excel"          // XLS: save as .xlsx or CSV
	keyBinaryExcel  = "intake.binary_excel"       // XLSB: save as .xlsx or CSV
	keyEncrypted    = "intake.encrypted"          // workbook with a password
	keyOpenDocument = "intake.open_document"      // ODS
	keyWebPage      = "intake.web_page"           // an HTML table called .xls
	keyXML          = "intake.xml"                // some other XML
	keyCards        = "intake.vcard"              // address book
	keyImage        = "intake.image"              //
	keyPDF          = "intake.pdf"                //
	keyProgram      = "intake.program"            // executable
	keyArchive      = "intake.archive"            // ZIP, RAR, 7z … without a workbook
	keyDatabase     = "intake.database"           // SQLite
	keyDocument     = "intake.document"           // Word, PowerPoint, RTF
	keyEncoding     = "intake.encoding"           // Options.Encoding is not one of ours
	keyDelimiter    = "intake.delimiter"          // Options.Delimiter cannot be one
	keySheet        = "intake.sheet"              // Options.Sheet is not in the workbook
	keyHeaderRow    = "intake.header_row"         // Options.Header is beyond the file
	keyRows         = "intake.too_many_rows"      //
	keyColumns      = "intake.too_many_columns"   //
	keyCell         = "intake.cell_too_long"      //
	keyLine         = "intake.line_too_long"      //
	keyQuote        = "intake.unterminated_quote" //
	keyZIPEntries   = "intake.zip_entries"        // more than Limits.Entries
	keyZIPName      = "intake.zip_name"           // "..", "\", absolute, link
	keyZIPSize      = "intake.zip_size"           // uncompressed size
	keyZIPRatio     = "intake.zip_ratio"          // a bomb
	keyZIPOverlap   = "intake.zip_overlap"        // two entries share bytes
	keyStrings      = "intake.too_many_strings"   // Limits.Strings
	keySheets       = "intake.too_many_sheets"    //
	keyXMLDepth     = "intake.xml_depth"          //
	keyXMLEntity    = "intake.xml_entity"         // DTD or unknown entity
	keyJSON         = "intake.json_syntax"        //
	keyJSONDepth    = "intake.json_depth"         //
	keyJSONNested   = "intake.json_nested"        // an object inside a record

	keyMapColumn    = "intake.map_column"       // no such column
	keyMapTwice     = "intake.map_column_twice" // one column, two targets
	keyMapField     = "intake.map_field"        // field cannot be imported
	keyMapSingle    = "intake.map_field_twice"  // two columns, one value
	keyMapSensitive = "intake.map_sensitive"    // column must not be read
	keyMapConsent   = "intake.map_consent"      // a sensitive field, which no list brings
	keyMapNobody    = "intake.map_nobody"       // neither name nor phone
	keyMapWhose     = "intake.map_whose"        // not what a record's customer is found by
)

// Keys are the catalogue keys of all errors, for the test of the catalogue.
// The reasons of Target.Why and the codes of Note.Code are not among them.
func Keys() []string {
	return []string{
		keyEmpty, keyTooLarge, keyTruncated, keyBroken, keyNotATable, keyOldExcel, keyBinaryExcel, keyEncrypted,
		keyOpenDocument, keyWebPage, keyXML, keyCards, keyImage, keyPDF, keyProgram, keyArchive, keyDatabase,
		keyDocument, keyEncoding, keyDelimiter, keySheet, keyHeaderRow, keyRows, keyColumns, keyCell, keyLine,
		keyQuote, keyZIPEntries, keyZIPName, keyZIPSize, keyZIPRatio, keyZIPOverlap, keyStrings, keySheets,
		keyXMLDepth, keyXMLEntity, keyJSON, keyJSONDepth, keyJSONNested,
		keyMapColumn, keyMapTwice, keyMapField, keyMapSingle, keyMapSensitive, keyMapConsent, keyMapNobody, keyMapWhose,
	}
}
