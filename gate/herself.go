package gate

import (
	"kexin"
	"kexin/kind"
)

// ForHerself is a value as the person's own page shows it: masked until she
// asks for it, since somebody else may hold her phone (security.md A7).
func ForHerself(f *kexin.Field, v kexin.Value, clear bool) kexin.Cell {
	if clear || !f.Sealed {
		return kexin.Cell{Value: v, Level: cl}
	}
	return kexin.Cell{Value: kind.Mask(f.Kind, v), Level: ma}
}
