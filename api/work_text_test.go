package api

import (
	"strings"
	"testing"

	"kexin"
	"kexin/app"
	"kexin/consent"
	"kexin/i18n"
	"kexin/law"
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

// What she said stands in the words that the document promises.
func TestConsentRow(t *testing.T) {
	c := Caller{Lang: i18n.Chinese}
	for _, x := range []struct {
		w    app.Word
		want [2]string
	}{
		{app.Word{State: consent.Given}, [2]string{"consent", "given"}},
		{app.Word{State: consent.Requested}, [2]string{"consent", "asked"}},
		{app.Word{State: consent.Withdrawn}, [2]string{"consent", "withdrawn"}},
		{app.Word{State: consent.Lapsed}, [2]string{"consent", "none"}},
		{app.Word{}, [2]string{"consent", "none"}},
		{app.Word{Asked: true, Channel: kexin.ByCall}, [2]string{"request", "request"}},
		{app.Word{Purpose: law.Purpose{Basis: law.Contract}}, [2]string{"contract", "contract"}},
		{app.Word{State: consent.Suspended, Channel: kexin.ByWeChat}, [2]string{"consent", "suspended"}},
	} {
		r := consentRowOf(c, x.w)
		if got := [2]string{r.Basis, r.State}; got != x.want || r.Channel != string(x.w.Channel) {
			t.Errorf("%+v: %+v", x.w, r)
		}
	}
}
