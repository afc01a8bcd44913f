package api

import (
	"kexin"
	"kexin/app"
)

// ShopCard is a merchant's card as others and customers see it.
type ShopCard struct {
	ID      kexin.ID `json:"id"`
	Legal   string   `json:"legal" doc:"legal name"`
	USCC    string   `json:"uscc"`
	Shown   string   `json:"shown" doc:"name over the door"`
	Address string   `json:"address"`
	Phone   string   `json:"phone" doc:"landline"`
	About   string   `json:"about"`
	Needs   []string `json:"needs" nullable:"false" doc:"what it sells, codes of the need list; none for an office that sells nothing and is recommended to nobody"`
	Photo   bool     `json:"photo" doc:"there is one at /card/{id}/photo"`
	Edited  int64    `json:"edited" doc:"ms; 0 = not filled in yet"`
}

// photoFile is the photo of a card.
type photoFile struct {
	RawBody []byte `contentType:"application/octet-stream"`
}

// most is a little more than a photo may have: that is refused in words.
func (*photoFile) most() int64 { return app.PhotoMost + 1<<10 }

func (*photoFile) act() kexin.Act { return kexin.ActAdmin }

// CardChange is the card as its owner fills it in.
type CardChange struct {
	Shown   string   `json:"shown"`
	Address string   `json:"address"`
	Phone   string   `json:"phone"`
	About   string   `json:"about,omitempty"`
	Needs   []string `json:"needs" nullable:"false"`
}

// AllianceBody is the alliance as one of its members sees it.
type AllianceBody struct {
	In      bool           `json:"in" doc:"the merchant is in one"`
	Founds  bool           `json:"founds" doc:"it founded it and verifies members"`
	ID      kexin.ID       `json:"id,omitempty"`
	Name    string         `json:"name"`
	Members []AllianceSeat `json:"members" nullable:"false"`
}

// AllianceSeat is one member.
type AllianceSeat struct {
	Card   ShopCard `json:"card"`
	State  string   `json:"state" enum:"joined,verified,suspended"`
	Joined int64    `json:"joined"`
	Self   bool     `json:"self"`
}

// AllianceLog is the log of an alliance: who joined, was verified, left.
type AllianceLog struct {
	Origin     string          `json:"origin"`
	Size       int64           `json:"size"`
	Checkpoint string          `json:"checkpoint" doc:"signed line to keep outside"`
	Key        string          `json:"key" doc:"the log's public key"`
	Entries    []AllianceEntry `json:"entries" nullable:"false" doc:"newest first"`
}

// AllianceEntry is one entry of it.
type AllianceEntry struct {
	At     int64  `json:"at"`
	Change string `json:"change" enum:"founded,joined,verified,suspended,left,renamed"`
	Member string `json:"member"`
	By     string `json:"by" doc:"the merchant whose signed letter said so"`
	Index  int64  `json:"index" doc:"-1 = not sealed yet"`
	Hash   string `json:"hash"`
}

// LinkBody is a link that is shown once, with its QR code as a data URL.
type LinkBody struct {
	URL     string `json:"url"`
	QR      string `json:"qr"`
	Expires int64  `json:"expires"`
}

// Recommend is what is filled in to recommend a customer to shops.
type Recommend struct {
	Need  string   `json:"need" doc:"code of the need list"`
	Shops []string `json:"shops" minItems:"1" maxItems:"20" doc:"ids of shops, three for one need at most; * for all of them is refused: E_WILDCARD"`
	Said  string   `json:"said" enum:"store,call,wechat,home" doc:"how it was talked about"`
	Way   string   `json:"way" enum:"copy,qr,send"`
}

// Recommended is the answer: the link is shown once.
type Recommended struct {
	Referrals []kexin.ID `json:"referrals" nullable:"false"`
	URL       string     `json:"url" doc:"empty where the server sends it"`
	QR        string     `json:"qr"`
	Words     string     `json:"words" doc:"ready to paste, the link inside; in the language in which she wrote before, else in the session's"`
	Lang      string     `json:"lang" enum:"zh-CN,en" doc:"of words"`
	Other     string     `json:"other" doc:"the same words in the other language"`
	Expires   int64      `json:"expires"`
}

// SentRow is a referral as its sender's staff see it.
type SentRow struct {
	ID       kexin.ID `json:"id"`
	Customer kexin.ID `json:"customer"`
	Name     any      `json:"name" doc:"cell"`
	By       string   `json:"by"`
	Shop     string   `json:"shop"`
	ShopID   kexin.ID `json:"shopId"`
	Need     string   `json:"need"`
	Way      string   `json:"way"`
	Sight    string   `json:"sight" enum:"waiting,declined,done,accepted,won,lost,closed,blocked"`
	Text     string   `json:"text" doc:"the same in words"`
	Made     int64    `json:"made"`
	Ends     int64    `json:"ends" doc:"of the link, while it waits"`
	AgainAt  int64    `json:"againAt" doc:"after a no: not asked before"`
	Cancel   bool     `json:"cancel" doc:"it may be taken back"`
	Link     string   `json:"link" enum:",queued,sent,failed,cancelled,cancelled_by_withdrawal" doc:"the message with the link, where the server sends it"`
}

// SentList is what was recommended.
type SentList struct {
	Referrals []SentRow `json:"referrals" nullable:"false"`
	Reasons   []Reason  `json:"reasons" nullable:"false"`
	CanSend   bool      `json:"canSend" doc:"the server can send links by SMS"`
}

// ArrivalRow is what a customer sent, as the receiver's staff see it.
type ArrivalRow struct {
	ID       kexin.ID            `json:"id"`
	From     string              `json:"from" doc:"who recommended"`
	FromID   kexin.ID            `json:"fromId"`
	Counter  bool                `json:"counter" doc:"by the QR code on his counter"`
	Need     string              `json:"need"`
	Channel  string              `json:"channel" doc:"how she wants to be answered"`
	Given    []kexin.PurposeCode `json:"given" nullable:"false" doc:"purposes she ticked besides and agreed to"`
	Waits    []kexin.PurposeCode `json:"waits" nullable:"false" doc:"purposes she ticked besides that wait for the proof of their address"`
	Grade    string              `json:"grade" doc:"evidence grade E0 to E5"`
	State    string              `json:"state"`
	Text     string              `json:"text" doc:"state in words"`
	Doubt    string              `json:"doubt" doc:"why a proof does not count, empty for none"`
	Outcome  string              `json:"outcome"`
	Made     int64               `json:"made"`
	Due      int64               `json:"due" doc:"when the clock of the state ends, 0 = none"`
	Customer kexin.ID            `json:"customer,omitempty"`
	Name     any                 `json:"name" doc:"cell"`
	By       string              `json:"by" doc:"who accepted"`
	Said     string              `json:"said" doc:"the word to say first; the other one no screen of the shop shows"`
	Back     string              `json:"back" enum:",code,here" doc:"she stopped this shop before: she comes back by a code, or here in the shop by her second word, which an owner or officer takes"`
	Tries    int64               `json:"tries" doc:"left for the second word"`
	Proved   bool                `json:"proved"`
	Calls    int64               `json:"calls"`
}

// ArrivalList is the inbox.
type ArrivalList struct {
	Arrivals []ArrivalRow `json:"arrivals" nullable:"false"`
	Reasons  []Reason     `json:"reasons" nullable:"false"`
	Waiting  int          `json:"waiting"`
}

// WordBody is the word that she answered.
type WordBody struct {
	Word string `json:"word" maxLength:"20"`
}

// WordAnswer says whether it was right.
type WordAnswer struct {
	Right bool  `json:"right"`
	Left  int64 `json:"left" doc:"tries left"`
}

// VoucherBody is a walk-in voucher's code.
type VoucherBody struct {
	Code string `json:"code" maxLength:"20"`
}

// VoucherAnswer says who recommended, and for what.
type VoucherAnswer struct {
	From string `json:"from"`
	Need string `json:"need"`
}

// CreditRow is a count between two merchants in a month.
type CreditRow struct {
	Shop  string `json:"shop"`
	Mine  bool   `json:"mine" doc:"this merchant recommended"`
	Kind  string `json:"kind" enum:"voucher,counter,order"`
	Month string `json:"month"`
	N     int64  `json:"n" doc:"of what this merchant recommended: told in fives, fewer are carried over"`
}

// OwnAddresses are the number and the e-mail address of who is signed in: they
// never prove a customer. Only their hashes are kept.
type OwnAddresses struct {
	Phone string `json:"phone,omitempty" maxLength:"20"`
	Email string `json:"email,omitempty" maxLength:"254"`
}
