/**
 * One RabbitMQ for all test files, booted when the first of them asks and stopped when the last has ended. Says at the
 * end which suites are left out on this machine, and how to include them.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { geminiMissing } from './gemini-cli.js';
import { RabbitMq, rabbitMqInstalled } from './rabbitmq.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the RabbitMqAddress of the shared instance. */
    rabbitMqUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let booted: Promise<RabbitMq> | undefined;
  const server = createServer((_request, response) => {
    booted ??= RabbitMq.start();
    booted.then(
      (rabbit) => response.end(JSON.stringify(rabbit)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('rabbitMqUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    server.close();
    const rabbit = await booted?.catch(() => undefined);
    await rabbit?.stop();
    rmSync(join(tmpdir(), 'px-demo-memory'), { recursive: true, force: true });
    // Last, so that it stays on the screen.
    if (!rabbitMqInstalled())
      console.log('\nLeft out: the suites over RabbitMQ. To include them: apt-get install rabbitmq-server');
    if (geminiMissing) console.log(`\nLeft out: the suites with the Gemini CLI; ${geminiMissing}`);
  };
}
