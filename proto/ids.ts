/** Names and ids, checked wherever one enters Praxis. */
import { v4, v5 } from 'uuid';
import { z } from 'zod';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** A session: a raw UUID on a node; `CLI_`, `ACP_` or `MCP_` and a UUID when the service hosts it. */
export const SessionId = z
  .string()
  .regex(
    new RegExp(`^(?:(?:CLI|ACP|MCP)_)?${UUID}$`),
    'a session id is a UUID, such as praxis session list shows',
  );
export type SessionId = z.infer<typeof SessionId>;

export const TurnId = z.string().regex(new RegExp(`^${UUID}$`), 'a turn id is a UUID');
export type TurnId = z.infer<typeof TurnId>;

/** The name of a node, a client login, a connector: it becomes part of an address, so it holds no dot, slash or wildcard. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'a name is 1 to 63 of a-z, 0-9 and -, and begins and ends with a letter or digit',
  );
export type Name = z.infer<typeof Name>;

/** The address of one running client: its login's name, a dot, and an id of its own for this run. */
export const ClientAddress = z.string().regex(new RegExp(`^[a-z0-9][a-z0-9-]{0,62}\\.${UUID}$`));
export type ClientAddress = z.infer<typeof ClientAddress>;

/** A fresh random UUID. Passed in where a test needs to know the next one. */
export const newId = (): string => v4();

const DERIVED = '0f6b7f0c-6a56-4c53-9d4a-6f1f3f6f4c1e';

/**
 * The id that belongs to one request of one client: the same request, sent again, gets the same id. This is why a
 * repeated `session/prompt` or `session/new` never runs twice.
 */
export const derivedId = (client: ClientAddress, requestId: string | number): string =>
  v5(`${client}#${JSON.stringify(requestId)}`, DERIVED);
