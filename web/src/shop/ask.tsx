import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { isProblem } from '../api/problem'
import { afterMe, faultOf, queries } from '../api/queries'
import { Fault } from '../parts/Fault'
import { failed, said } from '../parts/toast'
import { Wait } from '../parts/Wait'

/** Read shows what a place needs to read: waiting, refused, or there. */
export function Read<T>({ of, read, children, every }: { of: string; read: () => Promise<T>; children: (data: T) => ReactNode; every?: (data: T) => number | false }) {
  const q = useQuery({ queryKey: [of], queryFn: read, refetchInterval: x => (x.state.data !== undefined && every ? every(x.state.data) : false) })
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (q.data === undefined) return <Wait rows={6} />
  return children(q.data)
}

/** useAct does one thing and reads the place again, also where it was no more what one saw. */
export function useAct<A, T>(of: string, act: (a: A) => Promise<T>, done?: string | ((r: T) => void)) {
  return useMutation({
    mutationFn: act,
    onSuccess: r => {
      void queries.invalidateQueries({ queryKey: [of] })
      afterMe()
      if (typeof done === 'string') said(done)
      else done?.(r)
    },
    onError: e => {
      failed(e)
      if (isProblem(e) && e.code === 'conflict') void queries.invalidateQueries({ queryKey: [of] })
    },
  })
}
