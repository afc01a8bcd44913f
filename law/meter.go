package law

import "kexin"

// Ratio is the criminal-tier meter (2017解释 5): how many times the quantity
// from which giving personal data away is a crime these records are,
//
//	n50/50 + n500/500 + n5000/5000,
//
// doubled where the data came from doing one's job or service (5(1)8). n
// counts distinct persons by tier; one person given to k receivers counts k
// (11(2)). It is for training, import and incidents and never an allowance:
// civil liability and fines start with the first record.
func Ratio(n map[kexin.Tier]int, service bool) float64 {
	// In 5000ths, so that sums that are whole come out whole.
	sum := 100*n[kexin.Tier50] + 10*n[kexin.Tier500] + n[kexin.Tier5000]
	if service {
		sum *= 2
	}
	return float64(sum) / 5000
}
