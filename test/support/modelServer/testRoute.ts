import { defaultRouteTimeouts, type ModelCallReport, type ModelRoute } from '../../../server/inference/route.ts';

/** A route to a scripted server. */
export function testRoute(baseUrl: string, more: Partial<ModelRoute> & { key?: string } = {}): ModelRoute {
  const { key, ...rest } = more;
  return {
    serverId: 'test',
    serverName: 'Scripted',
    baseUrl,
    model: 'scripted',
    contextTokens: 32_768,
    supportsTools: true,
    isTiny: false,
    think: 'auto',
    params: {},
    timeouts: defaultRouteTimeouts,
    authorization: () => Promise.resolve(key === undefined ? undefined : `Bearer ${key}`),
    ...rest,
  };
}

/** An observer that keeps what it hears. */
export function listenToCalls(): { reports: ModelCallReport[]; statuses: string[]; onReport(report: ModelCallReport): void; onStatus(phase: string, text: string | undefined): void } {
  const reports: ModelCallReport[] = [];
  const statuses: string[] = [];
  return {
    reports,
    statuses,
    onReport: (report) => void reports.push(report),
    onStatus: (phase, text) => void statuses.push(text === undefined ? phase : `${phase}: ${text}`),
  };
}
