import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import * as calls from '../api/calls'
import { faultOf } from '../api/queries'
import type { Batch, BatchState } from '../api/types'
import { Fault, Nothing } from '../parts/Fault'
import { Chip, type Tone } from '../parts/Section'
import { Wait } from '../parts/Wait'
import { figures, t } from '../words'
import { sayMoment } from '../words/time'
import { isPart, pluralOf } from './counts'

const tones: Record<BatchState, Tone> = { declared: '', received: '', reading: '', ready: 'wa', queued: 'sel', running: 'sel', halted: 'wa', done: 'ok', cancelled: '', refused: 'no', failed: 'no' }

export const StateChip = ({ state }: { state: BatchState }) => <Chip tone={tones[state]}>{t(`web.import.state_${state}`)}</Chip>

/** useSourceLabel names a kind of source. */
export function useSourceLabel(): (code: string) => string {
  const q = useQuery({ queryKey: ['sources'], queryFn: calls.sources, staleTime: Infinity })
  return code => q.data?.kinds.find(k => k.code === code)?.label ?? code
}

const told = (b: Batch, outcome: string) => b.counts.find(c => c.outcome === outcome)?.n ?? 0

/** History is the imports there were, the newest first. */
export function History() {
  const q = useQuery({ queryKey: ['batches'], queryFn: calls.batches })
  const label = useSourceLabel()
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  if (!q.data) return <Wait rows={6} />
  if (q.data.batches.length === 0) return <Nothing title={t('web.import.history_none')} />
  return (
    <ul className="batches" aria-label={t('web.import.history')}>
      {q.data.batches.map(b => (
        <li key={b.id}>
          <Link to="/import/$batch" params={{ batch: b.id }}>
            <span className="batch-what"><b className="b5">{isPart(b) ? t('web.import.list_of', { what: t(`web.nav.${pluralOf(b.object)}`), source: label(b.source) }) : label(b.source)}</b><span className="f12 t3">{sayMoment(b.at)} · {b.by}{b.page && ` · ${b.page}`}</span></span>
            <span className="f13 t2 batch-n">{b.rows > 0 && t(isPart(b) ? 'web.import.history_part' : 'web.import.history_rows', { rows: figures(b.rows), fresh: figures(told(b, 'new')), same: figures(told(b, 'same')) })}</span>
            <StateChip state={b.state} />
          </Link>
        </li>
      ))}
    </ul>
  )
}
