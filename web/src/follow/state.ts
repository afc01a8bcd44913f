import { store } from '../api/store'
import type { Channel, ID } from '../api/types'
import type { Follow } from './FollowForm'

/** following is the follow-up that is being noted in the sheet. The name stays in memory. */
export const following = store<Follow | undefined>(undefined)

export interface Calling { customer: ID; name: string; channel: Channel; value: string; until: number; task?: ID }

/** calling is the number that is shown for the seconds the server allows. */
export const calling = store<Calling | undefined>(undefined)
