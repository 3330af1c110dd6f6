import * as z from 'zod';
import { Id } from './shapes.ts';

/** What `initialize` must say to Logos; everything else of LSP's params is accepted and ignored. */
export const InitializeParams = z.object({
  processId: z.int().nullable().optional(),
  clientInfo: z.object({ name: z.string().max(200), version: z.string().max(100).optional() }).optional(),
  capabilities: z.unknown().optional(),
  initializationOptions: z.object({ logos: z.object({ protocol: z.int(), token: z.string().max(200).optional() }) }),
});
export type InitializeParams = z.infer<typeof InitializeParams>;

/** What `initialize` answers. */
export const InitializeResult = z.object({
  serverInfo: z.object({ name: z.string(), version: z.string() }),
  capabilities: z.object({
    experimental: z.object({ logos: z.object({ protocol: z.int(), pid: z.int(), startId: Id, build: z.string(), home: z.string(), features: z.array(z.string()) }) }),
  }),
});
export type InitializeResult = z.infer<typeof InitializeResult>;

/** The pointer file `gateway.json` in the state directory, mode 0600: where the running gateway listens and the token it asks for. */
export const GatewayPointer = z.object({ pid: z.int().positive(), startId: Id, socket: z.string(), build: z.string(), protocol: z.int(), token: z.string() });
export type GatewayPointer = z.infer<typeof GatewayPointer>;
