// The shapes that the workbench works with (types.ts) against those of the API's
// own document (schema.d.ts, generated): a field that one of them lacks, that
// has another type, or that may be missing where we count on it, does not
// compile. types.ts is narrower where the document says only "string".
import type { components } from './schema'
import type * as K from './types'

type S = components['schemas']

/** The keys of a shape that may be missing. */
type Loose<T> = { [P in keyof T]-?: unknown extends T[P] ? never : undefined extends T[P] ? P : never }[keyof T]

/** Fits is true where ours may stand for theirs, and names what is wrong else. */
type Fits<Ours, Theirs> =
  Exclude<keyof Ours, keyof Theirs> extends never
    ? Exclude<Loose<Theirs> & keyof Ours, Loose<Ours>> extends never
      ? Ours extends Theirs ? true : { differs: { [P in keyof Ours & keyof Theirs as Ours[P] extends Theirs[P] ? never : P]: [Ours[P], Theirs[P]] } }
      : { mayBeMissing: Exclude<Loose<Theirs> & keyof Ours, Loose<Ours>> }
    : { notInTheDocument: Exclude<keyof Ours, keyof Theirs> }

/** Sends is the same for what we send: we may always say what the document leaves open. */
type Sends<Ours, Theirs> = Fits<Required<Ours>, Required<Theirs>>

interface Agree {
  Text: Fits<K.Text, S['Text']>
  Reason: Fits<K.Reason, S['Reason']>
  Budget: Fits<K.Budget, S['Budget']>
  Budgets: Fits<K.Budgets, S['Budgets']>
  Backup: Fits<K.Backup, S['Backup']>
  Todo: Fits<K.Todo, S['Todo']>
  OrgCard: Fits<K.OrgCard, S['OrgCard']>
  Me: Fits<K.Me, S['Me']>
  Choice: Fits<K.Choice, S['Choice']>
  Field: Fits<K.Field, S['Field']>
  ObjectDef: Fits<K.ObjectDef, S['ObjectDef']>
  Member: Fits<K.Member, S['Member']>
  Dept: Fits<K.Dept, S['Dept']>
  Schema: Fits<K.Schema, S['Schema']>
  Cond: Fits<K.Cond, S['Cond']>
  Search: Fits<K.Search, S['Search']>
  Row: Fits<K.Row, S['Row']>
  Page: Fits<K.Page, S['Page']>
  RecordField: Fits<K.RecordField, S['RecordField']>
  MayContact: Fits<K.MayContact, S['MayContact']>
  Provenance: Fits<K.Provenance, S['Provenance']>
  Write: Fits<K.Write, S['Write']>
  Written: Fits<K.Written, S['Written']>
  Revealed: Fits<K.Revealed, S['Revealed']>
  LookupAnswer: Fits<K.LookupAnswer, S['LookupAnswer']>
  Event: Fits<K.Event, S['Event']>
  Timeline: Fits<K.Timeline, S['Timeline']>
  ConsentRow: Fits<K.ConsentRow, S['ConsentRow']>
  SeenBy: Fits<K.SeenBy, S['SeenBy']>
  Consents: Fits<K.Consents, S['Consents']>
  DueItem: Fits<K.DueItem, S['DueItem']>
  TeamDue: Fits<K.TeamDue, S['TeamDue']>
  DealSum: Fits<K.DealSum, S['DealSum']>
  Alert: Fits<K.Alert, S['Alert']>
  Today: Fits<K.Today, S['Today']>
  SourceKind: Fits<K.SourceKind, S['SourceKind']>
  Sources: Fits<K.Sources, S['Sources']>
  Manifest: Sends<K.Manifest, S['Manifest']>
  Column: Fits<K.Column, S['Column']>
  Target: Fits<K.Target, S['Target']>
  Group: Fits<K.Group, S['Group']>
  Refusal: Fits<K.Refusal, S['Refusal']>
  Batch: Fits<K.Batch, S['Batch']>
  LawyerNote: Sends<K.LawyerNote, S['LawyerNote']>
  Reopened: Fits<K.Reopened, S['Reopened']>
  ImportRow: Fits<K.ImportRow, S['ImportRow']>
  ImportRows: Fits<K.ImportRows, S['ImportRows']>
  BatchChange: Fits<K.BatchChange, S['BatchChange']>
  Side: Fits<K.Side, S['Side']>
  ReviewItem: Fits<K.ReviewItem, S['ReviewItem']>
  Reviews: Fits<K.Reviews, S['Reviews']>
  Invite: Fits<K.Invite, S['Invite']>
  Invited: Fits<K.Invited, S['Invited']>
  OpenInvite: Fits<K.OpenInvite, S['OpenInvite']>
  People: Fits<K.People, S['People']>
  MemberChange: Fits<K.MemberChange, S['MemberChange']>
  MemberChanged: Fits<K.MemberChanged, S['MemberChanged']>
  Look: Fits<K.Look, S['Look']>
  Looks: Fits<K.Looks, S['Looks']>
  DeptChange: Fits<K.DeptChange, S['DeptChange']>
  Device: Fits<K.Device, S['Device']>
  Devices: Fits<K.Devices, S['Devices']>
  TOTPStart: Fits<K.TOTPStart, S['TOTPStart']>
  RecoveryCodes: Fits<K.RecoveryCodes, S['RecoveryCodes']>
  Token: Fits<K.Token, S['Token']>
  Tokens: Fits<K.Tokens, S['Tokens']>
  TokenAsk: Fits<K.TokenAsk, S['TokenAsk']>
  TokenMade: Fits<K.TokenMade, S['TokenMade']>
  OrgChange: Fits<K.OrgChange, S['OrgChange']>
  Notice: Fits<K.Notice, S['Notice']>
  LedgerEntry: Fits<K.LedgerEntry, S['LedgerEntry']>
  Ledger: Fits<K.Ledger, S['Ledger']>
  KeyState: Fits<K.KeyState, S['KeyState']>
  Keys: Fits<K.Keys, S['Keys']>
  CountAsk: Fits<K.CountAsk, S['CountAsk']>
  CountCell: Fits<K.CountCell, S['CountCell']>
  Counts: Fits<K.Counts, S['Counts']>
  Origin: Fits<K.Origin, S['Origin']>
  OutcomeCount: Fits<K.OutcomeCount, S['Count']>
  Rec: Fits<K.Rec, S['Record']>
  Card: Fits<K.Card, S['ShopCard']>
  CardDraft: Sends<K.CardDraft, S['CardChange']>
  AllianceMember: Fits<K.AllianceMember, S['AllianceSeat']>
  Alliance: Fits<K.Alliance, S['AllianceBody']>
  AllianceEntry: Fits<K.AllianceEntry, S['AllianceEntry']>
  AllianceLog: Fits<K.AllianceLog, S['AllianceLog']>
  ShownLink: Fits<K.ShownLink, S['LinkBody']>
  Recommendation: Fits<K.Recommendation, S['Recommend']>
  Recommended: Fits<K.Recommended, S['Recommended']>
  Sent: Fits<K.Sent, S['SentRow']>
  SentPage: Fits<K.SentPage, S['SentList']>
  Arrival: Fits<K.Arrival, S['ArrivalRow']>
  Inbox: Fits<K.Inbox, S['ArrivalList']>
  WordAnswer: Fits<K.WordAnswer, S['WordAnswer']>
  Credit: Fits<K.Credit, S['CreditRow']>
  Redeemed: Fits<K.Redeemed, S['VoucherAnswer']>
}

type Wrong = { [P in keyof Agree as Agree[P] extends true ? never : P]: Agree[P] }

/** agree compiles only while nothing is wrong. */
export const agree: Wrong = {}
