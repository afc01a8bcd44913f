import { useId, type ReactNode } from 'react'
import { doubled } from '../api/doubled'

export interface Option<T extends string> { value: T; label: ReactNode; icon?: ReactNode }

interface Common<T extends string> { legend: string; note?: string; hideLegend?: boolean; options: Option<T>[]; disabled?: boolean; describedBy?: string }

/** ChooseOne is a row of chips of which one may be chosen; with clear, a second tap takes it back. */
export function ChooseOne<T extends string>({ legend, note, hideLegend, options, value, onChange, clear, disabled, describedBy, children }: Common<T> & { value: T | ''; onChange: (v: T | '') => void; clear?: boolean; children?: ReactNode }) {
  const name = useId()
  return (
    <fieldset className="chips" disabled={disabled} aria-describedby={describedBy}>
      <legend className={hideLegend ? 'sr' : undefined}>{legend}{note && <span className="opt">{note}</span>}</legend>
      {options.map(o => (
        <label key={o.value} className={value === o.value ? 'on' : undefined}>
          <input type="radio" name={name} checked={value === o.value} onChange={() => onChange(o.value)} onClick={() => { if (clear && value === o.value) onChange('') }} />
          {o.icon}{o.label}
        </label>
      ))}
      {children}
    </fieldset>
  )
}

/** ChooseMany is a row of chips of which any number may be chosen. */
export function ChooseMany<T extends string>({ legend, note, hideLegend, options, value, onChange, disabled, describedBy }: Common<T> & { value: T[]; onChange: (v: T[]) => void }) {
  const turn = (v: T) => onChange(value.includes(v) ? value.filter(x => x !== v) : [...value, v])
  return (
    <fieldset className="chips" disabled={disabled} aria-describedby={describedBy}>
      <legend className={hideLegend ? 'sr' : undefined}>{legend}{note && <span className="opt">{note}</span>}</legend>
      {options.map(o => (
        <label key={o.value} className={value.includes(o.value) ? 'on' : undefined}>
          <input type="checkbox" checked={value.includes(o.value)} onChange={() => turn(o.value)} />
          {o.icon}{o.label}
        </label>
      ))}
    </fieldset>
  )
}

/** Picks is a row of chips that each do something at once: plain buttons, so that arrow keys do nothing by themselves, and of a double click the second neither. */
export function Picks<T extends string>({ legend, hideLegend, options, onPick, busy, chosen, disabled }: { legend: string; hideLegend?: boolean; options: Option<T>[]; onPick: (v: T) => void; busy?: T; chosen?: T | ''; disabled?: boolean }) {
  const id = useId()
  const pressed = (v: T) => (chosen === undefined ? undefined : chosen === v)
  return (
    <div className="chips" role="group" aria-labelledby={id}>
      <div className={hideLegend ? 'sr' : 'chips-legend'} id={id}>{legend}</div>
      {options.map(o => <button key={o.value} type="button" className={busy === o.value || chosen === o.value ? 'on' : undefined} aria-pressed={pressed(o.value)} disabled={disabled} onClick={e => { if (!doubled(e)) onPick(o.value) }}>{o.icon}{o.label}</button>)}
    </div>
  )
}
