// What two merchants do about one customer: shapes and calls, as api/share*.go
// writes them.
import { call, upload } from './client'
import type { Cell, Channel, ID, Instant, Reason } from './types'

/** A Card is a merchant as others and customers see it. */
export interface Card { id: ID; legal: string; uscc: string; shown: string; address: string; phone: string; about: string; needs: string[]; photo: boolean; edited: Instant }
export interface CardDraft { shown: string; address: string; phone: string; about: string; needs: string[] }
export type MemberState = 'joined' | 'verified' | 'suspended'
export interface AllianceMember { card: Card; state: MemberState; joined: Instant; self: boolean }
export interface Alliance { in: boolean; founds: boolean; name: string; members: AllianceMember[] }
export interface ShownLink { url: string; qr: string; expires: Instant }

export type Way = 'copy' | 'qr' | 'send'
export interface Recommendation { need: string; shops: ID[]; said: string; way: Way }
export interface Recommended { referrals: ID[]; url: string; qr: string; words: string; expires: Instant }
export type Sight = 'waiting' | 'declined' | 'done' | 'accepted' | 'won' | 'lost' | 'closed' | 'blocked'
export interface Sent { id: ID; customer: ID; name: Cell; by: string; shop: string; need: string; way: string; sight: Sight; text: string; made: Instant; ends: Instant; againAt: Instant; cancel: boolean; link: '' | 'queued' | 'sent' | 'failed' | 'cancelled' | 'cancelled_by_withdrawal' }
export interface SentPage { referrals: Sent[]; reasons: Reason[]; canSend: boolean }

export interface Arrival {
  id: ID; from: string; counter: boolean; need: string; channel: Channel; given: string[]; waits: string[]; state: string; text: string; grade: string; doubt: string; outcome: string
  made: Instant; due: Instant; customer?: ID; name: Cell; by: string; said: string; tries: number; proved: boolean; calls: number
}
export interface Inbox { arrivals: Arrival[]; reasons: Reason[]; waiting: number }
export interface WordAnswer { right: boolean; left: number }
export interface Credit { shop: string; mine: boolean; kind: string; month: string; n: number }
export interface Redeemed { from: string; need: string }

const get = <T>(path: string) => call<T>({ path })
const post = <T>(path: string, body: unknown = {}, once?: string) => call<T>({ method: 'POST', path, body, once })

export const card = () => get<Card>('/card')
export const saveCard = (d: CardDraft) => call<Card>({ method: 'PUT', path: '/card', body: d })
export const savePhoto = (file: Blob) => upload<void>('/card/photo', file, () => undefined, new AbortController().signal)
export const dropPhoto = () => call<void>({ method: 'DELETE', path: '/card/photo' })
/** photoOf is where the picture of a card lies; edited makes a new one a new address. */
export const photoOf = (c: Card) => `/card/${c.id}/photo?v=${c.edited}`
export const alliance = () => get<Alliance>('/alliance')
export const found = (name: string) => post<Alliance>('/alliance', { name })
export const allianceLink = () => post<ShownLink>('/alliance/invitation')
export const allianceOf = (token: string) => post<Alliance>('/alliance/look', { token })
export const join = (token: string) => post<Alliance>('/alliance/join', { token })
export const verify = (shop: ID, state: MemberState) => post<void>(`/alliance/members/${shop}/state`, { state })
/** What the alliance's own log says of its members, newest first; checkpoint is the signed line to keep outside. */
export interface AllianceLog { origin: string; size: number; checkpoint: string; key: string; entries: { at: Instant; change: 'founded' | 'joined' | 'verified' | 'suspended' | 'left'; member: string; by: string; index: number; hash: string }[] }
export const allianceLog = () => get<AllianceLog>('/alliance/log')
export const leave = () => post<void>('/alliance/leave')
export const shops = () => get<{ shops: Card[] }>('/shops')
export const recommend = (customer: ID, r: Recommendation, once?: string) => post<Recommended>(`/customers/${customer}/recommend`, r, once)
export const sent = () => get<SentPage>('/referrals')
export const sentOf = (customer: ID) => get<SentPage>(`/customers/${customer}/referrals`)
export const cancel = (id: ID) => post<void>(`/referrals/${id}/cancel`)
export const inbox = () => get<Inbox>('/inbox')
export const arrivalOf = (customer: ID) => get<{ arrival?: Arrival }>(`/customers/${customer}/arrival`)
export const accept = (id: ID) => post<{ customer: ID }>(`/inbox/${id}/accept`)
export const reject = (id: ID) => post<void>(`/inbox/${id}/reject`)
export const lose = (id: ID) => post<void>(`/inbox/${id}/lost`)
export const win = (id: ID) => post<void>(`/inbox/${id}/won`)
export const answerWord = (id: ID, word: string) => post<WordAnswer>(`/inbox/${id}/word`, { word })
export const counter = () => post<ShownLink>('/counter')
export const redeem = (code: string) => post<Redeemed>('/vouchers/redeem', { code })
export const credits = () => get<{ credits: Credit[] }>('/credits')
