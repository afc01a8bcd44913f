import { CloseOutlined, DownOutlined, ExpandOutlined, LeftOutlined, UpOutlined } from '@ant-design/icons'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useObject } from '../api/person'
import { faultOf, useRecord } from '../api/queries'
import { shownOf } from '../list/state'
import { Fault } from '../parts/Fault'
import { holdsText, useKeys } from '../parts/keyboard'
import { useNarrow } from '../parts/screen'
import { Wait } from '../parts/Wait'
import type { Listed } from '../router'
import { t } from '../words'
import { CustomerBody } from './CustomerBody'
import { ObjectBody } from './ObjectBody'
import { SubSheet } from './SubSheet'
import './record.css'

/** RecordPanel is the record beside its list, under its own address; on a phone it covers the screen. */
export default function RecordPanel() {
  const { plural, id } = useParams({ from: '/$plural/$id' })
  const object = useObject(plural)
  const q = useRecord(plural, id)
  return (
    <Panel plural={plural} title={object.label} id={id}>
      {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : !q.data ? <Wait rows={8} /> : plural === 'customers' ? <CustomerBody key={id} rec={q.data} object={object} /> : <ObjectBody key={id} rec={q.data} object={object} />}
      <SubSheet />
    </Panel>
  )
}

const MIN = 400, START = 480, MAX = 720

/** Panel frames what stands beside a list: Esc closes it, its left edge can be dragged. */
export function Panel({ plural, title, id, children }: { plural: Listed; title: string; id?: string; children: ReactNode }) {
  const narrow = useNarrow()
  const go = useNavigate()
  const box = useRef<HTMLElement>(null)
  const [width, setWidth] = useState(START)
  const close = () => {
    void go({ to: '/$plural', params: { plural } })
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.list tr.at a, .list tr.sel a')?.focus())
  }
  useKeys({ Escape: e => { if (!holdsText(e.target)) { e.preventDefault(); close() } } })
  useEffect(() => { if (narrow) scrollTo(0, 0); box.current?.focus({ preventScroll: true }) }, [id, narrow])
  return (
    <aside ref={box} className="panel" aria-label={title} tabIndex={-1} style={narrow ? undefined : { width }}>
      {!narrow && <Edge width={width} setWidth={setWidth} />}
      <div className="panel-bar">
        {narrow && <button type="button" className="icon-btn" aria-label={t('web.act.back')} onClick={close}><LeftOutlined aria-hidden /></button>}
        <span className="panel-title el">{title}</span>
        <span className="grow" />
        {id && <Steps plural={plural} id={id} />}
        {id && plural === 'customers' && !narrow && <Link className="icon-btn" to="/customers/$id/full" params={{ id }} aria-label={t('web.record.full')} title={t('web.record.full')}><ExpandOutlined aria-hidden /></Link>}
        {!narrow && <button type="button" className="icon-btn" aria-label={t('web.act.close')} title={`${t('web.act.close')} Esc`} onClick={close}><CloseOutlined aria-hidden /></button>}
      </div>
      <div className="panel-body">{children}</div>
    </aside>
  )
}

/** Steps go to the record before and after, as the list shows them. */
function Steps({ plural, id }: { plural: Listed; id: string }) {
  const ids = shownOf(plural).use().ids
  const at = ids.indexOf(id)
  if (at < 0) return null
  const step = (to: string | undefined, label: string, icon: ReactNode) => to
    ? <Link className="icon-btn" to="/$plural/$id" params={{ plural, id: to }} aria-label={label} title={label}>{icon}</Link>
    : <span className="icon-btn off" aria-hidden>{icon}</span>
  return <>{step(ids[at - 1], t('web.record.previous'), <UpOutlined aria-hidden />)}{step(ids[at + 1], t('web.record.next'), <DownOutlined aria-hidden />)}<span className="f12 t3 nw">{at + 1} / {ids.length}</span></>
}

function Edge({ width, setWidth }: { width: number; setWidth: (w: number) => void }) {
  const clamp = (w: number) => setWidth(Math.max(MIN, Math.min(MAX, w)))
  const drag = (e: React.PointerEvent<HTMLDivElement>) => {
    const from = e.clientX
    const el = e.currentTarget
    el.setPointerCapture(e.pointerId)
    const move = (m: PointerEvent) => clamp(width + from - m.clientX)
    const up = () => el.removeEventListener('pointermove', move)
    el.addEventListener('pointermove', move)
    el.addEventListener('pointerup', up, { once: true })
  }
  return (
    <div className="edge" role="separator" aria-orientation="vertical" aria-label={t('web.record.width')} aria-valuemin={MIN} aria-valuemax={MAX} aria-valuenow={width} tabIndex={0} onPointerDown={drag}
      onKeyDown={e => { if (e.key === 'ArrowLeft') clamp(width + 24); else if (e.key === 'ArrowRight') clamp(width - 24) }} />
  )
}
