import * as z from 'zod';
import { request } from './method.ts';
import { Done, Id } from './shapes.ts';

/** Ends any subscription of a connection. */
export const unsubscribe = request({
  summary: 'Ends a subscription of this connection; one that is not known is already ended.',
  params: z.strictObject({ subscriptionId: Id }),
  result: Done,
  isIdempotent: true,
  isOpenToWebviews: true,
});
