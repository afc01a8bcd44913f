import type { Day, Instant } from '../api/types'
import { isEnglish, t, tn } from '.'
import { moment } from './moment'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** zone is the merchant's; it is set once when the person is known. */
export const zone = { name: 'Asia/Shanghai' }

interface Parts { year: number; month: number; day: number; hour: number; minute: number }

const formats = new Map<string, Intl.DateTimeFormat>()

function format(name: string): Intl.DateTimeFormat {
  const known = formats.get(name)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
  })
  formats.set(name, made)
  return made
}

/** parts is a moment on the merchant's clock. */
export function parts(at: Instant): Parts {
  const out: Record<string, number> = {}
  for (const p of format(zone.name).formatToParts(at)) out[p.type] = Number(p.value)
  return { year: out.year ?? 0, month: out.month ?? 0, day: out.day ?? 0, hour: out.hour ?? 0, minute: out.minute ?? 0 }
}

const two = (n: number) => String(n).padStart(2, '0')

/** dayOf is the merchant's calendar day of a moment. */
export function dayOf(at: Instant): Day {
  const p = parts(at)
  return `${p.year}-${two(p.month)}-${two(p.day)}`
}

/** clockOf is HH:MM of a moment. */
export function clockOf(at: Instant): string {
  const p = parts(at)
  return `${two(p.hour)}:${two(p.minute)}`
}

/** momentOf is the moment of a day and HH:MM on the merchant's clock. */
export function momentOf(day: Day, clock: string): Instant {
  const guess = Date.parse(`${day}T${clock}:00Z`)
  const p = parts(guess)
  const seen = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute)
  return guess - (seen - guess)
}

/** daysTo counts calendar days from one day to another. */
const daysTo = (from: Day, to: Day): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY)

/** plusDays is the day n days after d. */
export const plusDays = (d: Day, n: number): Day => new Date(Date.parse(d) + n * DAY).toISOString().slice(0, 10)

export const todayDay = (): Day => dayOf(moment())

/** sayDay writes a day: 今天, 明天, 11-20 within the year, 2027-03-31 beyond. */
export function sayDay(d: Day): string {
  const today = todayDay()
  switch (daysTo(today, d)) {
    case -1: return t('web.time.yesterday')
    case 0: return t('web.time.today')
    case 1: return t('web.time.tomorrow')
  }
  return plainDay(d, today)
}

/** plainDay writes a day without 今天: 11-20, 2027-03-31. */
export const plainDay = (d: Day, today = todayDay()): string => (d.slice(0, 4) === today.slice(0, 4) ? d.slice(5) : d)

/** isDay tells that a moment stands for a day without an hour: midnight. */
const isDay = (at: Instant): boolean => clockOf(at) === '00:00'

/** isLate tells that a moment is over; of a day without an hour, that the day is. */
export const isLate = (at: Instant): boolean => (isDay(at) ? dayOf(at) < todayDay() : at < moment())

/** sayMoment writes a moment: 今天 10:30, 11-20 16:00, 2027-03-31; a day without an hour without one. */
export function sayMoment(at: Instant): string {
  const d = dayOf(at)
  if (isDay(at)) return sayDay(d)
  return d.slice(0, 4) === todayDay().slice(0, 4) || Math.abs(daysTo(todayDay(), d)) <= 1 ? `${sayDay(d)} ${clockOf(at)}` : d
}

/** sayFull writes a moment in full: 2026-11-20 16:00. */
export const sayFull = (at: Instant): string => `${dayOf(at)} ${clockOf(at)}`

/** sayToday writes today with its weekday: 11 月 20 日 星期五; in brief English cuts its words short. */
export function sayToday(at = moment(), brief = false): string {
  const options = { timeZone: zone.name, month: brief ? 'short' : 'long', day: 'numeric', weekday: brief ? 'short' : 'long' } as const
  const made = new Intl.DateTimeFormat(isEnglish() ? 'en-GB' : 'zh-CN', options)
  const p = parts(at)
  if (isEnglish()) return made.format(at)
  const weekday = new Intl.DateTimeFormat('zh-CN', { timeZone: zone.name, weekday: 'long' }).format(at)
  return `${p.month} 月 ${p.day} 日 ${weekday}`
}

/** sayAgo writes how long ago a moment was, in its longest unit. */
export function sayAgo(at: Instant, until = moment()): string {
  const past = Math.max(0, until - at)
  if (past < HOUR) return tn('web.time.minutes_ago', Math.max(1, Math.round(past / 60_000)))
  if (past < DAY) return tn('web.time.hours_ago', Math.floor(past / HOUR))
  return tn('web.time.days_ago', Math.floor(past / DAY))
}

/** sayZone is the name of a time zone: 中国标准时间. */
export const sayZone = (zone: string): string => new Intl.DateTimeFormat(isEnglish() ? 'en' : 'zh-CN', { timeZone: zone, timeZoneName: 'long' }).formatToParts().find(p => p.type === 'timeZoneName')?.value ?? zone
