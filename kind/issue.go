package kind

// The codes of issues; the catalogue has a sentence for each under
// "issue.<code>".
const (
	CodeNameEmpty      = "name_empty"        // no name; refuses the row
	CodePhoneLost      = "phone_lost_digits" // 1.36905E+10: the sheet rounded the digits away
	CodePhoneLength    = "phone_length"      // too many or too few digits
	CodePhoneArea      = "phone_area"        // a landline without area code
	CodePhoneInvalid   = "phone_invalid"     // eleven digits that are no number in use
	CodePhoneNone      = "phone_none"        // text without a number
	CodeEmailInvalid   = "email_invalid"     // no e-mail address
	CodeWeChatInvalid  = "wechat_invalid"    // no WeChat id
	CodeUSCCInvalid    = "uscc_invalid"      // check digit of GB 32100 is wrong
	CodeRegionUnknown  = "region_unknown"    // no division of that name, or several
	CodeRegionConflict = "region_conflict"   // region and address name different places
	CodeDateInvalid    = "date_invalid"      // no date, or one that does not exist
	CodeDateAmbiguous  = "date_ambiguous"    // two-digit year, no year, or day and month may be swapped
	CodeDateFuture     = "date_future"       // more than a day ahead, for what has happened
	CodeDateOld        = "date_old"          // before 1990, or before 1900 for a birthday
	CodeMoneyInvalid   = "money_invalid"     // no exact amount of yuan
	CodeNumberInvalid  = "number_invalid"    // no whole number
	CodeChoiceUnknown  = "choice_unknown"    // not in the list; the text is kept
	CodeRefUnknown     = "ref_unknown"       // no id
	CodeGenderConflict = "gender_conflict"   // the salutation says otherwise than the column
	CodeTextLong       = "text_long"         // longer than the field allows
	CodeTextEncoding   = "text_encoding"     // characters were lost before the text came here
	CodeTextLeft       = "text_left"         // part of a cell that is not its value; moved to the remark
	CodeTextContact    = "text_contact"      // a free text holds a phone, an id number or a door code
	CodeKindUnknown    = "kind_unknown"      // a field of a kind this program does not know
)

// Codes are all codes of issues, for the test that every one has a sentence.
var Codes = [...]string{
	CodeNameEmpty, CodePhoneLost, CodePhoneLength, CodePhoneArea, CodePhoneInvalid, CodePhoneNone,
	CodeEmailInvalid, CodeWeChatInvalid, CodeUSCCInvalid, CodeRegionUnknown, CodeRegionConflict,
	CodeDateInvalid, CodeDateAmbiguous, CodeDateFuture, CodeDateOld, CodeMoneyInvalid, CodeNumberInvalid,
	CodeChoiceUnknown, CodeRefUnknown, CodeGenderConflict, CodeTextLong, CodeTextEncoding, CodeTextLeft,
	CodeTextContact, CodeKindUnknown,
}
