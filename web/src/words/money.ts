/** yuan writes minor units 分 as ¥24,600, with cents only where there are any. */
export function yuan(minor: number): string {
  const whole = minor % 100 === 0
  const n = (minor / 100).toLocaleString('en-US', { minimumFractionDigits: whole ? 0 : 2, maximumFractionDigits: 2 })
  return n.startsWith('-') ? `-¥${n.slice(1)}` : `¥${n}`
}

/** minorOf reads an amount in yuan as people type it; undefined where it is none. */
export function minorOf(typed: string): number | undefined {
  const s = typed.normalize('NFKC').replace(/[¥,，元\s]/g, '')
  if (!/^-?\d{1,12}(\.\d{1,2})?$/.test(s)) return undefined
  return Math.round(Number(s) * 100)
}

/** yuanInput is minor units as they stand in an input. */
export const yuanInput = (minor: number): string => (minor % 100 === 0 ? String(minor / 100) : (minor / 100).toFixed(2))
