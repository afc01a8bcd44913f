// One function for each route of /api/v1. Nothing else in the workbench knows
// a path of the server.
import { call, download } from './client'
import type * as K from './types'

const get = <T>(path: string, signal?: AbortSignal) => call<T>({ path, signal })
const post = <T>(path: string, body: unknown = {}, once?: string) => call<T>({ method: 'POST', path, body, once })
const patch = <T>(path: string, body: unknown) => call<T>({ method: 'PATCH', path, body })
const drop = (path: string, keepalive = false) => call<void>({ method: 'DELETE', path, keepalive })

export const me = () => get<K.Me>('/me')
export const changeMe = (lang: K.Me['lang']) => patch<K.Me>('/me', { lang })
export const schema = () => get<K.Schema>('/schema')
export const today = () => get<K.Today>('/today')

export const search = (plural: K.Plural, ask: K.Search, signal?: AbortSignal) => call<K.Page>({ method: 'POST', path: `/${plural}/search`, body: ask, signal })
/** create makes a record; sent again with the same once it gives the one that was made. */
export const create = (plural: K.Plural, w: K.Write, once?: string) => post<K.Written>(`/${plural}`, w, once)
export const record = (plural: K.Plural, id: K.ID) => get<K.Rec>(`/${plural}/${id}`)
export const change = (plural: K.Plural, id: K.ID, w: K.Write) => patch<K.Written>(`/${plural}/${id}`, w)
export const remove = (plural: K.Plural, id: K.ID, rev: number, keepalive = false) => drop(`/${plural}/${id}?rev=${rev}`, keepalive)

export const contact = (customer: K.ID, channel: K.Channel, person?: K.ID) => post<K.Revealed>(`/customers/${customer}/contact`, { channel, contact: person })
/** stopAsTold records what she said, by telephone or at the counter: to be left alone, or to get no offers. */
export const stopAsTold = (customer: K.ID, scope: K.StopScope) => post<void>(`/customers/${customer}/stop?scope=${scope}`)
export const reveal = (plural: 'customers' | 'contacts', id: K.ID, field: string, reason: K.RevealReason) => post<K.Revealed>(`/${plural}/${id}/reveal`, { field, reason })
export const move = (customer: K.ID, owner: K.ID) => post<K.Written>(`/customers/${customer}/owner`, { owner })
export const timeline = (customer: K.ID) => get<K.Timeline>(`/customers/${customer}/timeline`)
export const consents = (customer: K.ID) => get<K.Consents>(`/customers/${customer}/consents`)
export const evidence = (customer: K.ID) => download(`/customers/${customer}/evidence`)
export const count = (ask: K.CountAsk) => post<K.Counts>('/customers/count', ask)
export const lookup = (kind: K.LookupKind, value: string) => post<K.LookupAnswer>('/lookup', { kind, value })

export const sources = () => get<K.Sources>('/import-sources')
export const declare = (m: K.Manifest, once?: string) => post<K.Batch>('/imports', m, once)
export const sendFile = (id: K.ID, file: Blob, told: (sent: number) => void, signal: AbortSignal) => call<K.Batch>({ method: 'PUT', path: `/imports/${id}/file`, file, told, signal })
export const batch = (id: K.ID, signal?: AbortSignal) => get<K.Batch>(`/imports/${id}`, signal)
export const batches = () => get<{ batches: K.Batch[] }>('/imports')
export const changeBatch = (id: K.ID, c: K.BatchChange) => patch<K.Batch>(`/imports/${id}`, c)
export const confirmBatch = (id: K.ID, version: number) => post<K.Batch>(`/imports/${id}/confirm`, { version })
export const cancelBatch = (id: K.ID) => post<K.Batch>(`/imports/${id}/cancel`)
export const reopenImport = (id: K.ID, note: K.LawyerNote) => post<K.Batch>(`/imports/${id}/reopen`, note)
export const importRows = (id: K.ID, outcome: K.RowsOf | undefined, after: number) => get<K.ImportRows>(`/imports/${id}/rows?after=${after}${outcome ? `&outcome=${outcome}` : ''}`)
export const renewRefused = (id: K.ID) => post<K.Batch>(`/imports/${id}/refused`)
export const refused = (id: K.ID) => download(`/imports/${id}/refused`)
export const reviews = (id: K.ID) => get<K.Reviews>(`/imports/${id}/reviews`)
export const handed = () => get<K.Reviews>('/handed-rows')
export const judgeHanded = (id: K.ID, item: K.ID, answer: K.HandedAnswer) => post<K.Reviews>(`/handed-rows/${id}/${item}`, { answer })
export const judge = (id: K.ID, item: K.ID, answer: K.Judgement) => post<K.Reviews>(`/imports/${id}/reviews/${item}`, { answer })

export const people = () => get<K.People>('/people')
export const invite = (i: K.Invite) => post<K.Invited>('/invites', i)
export const uninvite = (id: K.ID) => drop(`/invites/${id}`)
export const changeMember = (id: K.ID, c: K.MemberChange) => patch<K.MemberChanged>(`/members/${id}`, c)
export const recover = (id: K.ID) => post<K.Invited>(`/members/${id}/password`)
export const resetFactor = (id: K.ID) => drop(`/members/${id}/totp`)
export const looks = (id: K.ID) => get<K.Looks>(`/members/${id}/looks`)

/** endMember closes an account at once and hands the customers on, however many rounds that takes. */
export async function endMember(id: K.ID, moveTo: K.ID): Promise<K.MemberChanged> {
  let moved = 0
  for (;;) {
    const m = await changeMember(id, { active: false, moveTo })
    moved += m.moved ?? 0
    if (!m.left) return { ...m, moved }
  }
}
export const addDept = (d: K.DeptChange) => post<K.Dept>('/depts', d)
export const changeDept = (id: K.ID, d: K.DeptChange) => patch<K.Dept>(`/depts/${id}`, d)
export const dropDept = (id: K.ID) => drop(`/depts/${id}`)
export const devices = (all: boolean) => get<K.Devices>(`/devices${all ? '?all=true' : ''}`)
export const revokeDevice = (id: K.ID) => drop(`/devices/${id}`)

export const stepUp = (code: string) => post<{ until: K.Instant }>('/step-up', { code })
export const startTOTP = () => post<K.TOTPStart>('/totp')
export const confirmTOTP = (code: string) => post<K.RecoveryCodes>('/totp/confirm', { code })
export const tokens = () => get<K.Tokens>('/tokens')
export const makeToken = (t: K.TokenAsk) => post<K.TokenMade>('/tokens', t)
export const revokeToken = (id: K.ID) => drop(`/tokens/${id}`)
export const changeOwn = (own: { phone?: string; email?: string }) => call<void>({ method: 'PUT', path: '/me/own', body: own })
export const changePassword = (old: string, fresh: string) => post<void>('/password', { old, new: fresh })
export const changeOrg = (c: K.OrgChange) => patch<K.OrgCard>('/org', c)
export const notice = () => get<K.Notice>('/notice')
export const publishNotice = () => post<K.Notice>('/notice/publish')
export const ledger = (after = '') => get<K.Ledger>(`/ledger${after ? `?after=${encodeURIComponent(after)}` : ''}`)
export const keys = () => get<K.Keys>('/keys')
export const rotateKeys = () => post<K.Keys>('/keys/rotate')
export const backups = () => get<K.Backup>('/backups')
export const backUp = () => post<K.Backup>('/backups')
export const alerts = () => get<{ alerts: K.Alert[] }>('/alerts')
export const alertDone = (id: K.ID) => post<void>(`/alerts/${id}/done`)
export const logout = () => post<void>('/logout')

export const card = () => get<K.Card>('/card')
export const saveCard = (d: K.CardDraft) => call<K.Card>({ method: 'PUT', path: '/card', body: d })
export const savePhoto = (file: Blob, told: (sent: number) => void, signal: AbortSignal) => call<void>({ method: 'PUT', path: '/card/photo', file, told, signal })
export const dropPhoto = () => drop('/card/photo')
/** photoOf is where the picture of a card lies; edited makes a new one a new address. */
export const photoOf = (c: K.Card) => `/card/${c.id}/photo?v=${c.edited}`
export const alliance = () => get<K.Alliance>('/alliance')
export const foundAlliance = (name: string) => post<K.Alliance>('/alliance', { name })
export const allianceLink = () => post<K.ShownLink>('/alliance/invitation')
export const lookAlliance = (token: string) => post<K.Alliance>('/alliance/look', { token })
export const joinAlliance = (token: string) => post<K.Alliance>('/alliance/join', { token })
export const setAllianceMember = (seen: K.Card, state: K.MemberState) => post<void>(`/alliance/members/${seen.id}/state`, { state, shown: seen.shown })
export const allianceLog = () => get<K.AllianceLog>('/alliance/log')
export const leaveAlliance = () => post<void>('/alliance/leave')
export const shops = () => get<{ shops: K.Card[] }>('/shops')
export const recommend = (customer: K.ID, r: K.Recommendation, once?: string) => post<K.Recommended>(`/customers/${customer}/recommend`, r, once)
export const sent = () => get<K.SentPage>('/referrals')
export const sentOf = (customer: K.ID) => get<K.SentPage>(`/customers/${customer}/referrals`)
export const cancelReferral = (id: K.ID) => post<void>(`/referrals/${id}/cancel`)
export const inbox = () => get<K.Inbox>('/inbox')
export const arrivalOf = (customer: K.ID) => get<{ arrival?: K.Arrival }>(`/customers/${customer}/arrival`)
export const acceptArrival = (id: K.ID) => post<{ customer: K.ID }>(`/inbox/${id}/accept`)
export const rejectArrival = (id: K.ID) => post<void>(`/inbox/${id}/reject`)
export const loseArrival = (id: K.ID) => post<void>(`/inbox/${id}/lost`)
export const winArrival = (id: K.ID) => post<void>(`/inbox/${id}/won`)
export const answerWord = (id: K.ID, word: string) => post<K.WordAnswer>(`/inbox/${id}/word`, { word })
export const counter = () => post<K.ShownLink>('/counter')
export const redeem = (code: string) => post<K.Redeemed>('/vouchers/redeem', { code })
export const credits = () => get<{ credits: K.Credit[] }>('/credits')
