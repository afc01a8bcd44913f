import { useEffect, useState } from 'react'
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

/** left writes seconds as 4:32. */
export const left = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
