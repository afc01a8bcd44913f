package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kexin"
	"kexin/app"
	"kexin/app/apptest"
	"kexin/auth"
	"kexin/consent"
	"kexin/internal/db"
	"kexin/internal/db/dbtest"
	"kexin/internal/site"
	"kexin/outbound"
	"kexin/store"
	"kexin/store/storetest"
	"kexin/vault"
)

const gatewaySecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// A gateway is an SMS service as somebody would put in front of his provider: it
// checks who asks, sends a message once however often it is asked for, and can be
// slow, fail and lie.
type gateway struct {
	t     *testing.T
	mu    sync.Mutex
	boxes map[string][]outbound.SMS
	known map[string]string // message id → the provider's number
	asked int
	how   string // "", hangs, slow, down, loses, denies
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	id, at := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	key, _ := base64.StdEncoding.DecodeString(gatewaySecret)
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + at + "." + string(b)))
	var x outbound.SMS
	if err != nil || r.Header.Get("Webhook-Signature") != "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)) || json.Unmarshal(b, &x) != nil {
		g.t.Errorf("not asked by Kexin: %v", err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g.mu.Lock()
	g.asked++
	how, number := g.how, g.known[id]
	if number == "" && how != "down" {
		number = fmt.Sprint("P-", len(g.known)+1)
		g.known[id] = number
		if how != "loses" {
			g.boxes[x.To] = append(g.boxes[x.To], x)
		}
	}
	g.mu.Unlock()
	switch how {
	case "down":
		w.WriteHeader(http.StatusBadGateway)
	case "denies":
		w.WriteHeader(http.StatusBadRequest)
	case "hangs": // sent, and nobody is told
		panic(http.ErrAbortHandler)
	case "slow":
		<-r.Context().Done()
	default:
		_, _ = fmt.Fprintf(w, `{"id":%q}`, number)
	}
}

func (g *gateway) is(how string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.how = how
}

// box is what a phone has got, and how often the service was asked.
func (g *gateway) box(to string) ([]outbound.SMS, int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.boxes[to]), g.asked
}

// newGateway is one with a party that sends through it, by the settings that the
// program reads; nothing is sent but when the test says so.
func newGateway(t *testing.T, engine string, flags ...string) (*gateway, *apptest.Party) {
	t.Helper()
	g := &gateway{t: t, boxes: map[string][]outbound.SMS{}, known: map[string]string{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	secret := filepath.Join(t.TempDir(), "sms")
	if err := os.WriteFile(secret, []byte("whsec_"+gatewaySecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := storetest.NewClock()
	o := newOptions(io.Discard, io.Discard)
	o.smsURL, o.smsKey, o.publicURL, o.smsTemplates = server.URL, secret, "https://kexin.example", flags
	o.allow = list{"127.0.0.1"}
	client, _, err := o.outside()
	if err != nil {
		t.Fatal(err)
	}
	ways, err := o.transports(client)
	if err != nil {
		t.Fatal(err)
	}
	p := apptest.NewWith(t, storetest.Ready(t, engine)(db.Config{Clock: c.Now}), c, vault.Keepers{vault.NewMasterKeeper(vault.NewKey())}, ways...)
	p.Must(p.App.Halt(context.Background()))
	return g, p
}

const herPhone = "+8613812345678"

// submitted is a customer who sent her number to the curtain shop, which gives
// something only by a code.
func submitted(p *apptest.Party) *apptest.Her {
	p.TB.Helper()
	tile := p.As(p.Shops["tile"].Rep)
	her := p.Her("203.0.113.7")
	p.Must(her.Opens(tile.Recommends(tile.Knows("王秀兰", herPhone), "curtain", "curtain")))
	g := her.Giving("王女士", herPhone, kexin.OwnSMS)
	g.Channel = kexin.BySMS
	p.Must(her.Sends(g))
	return her
}

// newest is the last message to her, as its state stands.
func newest(p *apptest.Party, her *apptest.Her) (m store.Message) {
	p.TB.Helper()
	referral := her.Has().Referral
	p.Must(p.Store.View(context.Background(), p.Shops["curtain"].Org, func(tx *store.Tx) error {
		r, err := tx.Referral(referral)
		if err != nil {
			return err
		}
		list, err := tx.SendingOf(r.Subject)
		if len(list) > 0 {
			m = list[0]
		}
		return err
	}))
	return m
}

func given(her *apptest.Her) bool {
	words := her.Has().Words
	return len(words) == 2 && !slices.ContainsFunc(words, func(w consent.Row) bool { return w.State != consent.Given || w.Grade != consent.Code })
}

// TestGateway drives a gateway that hangs up, is down, loses what it says it
// sent, or says it sent nothing and did, through the whole of the app: what the
// state says, and what she can do.
func TestGateway(t *testing.T) {
	ctx := context.Background()
	for _, engine := range dbtest.Engines {
		for name, f := range map[string]func(t *testing.T, g *gateway, p *apptest.Party, her *apptest.Her, send func(), try func(outbound.SMS) error){
			// The service sent it and the line broke: asked again under the same
			// id it sends nothing more.
			"hangs": func(t *testing.T, g *gateway, p *apptest.Party, her *apptest.Her, send func(), try func(outbound.SMS) error) {
				g.is("hangs")
				send()
				if m := newest(p, her); m.State != "queued" || m.Provider != "" {
					t.Errorf("after the line broke: %+v", m)
				}
				g.is("")
				p.Clock.Move(time.Minute)
				p.Settle()
				box, asked := g.box(herPhone)
				if m := newest(p, her); m.State != "sent" || m.Provider != "P-2" || len(box) != 2 || asked != 3 {
					t.Fatalf("%+v, %d messages, asked %d times", m, len(box), asked)
				}
				p.Must(try(box[1]))
			},
			// Nothing arrived and it says so: nothing is given; tried again while
			// the code lives, then given up, and she is told.
			"down": func(t *testing.T, g *gateway, p *apptest.Party, her *apptest.Her, send func(), try func(outbound.SMS) error) {
				g.is("down")
				send()
				for range 6 {
					p.Clock.Move(time.Minute)
					p.Settle()
				}
				if m := newest(p, her); m.State != "failed" || !her.Has().Failed {
					t.Errorf("%+v, her page knows: %v", m, her.Has().Failed)
				}
				g.is("")
				p.Clock.Move(time.Minute)
				p.Settle()
				if box, _ := g.box(herPhone); len(box) != 1 {
					t.Errorf("a code that is dead was sent: %+v", box)
				}
				send()
				box, _ := g.box(herPhone)
				p.Must(try(box[1]))
			},
			// It says sent, and nothing arrives: the state says sent, with its
			// number; nothing is given; she has another one sent.
			"loses": func(t *testing.T, g *gateway, p *apptest.Party, her *apptest.Her, send func(), try func(outbound.SMS) error) {
				g.is("loses")
				send()
				if m := newest(p, her); m.State != "sent" || m.Provider != "P-2" {
					t.Errorf("%+v", m)
				}
				g.is("")
				p.Clock.Move(61 * time.Second)
				send()
				box, _ := g.box(herPhone)
				if len(box) != 2 || given(her) {
					t.Fatalf("%d messages, given %v", len(box), given(her))
				}
				p.Must(try(box[1]))
			},
			// It says refused, and it arrived: the state says failed, her page
			// says what was said, and the code is as good as any.
			"denies": func(t *testing.T, g *gateway, p *apptest.Party, her *apptest.Her, send func(), try func(outbound.SMS) error) {
				g.is("denies")
				send()
				if m := newest(p, her); m.State != "failed" || m.Provider != "" || !her.Has().Failed {
					t.Errorf("%+v", m)
				}
				box, asked := g.box(herPhone)
				p.Clock.Move(2 * time.Minute)
				p.Settle()
				if _, again := g.box(herPhone); again != asked {
					t.Error("what was refused for good is asked again")
				}
				p.Must(try(box[1]))
			},
		} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				g, p := newGateway(t, engine)
				her := submitted(p)
				f(t, g, p, her, func() {
					p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
					p.Settle()
				}, func(x outbound.SMS) error {
					return p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, x.Params["code"])
				})
				if !given(her) {
					t.Errorf("%+v", her.Has().Words)
				}
			})
		}
	}
}

// TestGatewaySlow: a service that takes longer than Kexin waits has perhaps sent
// it; asked again it sends nothing more, and she gets one message.
func TestGatewaySlow(t *testing.T) {
	g, p := newGateway(t, dbtest.SQLite)
	her := submitted(p)
	g.is("slow")
	p.Must(p.App.SendCode(context.Background(), her.Visit(), app.CodeProve, kexin.BySMS))
	p.Settle() // ends with outbound.Timeout
	if m := newest(p, her); m.State != "queued" {
		t.Errorf("%+v", m)
	}
	g.is("")
	p.Clock.Move(time.Minute)
	p.Settle()
	box, asked := g.box(herPhone)
	if m := newest(p, her); m.State != "sent" || len(box) != 2 || asked != 3 {
		t.Fatalf("%+v, %d messages, asked %d times", m, len(box), asked)
	}
	p.Must(p.App.TryCode(context.Background(), her.Visit(), app.CodeProve, kexin.BySMS, box[1].Params["code"]))
}

// TestServerSendsOverHTTP: over the API the server sends her the link through the
// gateway, under the template that the provider knows, and the answer to staff
// holds none; over her pages it leads to the question.
func TestServerSendsOverHTTP(t *testing.T) {
	ctx := context.Background()
	for _, engine := range dbtest.Engines {
		t.Run(engine, func(t *testing.T) {
			g, p := newGateway(t, engine, "link=SMS_1002:link", "code.prove=SMS_1001:shop,code")
			her := submitted(p)
			p.Must(p.App.SendCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS))
			p.Settle()
			box, _ := g.box(herPhone)
			if x := box[1]; x.Template != "SMS_1001" || !slices.Equal(x.Args, []string{"晴窗窗帘店", x.Params["code"]}) || x.Sign != "晴窗窗帘" || !strings.Contains(x.Text, x.Params["code"]) {
				t.Errorf("%+v", x)
			}
			if x := box[0]; x.Template != "receipt" || x.Args != nil || !strings.Contains(x.Params["link"], "/l/") {
				t.Errorf("%+v", x)
			}
			p.Must(p.App.TryCode(ctx, her.Visit(), app.CodeProve, kexin.BySMS, box[1].Params["code"]))
			curtain := p.Shops["curtain"]
			id := p.As(curtain.Rep).Accepts()
			_, err := p.As(curtain.Rep).Calls(id, kexin.BySMS)
			p.Must(err)
			_, err = p.App.Create(ctx, curtain.Rep, app.Draft{Object: kexin.Order, Parent: id, Values: store.Values{kexin.OrdNo: kexin.Str("SO1"), kexin.OrdOn: kexin.Str("2026-03-02"), kexin.OrdAmount: kexin.Num(628000), kexin.OrdStatus: kexin.Str("open")}})
			p.Must(err)
			p.Must(p.App.WinReferral(ctx, curtain.Rep, p.As(curtain.Rep).Inbox()[0].ID))
			p.Settle()

			s, err := site.New(site.Config{App: p.App, Log: slog.New(slog.DiscardHandler), Now: p.Clock.Now, Public: "https://kexin.example", Lag: func(context.Context) (time.Duration, error) { return 0, nil }})
			p.Must(err)
			secret, digest := auth.NewSession()
			p.Must(p.Store.Update(ctx, curtain.Org, func(tx *store.Tx) error {
				_, err := tx.AddSession(store.Session{Digest: digest[:], Member: curtain.Rep.User, Device: digest[:], Label: "test", Made: tx.Now, Ends: tx.Now.Add(time.Hour), Lang: "zh-CN"})
				return err
			}))
			ask := func(way string) *httptest.ResponseRecorder {
				r := httptest.NewRequest("POST", "https://kexin.example/api/v1/customers/"+id.String()+"/recommend", strings.NewReader(`{"need":"lamp","shops":["`+p.Shops["lamp"].Org.String()+`"],"said":"store","way":"`+way+`"}`))
				r.Header.Set("Content-Type", "application/json")
				r.AddCookie(&http.Cookie{Name: "__Host-kx", Value: secret.Text()})
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				return w
			}
			w := ask("send")
			if w.Code != http.StatusCreated || strings.Contains(w.Body.String(), "/l/") {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			p.Settle()
			box, _ = g.box(herPhone)
			x := box[len(box)-1]
			link, ok := strings.CutPrefix(x.Params["link"], "https://kexin.example")
			if x.Template != "SMS_1002" || !ok || !slices.Equal(x.Args, []string{x.Params["link"]}) || !strings.Contains(x.Text, link) {
				t.Fatalf("%+v", x)
			}
			jar, err := cookiejar.New(nil)
			p.Must(err)
			server := httptest.NewServer(s)
			defer server.Close()
			page := &shelf{t: t, p: p, base: server.URL, http: &http.Client{Jar: jar}}
			if door := string(page.does(link, nil)); !strings.Contains(door, "明灯照明店") || strings.Contains(door, "王") {
				t.Error(door)
			}
			if in := p.As(curtain.Rep).Sent(); len(in) != 1 || in[0].Way != app.WaySend {
				t.Errorf("%+v", in)
			}
			if w = ask("send"); w.Code != http.StatusCreated { // two a year (CON-05)
				t.Errorf("a second question: %d %s", w.Code, w.Body)
			}
			if w = ask("send"); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "E_REASK_COOLDOWN") {
				t.Errorf("a third question: %d %s", w.Code, w.Body)
			}
			p.Settle()
			if all, _ := g.box(herPhone); len(all) != len(box)+1 {
				t.Errorf("%d messages after the third question", len(all))
			}
		})
	}
}

// TestTemplateFlags: what is no template of Kexin's, or has no id, is refused by
// name.
func TestTemplateFlags(t *testing.T) {
	for _, bad := range []string{"code", "code.prove", "code.prove=", "nothing=SMS_1", "=SMS_1"} {
		if _, err := parseTemplates([]string{bad}); kexin.CodeOf(err) != kexin.Invalid || !strings.Contains(sentence(err, "en"), "code.prove") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	got, err := parseTemplates([]string{"code.mine=123456:need,code", "link=SMS_2"})
	if err != nil || got["link"].id != "SMS_2" || got["link"].order != nil || !slices.Equal(got["code.mine"].order, []string{"need", "code"}) {
		t.Errorf("%+v %v", got, err)
	}
}
