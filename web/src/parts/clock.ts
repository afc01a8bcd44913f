import { useEffect, useRef, useState } from 'react'
import { moment } from '../words/moment'

/** useNow is the time, told again every ms while on. */
export function useNow(ms: number, on = true): number {
  const [now, setNow] = useState(moment)
  useEffect(() => {
    if (!on) return
    setNow(moment())
    const timer = setInterval(() => setNow(moment()), ms)
    return () => clearInterval(timer)
  }, [ms, on])
  return now
}

/** usePoll asks every ms, also while nobody looks: the title says what waits. */
export function usePoll(ms: number, ask: () => void) {
  const latest = useRef(ask)
  useEffect(() => { latest.current = ask })
  useEffect(() => {
    const timer = setInterval(() => latest.current(), ms)
    return () => clearInterval(timer)
  }, [ms])
}

/** left writes seconds as 4:32. */
export const left = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
