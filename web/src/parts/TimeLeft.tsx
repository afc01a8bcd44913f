import { t } from '../words'
import { useNow } from './clock'

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR

/** sayLeft is a span in its longest two units. */
function sayLeft(ms: number): string {
  if (ms <= 0) return t('web.clock.over')
  const d = Math.floor(ms / DAY), h = Math.floor((ms % DAY) / HOUR), m = Math.floor((ms % HOUR) / MINUTE)
  return d > 0 ? t('web.clock.days', { d, h }) : h > 0 ? t('web.clock.hours', { h, m }) : t('web.clock.minutes', { m: Math.max(1, m) })
}

/** REMIND are the times after which who waits is marked, amber and then red: half an hour, two hours. */
const REMIND = [30 * MINUTE, 2 * HOUR] as const

/** useWaited is how long somebody has waited, in its longest two units, once it is long; late tells that it is too long. */
export function useWaited(since: number): { time: string; late: boolean } | undefined {
  const ms = useNow(30_000) - since
  if (since === 0 || ms < REMIND[0]) return undefined
  const d = Math.floor(ms / DAY), h = Math.floor((ms % DAY) / HOUR), m = Math.floor((ms % HOUR) / MINUTE)
  return { time: d > 0 ? t('web.clock.span_days', { d, h }) : h > 0 ? t('web.clock.span_hours', { h, m }) : t('web.clock.span_minutes', { m }), late: ms >= REMIND[1] }
}

/** TimeLeft is how long is left: a ring with the part that is left of the whole, and the words. Amber on the last day, red when it is over. */
export function TimeLeft({ due, whole }: { due: number; whole: number }) {
  const left = due - useNow(30_000)
  const part = Math.max(0, Math.min(1, left / whole))
  return (
    <span className={left <= 0 ? 'time-left no b5' : left < DAY ? 'time-left wa b5' : 'time-left t2'}>
      <svg viewBox="0 0 14 14" aria-hidden><circle cx="7" cy="7" r="5.5" /><circle cx="7" cy="7" r="5.5" pathLength="1" strokeDasharray={`${part} 1`} transform="rotate(-90 7 7)" /></svg>{sayLeft(left)}
    </span>
  )
}
