import { sawRefusal } from './doubled'
import { OFFLINE, Problem } from './problem'
import { kept, store } from './store'
import { heard } from '../words/moment'
import type { ProblemBody } from './types'
import { unsaved } from './unsaved'

const LANGS = ['zh-CN', 'en'] as const
export type Lang = (typeof LANGS)[number]

const browserLang: Lang = navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'

/** lang is the language of the page; it goes with every request. */
export const lang = kept<Lang>('kexin.lang', LANGS, browserLang)

/** purpose is what the person is working for, where she chose one; "" = the position's own. */
export const purpose = store('')

/** online is false while requests get no answer. */
export const online = store(true)

/** stepUp asks for the second factor again; it answers whether it was shown. The dialog sets it. */
export const stepUp: { ask: () => Promise<boolean> } = { ask: () => Promise.resolve(false) }

export const STEP_UP = 'E_STEP_UP'

/** ALONE_MS is how long after the last touch a page is left alone: what it asks by itself then does not keep its session alive. */
const ALONE_MS = 300_000
let touched = Date.now() // by this browser alone: moment follows the server
for (const e of ['pointerdown', 'keydown']) addEventListener(e, () => { touched = Date.now() }, { capture: true, passive: true })

export interface Ask {
  method?: string; path: string; body?: unknown; keepalive?: boolean; once?: string; signal?: AbortSignal
  file?: Blob // the bytes to send instead of a body; told hears how many have left
  told?: (sent: number) => void
}

function headers(ask: Ask): Record<string, string> {
  const h: Record<string, string> = { Accept: 'application/json', 'Kexin-Lang': lang.get() }
  if (purpose.get()) h['Kexin-Purpose'] = purpose.get()
  if (ask.once) h['Idempotency-Key'] = ask.once
  if (Date.now() - touched >= ALONE_MS) h['Kexin-Unattended'] = '1'
  if (ask.file) h['Content-Type'] = 'application/octet-stream'
  else if (ask.body !== undefined) h['Content-Type'] = 'application/json'
  return h
}

/** trouble is a problem that no answer of the server told of. */
export const trouble = (code: string) => new Problem({ type: 'about:blank', title: '', status: 0, detail: '', code })

/** sendFile sends a file's bytes by the one way that tells how many have left; abort ends it. */
const sendFile = (ask: Ask, file: Blob) => new Promise<Response>((resolve, reject) => {
  const x = new XMLHttpRequest()
  x.open(ask.method ?? 'PUT', `/api/v1${ask.path}`)
  for (const [name, value] of Object.entries(headers(ask))) x.setRequestHeader(name, value)
  x.responseType = 'blob'
  x.upload.onprogress = e => ask.told?.(e.loaded)
  x.onerror = () => reject(trouble(OFFLINE))
  x.onabort = () => reject(trouble('cancelled'))
  x.onload = () => resolve(new Response(x.status === 204 ? null : x.response as Blob, { status: x.status, headers: { Date: x.getResponseHeader('Date') ?? '' } }))
  ask.signal?.addEventListener('abort', () => x.abort())
  x.send(file)
})

const fetched = (ask: Ask) => fetch(`/api/v1${ask.path}`, {
  method: ask.method ?? 'GET', headers: headers(ask), credentials: 'same-origin', cache: 'no-store',
  body: ask.body === undefined ? undefined : JSON.stringify(ask.body), keepalive: ask.keepalive, signal: ask.signal,
})

async function send(ask: Ask): Promise<Response> {
  try {
    const answer = await (ask.file ? sendFile(ask, ask.file) : fetched(ask))
    online.set(true)
    heard(answer.headers.get('Date'))
    return answer
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError' || e instanceof Problem && e.code === 'cancelled') throw e
    online.set(false)
    sawRefusal()
    throw trouble(OFFLINE)
  }
}

/** problemIn reads the problem of an answer that refused. */
async function problemIn(answer: Response): Promise<Problem> {
  const empty: ProblemBody = { type: 'about:blank', title: '', status: answer.status, detail: '', code: answer.status >= 500 ? 'unavailable' : 'internal' }
  try {
    return new Problem({ ...empty, ...((await answer.json()) as Partial<ProblemBody>) })
  } catch { return new Problem(empty) }
}

/** ended is true while nobody is signed in any more and something typed still stands here. */
export const ended = store(false)

/** JOIN is the page that an invitation leads to. */
export const JOIN = '/shop/join'

/** invitation keeps in this tab what stands behind # of JOIN while somebody signs in: no address that a server sees may hold it. */
export const invitation = {
  key: 'kexin.join',
  keep(token: string) { try { sessionStorage.setItem(this.key, token) } catch { /* the link has to be opened again */ } },
  kept(): string { try { return sessionStorage.getItem(this.key) ?? '' } catch { return '' } },
  drop() { try { sessionStorage.removeItem(this.key) } catch { /* nothing was kept */ } },
}

/** toLogin leaves for the sign-in page, unless that would sweep away what is typed; next holds ids only, never personal data nor an invitation. */
function toLogin() {
  if (unsaved()) return ended.set(true)
  if (location.pathname === JOIN && location.hash) invitation.keep(location.hash.slice(1))
  location.assign(`/login?next=${encodeURIComponent(location.pathname)}`)
}

/** ok gives the answer of a request that was not refused; it asks for the second factor where the server wants it. */
async function ok(ask: Ask, again = true): Promise<Response> {
  const answer = await send(ask)
  if (answer.ok) {
    ended.set(false)
    return answer
  }
  const problem = await problemIn(answer)
  sawRefusal()
  if (answer.status === 401 && problem.law === STEP_UP) {
    if (again && await stepUp.ask()) return ok(ask, false)
    throw problem
  }
  if (answer.status === 401) toLogin()
  throw problem
}

export async function call<T>(ask: Ask): Promise<T> {
  const answer = await ok(ask)
  if (answer.status === 204) return undefined as T
  return (await answer.json()) as T
}

export async function download(path: string): Promise<Blob> {
  return (await ok({ path })).blob()
}
