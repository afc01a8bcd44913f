import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import * as calls from '../api/calls'
import { problemOf } from '../api/problem'
import { useMe } from '../api/person'
import type { Batch, LawyerNote, Reopened } from '../api/types'
import { Button } from '../parts/Button'
import { saidOf } from '../parts/Fault'
import { Facts } from '../parts/Section'
import { Area, Line } from '../parts/Typing'
import { t } from '../words'
import { sayFull, todayDay } from '../words/time'
import { putBatch } from './BatchPage'

const NOTE = ['lawyer', 'firm', 'licence', 'on', 'text'] as const

/** ReopenPart lets a refused list in again: the protection officer, on a lawyer's note; or tells that it was. */
export function ReopenPart({ b }: { b: Batch }) {
  const [open, setOpen] = useState(false)
  if (b.reopened && !b.mayReopen) return <Told b={b} r={b.reopened} />
  if (!b.mayReopen) return <p className="f13 t2">{t('web.import.mistake')}</p>
  if (!open) return <><p className="f13 t2">{t('web.reopen.lead')}</p><Button onClick={() => setOpen(true)}>{t('web.reopen.open')}</Button></>
  return <Form b={b} back={() => setOpen(false)} />
}

function Form({ b, back }: { b: Batch; back: () => void }) {
  const me = useMe()
  const [note, setNote] = useState<LawyerNote>({})
  const [wrong, setWrong] = useState<Record<string, string>>({})
  const send = useMutation({
    mutationFn: () => calls.reopenImport(b.id, note), onSuccess: putBatch,
    onError: e => setWrong(problemOf(e).fields()),
  })
  const other = send.isError && Object.keys(wrong).length === 0
  return (
    <form className="reopen" onSubmit={e => { e.preventDefault(); setWrong({}); send.mutate() }}>
      <h3>{t('web.reopen.title')}</h3>
      <p className="f13 t2">{t('web.reopen.text')}{me.position !== 'pio' && ` ${t('web.reopen.alone')}`}</p>
      <div className="reopen-fields">
        {NOTE.map(n => (
          <label key={n} className="field" data-field={n}>
            <span className="label">{t(`web.reopen.field_${n}`)}</span>
            {n === 'text' ? <Area rows={4} value={note[n] ?? ''} maxLength={2000} onChange={e => setNote({ ...note, [n]: e.target.value })} aria-invalid={!!wrong[n]} />
              : <Line type={n === 'on' ? 'date' : 'text'} max={n === 'on' ? todayDay() : undefined} inputMode={n === 'licence' ? 'numeric' : undefined} maxLength={n === 'licence' ? 17 : 80} autoComplete="off" value={note[n] ?? ''} onChange={e => setNote({ ...note, [n]: e.target.value })} aria-invalid={!!wrong[n]} />}
            {wrong[n] && <span className="err" role="alert">{wrong[n]}</span>}
          </label>
        ))}
      </div>
      {other && <p className="form-err" role="alert">{saidOf(send.error)}</p>}
      <div className="row gap8"><Button onClick={back}>{t('web.act.cancel')}</Button><Button type="primary" htmlType="submit" loading={send.isPending}>{t('web.reopen.go')}</Button></div>
    </form>
  )
}

/** Told says who let the list in, on what ground, and where its file goes. */
function Told({ b, r }: { b: Batch; r: Reopened }) {
  const me = useMe()
  const mine = b.by === me.name
  return (
    <div className="reopen">
      <h3>{t('web.reopen.done', { name: r.by, when: sayFull(r.at) })}</h3>
      {r.note && <Facts wide items={NOTE.map(n => [n, t(`web.reopen.field_${n}`), r.note?.[n] ?? ''])} />}
      <p className="f13 t2">{r.alone && `${t('web.reopen.waits')} `}{mine ? t('web.reopen.send') : t('web.reopen.sends', { name: b.by })}</p>
      {mine && <Link className="b6" to="/import/$batch" params={{ batch: r.into }}>{t('web.reopen.go_file')}</Link>}
    </div>
  )
}
