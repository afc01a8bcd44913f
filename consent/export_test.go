package consent

import "kexin"

// Codes shows the refusals of this package to its test.
func Codes() map[kexin.Law]kexin.Code { return codes }
