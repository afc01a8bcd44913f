import { store } from '../api/store'
import type { ID, Revealed } from '../api/types'
import { moment } from '../words/moment'

interface Shown { value: string; until: number; seconds: number }

// Full values that were asked for, for as many seconds as the server said.
// They live in memory only and leave it when their time is over.
const shown = store<Record<string, Shown>>({})

export const revealKey = (plural: string, id: ID, field: string) => `${plural}/${id}/${field}`

/** keepShown shows a value and hides it again when its time is over. */
export function keepShown(key: string, r: Revealed) {
  const until = moment() + r.seconds * 1000
  shown.set(all => ({ ...all, [key]: { value: r.value, until, seconds: r.seconds } }))
  setTimeout(() => hide(key, until), r.seconds * 1000)
}

export function hide(key: string, until?: number) {
  shown.set(all => {
    if (until !== undefined && all[key]?.until !== until) return all
    const { [key]: _, ...rest } = all
    return rest
  })
}

export const useShown = (key: string): Shown | undefined => shown.use()[key]

/** forget hides everything at once: on sign-out and when the purpose changes. */
export const forget = () => shown.set({})
