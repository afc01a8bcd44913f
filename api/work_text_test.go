package api

import (
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/i18n"
)

// A moment says what there is to say: an order without a state, a follow-up
// without a way and an amount that may not be seen leave no code and no gap.
func TestMomentText(t *testing.T) {
	amount := kexin.Cell{Value: kexin.Num(861_400), Level: kexin.Clear}
	for _, c := range []struct {
		m    app.Moment
		want string
	}{
		{app.Moment{Kind: "order", Amount: amount}, "订单 ¥8,614"},
		{app.Moment{Kind: "order", Way: "paid", Amount: amount}, "订单 已付清 ¥8,614"},
		{app.Moment{Kind: "order", Way: "paid"}, "订单 已付清"},
		{app.Moment{Kind: "deal"}, "商机"},
		{app.Moment{Kind: "deal", Way: "quote", Amount: amount}, "商机 报价 ¥8,614"},
		{app.Moment{Kind: "visit"}, "跟进"},
		{app.Moment{Kind: "visit", Way: "call"}, "去电"},
	} {
		if got := new(Server).momentText(Caller{Lang: i18n.Chinese}, c.m); got != c.want {
			t.Errorf("%+v: %q, not %q", c.m, got, c.want)
		}
	}
}

// Who may not ask for more is told of no way to see more.
func TestReasonWithoutAWay(t *testing.T) {
	for _, code := range []string{"own_contact", "others_contact"} {
		for _, lang := range i18n.Langs {
			may, not := reasonOf(kexin.Reason{Code: code, CanAsk: true}, lang), reasonOf(kexin.Reason{Code: code}, lang)
			if may.Text == not.Text || not.Code != code || strings.HasPrefix(not.Text, "reason.") {
				t.Errorf("%s %s: %q and %q", lang, code, may.Text, not.Text)
			}
		}
	}
}
