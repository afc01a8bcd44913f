import { useMutation } from '@tanstack/react-query'
import { Button } from '../parts/Button'
import type { ReactNode } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import { afterMe } from '../api/queries'
import type { Channel, ID, MayContact } from '../api/types'
import { canDial } from '../parts/screen'
import { failed } from '../parts/toast'
import { t } from '../words'
import { moment } from '../words/moment'
import { comma } from '../words/join'
import { calling } from './state'
import { wayIcon } from './ways'

export interface Whom { customer: ID; name: string; task?: ID; contact?: ID }

/** useContact opens a channel to a customer: the gate is asked, the act is logged, then the number comes. */
export function useContact() {
  const demo = useMe().demo
  return useMutation({
    mutationFn: ({ whom, channel }: { whom: Whom; channel: Channel }) => calls.contact(whom.customer, channel, whom.contact),
    onSuccess: (r, { whom, channel }) => {
      calling.set({ customer: whom.customer, name: whom.name, task: whom.task, channel, value: r.value, until: moment() + r.seconds * 1000 })
      if (channel === 'call' && canDial() && !demo) location.href = `tel:${r.value}`
      afterMe()
    },
    onError: failed,
  })
}

/** CallButton calls, where the gate allows it; where not, it stays visible and says why. */
export function CallButton({ whom, call, type, size, block, label }: { whom: Whom; call: MayContact; type?: 'primary' | 'default'; size?: 'small' | 'middle' | 'large'; block?: boolean; label?: ReactNode }) {
  const ask = useContact()
  const word = label ?? t(`web.contact.${call.channel}`)
  if (!call.ok) {
    return <Button size={size} block={block} className="not-now" aria-disabled icon={wayIcon(call.channel)} title={call.reason.text} aria-label={`${t(`web.contact.${call.channel}`)}${comma()}${call.reason.text}`} onClick={e => e.preventDefault()}>{word}</Button>
  }
  return <Button type={type} size={size} block={block} icon={wayIcon(call.channel)} loading={ask.isPending} aria-label={t('web.contact.to', { way: t(`web.contact.${call.channel}`), name: whom.name })} onClick={() => ask.mutate({ whom, channel: call.channel })}>{word}</Button>
}
