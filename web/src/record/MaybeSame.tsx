import { Link } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { isProblem } from '../api/problem'
import type { LookupAnswer } from '../api/types'
import { t } from '../words'

const MAYBE_SAME = 'E_MAYBE_SAME'

/** sameIn is the answer of the one door in a refusal: the number is known already. */
export function sameIn(e: unknown): LookupAnswer | undefined {
  if (!isProblem(e) || e.law !== MAYBE_SAME) return undefined
  return e.body.same ?? { answer: 'exists', budget: { used: 0, limit: 0 } }
}

/** MaybeSame offers what a shared number can mean: the same person, or two people with one phone. */
export function MaybeSame({ same, busy, different }: { same: LookupAnswer; busy: boolean; different: () => void }) {
  return (
    <div ref={e => e?.scrollIntoView({ block: 'nearest' })} className="note-box wa same" role="alert">
      <b>{t('web.same.title')}</b>
      <p>{same.answer === 'mine' ? t('web.same.mine') : same.owner ? t('web.same.owned', { name: same.owner }) : same.ask ? t('web.same.ask', { name: same.ask }) : t('web.same.exists')}</p>
      <div className="row wrap same-acts">
        {same.id && <Link className="b6" to="/$plural/$id" params={{ plural: 'customers', id: same.id }}>{t('web.same.open')}</Link>}
        <Button size="small" loading={busy} onClick={different}>{t('web.same.different')}</Button>
      </div>
    </div>
  )
}
