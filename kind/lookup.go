package kind

import (
	"kexin"
)

// keyFields are fields whose reading makes the keys of a family. The family of
// estates needs two fields and is not asked for by value.
var keyFields = map[kexin.KeyKind]kexin.Field{
	kexin.KeyPhone:  {Kind: kexin.KindPhone},
	kexin.KeyEmail:  {Kind: kexin.KindEmail},
	kexin.KeyWeChat: {Kind: kexin.KindWeChat},
	kexin.KeyUSCC:   {Kind: kexin.KindUSCC},
	kexin.KeyOrder:  {Kind: kexin.KindText, ID: kexin.OrdNo},
}

// Canon is the canonical form of one value that somebody looks up 查重, the
// same that Keys gives of a stored one. Text that holds anything else, or more
// than one value, is an invalid error of field "value"; a family that cannot be
// looked up one of field "kind".
func Canon(k kexin.KeyKind, raw string) (string, error) {
	f, ok := keyFields[k]
	if !ok {
		return "", &kexin.Error{Op: "kind.canon", Code: kexin.Invalid, Key: "issue." + CodeKindUnknown, Field: "kind"}
	}
	v, issues := Parse(&f, raw, Env{})
	if len(issues) > 0 {
		return "", &kexin.Error{Op: "kind.canon", Code: kexin.Invalid, Key: "issue." + issues[0].Code, Field: "value"}
	}
	switch keys := Keys(&f, v); len(keys) {
	case 0:
		return "", &kexin.Error{Op: "kind.canon", Code: kexin.Invalid, Key: "error.required", Field: "value"}
	case 1:
		return keys[0].Canon, nil
	}
	return "", &kexin.Error{Op: "kind.canon", Code: kexin.Invalid, Key: "issue." + CodeTextLeft, Field: "value"}
}

// WholePhone reports whether a search text is one whole phone number: then
// looking for it is a lookup. Four digits are the end of one.
func WholePhone(q string) bool {
	if len(q) < 7 {
		return false
	}
	_, err := Canon(kexin.KeyPhone, q)
	return err == nil
}
