package consent

import (
	"kexin"
	"kexin/law"
)

func refuse(l kexin.Law) *kexin.Error { return law.Refuse("consent", l, nil) }

func fault(c kexin.Code, key string) *kexin.Error {
	return &kexin.Error{Op: "consent", Code: c, Key: key}
}
