import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { isMall, isShop, useMe } from '../api/person'
import { queries } from '../api/queries'
import type { People, Position } from '../api/types'
import { ChooseOne } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { Line } from '../parts/Typing'
import { t } from '../words'
import { positionWord } from '../words/position'
import { plusDays, sayMoment, todayDay } from '../words/time'
import { LinkShown } from './LinkShown'

const ALL: Position[] = ['leader', 'rep', 'service', 'marketing', 'steward', 'analyst', 'pio', 'auditor', 'owner']

/** OFFICE are those of a 秘书处, which serves members and sells nothing. */
const OFFICE: Position[] = ['owner', 'marketing', 'analyst', 'pio', 'auditor']

/** useOffered are the positions that are offered: a shop has two, an office those that sell nothing, a company all. */
export function useOffered(): Position[] {
  const me = useMe()
  return isShop(me) ? ['rep', 'owner'] : isMall(me) ? OFFICE : ALL
}

/** DeptPick chooses a department; it is not shown where there is none. */
export function DeptPick({ people, value, onChange }: { people: People; value: string; onChange: (id: string) => void }) {
  if (people.depts.length === 0) return null
  return (
    <label className="field"><span className="label">{t('web.people.dept')}</span>
      <select className="kx-input" value={value} onChange={e => onChange(e.target.value)}><option value="">{t('web.people.no_dept')}</option>{people.depts.map(d => <option key={d.id} value={d.id}>{d.name}</option>)}</select>
    </label>
  )
}

/** EndsPick is the last day of a dated account, an auditor's. */
export function EndsPick({ value, onChange }: { value: string; onChange: (day: string) => void }) {
  return <div className="field"><label className="label" htmlFor="ends">{t('web.people.ends')}</label><input id="ends" type="date" className="kx-input" min={todayDay()} value={value} onChange={e => onChange(e.target.value)} aria-describedby="ends-note" /><span id="ends-note" className="note">{t('web.people.ends_note')}</span></div>
}

/** InviteForm makes an invitation; its link is shown once. */
export function InviteForm({ people }: { people: People }) {
  const me = useMe()
  const shop = isShop(me)
  const offered = useOffered()
  const [name, setName] = useState('')
  const [position, setPosition] = useState<Position | ''>(offered.find(p => p === 'rep') ?? offered.find(p => p !== 'owner') ?? '')
  const [dept, setDept] = useState('')
  const [ends, setEnds] = useState(plusDays(todayDay(), 30))
  const dated = position === 'auditor'
  const invite = useMutation({
    mutationFn: () => calls.invite({ name: name.trim(), position: position || 'owner', ...(dept ? { dept } : {}), ...(dated && ends ? { ends } : {}) }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['people'] }),
  })
  if (invite.data) return <LinkShown link={invite.data} note={t('web.people.link_note', { at: sayMoment(invite.data.expires) })} qr={t('web.people.qr')} />
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (name.trim()) invite.mutate() }}>
      <div className="field"><label className="label" htmlFor="inv-name">{t('web.people.name')}</label><Line id="inv-name" autoFocus maxLength={40} value={name} onChange={e => setName(e.target.value)} autoComplete="off" /></div>
      <ChooseOne<Position> legend={t('web.people.position')} value={position} onChange={setPosition} options={offered.map(value => ({ value, label: positionWord(value, me.org.size) }))} />
      {!shop && <DeptPick people={people} value={dept} onChange={setDept} />}
      {dated && <EndsPick value={ends} onChange={setEnds} />}
      {invite.isError && <p className="form-err" role="alert">{saidOf(invite.error)}</p>}
      <div className="form-foot"><Button type="primary" htmlType="submit" loading={invite.isPending} disabled={!name.trim()}>{t('web.people.make_link')}</Button></div>
    </form>
  )
}
