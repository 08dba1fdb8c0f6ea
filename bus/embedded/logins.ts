/**
 * The logins of the embedded broker: a file of mode 0600. A password is 256 random bits, so its SHA-256 is enough to know
 * it again and of no use to who reads the file. Making a login again gives it a new password.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Permissions, readConfig, writeSecret } from '../../proto/index.js';

const Pattern = z.string().max(1_024);
const File = z.record(
  z.string(),
  z.object({
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    permissions: z.object({
      configure: Pattern,
      write: Pattern,
      read: Pattern,
      topics: z.array(z.object({ exchange: z.string(), write: Pattern, read: Pattern })),
    }),
  }),
);
type File = z.infer<typeof File>;

const hash = (password: string) => createHash('sha256').update(password).digest();

export class LoginStore {
  #logins: File;
  readonly #listeners = new Set<(user: string) => void>();

  /** Throws ConfigError for a file that cannot be used. */
  constructor(private readonly file: string) {
    this.#logins = readConfig(file, File) ?? {};
  }

  /** Makes the login, or gives it a new password and these permissions. Returns the password. */
  set(user: string, permissions: Permissions): string {
    const password = randomBytes(32).toString('base64url');
    this.#save({ ...this.#logins, [user]: { sha256: hash(password).toString('hex'), permissions } });
    this.#tell(user);
    return password;
  }

  has(user: string): boolean {
    return Object.hasOwn(this.#logins, user);
  }

  /** False: there is no such login. */
  remove(user: string): boolean {
    if (!this.has(user)) return false;
    const { [user]: _removed, ...others } = this.#logins;
    this.#save(others);
    this.#tell(user);
    return true;
  }

  readonly authenticate = (user: string, password: string): Permissions | undefined => {
    const login = Object.hasOwn(this.#logins, user) ? this.#logins[user] : undefined;
    // Compared for an unknown user too, so that time does not tell which users there are.
    const same = timingSafeEqual(hash(password), Buffer.from(login?.sha256 ?? '0'.repeat(64), 'hex'));
    return same ? login?.permissions : undefined;
  };

  /** Tells of every user whose password no longer holds. Returns the way to stop. */
  onRemoved(listener: (user: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #save(logins: File): void {
    writeSecret(this.file, logins);
    this.#logins = logins;
  }

  #tell(user: string): void {
    for (const listener of this.#listeners) listener(user);
  }
}
