package kexin

// The built-in fields that code refers to. The numbers stand in ciphertexts:
// never reuse one.
const (
	CustName     FieldID = 1001
	CustType     FieldID = 1002
	CustSalut    FieldID = 1003
	CustGender   FieldID = 1004
	CustPhone    FieldID = 1005
	CustPhones   FieldID = 1006
	CustWeChat   FieldID = 1007
	CustEmail    FieldID = 1008
	CustRegion   FieldID = 1009
	CustAddress  FieldID = 1010
	CustBirthday FieldID = 1011
	CustNeed     FieldID = 1012
	CustStage    FieldID = 1013
	CustSource   FieldID = 1014
	CustSourceOn FieldID = 1015
	CustOwner    FieldID = 1016
	CustTags     FieldID = 1017
	CustRemark   FieldID = 1018
	CustNextAt   FieldID = 1019
	CustLastAt   FieldID = 1020
	CustOrders   FieldID = 1021
	CustSum      FieldID = 1022
	CustFirstOn  FieldID = 1023
	CustLastOn   FieldID = 1024
	CustUSCC     FieldID = 1026

	ContCustomer FieldID = 2001
	ContName     FieldID = 2002
	ContTitle    FieldID = 2003
	ContPhone    FieldID = 2004
	ContWeChat   FieldID = 2005
	ContEmail    FieldID = 2006
	ContOwner    FieldID = 2007

	OrdCustomer FieldID = 3001
	OrdNo       FieldID = 3002
	OrdOn       FieldID = 3003
	OrdStatus   FieldID = 3004
	OrdAmount   FieldID = 3005
	OrdOwner    FieldID = 3006
	OrdRemark   FieldID = 3007

	LineOrder  FieldID = 4001
	LineItem   FieldID = 4002
	LineQty    FieldID = 4003
	LinePrice  FieldID = 4004
	LineAmount FieldID = 4005
	LineOwner  FieldID = 4006

	DealCustomer FieldID = 5001
	DealNeed     FieldID = 5002
	DealStage    FieldID = 5003
	DealAmount   FieldID = 5004
	DealCloseOn  FieldID = 5005
	DealOwner    FieldID = 5006
	DealRemark   FieldID = 5007

	VisitCustomer FieldID = 6001
	VisitWay      FieldID = 6002
	VisitNote     FieldID = 6003
	VisitAt       FieldID = 6004
	VisitNextAt   FieldID = 6005
	VisitOwner    FieldID = 6006

	TaskCustomer FieldID = 7001
	TaskTitle    FieldID = 7002
	TaskDueAt    FieldID = 7003
	TaskDoneAt   FieldID = 7004
	TaskOwner    FieldID = 7005
)

// Needs are the goods and works that home shops sell 需求: the closed list
// behind need fields. What is not in it goes to the remark.
var Needs = []string{"tile", "cabinet", "curtain", "floor", "door", "bath", "lamp", "sofa", "appliance", "aircon", "wholehouse", "wardrobe", "paint", "ceiling", "soft", "design", "fitting", "other"}

// Ways are how a customer first came or is contacted.
var (
	Ways       = []string{"store", "phone", "online", "order", "wechat", "form", "referral", "public", "other"}
	VisitWays  = []string{"call", "callin", "wechat", "msgin", "store", "home", "sms", "email", "other"}
	HerWays    = []string{"callin", "msgin", "store"} // of VisitWays: she called, wrote or came
	Stages     = []string{"new", "talking", "measured", "quoted", "won", "lost"}
	DealStages = []string{"need", "measure", "quote", "sign", "won", "lost"}
	OrderState = []string{"open", "paid", "delivered", "done", "cancelled"}
)

var objectDefs = []ObjectDef{
	{Object: Customer, Name: "customer", Plural: "customers", Person: true},
	{Object: Contact, Name: "contact", Plural: "contacts", Person: true},
	{Object: Order, Name: "order", Plural: "orders", Default: OrdOn},
	{Object: OrderLine, Name: "order_line", Plural: "order-lines"},
	{Object: Deal, Name: "deal", Plural: "deals"},
	{Object: Visit, Name: "visit", Plural: "visits", Default: VisitAt},
	{Object: Task, Name: "task", Plural: "tasks", Default: TaskDueAt},
}

// The retention rows of package law that built-in fields use.
const (
	KeepEnquiry Retention = "enquiry"  // 12 months without contact, where there was no order
	KeepOrder   Retention = "order"    // warranty and 3 years of evidence
	KeepService Retention = "service"  // warranty and 3 years
	KeepSystem  Retention = "business" // not about a person
)

// builtinFields is every built-in field. Order is the order of display.
var builtinFields = []Field{
	{ID: CustName, Object: Customer, Name: "name", Kind: KindName, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Required: true, Max: 100}, Sealed: true, List: true},
	{ID: CustType, Object: Customer, Name: "type", Kind: KindChoice, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Choices: []string{"person", "company"}}, Filter: true},
	{ID: CustSalut, Object: Customer, Name: "salutation", Kind: KindChoice, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Choices: []string{"ms", "mr", "aunt", "uncle", "teacher", "boss"}}},
	{ID: CustGender, Object: Customer, Name: "gender", Kind: KindChoice, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Choices: []string{"f", "m"}}, Filter: true},
	{ID: CustPhone, Object: Customer, Name: "phone", Kind: KindPhone, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true, List: true},
	{ID: CustPhones, Object: Customer, Name: "phones", Kind: KindPhone, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true},
	{ID: CustWeChat, Object: Customer, Name: "wechat", Kind: KindWeChat, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true},
	{ID: CustEmail, Object: Customer, Name: "email", Kind: KindEmail, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true},
	{ID: CustNeed, Object: Customer, Name: "need", Kind: KindChoices, Class: Transaction, Tier: Tier500, Retention: KeepEnquiry, Rule: Rule{Choices: Needs}, Filter: true, List: true},
	{ID: CustStage, Object: Customer, Name: "stage", Kind: KindChoice, Class: Transaction, Tier: Tier500, Retention: KeepEnquiry, Rule: Rule{Choices: Stages}, Filter: true, List: true},
	{ID: CustRegion, Object: Customer, Name: "region", Kind: KindRegion, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Filter: true, List: true},
	{ID: CustAddress, Object: Customer, Name: "address", Kind: KindAddress, Class: Reach, Tier: Tier500, Retention: KeepEnquiry, Sealed: true},
	{ID: CustBirthday, Object: Customer, Name: "birthday", Kind: KindDay, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true},
	{ID: CustSource, Object: Customer, Name: "source", Kind: KindChoice, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Choices: Ways}, Filter: true, List: true},
	{ID: CustSourceOn, Object: Customer, Name: "source_on", Kind: KindDay, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Filter: true, Sort: true},
	{ID: CustOwner, Object: Customer, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Filter: true, List: true},
	{ID: CustTags, Object: Customer, Name: "tags", Kind: KindChoices, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Choices: []string{"vip", "price", "revisit", "referrer"}}, Filter: true},
	{ID: CustRemark, Object: Customer, Name: "remark", Kind: KindText, Class: Service, Tier: Tier50, Retention: KeepEnquiry, Rule: Rule{Max: 2000}, Sealed: true},
	{ID: CustNextAt, Object: Customer, Name: "next_at", Kind: KindInstant, Class: Service, Tier: TierNone, Retention: KeepSystem, Filter: true, Sort: true, List: true},
	{ID: CustLastAt, Object: Customer, Name: "last_at", Kind: KindInstant, Class: Service, Tier: Tier500, Retention: KeepEnquiry, Filter: true, Sort: true, Computed: true, List: true},
	{ID: CustOrders, Object: Customer, Name: "orders", Kind: KindNumber, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Filter: true, Computed: true},
	{ID: CustSum, Object: Customer, Name: "sum", Kind: KindMoney, Class: Amount, Tier: Tier500, Retention: KeepOrder, Filter: true, Sort: true, Computed: true, List: true},
	{ID: CustFirstOn, Object: Customer, Name: "first_on", Kind: KindDay, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Computed: true},
	{ID: CustLastOn, Object: Customer, Name: "last_on", Kind: KindDay, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Computed: true},
	{ID: CustUSCC, Object: Customer, Name: "uscc", Kind: KindUSCC, Class: Basic, Tier: TierNone, Retention: KeepSystem},

	{ID: ContCustomer, Object: Contact, Name: "customer", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Rule: Rule{Required: true, Ref: Customer}, List: true},
	{ID: ContName, Object: Contact, Name: "name", Kind: KindName, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Required: true, Max: 100}, Sealed: true, List: true},
	{ID: ContTitle, Object: Contact, Name: "title", Kind: KindChoice, Class: Basic, Tier: Tier5000, Retention: KeepEnquiry, Rule: Rule{Choices: []string{"boss", "buyer", "finance", "site", "designer", "foreman", "family", "other"}}, List: true},
	{ID: ContPhone, Object: Contact, Name: "phone", Kind: KindPhone, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true, List: true},
	{ID: ContWeChat, Object: Contact, Name: "wechat", Kind: KindWeChat, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true},
	{ID: ContEmail, Object: Contact, Name: "email", Kind: KindEmail, Class: Reach, Tier: Tier5000, Retention: KeepEnquiry, Sealed: true},
	{ID: ContOwner, Object: Contact, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Filter: true},

	{ID: OrdCustomer, Object: Order, Name: "customer", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Rule: Rule{Required: true, Ref: Customer}, List: true},
	{ID: OrdNo, Object: Order, Name: "no", Kind: KindText, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Rule: Rule{Required: true, Max: 40}, Sealed: true, List: true},
	{ID: OrdOn, Object: Order, Name: "ordered_on", Kind: KindDay, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Rule: Rule{Required: true}, Filter: true, Sort: true, List: true},
	{ID: OrdStatus, Object: Order, Name: "status", Kind: KindChoice, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Rule: Rule{Choices: OrderState}, Filter: true, List: true},
	{ID: OrdAmount, Object: Order, Name: "amount", Kind: KindMoney, Class: Amount, Tier: Tier500, Retention: KeepOrder, Filter: true, Sort: true, List: true},
	{ID: OrdOwner, Object: Order, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Filter: true, List: true},
	{ID: OrdRemark, Object: Order, Name: "remark", Kind: KindText, Class: Service, Tier: Tier50, Retention: KeepOrder, Rule: Rule{Max: 2000}, Sealed: true},

	{ID: LineOrder, Object: OrderLine, Name: "order", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Rule: Rule{Required: true, Ref: Order}},
	{ID: LineItem, Object: OrderLine, Name: "item", Kind: KindText, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Rule: Rule{Required: true, Max: 200}, Sealed: true, List: true},
	{ID: LineQty, Object: OrderLine, Name: "qty", Kind: KindNumber, Class: Transaction, Tier: Tier500, Retention: KeepOrder, Rule: Rule{Required: true}, List: true},
	{ID: LinePrice, Object: OrderLine, Name: "price", Kind: KindMoney, Class: Amount, Tier: Tier500, Retention: KeepOrder, List: true},
	{ID: LineAmount, Object: OrderLine, Name: "amount", Kind: KindMoney, Class: Amount, Tier: Tier500, Retention: KeepOrder, Computed: true, List: true},
	{ID: LineOwner, Object: OrderLine, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem},

	{ID: DealCustomer, Object: Deal, Name: "customer", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Rule: Rule{Required: true, Ref: Customer}, List: true},
	{ID: DealNeed, Object: Deal, Name: "need", Kind: KindChoices, Class: Transaction, Tier: Tier500, Retention: KeepEnquiry, Rule: Rule{Required: true, Choices: Needs}, Filter: true, List: true},
	{ID: DealStage, Object: Deal, Name: "stage", Kind: KindChoice, Class: Transaction, Tier: Tier500, Retention: KeepEnquiry, Rule: Rule{Required: true, Choices: DealStages}, Filter: true, List: true},
	{ID: DealAmount, Object: Deal, Name: "amount", Kind: KindMoney, Class: Amount, Tier: Tier500, Retention: KeepEnquiry, Filter: true, Sort: true, List: true},
	{ID: DealCloseOn, Object: Deal, Name: "close_on", Kind: KindDay, Class: Transaction, Tier: Tier500, Retention: KeepEnquiry, Filter: true, Sort: true, List: true},
	{ID: DealOwner, Object: Deal, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Filter: true, List: true},
	{ID: DealRemark, Object: Deal, Name: "remark", Kind: KindText, Class: Service, Tier: Tier50, Retention: KeepEnquiry, Rule: Rule{Max: 2000}, Sealed: true},

	{ID: VisitCustomer, Object: Visit, Name: "customer", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Rule: Rule{Required: true, Ref: Customer}, List: true},
	{ID: VisitWay, Object: Visit, Name: "way", Kind: KindChoice, Class: Service, Tier: Tier500, Retention: KeepService, Rule: Rule{Required: true, Choices: VisitWays}, Filter: true, List: true},
	{ID: VisitNote, Object: Visit, Name: "note", Kind: KindText, Class: Service, Tier: Tier50, Retention: KeepService, Rule: Rule{Max: 2000}, Sealed: true, List: true},
	{ID: VisitAt, Object: Visit, Name: "at", Kind: KindInstant, Class: Service, Tier: Tier500, Retention: KeepService, Rule: Rule{Required: true}, Filter: true, Sort: true, List: true},
	{ID: VisitNextAt, Object: Visit, Name: "next_at", Kind: KindInstant, Class: Service, Tier: TierNone, Retention: KeepService, List: true},
	{ID: VisitOwner, Object: Visit, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Filter: true, List: true},

	{ID: TaskCustomer, Object: Task, Name: "customer", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Rule: Rule{Ref: Customer}, List: true},
	{ID: TaskTitle, Object: Task, Name: "title", Kind: KindText, Class: Service, Tier: Tier50, Retention: KeepService, Rule: Rule{Required: true, Max: 200}, Sealed: true, List: true},
	{ID: TaskDueAt, Object: Task, Name: "due_at", Kind: KindInstant, Class: Service, Tier: TierNone, Retention: KeepSystem, Filter: true, Sort: true, List: true},
	{ID: TaskDoneAt, Object: Task, Name: "done_at", Kind: KindInstant, Class: Service, Tier: TierNone, Retention: KeepSystem, Filter: true, List: true},
	{ID: TaskOwner, Object: Task, Name: "owner", Kind: KindRef, Class: Basic, Tier: TierNone, Retention: KeepSystem, Filter: true, List: true},
}

// Builtin compiles the built-in objects. It panics on a fault in the literal
// above, which the package's own test finds first.
func Builtin() *Schema {
	s, err := Compile(1, objectDefs, builtinFields)
	if err != nil {
		panic(err)
	}
	return s
}
