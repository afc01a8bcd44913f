package gate

import (
	"kexin"
	"kexin/kind"
)

// ForHerself is a value as the person's own page shows it: masked until she
// asks for it, since somebody else may hold her phone (security.md A7). A
// holder to whom she has not proved herself shows of what has no mask that it
// is there.
func ForHerself(f *kexin.Field, v kexin.Value, clear, proved bool) kexin.Cell {
	switch {
	case clear || proved && !f.Sealed:
		return kexin.Cell{Value: v, Level: cl}
	case !f.Sealed:
		return kexin.Cell{Level: is}
	}
	return kexin.Cell{Value: kind.Mask(f.Kind, v), Level: ma}
}
