import { QueryClient, keepPreviousData, useQuery, type QueryKey } from '@tanstack/react-query'
import * as calls from './calls'
import { usePoll } from '../parts/clock'
import { OFFLINE, isProblem } from './problem'
import type { ID, Plural, Search } from './types'

const transient = (e: unknown) => isProblem(e) && (e.code === OFFLINE || e.code === 'unavailable')

/** faultOf is why something cannot be shown. What is on the screen stays while the line is down or the session is over: something may be typed beside it. */
export const faultOf = (q: { error: Error | null; data: unknown }) => (q.data !== undefined && (transient(q.error) || isProblem(q.error) && q.error.status === 401) ? null : q.error)

/** queries keeps answers in memory only; personal data never reaches the disk. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { networkMode: 'always', staleTime: 20_000, gcTime: 300_000, retry: (n, e) => n < 2 && transient(e), refetchOnWindowFocus: true, refetchOnReconnect: 'always' },
    mutations: { networkMode: 'always', retry: false },
  },
})

const today = { queryKey: ['today'], queryFn: calls.today }

/** whoami and theSchema are read once for the whole page. */
export const whoami = { queryKey: ['me'], queryFn: calls.me, staleTime: 60_000 }
export const theSchema = { queryKey: ['schema'], queryFn: calls.schema, staleTime: 600_000 }

/** early asks for what every page needs, and for today where the page is that, while words and code are still on their way. */
export function early(path: string) {
  void queries.prefetchQuery(whoami)
  void queries.prefetchQuery(theSchema)
  if (path === '/') void queries.prefetchQuery(today)
}

export function useToday() {
  const q = useQuery(today)
  usePoll(300_000, () => void q.refetch())
  return q
}

export const usePage = (plural: Plural, ask: Search, enabled = true) =>
  useQuery({ queryKey: ['list', plural, ask], queryFn: ({ signal }) => calls.search(plural, ask, signal), placeholderData: keepPreviousData, enabled })

export const useRecord = (plural: Plural, id: ID) => useQuery({ queryKey: ['record', plural, id], queryFn: () => calls.record(plural, id) })

export const useConsents = (id: ID) => useQuery({ queryKey: ['consents', id], queryFn: () => calls.consents(id) })

/** PATIENCE is how long an answer may take, in milliseconds, to a question that is asked again and again. */
const PATIENCE = 20_000

/** patient ends with the query, or when the answer does not come: then it is asked anew, where otherwise all that follows would wait behind that one. */
export function patient(signal: AbortSignal): AbortSignal {
  const wait = new AbortController()
  const late = setTimeout(() => wait.abort(new DOMException('', 'TimeoutError')), PATIENCE)
  signal.addEventListener('abort', () => { clearTimeout(late); wait.abort() })
  return wait.signal
}

/** put keeps what an answer said; an older answer that is still under way does not come over it. */
export async function put(queryKey: QueryKey, value: unknown) {
  await queries.cancelQueries({ queryKey, exact: true })
  queries.setQueryData(queryKey, value)
}

/** afterWrite throws away what a write may have changed; what stands on the screen is read again when its promise ends. */
export const afterWrite = (plural: Plural, id?: ID) =>
  Promise.all([['list'], ['today'], ['timeline'], ['record', 'customers'], ...(id ? [['record', plural, id]] : [])].map(queryKey => queries.invalidateQueries({ queryKey })))

/** afterMe reads the person again: budgets, open points, rights. */
export const afterMe = () => void queries.invalidateQueries({ queryKey: ['me'] })
