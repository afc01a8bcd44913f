import type { ProblemBody } from './types'

/** A Problem is what the server refused, in words that may be shown (RFC 9457). */
export class Problem extends Error {
  constructor(readonly body: ProblemBody) { super(body.detail || body.title || body.code) }

  get status() { return this.body.status }
  get code() { return this.body.code }
  get law() { return this.body.law ?? '' }
  get request() { return this.body.request ?? '' }

  /** fields are the messages by field name: "body.fields.phone" stands under "phone". */
  fields(): Record<string, string> {
    const out: Record<string, string> = {}
    for (const e of this.body.errors ?? []) {
      const name = e.location.split('.').pop()
      if (name) out[name] ??= e.message
    }
    return out
  }
}

/** offline is the code of a request that got no answer. */
export const OFFLINE = 'offline'

export const isProblem = (e: unknown): e is Problem => e instanceof Problem

/** problemOf makes a Problem of anything thrown. */
export const problemOf = (e: unknown): Problem => (isProblem(e) ? e : new Problem({ type: 'about:blank', title: '', status: 0, detail: '', code: 'internal' }))
