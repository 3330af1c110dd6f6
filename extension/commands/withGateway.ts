import * as vscode from 'vscode';
import type { ConnectionState } from '../server/connectionState.ts';
import { gatewayAway } from '../server/gatewayError.ts';
import type { GatewayConnection } from '../server/gatewayConnection.ts';

const CONNECT_TIMEOUT_MS = 30_000;
const QUIET_MS = 500;

/** Resolves to whether the connection came into such a phase in time. */
export function untilPhase(gateway: GatewayConnection, fits: (phase: ConnectionState['phase']) => boolean, timeoutMs: number): Promise<boolean> {
  if (fits(gateway.state.phase)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (didFit: boolean) => {
      listener.dispose();
      clearTimeout(timer);
      resolve(didFit);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    const listener = gateway.onDidChange(({ phase }) => {
      if (fits(phase)) end(true);
    });
  });
}

/** Waits until there is a gateway, and says so after half a second. Rejects with GatewayError when it stays away. */
export async function awaitGateway(gateway: GatewayConnection): Promise<void> {
  const isSettled = (phase: ConnectionState['phase']) => phase === 'connected' || phase === 'stopped';
  const settled = untilPhase(gateway, isSettled, CONNECT_TIMEOUT_MS);
  const isQuick = await Promise.race([settled, new Promise<'slow'>((resolve) => setTimeout(resolve, QUIET_MS, 'slow'))]);
  if (isQuick === 'slow') await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Connecting to the gateway' }, () => settled);
  if (gateway.state.phase !== 'connected') throw gatewayAway();
}
