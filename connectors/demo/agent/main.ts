/** The demo agent as a program: an ACP v1 agent on stdio that needs no model. Ends with code 0 when its stdin ends. */
import { DemoAgent } from './agent.js';
import { Wire } from './wire.js';

/** Its connector says it: the version of the Praxis that it came with. */
const agent = new DemoAgent(process.env.DEMO_AGENT_VERSION ?? 'unknown');
agent.wire = new Wire(process.stdin, process.stdout, agent, process.env.DEMO_AGENT_LOG);
