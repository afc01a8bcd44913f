import { useRef } from 'react'
import { moment } from '../words/moment'

/** A Once is what the server knows a form's request by when it is sent again, and when it was first sent: what is sent again must be the same. */
export interface Once { key: string; at: number }

const fresh = (): Once => ({ key: Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join(''), at: moment() })

/** useOnce keeps one for an opened form until what it makes is made; renew begins the next. */
export function useOnce() {
  const kept = useRef<Once | undefined>(undefined)
  return { get: () => (kept.current ??= fresh()), renew: () => { kept.current = undefined } }
}
