// The shapes of /api/v1, as api/body*.go writes them.

export type ID = string
/** milliseconds since 1970-01-01 UTC; 0 = none */
export type Instant = number
/** YYYY-MM-DD, "" = none */
export type Day = string

export type Position = 'owner' | 'leader' | 'rep' | 'service' | 'marketing' | 'steward' | 'analyst' | 'pio' | 'auditor'
export type Size = 'shop' | 'company' | 'mall'
export type Scene = 'mine' | 'dept' | 'subtree' | 'all'
export type Channel = 'call' | 'sms' | 'wechat' | 'email' | 'visit'
export type Level = 'none' | 'exists' | 'masked' | 'clear'
export type Act = 'list' | 'get' | 'create' | 'edit' | 'import' | 'contact' | 'reveal' | 'lookup' | 'count' | 'admin' | 'ledger' | 'keys' | 'export' | 'move' | 'reopen'
export type Plural = 'customers' | 'contacts' | 'orders' | 'order-lines' | 'deals' | 'visits' | 'tasks'

export interface Text { code: string; text: string; args?: Record<string, string> }
export interface Reason { code: string; rule: string; text: string; canAsk: boolean }

/** What may stand in a clear cell. */
export type Bare = string | number | boolean | string[] | null
/** A cell that is not clear: what may be seen of it, and the 1-based number of the reason in the page. */
export interface Masked { v?: Bare; m: number }
export type Cell = Bare | Masked | undefined

export interface Budget { used: number; limit: number }
export interface Budgets { reveal: Budget; lookup: Budget; contact: Budget }
export interface Backup {
  at: Instant; state: 'ok' | 'late' | 'failed' | 'none'; kept: number; error?: string; keyring?: Instant; running?: boolean; done?: number; total?: number
}
export interface Todo { code: 'recovery' | 'totp' | 'own_phone' | 'verify' | 'import' | 'notice' | 'backup' | 'people'; text: string; href: string }
export interface OrgCard { id: ID; name: string; uscc: string; size: Size; contact: string; address: string; zone: string; mutual: boolean; pio: string }
export interface Me {
  id: ID; name: string; position: Position; dept: string; lang: 'zh-CN' | 'en'; org: OrgCard
  purpose: string; purposes: string[]; scenes: Scene[]; can: Act[]; todo: Todo[]
  budget: Budgets; backup: Backup; stepUp: Instant; totp: boolean; own: ('phone' | 'email')[]; arrivals: number; waiting: Instant; demo: boolean; version: string
}

export interface Choice { code: string; label: string }
export type Kind = 'name' | 'text' | 'phone' | 'email' | 'wechat' | 'region' | 'address' | 'day' | 'instant' | 'money' | 'number' | 'choice' | 'choices' | 'ref' | 'uscc'
export interface Field {
  name: string; label: string; kind: Kind; class: string; required: boolean; max?: number; choices?: Choice[]; ref?: string
  filter: boolean; sort: boolean; computed: boolean; list: boolean; own: Level; other: Level
}
export interface ObjectDef { name: string; plural: Plural; label: string; fields: Field[] }
export interface Member {
  id: ID; name: string; login?: string; position: Position; dept?: ID; active: boolean; totp: boolean; leaving?: Day; ends?: Day; lastSeen?: Instant
}
export interface Dept { id: ID; parent?: ID; name: string }
export interface Schema { version: number; objects: ObjectDef[]; members: Member[]; depts: Dept[] }

export type Op = 'eq' | 'in' | 'gte' | 'lte' | 'has' | 'empty'
export interface Cond { field: string; op: Op; values?: (string | number)[] }
export interface Search {
  scene?: Scene; search?: string; where?: Cond[]; sort?: string; desc?: boolean; after?: string; limit?: number; parent?: ID; fields?: string[]
}
export interface Row { id: ID; rev: number; mine?: boolean; cells: Record<string, Cell> }
export interface Page { fields: string[]; reasons: Reason[]; rows: Row[]; names?: Record<string, string>; next?: string; scene: Scene; more?: boolean }

export interface RecordField { name: string; value: Bare; level: Level; reason?: Reason }
export interface MayContact { channel: Channel; purpose: string; ok: boolean; reason: Reason }
export type Evidence = 'order' | 'enquiry' | 'visit' | 'answered' | 'manual'
export interface Origin { way: string; on: Day; evidence: Evidence; batch?: ID }
export interface Provenance {
  source: string; label: string; way: string; on: Day; batch?: ID; basis?: string; keptTo?: Day; by: string; evidence?: Evidence; origins: Origin[]
}
export interface Rec {
  id: ID; object: string; rev: number; mine: boolean; fields: RecordField[]; names?: Record<string, string>
  can: ('edit' | 'contact' | 'reveal' | 'move' | 'delete')[]; contact: MayContact[]; source: Provenance; created: Instant; updated: Instant
}
export interface Write { rev?: number; fields: Record<string, Bare>; same?: 'different'; task?: ID }
export interface Written { id: ID; rev: number }
export type StopScope = 'ads' | 'shop'
export type RevealReason = 'booked' | 'aftersales' | 'caller' | 'delivery' | 'check'
export interface Revealed { value: string; seconds: number; budget: Budget }
export type LookupKind = 'phone' | 'wechat' | 'email' | 'uscc'
export interface LookupAnswer { answer: 'none' | 'mine' | 'exists'; id?: ID; owner?: string; ask?: string; budget: Budget }

export type EventKind = 'visit' | 'order' | 'deal' | 'task' | 'created' | 'edited' | 'opened' | 'revealed' | 'contact' | 'moved'
export interface Event { id: ID; at: Instant; kind: EventKind; text: string; note?: Cell; way?: string; next?: Instant; by: string; n?: number }
export interface Timeline { events: Event[]; reasons: Reason[]; more: boolean }
export interface ConsentRow { purpose: string; label: string; basis: 'contract' | 'consent' | 'request' | 'legal'; channel?: Channel; state: string; until?: Instant; grade?: string }
export interface SeenBy { position: Position; opens: number; reveals: number; last: Instant }
export interface Consents { rows: ConsentRow[]; notice: string; seen: SeenBy[] }

export interface DueItem {
  customer: ID; task?: ID; name: Cell; phone: Cell; due: Instant; day?: boolean; overdue: boolean; what: Cell; lastAt?: Instant; need: string[]; call: MayContact
}
export interface TeamDue { id: ID; name: string; due: number; overdue: number }
export interface DealSum { stage: string; n: number; sum: number }
export interface Alert { id: ID; at: Instant; code: string; text: string; done: boolean; due: Instant; late: boolean; customers: { id: ID; name: string }[] }
export interface Today {
  due: DueItem[]; soon: DueItem[]; overdue: number; reasons: Reason[]; deals: DealSum[]; customers: number; begun: boolean; review: number; handed: number; alerts: Alert[]; team: TeamDue[]
}

export interface SourceKind { code: string; label: string; why: string; lawful: boolean; own: boolean }
export interface Sources { kinds: SourceKind[]; declaration: string }
export type ListName = 'customer' | 'contact' | 'order' | 'deal' | 'visit' | 'task'
export interface Manifest { object?: ListName; source: string; page?: string; from?: Day; to?: Day; collected: 'staff' | 'customer' | 'system'; accept: boolean; size?: number; sha256?: string }
export interface Column { index: number; name: string; sample: string[]; target: string; fixed: boolean; reason?: string; filled: number; bad: number }
export interface Target { code: string; label: string }
export type GroupAnswer = 'store' | 'phone' | 'order' | 'unknown'
export interface Group { id: string; n: number; text: string; answer: GroupAnswer | '' }
export type Outcome = 'new' | 'same' | 'unchanged' | 'review' | 'refused' | 'aside'
export interface OutcomeCount { outcome: Outcome; n: number }
export interface Refusal { code: string; text: string; n: number }
export type BatchState = 'declared' | 'received' | 'reading' | 'ready' | 'queued' | 'running' | 'halted' | 'done' | 'cancelled' | 'refused' | 'failed'
export interface Batch {
  id: ID; object: ListName; state: BatchState; source: string; page?: string; by: string; at: Instant; format?: string; encoding?: string; encodings?: string[]; sure: boolean
  delimiter?: string; header?: number; sheet?: string; sheets?: string[]; columns: Column[]; targets: Target[]; groups: Group[]
  counts: OutcomeCount[]; refusals: Refusal[]; rows: number; skipped: number; done: number; total: number; error?: Text; lawful?: Text[]
  needStep: boolean; purgeOn?: Day; taken: number; coarse: boolean; outside: number; kept: number; version: number
  reopens?: ID; opensAt?: Instant; reopened?: Reopened; mayFetch: boolean; fetched: boolean; mayReopen: boolean
}
export interface LawyerNote { lawyer?: string; firm?: string; licence?: string; on?: Day; text?: string }
export interface Reopened { by: string; at: Instant; into: ID; alone: boolean; note?: LawyerNote }
/** RowsOf narrows the rows of an import: to an outcome, or to those whose record says otherwise and stays. */
export type RowsOf = Outcome | 'kept'
export interface ImportRow { n: number; outcome: Outcome; code?: string; text: string; customer?: ID; name?: Cell; record?: ID }
export interface ImportRows { rows: ImportRow[]; reasons: Reason[]; next?: number }
export interface BatchChange {
  encoding?: string; delimiter?: string; header?: number; sheet?: string; targets?: Record<string, string>; answers?: Record<string, string>
}
export interface Side { name: string; row: Cell; there: Cell; same: boolean }
export interface ReviewItem { id: ID; batch: ID; row: number; at: Instant; why: Text[]; fields: Side[]; candidate: ID; score: number }
export interface Reviews { items: ReviewItem[]; left: number }
export type Judgement = 'same' | 'different' | 'later'
export type HandedAnswer = 'same' | 'dismiss' | 'later'

export interface Invite { name: string; position: Position; dept?: ID; ends?: Day }
export interface Invited { id: ID; url: string; qr: string; expires: Instant }
export interface OpenInvite { id: ID; name: string; position: Position; expires: Instant }
export interface People { members: Member[]; depts: Dept[]; invites: OpenInvite[] }
export interface MemberChange { name?: string; position?: Position; dept?: ID; active?: boolean; leaving?: Day; ends?: Day; moveTo?: ID }
export interface MemberChanged extends Member { moved?: number; left?: boolean; reveals?: number }
export interface Look { at: Instant; customer?: ID; name?: string; text: string; why?: string; program?: boolean }
export interface Looks { looks: Look[]; more: boolean }
export interface DeptChange { name: string; parent?: ID }
export interface Device { id: ID; label: string; member: string; created: Instant; seen: Instant; trusted?: Instant; current: boolean }
export interface Devices { devices: Device[] }
export interface TOTPStart { secret: string; qr: string }
export interface RecoveryCodes { codes: string[] }
export interface Token { id: ID; name: string; purpose: string; acts: Act[]; created: Instant; expires: Instant; used?: Instant }
export interface Tokens { tokens: Token[] }
export interface TokenAsk { name: string; purpose: string; acts: string[]; days: number }
export interface TokenMade { token: Token; secret: string }
export interface OrgChange { size?: Size; contact?: string; address?: string; mutual?: boolean; pio?: string }
export interface Notice {
  version: number; published?: Instant; hash?: string; url?: string; paragraphs: string[]; missing: string[]; seconds: number; changed: boolean
}
export interface LedgerEntry {
  id: ID; index: number; at: Instant; type: string; text: string; actor: string; position: string; facts?: Record<string, string>; hash: string
}
export interface Ledger {
  entries: LedgerEntry[]; next?: string; size: number; checkpoint: string; origin: string; witnesses: number; lag: number; grade: 'none' | 'own' | 'members'; key: string; stopped?: boolean
}
export interface KeyState { use: string; version: number; state: string; rows: number; age: number }
export interface Keys { keeper: string; ok: boolean; keys: KeyState[]; backup: Instant; rotating: boolean; done: number; total: number }
export interface CountAsk { scene?: Scene; where?: Cond[]; group?: string }
export interface CountCell { key: string; label: string; n: number }
export interface Counts { cells: CountCell[]; total: number; rounded: boolean }

/** A Card is a merchant as others and customers see it. */
export interface Card { id: ID; legal: string; uscc: string; shown: string; address: string; phone: string; about: string; needs: string[]; photo: boolean; edited: Instant }
export interface CardDraft { shown: string; address: string; phone: string; about: string; needs: string[] }
export type MemberState = 'joined' | 'verified' | 'suspended'
export interface AllianceMember { card: Card; state: MemberState; joined: Instant; self: boolean }
export interface Alliance { in: boolean; founds: boolean; name: string; members: AllianceMember[] }
export interface ShownLink { url: string; qr: string; expires: Instant }
export type Said = 'store' | 'call' | 'wechat' | 'home'
export type Way = 'copy' | 'qr' | 'send'
export interface Recommendation { need: string; shops: ID[]; said: Said; way: Way }
export interface Recommended { referrals: ID[]; url: string; qr: string; words: string; lang: 'zh-CN' | 'en'; other: string; expires: Instant }
export type Sight = 'waiting' | 'declined' | 'done' | 'accepted' | 'won' | 'lost' | 'closed' | 'blocked'
export interface Sent { id: ID; customer: ID; name: Cell; by: string; shop: string; shopId: ID; need: string; way: string; sight: Sight; text: string; made: Instant; ends: Instant; againAt: Instant; cancel: boolean; link: '' | 'queued' | 'sent' | 'failed' | 'cancelled' | 'cancelled_by_withdrawal' }
export interface SentPage { referrals: Sent[]; reasons: Reason[]; canSend: boolean }
export interface Arrival {
  id: ID; from: string; fromId: ID; counter: boolean; need: string; channel: Channel; given: string[]; waits: string[]; state: string; text: string; grade: string; doubt: string; outcome: string
  made: Instant; due: Instant; customer?: ID; name: Cell; by: string; said: string; back: '' | 'code' | 'here'; tries: number; proved: boolean; calls: number
}
export interface Inbox { arrivals: Arrival[]; reasons: Reason[]; waiting: number }
export interface WordAnswer { right: boolean; left: number }
export interface Credit { shop: string; mine: boolean; kind: 'voucher' | 'counter' | 'order'; month: string; n: number }
export interface Redeemed { from: string; need: string }
export interface AllianceEntry { at: Instant; change: 'founded' | 'joined' | 'verified' | 'suspended' | 'left' | 'renamed'; member: string; by: string; index: number; hash: string }
/** What the alliance's own log says of its members, newest first; checkpoint is the signed line to keep outside. */
export interface AllianceLog { origin: string; size: number; checkpoint: string; key: string; entries: AllianceEntry[] }

export interface ProblemBody {
  type: string; title: string; status: number; detail: string; code: string; law?: string; ref?: string; request?: string
  errors?: { location: string; message: string; key?: string }[]; until?: Instant; narrower?: Scene; same?: LookupAnswer
}
