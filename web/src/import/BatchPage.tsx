import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import { faultOf, patient, put, queries } from '../api/queries'
import type { Batch, BatchState } from '../api/types'
import { Fault } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { t } from '../words'
import { CancelledStep, DoneStep, FailedStep, RefusedStep, SeenStep } from './Ends'
import { ColumnsStep } from './ColumnsStep'
import { pluralOf } from './counts'
import { FileStep } from './FileStep'
import { StateChip } from './History'
import { ResultStep } from './ResultStep'
import { HaltedStep, ReadingStep, RunningStep } from './Running'
import { Steps, type Step } from './Steps'
import './import.css'

const MOVING: BatchState[] = ['received', 'reading', 'queued', 'running']

export const putBatch = async (b: Batch) => {
  await put(['batch', b.id], b)
  void queries.invalidateQueries({ queryKey: ['batches'] })
}

/** BatchPage is one import at whatever point it stands; it may be left and come back to. */
export default function BatchPage() {
  const { batch } = useParams({ from: '/import/$batch' })
  const imports = useCan('import'), reads = useCan('ledger')
  const may = imports || reads
  const q = useQuery({ queryKey: ['batch', batch], queryFn: ({ signal }) => calls.batch(batch, patient(signal)), enabled: may, refetchInterval: x => (x.state.data && MOVING.includes(x.state.data.state) ? 1000 : false) })
  const [step, setStep] = useState<Step>('columns')
  if (!may) return <Forbidden title={t('web.nav.import')} />
  const b = q.data
  const read = b !== undefined && b.columns.length > 0
  const at: Step = !b || b.state === 'declared' ? 'source' : b.state === 'ready' || b.state === 'received' || b.state === 'reading' ? step : 'result'
  return (
    <Page title={t('web.nav.import')} back="/import" crumb={<span className="crumb only-wide"><Link to="/$plural" params={{ plural: b ? pluralOf(b.object) : 'customers' }}>{t(`web.nav.${b ? pluralOf(b.object) : 'customers'}`)}</Link><i>/</i></span>} sub={imports ? <Steps at={at} onGo={read && b.state === 'ready' ? setStep : undefined} /> : b && <StateChip state={b.state} />} bare>
      {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : b ? imports ? <Body b={b} step={step} setStep={setStep} /> : <SeenStep b={b} /> : <Wait rows={8} />}
    </Page>
  )
}

function Body({ b, step, setStep }: { b: Batch; step: Step; setStep: (s: Step) => void }) {
  switch (b.state) {
    case 'declared': return <FileStep b={b} />
    case 'received': case 'reading': case 'ready':
      if (b.columns.length === 0) return <ReadingStep b={b} />
      return step === 'result' ? <ResultStep b={b} back={() => setStep('columns')} /> : <ColumnsStep b={b} next={() => setStep('result')} />
    case 'queued': case 'running': return <RunningStep b={b} />
    case 'halted': return <HaltedStep b={b} />
    case 'done': return <DoneStep b={b} />
    case 'cancelled': return <CancelledStep b={b} />
    case 'refused': return <RefusedStep b={b} />
    case 'failed': return <FailedStep b={b} />
  }
}
