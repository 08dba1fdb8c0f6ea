/** The demo agent as a program: an ACP v1 agent on stdio that needs no model. Ends with code 0 when its stdin ends. */
import { DemoAgent } from './agent.js';
import { Wire } from './wire.js';

const agent = new DemoAgent('1.0.0');
agent.wire = new Wire(process.stdin, process.stdout, agent, process.env.DEMO_AGENT_LOG);
