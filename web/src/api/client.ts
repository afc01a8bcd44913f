import { OFFLINE, Problem } from './problem'
import { kept, store } from './store'
import { heard } from '../words/moment'
import type { ProblemBody } from './types'

export const LANGS = ['zh-CN', 'en'] as const
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

export interface Ask { method?: string; path: string; body?: unknown; raw?: boolean; keepalive?: boolean; once?: string; signal?: AbortSignal }

function headers(ask: Ask): HeadersInit {
  const h: Record<string, string> = { Accept: 'application/json', 'Kexin-Lang': lang.get() }
  if (purpose.get()) h['Kexin-Purpose'] = purpose.get()
  if (ask.once) h['Idempotency-Key'] = ask.once
  if (ask.body !== undefined) h['Content-Type'] = 'application/json'
  return h
}

async function send(ask: Ask): Promise<Response> {
  const init: RequestInit = {
    method: ask.method ?? 'GET', headers: headers(ask), credentials: 'same-origin', cache: 'no-store',
    body: ask.body === undefined ? undefined : JSON.stringify(ask.body), keepalive: ask.keepalive, signal: ask.signal,
  }
  try {
    const answer = await fetch(`/api/v1${ask.path}`, init)
    online.set(true)
    heard(answer.headers.get('Date'))
    return answer
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e
    online.set(false)
    throw new Problem({ type: 'about:blank', title: '', status: 0, detail: '', code: OFFLINE })
  }
}

/** problemIn reads the problem of an answer that refused. */
async function problemIn(answer: Response): Promise<Problem> {
  const empty: ProblemBody = { type: 'about:blank', title: '', status: answer.status, detail: '', code: answer.status >= 500 ? 'unavailable' : 'internal' }
  try {
    return new Problem({ ...empty, ...((await answer.json()) as Partial<ProblemBody>) })
  } catch { return new Problem(empty) }
}

/** unsaved holds one token for each form in which something is typed and not saved. */
export const unsaved = new Set<object>()

/** ended is true while nobody is signed in any more and something typed still stands here. */
export const ended = store(false)

/** toLogin leaves for the sign-in page, unless that would sweep away what is typed; next holds ids only, never personal data. */
export function toLogin() {
  if (unsaved.size > 0) return ended.set(true)
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

/** upload puts a file's bytes, telling how many have left; abort ends it. */
export function upload<T>(path: string, file: Blob, told: (sent: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest()
    const fail = (body: Partial<ProblemBody>) => reject(new Problem({ type: 'about:blank', title: '', status: x.status, detail: '', code: 'internal', ...body }))
    x.open('PUT', `/api/v1${path}`)
    x.setRequestHeader('Content-Type', 'application/octet-stream')
    x.setRequestHeader('Kexin-Lang', lang.get())
    x.responseType = 'json'
    x.upload.onprogress = e => told(e.loaded)
    x.onerror = () => fail({ code: OFFLINE })
    x.onabort = () => fail({ code: 'cancelled' })
    x.onload = () => {
      if (x.status >= 200 && x.status < 300) return resolve(x.response as T)
      if (x.status === 401) toLogin()
      fail((x.response as Partial<ProblemBody> | null) ?? {})
    }
    signal.addEventListener('abort', () => x.abort())
    x.send(file)
  })
}
