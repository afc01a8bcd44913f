package outbound_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kexin"
	"kexin/outbound"
)

const smsSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func moment() time.Time { return time.Unix(1614265330, 0) }

// TestSMS: what the service is asked, and that it can check who asks.
func TestSMS(t *testing.T) {
	var head http.Header
	var body []byte
	s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		head = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
		io.WriteString(w, `{"id":"P-2201"}`)
	})
	g, err := outbound.NewGateway(c, s.URL+"/send", "whsec_"+smsSecret, moment)
	if err != nil {
		t.Fatal(err)
	}
	x := outbound.SMS{ID: "m1", To: "+8613800000000", Sign: "石语瓷砖", Template: "consent_code", Params: map[string]string{"code": "482913"}, Text: "验证码 482913"}
	id, err := g.Send(t.Context(), x)
	if err != nil || id != "P-2201" {
		t.Fatalf("%q %v", id, err)
	}
	var got outbound.SMS
	if json.Unmarshal(body, &got) != nil || got.To != x.To || got.Sign != x.Sign || got.Params["code"] != "482913" || strings.Contains(string(body), "m1") {
		t.Errorf("%s", body)
	}
	if head.Get("Webhook-Id") != "m1" || head.Get("Webhook-Timestamp") != "1614265330" || head.Get("Webhook-Signature") != outbound.Signature(smsSecret, "m1", "1614265330", body) {
		t.Errorf("%v", head)
	}
}

// TestSignature is the example that Standard Webhooks publishes.
func TestSignature(t *testing.T) {
	if got := outbound.Signature(smsSecret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

// TestSMSTrouble: a service that is slow, fails or lies.
func TestSMSTrouble(t *testing.T) {
	s, c := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			_, _ = io.Copy(io.Discard, r.Body) // only then it is seen that nobody waits any more
			<-r.Context().Done()
		case "/busy":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/down":
			w.WriteHeader(http.StatusBadGateway)
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/no":
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, "canary")
		case "/lies":
			io.WriteString(w, "ok, sent!")
		case "/empty":
			io.WriteString(w, `{"id":""}`)
		case "/odd":
			io.WriteString(w, `{"id":"a\nb"}`)
		case "/long":
			io.WriteString(w, `{"id":"`+strings.Repeat("x", 200)+`"}`)
		}
	})
	for path, want := range map[string]string{"busy": "outbound.unreachable", "down": "outbound.unreachable", "moved": "outbound.unreachable", "slow": "outbound.unreachable",
		"no": "outbound.refused", "lies": "outbound.answer", "empty": "outbound.answer", "odd": "outbound.answer", "long": "outbound.answer"} {
		g, err := outbound.NewGateway(c, s.URL+"/"+path, smsSecret, moment)
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if path == "slow" {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, time.Second)
			defer cancel()
		}
		_, err = g.Send(ctx, outbound.SMS{ID: "m", To: "+8613800000000"})
		code := kexin.Unavailable
		if want == "outbound.refused" {
			code = kexin.Invalid
		}
		mustFail(t, path, err, code, want)
	}
}

func TestGatewaySettings(t *testing.T) {
	c := outbound.New(outbound.Config{})
	_, err := outbound.NewGateway(c, "http://example.com", smsSecret, moment)
	mustFail(t, "plain", err, kexin.Invalid, "outbound.url")
	for _, bad := range []string{"", "short", base64.StdEncoding.EncodeToString([]byte("short")), "whsec_***"} {
		_, err := outbound.NewGateway(c, "https://example.com/sms", bad, moment)
		mustFail(t, bad, err, kexin.Invalid, "outbound.secret")
	}
}
