import { QueryClient, keepPreviousData, useQuery } from '@tanstack/react-query'
import * as calls from './calls'
import { OFFLINE, isProblem } from './problem'
import type { ID, Plural, Search } from './types'

const transient = (e: unknown) => isProblem(e) && (e.code === OFFLINE || e.code === 'unavailable')

/** queries keeps answers in memory only; personal data never reaches the disk. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { networkMode: 'always', staleTime: 20_000, gcTime: 300_000, retry: (n, e) => n < 2 && transient(e), refetchOnWindowFocus: true },
    mutations: { networkMode: 'always', retry: false },
  },
})

export const useToday = () => useQuery({ queryKey: ['today'], queryFn: calls.today, refetchInterval: 300_000 })

export const usePage = (plural: Plural, ask: Search, enabled = true) =>
  useQuery({ queryKey: ['list', plural, ask], queryFn: ({ signal }) => calls.search(plural, ask, signal), placeholderData: keepPreviousData, enabled })

export const useRecord = (plural: Plural, id: ID) => useQuery({ queryKey: ['record', plural, id], queryFn: () => calls.record(plural, id) })

export const useConsents = (id: ID) => useQuery({ queryKey: ['consents', id], queryFn: () => calls.consents(id) })

/** afterWrite throws away what a write may have changed. */
export function afterWrite(plural: Plural, id?: ID) {
  for (const queryKey of [['list'], ['today'], ['timeline'], ['record', 'customers'], ...(id ? [['record', plural, id]] : [])]) {
    void queries.invalidateQueries({ queryKey })
  }
}

/** afterMe reads the person again: budgets, open points, rights. */
export const afterMe = () => void queries.invalidateQueries({ queryKey: ['me'] })
