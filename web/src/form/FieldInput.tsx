import { useId } from 'react'
import { usePerson } from '../api/person'
import type { Field } from '../api/types'
import { ChooseMany, ChooseOne } from '../parts/Choose'
import { RegionPick } from '../region/RegionPick'
import { Area, Line } from '../parts/Typing'
import { t } from '../words'
import { CustomerPick } from './CustomerPick'
import { severalPhones } from './values'

interface Props { field: Field; value: string | string[]; onChange: (v: string | string[]) => void; onBlur?: () => void; error?: string; note?: string; hint?: string; autoFocus?: boolean }

/** FieldInput is one field with its label, its note and what is wrong with it. */
export function FieldInput(p: Props) {
  const id = useId()
  const group = p.field.kind === 'choices' || (p.field.kind === 'choice' && (p.field.choices?.length ?? 0) <= 8)
  const noteId = `${id}-note`
  return (
    <div className="field" data-field={p.field.name}>
      {!group && <label className="label" htmlFor={id}>{p.field.label}{!p.field.required && <span className="opt">{t('web.form.optional')}</span>}</label>}
      <Control {...p} id={id} describedBy={p.error || p.note ? noteId : undefined} />
      {p.error ? <span id={noteId} className="err" role="alert">{p.error}</span> : p.note && <span id={noteId} className="note">{p.note}</span>}
    </div>
  )
}

interface ControlProps extends Props { id: string; describedBy?: string }

function Control(p: ControlProps) {
  const { field, value, onChange } = p
  const choices = field.choices ?? []
  const options = choices.map(c => ({ value: c.code, label: c.label }))
  const text = typeof value === 'string' ? value : ''
  switch (field.kind) {
    case 'choices': return <ChooseMany legend={field.label} note={field.required ? undefined : t('web.form.optional')} options={options} value={Array.isArray(value) ? value : []} onChange={onChange} describedBy={p.describedBy} />
    case 'choice':
      if (choices.length <= 8) return <ChooseOne legend={field.label} note={field.required ? undefined : t('web.form.optional')} clear={!field.required} options={options} value={text} onChange={onChange} describedBy={p.describedBy} />
      return <Pick p={p} options={options} />
    case 'region': return <RegionPick id={p.id} label={field.label} value={text} onChange={onChange} invalid={!!p.error} describedBy={p.describedBy} />
    case 'ref': return field.ref === 'customer' ? <CustomerPick id={p.id} value={text} onChange={onChange} invalid={!!p.error} /> : <MemberPick p={p} />
    case 'day': case 'instant':
      return <input id={p.id} type={field.kind === 'day' ? 'date' : 'datetime-local'} className="kx-input" value={text} onChange={e => onChange(e.target.value)} onBlur={p.onBlur} aria-invalid={!!p.error} aria-describedby={p.describedBy} required={field.required} />
    default: return <TextInput {...p} />
  }
}

const modes: Partial<Record<Field['kind'], 'tel' | 'email' | 'decimal' | 'numeric'>> = { phone: 'tel', email: 'email', money: 'decimal', number: 'numeric' }

function TextInput({ field, value, onChange, onBlur, error, hint, id, describedBy, autoFocus }: ControlProps) {
  const text = typeof value === 'string' ? value : ''
  const common = { id, value: text, onBlur, placeholder: hint, autoComplete: 'off', 'aria-invalid': !!error, 'aria-describedby': describedBy, autoFocus, required: field.required }
  if (severalPhones(field) || (field.kind === 'text' && (field.max ?? 0) > 200)) {
    return <Area {...common} onChange={e => onChange(e.target.value)} />
  }
  return <Line {...common} inputMode={modes[field.kind]} prefix={field.kind === 'money' ? '¥' : undefined} onChange={e => onChange(e.target.value)} />
}

function Pick({ p, options }: { p: ControlProps; options: { value: string; label: string }[] }) {
  return (
    <select id={p.id} className="kx-input" value={typeof p.value === 'string' ? p.value : ''} onChange={e => p.onChange(e.target.value)} onBlur={p.onBlur} aria-invalid={!!p.error} aria-describedby={p.describedBy}>
      <option value="">{t('web.form.choose')}</option>
      {options.map(o => <option key={o.value} value={o.value}>{o.label}</option>)}
    </select>
  )
}

function MemberPick({ p }: { p: ControlProps }) {
  const members = usePerson().schema.members
  return <Pick p={p} options={members.filter(m => m.active || m.id === p.value).map(m => ({ value: m.id, label: m.name }))} />
}
