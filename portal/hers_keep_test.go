package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"kexin/internal/db/dbtest"
	"kexin/store/storetest"
)

// TestKeepPage: the link of the message about a stop opens one page with one button,
// in either language, and nothing of her. Looked at it changes nothing; the button
// alone does, with the nonce of its form, and gives nobody a visit.
func TestKeepPage(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			p, browser := hers(t, engine)
			tile, curtain := p.Shops["tile"], p.Shops["curtain"]
			her := browser()
			her.opens(p.As(tile.Rep).Recommends(p.As(tile.Rep).Knows("金丝雀兰", "+8613812345678"), "curtain", "curtain"))
			her.get("/p/form?i=0")
			her.click("/p/form", "i", "0", "answer", "yes", "name", "金丝雀女士", "phone", "13812345678", "channel", "call")
			her.get("/p/withdraw")
			her.click("/p/withdraw", "scope", "shop", "answer", "yes")
			box := p.Arrives(p.Phone, "+8613812345678", 1) // her receipt as well, unless the stop was faster
			link := urlOf.FindString(box[len(box)-1])
			p.Quiet()
			before := p.Rows(curtain)
			other := browser()
			for range 10 {
				for _, m := range []string{http.MethodHead, http.MethodGet} {
					status, body, _ := other.do(m, link, nil)
					if status != 200 || m == http.MethodGet && (!strings.Contains(body, "先别删") || strings.Count(body, "<form") != 1 || strings.Contains(body, "金丝雀") || storetest.Stands(body, "5678")) {
						t.Fatalf("%s: %d %s", m, status, text(body))
					}
				}
			}
			if body := other.get(link + "?lang=en"); !strings.Contains(body, "Do not delete yet") {
				t.Error(text(body))
			}
			if status, body, _ := other.do(http.MethodPost, link, nil); status == 200 || p.Rows(curtain) != before {
				t.Fatalf("without its form: %d %s", status, text(body))
			}
			other.get(link + "?lang=zh-CN")
			if status, body := other.click(link); status != 200 || !strings.Contains(body, "好，先不删") || strings.Contains(body, "<form") {
				t.Fatalf("%d %s", status, text(body))
			}
			if after := p.Rows(curtain); after == before {
				t.Error("the button changes nothing")
			}
			if body := other.get("/p/receipt"); !strings.Contains(body, "不能用了") {
				t.Errorf("it opened a visit: %s", text(body))
			}
		})
	}
}
