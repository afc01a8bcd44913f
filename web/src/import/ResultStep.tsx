import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { isProblem } from '../api/problem'
import { STEP_UP } from '../api/client'
import { queries } from '../api/queries'
import type { Batch, GroupAnswer } from '../api/types'
import { Picks } from '../parts/Choose'
import { saidOf } from '../parts/Fault'
import { Head } from '../parts/Section'
import { figures, t, tn } from '../words'
import { putBatch } from './BatchPage'
import { useChange } from './ColumnsStep'
import { countOf, importable, isPart } from './counts'
import { Outcomes } from './Outcomes'
import { useCancel } from './Running'

const ANSWERS: GroupAnswer[] = ['store', 'phone', 'order', 'unknown']

/** ResultStep is the dry run: what would become of each row; nothing is written until the one button. */
export function ResultStep({ b, back }: { b: Batch; back: () => void }) {
  const change = useChange(b)
  const busy = change.isPending || b.state !== 'ready'
  const n = importable(b), toJudge = countOf(b, 'review')
  const known = n + toJudge === 0 ? countOf(b, 'unchanged') : 0 // all that could come in is there
  const cancel = useCancel(b)
  const confirm = useMutation({
    mutationFn: () => calls.confirmBatch(b.id, b.version), onSuccess: putBatch,
    onError: e => { if (isProblem(e) && e.code === 'conflict') void queries.invalidateQueries({ queryKey: ['batch', b.id] }) },
  })
  const refusedStep = isProblem(confirm.error) && confirm.error.law === STEP_UP
  return (
    <div className="imp-form">
      <div className="imp-body">
        <div className="result">
          <section aria-labelledby="dry">
            <h2 id="dry" className="t3 f13">{t('web.import.dry')}</h2>
            <p className="result-n"><span className="kpi">{figures(known || n)}</span> <span className="t2 f13">{t(known ? 'web.import.dry_known' : isPart(b) ? 'web.import.dry_n_part' : 'web.import.dry_n')}</span></p>
            {b.groups.map(g => (
              <div key={g.id} className={g.answer ? 'group answered' : 'group'}>
                <Picks<GroupAnswer> legend={g.text} busy={g.answer || undefined} disabled={busy} onPick={a => change.mutate({ answers: { [g.id]: a } })} options={ANSWERS.map(value => ({ value, label: t(`web.import.answer_${value}`) }))} />
                <p className="f12 t3">{g.answer ? t('web.import.answered') : t('web.import.group_note')}</p>
              </div>
            ))}
            {b.error && <p className="note-box wa" role="status">{b.error.text}</p>}
            <Outcomes b={b} />
          </section>
          <div className="result-side">
            {b.refusals.length > 0 && <Refusals b={b} />}
            <section><Head title={t('web.import.after')} /><ul className="after">{(!isPart(b) || b.object === 'contact') && <li>{t('web.import.after_consent')}</li>}{b.needStep && <li>{t('web.import.after_step')}</li>}<li>{t('web.import.after_ledger')}</li></ul></section>
          </div>
        </div>
        {confirm.isError && <p className="form-err" role="alert">{refusedStep ? t('web.import.step_needed') : saidOf(confirm.error)}</p>}
      </div>
      <div className="imp-foot">
        <span className="grow"><button type="button" className="linky f13" disabled={cancel.isPending} onClick={() => cancel.mutate()}>{t('web.import.discard')}</button></span>
        <Button onClick={back}>{t('web.import.back_columns')}</Button>
        <Button type={n + toJudge > 0 ? 'primary' : 'default'} disabled={busy || n + toJudge === 0} loading={confirm.isPending} onClick={() => confirm.mutate()}>{n > 0 ? tn('web.import.confirm', n) : toJudge > 0 ? tn('web.import.confirm_review', toJudge) : t('web.import.confirm_none')}</Button>
      </div>
    </div>
  )
}

/** Refusals are the causes for which rows stay out, with their numbers. */
export function Refusals({ b, file }: { b: Batch; file?: boolean }) {
  return (
    <section aria-labelledby="refusals">
      <Head id="refusals" title={tn('web.import.refusals', b.refusals.reduce((s, r) => s + r.n, 0))}></Head>
      <ul className="refusals">{b.refusals.map(r => <li key={r.code}><span className="grow t2">{r.text}</span><span>{figures(r.n)}</span></li>)}</ul>
      {!file && <p className="f12 t3 pad">{t('web.import.refusals_note')}</p>}
    </section>
  )
}
