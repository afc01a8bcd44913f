/** shift is how far the server's clock is ahead of this machine's, in ms; what is less than a minute is the way of the answer. */
let shift = 0

/** heard takes the time of an answer. Due times are the server's, so its clock counts: one here that is wrong makes nothing late, and a demonstration has a time of its own. */
export function heard(date: string | null) {
  const off = Date.parse(date ?? '') - Date.now()
  if (!Number.isNaN(off)) shift = Math.abs(off) < 60_000 ? 0 : off
}

/** moment is the server's time. */
export const moment = (): number => Date.now() + shift
