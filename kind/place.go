package kind

import (
	"kexin"
	"kexin/kind/region"
)

// readRegion reads a six-digit division code, or the names of divisions from
// the province down, whole or short. A name that stands for several places is
// no region.
func readRegion(_ *kexin.Field, raw string, _ Env) reading {
	s := tidy(raw)
	if nothing(s) {
		return reading{}
	}
	if len(s) == 6 && digitsOnly(s) {
		if region.Level(s) == region.None {
			return reading{left: s, code: CodeRegionUnknown}
		}
		return reading{v: kexin.Str(s)}
	}
	code, rest, _ := region.Split(s)
	if code == "" {
		return reading{left: s, code: CodeRegionUnknown}
	}
	return reading{v: kexin.Str(code), left: rest}
}

// formatRegion writes the full name, 浙江省温州市乐清市.
func formatRegion(v kexin.Value, _ Env) string { return region.Full(v.S) }

// EstateKey is the key of an estate 小区: the region's code and the estate's
// name in the address below it. ok is false where the address names none. The
// code may be empty where the region is not known: then only records of
// unknown region share the key.
func EstateKey(code, address string) (key kexin.Key, ok bool) {
	name := region.EstateName(address)
	if name == "" {
		return kexin.Key{}, false
	}
	return kexin.Key{Kind: kexin.KeyEstate, Canon: code + "|" + name, Field: kexin.CustAddress}, true
}
