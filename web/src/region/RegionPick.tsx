import { t } from '../words'
import { below, useRegions } from './names'

/** RegionPick asks for province, city and district in three lists; whole allows to stop at any of them. */
export function RegionPick({ value, onChange, label, whole, id, invalid, describedBy }: {
  value: string; onChange: (code: string) => void; label: string; whole?: boolean; id?: string; invalid?: boolean; describedBy?: string
}) {
  const all = useRegions()
  if (!all) return <div className="kx-input" aria-busy />
  const levels = [value.slice(0, 2), value.slice(0, 4), value.slice(0, 6)]
  const names = [t('web.region.province'), t('web.region.city'), t('web.region.district')]
  return (
    <span className="regions" role="group" aria-label={label}>
      {levels.map((code, i) => {
        const prefix = i === 0 ? '' : (levels[i - 1] ?? '')
        if (i > 0 && prefix.length !== 2 * i) return null
        const options = below(all, prefix)
        if (i > 0 && options.length === 0) return null
        const chosen = code.length === 2 * (i + 1) ? code : ''
        return (
          <select key={i} id={i === 0 ? id : undefined} className="kx-input" aria-label={`${label} ${names[i]}`} aria-invalid={invalid} aria-describedby={describedBy} value={chosen}
            onChange={e => onChange(e.target.value || prefix)}>
            <option value="">{whole && i > 0 ? t('web.region.whole') : names[i]}</option>
            {options.map(([c, n]) => <option key={c} value={c}>{n}</option>)}
          </select>
        )
      })}
    </span>
  )
}
