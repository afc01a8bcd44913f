import type { MemberState as State } from '../api/types'
import { Chip } from '../parts/Section'
import { t } from '../words'

/** MemberState is where a member of an alliance stands. */
export const MemberState = ({ state }: { state: State }) => <Chip tone={state === 'verified' ? 'ok' : state === 'suspended' ? 'no' : 'wa'}>{t(`web.share.member_${state}`)}</Chip>
