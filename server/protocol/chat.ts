import * as z from 'zod';
import { request } from './method.ts';
import { Done, Id, MessageText, Seq } from './shapes.ts';

/** What `chat/send` says once the message is stored. */
export const SendResult = z.object({ turnId: Id, seq: Seq });

/** The methods of a conversation. */
export const chat = {
  send: request({
    summary: 'Stores a message durably and answers; its turn runs at once or queues behind the running one. The same id with the same text gives the same answer and no second turn.',
    params: z.strictObject({ sessionId: Id, messageId: Id, text: MessageText }),
    result: SendResult,
    errors: ['not_found', 'conflict', 'limit_exceeded', 'storage_full', 'storage_locked', 'storage_corrupt'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  editQueued: request({
    summary: 'Changes the text of a message that has not started yet.',
    params: z.strictObject({ sessionId: Id, messageId: Id, text: MessageText }),
    result: Done,
    errors: ['not_found', 'conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  removeQueued: request({
    summary: 'Removes a message that has not started yet; its id stays taken.',
    params: z.strictObject({ sessionId: Id, messageId: Id }),
    result: Done,
    errors: ['not_found', 'conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  sendQueued: request({
    summary: 'Lets a queue go on that was held after a stop or a failure.',
    params: z.strictObject({ sessionId: Id }),
    result: Done,
    errors: ['not_found'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  stop: request({
    summary: 'Stops a turn, running or queued, named by its id or by the id of its message, at least one of which is given: acknowledged at once, its processes gone within 5 s, the partial text kept.',
    params: z
      .strictObject({ sessionId: Id, turnId: Id.optional(), messageId: Id.optional() })
      .refine((p) => p.turnId !== undefined || p.messageId !== undefined, 'turnId or messageId')
      .meta({ anyOf: [{ required: ['turnId'] }, { required: ['messageId'] }] }),
    result: z.object({ wasRunning: z.boolean() }),
    errors: ['not_found'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  retry: request({
    summary: 'Makes a new attempt at the message of an ended turn; `resume` gives the model the steps and the text so far to go on from.',
    params: z.strictObject({ sessionId: Id, turnId: Id, retryId: Id, mode: z.enum(['retry', 'resume']) }),
    result: z.object({ attempt: z.int().positive(), seq: Seq }),
    errors: ['not_found', 'conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
};
