import { Link } from '@tanstack/react-router'
import * as calls from '../api/calls'
import type { ID, Look } from '../api/types'
import { t, tn } from '../words'
import { sayMoment } from '../words/time'
import { Read } from './ask'

/** LooksList is what a member of staff was shown in full in the last 30 days: what an owner goes through when somebody leaves. */
export function LooksList({ member }: { member: ID }) {
  return (
    <Read of={`looks-${member}`} read={() => calls.looks(member)}>
      {({ looks, more }) => looks.length === 0 ? <p className="f13 t2">{t('web.looks.none')}</p> : (
        <>
          <p className="f13 t2">{tn(more ? 'web.looks.newest' : 'web.looks.count', looks.length)}</p>
          <ul className="looks">{looks.map((l, i) => <li key={i}><span className="t3">{sayMoment(l.at)}</span><span><Whom look={l} /> {[l.text, l.why, l.program ? t('web.looks.program') : ''].filter(Boolean).join(' · ')}</span></li>)}</ul>
        </>
      )}
    </Read>
  )
}

function Whom({ look }: { look: Look }) {
  if (!look.customer) return null
  return <Link to="/$plural/$id" params={{ plural: 'customers', id: look.customer }}>{look.name || t('web.looks.customer')}</Link>
}
