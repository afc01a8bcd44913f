import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { afterWrite, queries } from '../api/queries'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import type { Arrival, ID } from '../api/types'
import { Button } from '../parts/Button'
import { saidOf } from '../parts/Fault'
import { Line } from '../parts/Typing'
import { t, tn } from '../words'
import './share.css'

/** WordOf is the pair of words at the first call to a customer who came by a recommendation, nothing for others. */
export function WordOf({ customer }: { customer: ID }) {
  const q = useQuery({ queryKey: ['arrival', customer], queryFn: () => calls.arrivalOf(customer) })
  const a = q.data?.arrival
  if (!a || !['ACCEPTED', 'CONTACTED'].includes(a.state)) return null
  if (a.proved) return <Proved a={a} />
  if (a.back) return <Back a={a} />
  return a.said ? <Word a={a} /> : null
}

/** Back says of a customer who stopped this shop before how she comes back to it; where no code can go to her, who may takes the second word of her receipt in the shop. */
export function Back({ a }: { a: Arrival }) {
  const takes = useCan('reopen') && a.back === 'here'
  return (
    <>
      <p className="note-box wa">{t(a.back === 'code' ? 'web.share.back_code' : 'web.share.back_here')}</p>
      {takes && <Word a={a} />}
    </>
  )
}

/** Proved says by what it is proved that she can be reached where she said: a code, or the word, which proves who holds her receipt. */
export function Proved({ a }: { a: Arrival }) {
  const what = t(a.channel === 'email' ? 'web.share.proved_email' : 'web.share.proved_number')
  return <p className="f13 okc" role="status">{t(a.grade >= 'E3' ? 'web.share.proved_code' : 'web.share.proved_word', { what })}</p>
}

/** Word is the pair of words of the first call: the shop says one, she answers the other, which no screen of the shop shows. In the shop, of one who comes back to it, the second alone. */
export function Word({ a }: { a: Arrival }) {
  const [word, setWord] = useState('')
  const answer = useMutation({
    mutationFn: () => calls.answerWord(a.id, word.trim()),
    onSuccess: () => { setWord(''); for (const queryKey of [['inbox'], ['arrival', a.customer]]) void queries.invalidateQueries({ queryKey }); afterWrite('customers', a.customer) },
  })
  const wrong = answer.data && !answer.data.right
  return (
    <form className="pair" onSubmit={e => { e.preventDefault(); if (word.trim()) answer.mutate() }}>
      {a.back ? <p>{t('web.share.back_take')}</p> : <p>{t('web.share.say')} <b className="pair-word">{a.said}</b></p>}
      {a.tries > 0
        ? <label className="field"><span className="label">{t('web.share.second')}</span>
            <span className="row"><Line value={word} onChange={e => setWord(e.target.value)} maxLength={12} autoComplete="off" aria-invalid={wrong || undefined} /><Button htmlType="submit" loading={answer.isPending} disabled={!word.trim()}>{t('web.share.check')}</Button></span></label>
        : <p className="f13 no">{t('web.share.tries_over')}</p>}
      {wrong && <p className="f13 no" role="alert">{tn('web.share.wrong_word', answer.data?.left ?? 0)}</p>}
      {answer.isError && <p className="form-err" role="alert">{saidOf(answer.error)}</p>}
      {!a.back && <p className="f12 t3">{t('web.share.pair_note')}</p>}
    </form>
  )
}
