import { useMutation } from '@tanstack/react-query'
import * as calls from '../api/calls'
import { afterWrite, queries } from '../api/queries'
import { CheckCircleFilled, CloseCircleFilled, MinusCircleFilled } from '@ant-design/icons'
import type { ID, MayContact, StopScope } from '../api/types'
import { Pop } from '../parts/Pop'
import { failed, said } from '../parts/toast'
import { Twice } from '../parts/Twice'
import { named, t } from '../words'
import { colon, inside, orList } from '../words/join'

const words = (list: MayContact[]) => orList(list.map(c => inside(named('channel', c.channel))))

/** ContactBar answers 可以联系吗 in words first; the details and the rules are one tap away. */
export function ContactBar({ contact, told }: { contact: MayContact[]; told?: ID }) {
  if (contact.length === 0) return null
  const yes = contact.filter(c => c.ok), no = contact.filter(c => !c.ok)
  const first = yes[0] ?? no[0]
  return (
    <div className="may" role="group" aria-label={t('web.may.title')}>
      <span className="b6 nw">{t('web.may.title')}</span>
      <span className={yes.length > 0 ? 'may-answer okc' : 'may-answer no'}>
        {yes.length > 0 ? <CheckCircleFilled aria-hidden /> : <CloseCircleFilled aria-hidden />}{yes.length > 0 ? t('web.may.yes', { ways: words(yes) }) : t('web.may.no')}
      </span>
      <span className="t2 f13 may-why">{first?.reason.text}</span>
      {yes.length > 0 && no.length > 0 && <span className="may-not f13"><MinusCircleFilled aria-hidden />{t('web.may.not', { ways: words(no) })}</span>}
      <Pop label={t('web.may.why')} place="bottomRight" button={o => <button type="button" className="linky f13" {...o}>{t('web.may.why')}</button>}>
        {() => (
          <div className="col gap12"><dl className="may-list">
            {contact.map(c => (
              <div key={c.channel}>
                <dt className={c.ok ? 'okc' : 'no'}>{c.ok ? <CheckCircleFilled aria-hidden /> : <CloseCircleFilled aria-hidden />}{named('channel', c.channel)}</dt>
                <dd>{c.ok ? t('web.may.can') : t('web.may.cannot')}{colon()}{c.reason.text}<span className="f12 t3"> {named('purpose', c.purpose)} <span className="mono">{c.reason.rule}</span></span></dd>
              </div>
            ))}
          </dl>{told && <><Told customer={told} scope="ads" /><Told customer={told} scope="shop" /></>}</div>
        )}
      </Pop>
    </div>
  )
}

/** Told records what she said, by telephone or at the counter: no offers, or to be left alone. It stops at once. */
function Told({ customer, scope }: { customer: ID; scope: StopScope }) {
  const stop = useMutation({
    mutationFn: () => calls.stopAsTold(customer, scope), onError: failed,
    onSuccess: () => { said(t('web.may.told_done')); void queries.invalidateQueries({ queryKey: ['consents', customer] }); void afterWrite('customers', customer) },
  })
  return <Twice size="small" label={t(`web.may.told_${scope}`)} ask={t(`web.may.told_${scope}_ask`)} busy={stop.isPending} go={() => stop.mutate()} />
}
