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

/** AWAKE_MS is how long after the last touch a page asks by itself: left alone it must not keep its session alive. */
const AWAKE_MS = 300_000
let touched = Date.now() // how long ago, by this browser alone: moment follows the server
for (const e of ['pointerdown', 'keydown']) addEventListener(e, () => { touched = Date.now() }, { capture: true, passive: true })

/** usePoll asks every ms, while somebody is at the page and it is in sight. */
export function usePoll(ms: number, ask: () => void) {
  const latest = useRef(ask)
  useEffect(() => { latest.current = ask })
  useEffect(() => {
    const timer = setInterval(() => { if (Date.now() - touched < AWAKE_MS && document.visibilityState === 'visible') latest.current() }, ms)
    return () => clearInterval(timer)
  }, [ms])
}

/** left writes seconds as 4:32. */
export const left = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
