/**
 * `initialize`: answers what any agent behind Praxis can do, with the prompt abilities of the agent that the connection
 * names when one of its sessions has told them. Version 1 whatever was asked
 * (https://agentclientprotocol.com/protocol/v1/initialization).
 */
import { z } from 'zod';
import {
  FEATURES,
  InitializeParams,
  NewSessionMeta,
  PROTOCOL_VERSION,
  praxisMeta,
  VERSION,
} from '../../proto/index.js';
import type { Sessions } from '../sessions/session.js';
import { checked, type MethodServer } from './server.js';

/** A client that takes answers in the message of the events that precede them. */
const Mixed = z.looseObject({
  _meta: z.looseObject({ praxis: z.looseObject({ mixed: z.literal(true) }) }),
});

export interface InitializeDeps {
  sessions: Pick<Sessions, 'all'>;
  boot: string;
}

export function addInitialize(server: MethodServer, deps: InitializeDeps): void {
  server.add('initialize', InitializeParams, (params, { client }) => {
    const defaults = checked(NewSessionMeta, praxisMeta(params) ?? {});
    client.defaults = defaults;
    client.mixed = Mixed.safeParse(params.clientCapabilities).success;
    const known = abilitiesOf(deps.sessions, defaults);
    return {
      protocolVersion: PROTOCOL_VERSION,
      agentCapabilities: {
        loadSession: true,
        promptCapabilities: known.promptCapabilities ?? {
          image: false,
          audio: false,
          embeddedContext: false,
        },
        mcpCapabilities: known.mcpCapabilities ?? { http: false, sse: false },
        sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
      },
      agentInfo: { name: 'praxis', title: 'Praxis', version: VERSION },
      authMethods: [],
      _meta: { praxis: { version: VERSION, features: FEATURES, boot: deps.boot } },
    };
  });
}

type Abilities = { promptCapabilities?: unknown; mcpCapabilities?: unknown };

/** What the newest session of the connector said that its agent can do. */
function abilitiesOf(
  sessions: Pick<Sessions, 'all'>,
  { node, connector }: Partial<NewSessionMeta>,
): Abilities {
  if (connector === undefined) return {};
  let newest = 0;
  let found: Abilities = {};
  for (const { record, opening } of sessions.all()) {
    if (record.connector !== connector || (node !== undefined && record.node !== node)) continue;
    if (opening.agentCapabilities === null || record.createdAt < newest) continue;
    newest = record.createdAt;
    found = JSON.parse(opening.agentCapabilities) as Abilities;
  }
  return found;
}
