import { Sheet } from '../parts/Sheet'
import { t } from '../words'
import { FollowForm } from './FollowForm'
import { following } from './state'

/** FollowSheet notes a follow-up from anywhere: the row of today, a call that just ended. */
export function FollowSheet() {
  const f = following.use()
  const close = () => following.set(undefined)
  return (
    <Sheet open={f !== undefined} onClose={close} title={f ? t('web.follow.title', { name: f.name ?? '' }) : ''} width={520}>
      {f && <FollowForm key={f.customer + (f.task ?? '')} follow={f} done={close} big />}
    </Sheet>
  )
}
