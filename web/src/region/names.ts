import { store } from '../api/store'

type Names = Record<string, string>

// Division codes and names as the Ministry of Civil Affairs publishes them,
// from modood/Administrative-divisions-of-China (WTFPL): 2 digits province, 4 city, 6 district.
const names = store<Names | undefined>(undefined)
let asked = false

/** useRegions gives the names by code; undefined until they are read. */
export function useRegions(): Names | undefined {
  if (!asked) {
    asked = true
    import('./regions.json').then(m => names.set(m.default as Names), () => { asked = false })
  }
  return names.use()
}

const plain = new Set(['市辖区', '县', '省直辖县级行政区划', '自治区直辖县级行政区划'])

/** regionShort is the most telling name of a code: 乐清市; a district of a big city keeps it: 杭州市西湖区. */
export function regionShort(all: Names, code: string): string {
  const own = all[code]
  if (!own) return code
  if (code.length < 6 || !own.endsWith('区')) return own
  return `${cityOf(all, code)}${own}`
}

const cityOf = (all: Names, code: string): string => {
  const city = all[code.slice(0, 4)] ?? ''
  return plain.has(city) ? (all[code.slice(0, 2)] ?? '') : city
}

/** regionFull is province, city and district: 浙江省 温州市 乐清市. */
export function regionFull(all: Names, code: string): string {
  const parts = [code.slice(0, 2), code.slice(0, 4), code].map(c => all[c] ?? '').filter(n => n && !plain.has(n))
  return [...new Set(parts)].join(' ') || code
}

/** below lists the codes one step under a prefix: "" gives the provinces. */
export function below(all: Names, prefix: string): [code: string, name: string][] {
  const length = prefix === '' ? 2 : prefix.length + 2
  return Object.entries(all).filter(([c]) => c.length === length && c.startsWith(prefix))
}
