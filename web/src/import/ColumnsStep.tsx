import { ArrowRightOutlined, CheckCircleFilled, StopOutlined, WarningFilled } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import type { Batch, BatchChange, Column } from '../api/types'
import { useNarrow } from '../parts/screen'
import { Head } from '../parts/Section'
import { failed } from '../parts/toast'
import { t, tn } from '../words'
import { comma } from '../words/join'
import { putBatch } from './BatchPage'
import { importable } from './counts'
import { FormatBar } from './FormatBar'

const SKIP = 'skip'

/** useChange corrects what was found in the file; the server reads it again. */
export function useChange(b: Batch) {
  return useMutation({ mutationFn: (c: BatchChange) => calls.changeBatch(b.id, c), onSuccess: putBatch, onError: failed })
}

/** ColumnsStep says what each column of the file becomes, with samples and what could not be read. */
export function ColumnsStep({ b, next }: { b: Batch; next: () => void }) {
  const narrow = useNarrow()
  const change = useChange(b)
  const busy = change.isPending || b.state !== 'ready'
  const skipped = b.columns.filter(c => c.target === SKIP).length
  const set = (c: Column, target: string) => change.mutate({ targets: { [c.index]: target } })
  const row = (c: Column) => ({ c, b, busy, set: (target: string) => set(c, target) })
  return (
    <div className="imp-form">
      <div className="imp-body flush">
        <FormatBar b={b} change={change.mutate} busy={busy} />
        <Head title={t('web.import.columns')} count={t('web.import.columns_n', { n: b.columns.length, skipped })}>{busy && <span className="f13 t3" role="status">{t('web.import.again')}</span>}</Head>
        {narrow ? <ul className="cols-cards">{b.columns.map(c => <ColumnCard key={c.index} {...row(c)} />)}</ul> : (
          <table className="cols">
            <caption className="sr">{t('web.import.columns')}</caption>
            <thead><tr><th scope="col">{t('web.import.col_file')}</th><td aria-hidden /><th scope="col">{t('web.import.col_field')}</th><th scope="col">{t('web.import.col_sample')}</th><th scope="col">{t('web.import.col_check')}</th></tr></thead>
            <tbody>{b.columns.map(c => <ColumnRow key={c.index} {...row(c)} />)}</tbody>
          </table>
        )}
      </div>
      <div className="imp-foot"><span className="t2 f13 grow">{b.state === 'ready' ? tn('web.import.may', importable(b)) : t('web.import.again')}</span><Button type="primary" disabled={busy} onClick={next}>{t('web.import.see_result')}</Button></div>
    </div>
  )
}

interface RowProps { c: Column; b: Batch; busy: boolean; set: (target: string) => void }

function TargetPick({ c, b, busy, set }: RowProps) {
  if (c.fixed) return <span className="t3">{t('web.import.skip')}</span>
  return (
    <select className={c.target === SKIP ? 'kx-input target left-out' : 'kx-input target'} aria-label={t('web.import.becomes', { column: c.name || t('web.import.no_name', { n: c.index + 1 }) })} value={c.target} disabled={busy} onChange={e => set(e.target.value)}>
      <option value={SKIP}>{t('web.import.skip')}</option>
      {b.targets.filter(x => x.code !== SKIP).map(x => <option key={x.code} value={x.code}>{x.label}</option>)}
    </select>
  )
}

/** Check says how well a column could be read. */
function Check({ c, b }: { c: Column; b: Batch }) {
  if (c.fixed || c.target === SKIP) return <span className="t3"><StopOutlined aria-hidden /> {c.reason || t('web.import.not_read')}</span>
  if (c.filled === 0) return <span className="t3">{t('web.import.filled_none')}</span>
  if (c.bad > 0) return <span className="wa"><WarningFilled aria-hidden /> {tn('web.import.bad', c.bad)}</span>
  return <span className="t2"><CheckCircleFilled className="okc" aria-hidden /> {c.filled >= b.rows ? t('web.import.filled_all') : tn('web.import.filled', c.filled)}</span>
}

const Samples = ({ c }: { c: Column }) => (c.sample.length > 0 && !c.fixed ? <>{c.sample.slice(0, 3).join(comma())}</> : <span className="t3" aria-hidden>—</span>)

function ColumnRow(p: RowProps) {
  return (
    <tr>
      <th scope="row" className={p.c.target === SKIP ? 't3' : 'b5'}>{p.c.name || t('web.import.no_name', { n: p.c.index + 1 })}</th>
      <td className="t3" aria-hidden><ArrowRightOutlined /></td>
      <td><TargetPick {...p} /></td>
      <td className="t2 el"><Samples c={p.c} /></td>
      <td><Check c={p.c} b={p.b} /></td>
    </tr>
  )
}

function ColumnCard(p: RowProps) {
  return (
    <li className="card">
      <div className="row"><b className="grow el">{p.c.name || t('web.import.no_name', { n: p.c.index + 1 })}</b><ArrowRightOutlined className="t3" aria-hidden /><TargetPick {...p} /></div>
      <div className="f13 t2 el"><Samples c={p.c} /></div>
      <div className="f13"><Check c={p.c} b={p.b} /></div>
    </li>
  )
}
