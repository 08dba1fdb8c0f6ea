/** The model stub: real agents are driven against it, so that a test decides what the model says. */
export { anthropic } from './anthropic.js';
export { gemini } from './gemini.js';
export { openai } from './openai.js';
export { scripted } from './script.js';
export { type Stub, startStub, type Vendor } from './server.js';
