package kexin

import "slices"

// A Position is what a member of staff is in the merchant 岗位. The matrix of
// package gate says what each may see.
type Position string

// The positions of the product.
const (
	Owner     Position = "owner"     // 店主
	Leader    Position = "leader"    // 主管
	Rep       Position = "rep"       // 销售; 店员 in a shop
	ServRep   Position = "service"   // 客服
	Marketing Position = "marketing" // 运营
	Steward   Position = "steward"   // 数据专员
	Analyst   Position = "analyst"   // 分析
	PIO       Position = "pio"       // 资料保护负责人
	Auditor   Position = "auditor"   // 审计, read only and dated
)

// Positions are all positions, in the order of the catalogue.
var Positions = [...]Position{Owner, Leader, Rep, ServRep, Marketing, Steward, Analyst, PIO, Auditor}

// Valid reports whether p is one of Positions.
func (p Position) Valid() bool {
	return slices.Contains(Positions[:], p)
}

// A Size is the answer to "店里几个人用?": it sets defaults and what the menu
// shows; gate, law and ledger are the same.
type Size string

// The sizes.
const (
	Shop    Size = "shop"    // 店铺, up to ten people
	Company Size = "company" // 公司
	Mall    Size = "mall"    // 卖场·联盟
	Union   Size = "union"   // no merchant: the holder of an alliance's keys and log
)

// A Via is the way by which an actor came.
type Via string

// The ways.
const (
	ViaSession Via = "session"
	ViaToken   Via = "token"
	ViaCLI     Via = "cli" // through the server's own socket: the operating system's user
)

// An Actor is a person at work: who asks, for whom, for what. It is made from
// a session, a token or the command line, never from a request's fields.
type Actor struct {
	Org      ID
	User     ID
	Position Position
	Dept     ID
	Purpose  PurposeCode
	Via      Via
	Session  ID      // session or token row
	Device   int64   // the browser, by the digest of its own cookie; 0 = none
	StepUp   Instant // when the second factor was last shown in this session; 0 = never
	Bare     bool    // his position goes with a second factor and he has none yet
	Leaving  bool    // a leaving date is set: lower budgets
	Lang     string  // "zh-CN" or "en"
}

// A PurposeCode names a row of law.Purposes 用途.
type PurposeCode string

// The purposes that staff's work needs now; law.Purposes says on what basis.
const (
	QuoteOrder PurposeCode = "service.quote_order"
	AfterSales PurposeCode = "service.aftersales"
	FollowUp   PurposeCode = "crm.followup"
	OwnSMS     PurposeCode = "marketing.own.sms"
	OwnCall    PurposeCode = "marketing.own.call"
	OwnWeChat  PurposeCode = "marketing.own.wechat"
	OwnEmail   PurposeCode = "marketing.own.email"
	Evidence   PurposeCode = "legal.evidence"
)

// A Channel is a way to reach a customer 联系方式.
type Channel string

// The channels.
const (
	ByCall   Channel = "call"
	BySMS    Channel = "sms"
	ByWeChat Channel = "wechat"
	ByEmail  Channel = "email"
	ByVisit  Channel = "visit"
)

// An Act is what is asked of the gate.
type Act string

// The acts.
const (
	ActList    Act = "list"    // a page of records
	ActGet     Act = "get"     // one record
	ActCount   Act = "count"   // how many, no ids
	ActReveal  Act = "reveal"  // one full value, with a reason
	ActContact Act = "contact" // call or open a customer
	ActLookup  Act = "lookup"  // is this value known?
	ActCreate  Act = "create"
	ActEdit    Act = "edit"
	ActMove    Act = "move" // change the owner
	ActImport  Act = "import"
	ActExport  Act = "export"
	ActSend    Act = "send"  // a commercial message or call
	ActAdmin   Act = "admin" // members, departments, settings
	ActKeys    Act = "keys"
	ActLedger  Act = "ledger" // read the log, take evidence
	ActReopen  Act = "reopen" // let in, or open again, what the program shut: a list taken for an owners' list (IMP-03), what an alert stopped
)
